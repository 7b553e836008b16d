"""Refused records into a new file that people edit."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from clickwatch.errors import RepairError
from clickwatch.files.durable import new_file
from clickwatch.repair.document import line_of
from clickwatch.store.quarantine import QuarantinedRecord


def export(path: Path, records: Iterable[QuarantinedRecord]) -> int:
    """Write the file with one line per record, for its owner's eyes only; how many. No records, no file.

    It is there whole or not at all. Raises RepairError if there is something at `path` already, or it cannot be
    written.
    """
    if path.exists() or path.is_symlink():
        raise _in_the_way(path)
    rest = iter(records)
    first = next(rest, None)
    if first is None:
        return 0
    try:
        return _write(path, chain([first], rest))
    except FileExistsError:
        raise _in_the_way(path) from None
    except OSError as error:
        problem = f"{path} cannot be written: {(error.strerror or str(error)).lower()}"
        raise RepairError(problem, "Name a file in a folder that has room and that you may write to") from error


def _write(path: Path, records: Iterable[QuarantinedRecord]) -> int:
    count = 0
    with new_file(path) as file:
        for record in records:
            file.write(line_of(record).encode("utf-8") + b"\n")
            count += 1
    return count


def _in_the_way(path: Path) -> RepairError:
    return RepairError(f"{path} is there already, and may hold what somebody has edited", "Name another file")
