"""Alert messages as JSON lines in a file, for programs and for the record."""

import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from clickwatch.files.durable import PRIVATE_FILE, sync_folder
from clickwatch.speed.alerts.handlers.port import DeliveryError, Message

_TAIL = 256 * 1024
"""Bytes at the end of the file that are searched for a message: a crash repeats the latest one only."""


class FileHandler:
    """Appends one line per message, synced to disk; a message that the tail holds already is not written again."""

    name = "file"

    def __init__(self, path: Path) -> None:
        """The file is made when the first message comes, mode 0600; its folder has to be there."""
        self._path = path
        self._sync_failed = False

    def deliver(self, message: Message, delivery_id: str) -> None:
        """Append the message with its `delivery_id`. Raises OSError, or DeliveryError if it cannot be a record."""
        if self._sync_failed:
            raise DeliveryError("an earlier sync of the alert file failed, what it holds is uncertain; restart")
        line = json.dumps({"delivery_id": delivery_id, **message.fields()}).encode() + b"\n"
        with self._opened() as file:
            tail = _tail(file)
            torn = not tail.endswith(b"\n") if tail else False
            missing = (b"\n" if torn else b"") + (b"" if _holds(tail, delivery_id) else line)
            if os.write(file, missing) != len(missing):
                raise DeliveryError("the disk took only a part of the line")
            self._sync(partial(os.fsync, file))

    @contextmanager
    def _opened(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):
                raise DeliveryError("the alert file is not a regular file")
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if status.st_size == 0:
                self._sync(partial(sync_folder, self._path.parent))
            yield file
        finally:
            os.close(file)

    def _sync(self, make_durable: Callable[[], None]) -> None:
        try:
            make_durable()
        except OSError:
            self._sync_failed = True
            raise


def _tail(file: int) -> bytes:
    size = os.fstat(file).st_size
    return os.pread(file, _TAIL, max(0, size - _TAIL))


def _holds(tail: bytes, delivery_id: str) -> bool:
    wanted = json.dumps(delivery_id).encode()
    return any(_delivery_id(line) == delivery_id for line in tail.split(b"\n") if wanted in line)


def _delivery_id(line: bytes) -> object:
    """The id of a whole line; None for a torn one."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record.get("delivery_id") if isinstance(record, dict) else None
