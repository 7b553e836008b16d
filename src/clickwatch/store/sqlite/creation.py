"""A new store file: it appears whole, with all its tables, or not at all."""

from collections.abc import Callable
from pathlib import Path

from clickwatch.errors import StoreError
from clickwatch.files.durable import PRIVATE_FOLDER, sync_file, sync_folder, write_new
from clickwatch.files.locks import locked_folder

SIDE_FILES = ("-wal", "-shm")


def create_file(path: Path, fill: Callable[[Path], None]) -> None:
    """Make the file at `path` by `fill(draft)`, unless another process is first; mode 0600, its folder 0700.

    A crash leaves at most a draft that the next creator removes, so an empty or half-made file at `path` is
    always damage. Raises OSError, and StoreError if the side files of a lost store lie there: SQLite would
    take them for the new store's own.
    """
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with locked_folder(path.parent):
        if path.exists():
            return
        _refuse_orphans(path)
        for suffix in ("", *SIDE_FILES):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
        write_new(draft, b"")
        fill(draft)
        sync_file(draft)
        draft.rename(path)
        sync_folder(path.parent)


def _refuse_orphans(path: Path) -> None:
    orphans = [path.name + suffix for suffix in SIDE_FILES if path.with_name(path.name + suffix).exists()]
    if orphans:
        problem = f"The store {path} is missing, but {' and '.join(orphans)} of it is still there"
        raise StoreError(problem, "Put the store back beside it, or move it away as well")
