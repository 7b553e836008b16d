"""What runs of a day that never came to their end have left in their staging folders."""

from contextlib import suppress
from pathlib import Path

from clickwatch.batch.staging import Staging
from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY, SECOND
from clickwatch.files.refusals import storage_errors
from clickwatch.governance.removal import Removal

_GRACE = DAY


def unfinished_runs(folder: Path, now: int, keep: int, dry_run: bool) -> Removal:
    """The runs of days whose time is over that nobody has gone on with for a day. `folder` holds one for each day.

    `now` and `keep` are in µs. Raises StorageError.
    """
    with storage_errors("look into", folder):
        found = [path for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
        old = {path: day for path in found if (day := _day(path)) and day.end + keep <= now}
        dead = [path for path in old if _touched(path) + _GRACE <= now]
        size = sum(file.stat().st_size for path in dead for file in path.iterdir())
    for path in dead if not dry_run else ():
        Staging(path).clear()
    return Removal("unfinished runs", "folders", len(dead), size, tuple(old[path] for path in dead))


def _day(path: Path) -> Day | None:
    name = path.name
    with suppress(ValueError):  # what people put here is theirs
        return Day.parse(f"{name[:4]}-{name[4:6]}-{name[6:]}")
    return None


def _touched(path: Path) -> int:
    return round(max(each.stat().st_mtime for each in (path, *path.iterdir())) * SECOND)
