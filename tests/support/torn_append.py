"""`clickwatch replay` that dies before a sync: arguments are the number of that sync, and the file to replay.

With the first append the syncs are those of the new topic's files, then of the records, then of their index entry.
"""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count

from clickwatch.cli.app import main


def dying(sync: Callable[[int], None], before: int) -> Callable[[int], None]:
    """`fsync`, but for the one before which the process is killed."""
    numbers = count(1)

    def counted(descriptor: int) -> None:
        if next(numbers) == before:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    return counted


if __name__ == "__main__":
    vars(os)["fsync"] = dying(os.fsync, int(sys.argv[1]))
    sys.argv = ["clickwatch", "replay", sys.argv[2]]
    main()
