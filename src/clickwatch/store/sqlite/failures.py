"""What SQLite's refusals mean to an operator."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from clickwatch.errors import ClickwatchError, StorageError, StoreError

REBUILD = (
    "Restore it from a copy, or move it (with its -wal and -shm files) and the archive away and run "
    "`clickwatch stream`: both are built again from the log's start"
)
_CHECK_DISK = "Check the disk's free space, quota and permissions, then start again: what was committed is kept"
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REFUSED = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
)
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


def explain(error: Exception, path: str) -> ClickwatchError | None:
    """The operator's error for a driver error or OSError of the store at `path`; None for a defect of the program."""
    if isinstance(error, OSError):
        return StorageError(f"The store {path} cannot be opened ({error.strerror})", _CHECK_DISK)
    code, text = _code_and_text(error)
    if code in _DAMAGED or text.startswith("Could not decode to UTF-8"):
        return StoreError(f"The store {path} is damaged ({text})", REBUILD)
    if code in _REFUSED:
        return StorageError(f"The store {path} cannot be read or written ({text})", _CHECK_DISK)
    if code in _HELD:
        problem = f"Another process keeps the store {path} locked ({text})"
        return StoreError(problem, "Wait for it or end it; keep the store on a local disk, where locks work")
    return None


def lost_writes(error: Exception) -> bool:
    """Whether the system reported a failed read, write or sync: what the disk holds is then unknown."""
    return _code_and_text(error)[0] == sqlite3.SQLITE_IOERR


def _code_and_text(error: Exception) -> tuple[int | None, str]:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = getattr(cause, "sqlite_errorcode", None)
    return (None if code is None else code & 0xFF), str(cause)
