"""What runs of a day have left in their staging folders: single steps, and runs that never came to their end."""

from contextlib import suppress
from pathlib import Path

from clickwatch.batch.staging import Staging
from clickwatch.domain.day import Day
from clickwatch.domain.window import DAY, SECOND
from clickwatch.files.refusals import storage_errors
from clickwatch.governance.removal import Removal

_GRACE = DAY


def staged_results(folder: Path, now: int, dry_run: bool) -> Removal:
    """Those of runs that nobody has gone on with for a day; `folder` holds a folder for each day, `now` is in µs.

    Some are about single users, and no report needs them any more. Raises StorageError.
    """
    with storage_errors("look into", folder):
        found = [path for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
        days = {path: day for path in found if (day := _day(path))}
        dead = [path for path in days if _touched(path) + _GRACE <= now]
        size = sum(file.stat().st_size for path in dead for file in path.iterdir())
    for path in dead if not dry_run else ():
        Staging(path).clear()
    return Removal("staged results", "folders", len(dead), size, tuple(days[path] for path in dead))


def _day(path: Path) -> Day | None:
    name = path.name
    with suppress(ValueError):  # what people put here is theirs
        return Day.parse(f"{name[:4]}-{name[4:6]}-{name[6:]}")
    return None


def _touched(path: Path) -> int:
    return round(max(each.stat().st_mtime for each in (path, *path.iterdir())) * SECOND)
