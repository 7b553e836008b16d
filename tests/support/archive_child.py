"""A pipeline's archive thread in a process of its own, to be killed: appends epochs, compacts and tidies for ever.

Run: python -m tests.support.archive_child FOLDER [MAX_FILE_BYTES]; prints the last epoch after each step.
"""

import resource
import sys
from datetime import date
from pathlib import Path

from clickwatch.archive.delta import DeltaArchive
from clickwatch.errors import StorageError
from tests.support.archive_rows import epochs


def main() -> None:
    archive = DeltaArchive.open(Path(sys.argv[1]), create=True)
    archive.tidy()
    print(archive.last_epoch(), flush=True)
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    while True:
        last = archive.last_epoch()
        archive.append(epochs(last + 1, last + 2), last + 2)
        if (last // 2) % 5 == 4:
            archive.compact(date(2026, 1, 26))
        print(archive.last_epoch(), flush=True)


if __name__ == "__main__":
    try:
        main()
    except StorageError as error:
        sys.exit(f"StorageError: {error}")
