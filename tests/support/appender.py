"""A process that appends to a local log and says so, to be killed: `python -m tests.support.appender`.

Arguments: folder, writer's name, number of its first record, number of batches, seed, file size limit (0: none).
Each acknowledged batch is one line on standard output: the number of the record after it. Records are
`writer:number:padding`, the padding a function of both, so that any reader can tell a whole one.
"""

import resource
import sys
import time
from pathlib import Path
from random import Random

from clickwatch.errors import StorageError
from clickwatch.eventlog.local import LocalLog
from tests.support.event_logs import lines, open_local

MOST_RECORDS = 400


def record(writer: str, number: int) -> bytes:
    """The record of a writer that has this number."""
    padding = Random(f"{writer}:{number}")
    return f"{writer}:{number}:{'abcdefghij' * padding.randrange(20)}".encode()


def open_small(folder: Path) -> LocalLog:
    """The log with files so small that every few batches rotate."""
    return open_local(folder, lambda: time.time_ns() // 1000, segment_bytes=100_000, group_bytes=10_000)


def main(folder: str, writer: str, first: str, batches: str, seed: str, limit: str) -> None:
    random = Random(seed)
    log = open_small(Path(folder))
    number = int(first)
    if int(limit):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    for _ in range(int(batches)):
        following = number + random.randint(1, MOST_RECORDS)
        batch = lines(*(record(writer, each) for each in range(number, following)))
        try:
            log.append(0, batch)
        except StorageError as error:
            print(error, flush=True)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            continue
        number = following
        print(number, flush=True)
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
