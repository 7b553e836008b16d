"""A topic's folder: how many partitions it was made with, and a folder for each."""

import json
from pathlib import Path

from clickwatch.errors import LogError
from clickwatch.eventlog.segment import FILE_MODE
from clickwatch.files.durable import make_folder, write_whole
from clickwatch.files.locks import locked
from clickwatch.files.refusals import storage_errors

_DESCRIPTION = "topic.json"
_FORMAT = 1


def partition_folder(folder: Path, partition: int) -> Path:
    """Where a partition keeps its files."""
    return folder / str(partition)


def open_topic(folder: Path, partitions: int) -> int:
    """How many partitions the topic has; a topic that is not there is made, with `partitions` of them.

    Raises StorageError, LogError.
    """
    path = folder / _DESCRIPTION
    with storage_errors("use the log folder", folder):
        if not path.exists():
            make_folder(folder)
            with locked(folder / "topic.lock"):
                _create(folder, path, partitions)
        text = path.read_bytes()
    return _partitions(path, text)


def _create(folder: Path, path: Path, partitions: int) -> None:
    if path.exists():
        return
    if any(folder.glob("*/*.index")):
        raise LogError(f"The log {folder} has lost its description {path.name}", "Restore the file from a backup")
    for partition in range(partitions):
        make_folder(partition_folder(folder, partition))
    write_whole(path, json.dumps({"format": _FORMAT, "partitions": partitions}).encode() + b"\n", FILE_MODE)


def _partitions(path: Path, text: bytes) -> int:
    try:
        description = json.loads(text)
    except ValueError:
        description = None
    match description:
        case {"format": int(version), "partitions": int(partitions)} if version == _FORMAT and partitions > 0:
            return partitions
        case {"format": int(version)} if version > _FORMAT:
            raise LogError(f"{path} was written by a newer clickwatch", "Upgrade clickwatch to read this log")
    raise LogError(f"The log's description {path} is damaged", "Restore the file from a backup")
