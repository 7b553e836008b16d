"""`clickwatch stream --until-caught-up` that dies by its own hand between two durable steps.

Arguments: a step's name and the number of its occurrence at which the process kills itself (SIGKILL). Without
arguments it runs to its end and prints each step's name as it comes, one a line.
"""

import os
import signal
import sys
import threading
from collections import Counter

from clickwatch.archive import committing
from clickwatch.settings import current_settings
from clickwatch.wiring.beginning import Watch
from clickwatch.wiring.pipeline import run_stream

CHECKPOINT_INTERVAL = 2
"""So that a short stream makes checkpoints too."""


class Fault:
    """Kills the process at one occurrence of one step; steps come from several threads."""

    def __init__(self, step: str, occurrence: int) -> None:
        self._step = step
        self._occurrence = occurrence
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, step: str) -> None:
        with self._lock:
            self._seen[step] += 1
            if step == self._step and self._seen[step] == self._occurrence:
                os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """Run the stream of the settings' home."""
    vars(committing)["CHECKPOINT_INTERVAL"] = CHECKPOINT_INTERVAL
    on_step = Fault(arguments[0], int(arguments[1])) if arguments else lambda step: print(step, flush=True)
    run_stream(current_settings(), threading.Event(), until_caught_up=True, watch=Watch(on_step=on_step))


if __name__ == "__main__":
    main(sys.argv[1:])
