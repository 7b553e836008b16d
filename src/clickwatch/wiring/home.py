"""Where one installation keeps its files."""

import re
from dataclasses import dataclass
from pathlib import Path

from clickwatch.errors import KeyProblem, StorageError
from clickwatch.files.durable import unique_name, write_once
from clickwatch.intake.key_file import make_key, parse_key, read_key
from clickwatch.settings import AppSettings

_IDENTITY = re.compile(rb"[0-9a-f]{16}")
_NAME_CURE = "Restore it from a backup, or name the key's file itself with PSEUDONYM_KEY_FILE"


@dataclass(frozen=True)
class Home:
    """The folder `CLICKWATCH_HOME` and what lies where in it."""

    folder: Path

    @property
    def log(self) -> Path:
        """Segment files, one folder per topic and partition."""
        return self.folder / "log"

    @property
    def store(self) -> Path:
        """The SQLite database, where no other is set."""
        return self.folder / "store.sqlite"

    @property
    def archive(self) -> Path:
        """The Delta table of accepted events."""
        return self.folder / "archive" / "events"

    @property
    def reports(self) -> Path:
        """The reports of all days."""
        return self.folder / "reports"

    @property
    def batch(self) -> Path:
        """What the steps of each day's run hand on to one another."""
        return self.folder / "batch"

    @property
    def sent(self) -> Path:
        """Which summaries of days went out."""
        return self.folder / "sent"

    @property
    def spill(self) -> Path:
        """Files without a name that go with the process."""
        return self.folder / "tmp"

    @property
    def alerts(self) -> Path:
        """Where the file handler writes unless told otherwise."""
        return self.folder / "alerts.jsonl"

    @property
    def identity(self) -> Path:
        """A random name of this home, by which its key is found wherever the folder is moved."""
        return self.folder / "home.id"


def open_home(settings: AppSettings) -> Home:
    """The home, made if it is not there. Raises StorageError if it cannot be made or written."""
    home = Home(settings.clickwatch_home.expanduser().absolute())
    try:
        home.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not home.identity.exists():
            _name(home)
    except OSError as error:
        raise StorageError(
            f"The home {home.folder} cannot be used: {error.strerror}",
            "Make it writable, or name another folder with CLICKWATCH_HOME",
        ) from error
    return home


def _name(home: Home) -> None:
    """Give the home its identity, whole and durable, unless another process is first: the key's name hangs on it."""
    write_once(home.identity, unique_name().encode("ascii") + b"\n")


def _identity(home: Home) -> str:
    try:
        text = home.identity.read_bytes().strip()
    except OSError as error:
        raise StorageError(f"The file {home.identity} cannot be read: {error.strerror}", _NAME_CURE) from error
    if not _IDENTITY.fullmatch(text):
        raise StorageError(f"The file {home.identity}, which names this home, is damaged", _NAME_CURE)
    return text.decode("ascii")


def key_path(settings: AppSettings, home: Home) -> Path:
    """The file of this home's key, where the environment does not give the key itself."""
    place = settings.pseudonym_key_file.expanduser().absolute()
    is_file = place.is_file() or bool(place.suffix)
    return place if is_file else place / f"{_identity(home)}.key"


def pseudonym_key(settings: AppSettings, home: Home, begun: bool) -> bytes:
    """The key for user pseudonyms; made at first start. `begun`: events are stored under a key already.

    Raises KeyProblem if the key is weak, open to others, inside the home, or missing although `begun`; StorageError
    if the home's identity cannot be read.
    """
    if settings.pseudonym_key is not None:
        return parse_key(settings.pseudonym_key.get_secret_value(), "PSEUDONYM_KEY")
    path = key_path(settings, home)
    if path.resolve().is_relative_to(home.folder.resolve()):
        raise KeyProblem(
            f"The pseudonym key {path} would lie inside the data folder",
            "Keep it elsewhere, so that whoever gets the data does not get the key: set PSEUDONYM_KEY_FILE",
        )
    return read_key(path) if begun or path.exists() else make_key(path)
