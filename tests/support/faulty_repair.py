"""`clickwatch quarantine replay` that dies by its own hand between two durable steps.

Arguments: the edited file, then a step's name and the number of its occurrence at which the process kills itself
(SIGKILL). With the file alone it runs to its end and prints each step's name as it comes, one a line.
"""

import sys
from pathlib import Path

from clickwatch.repair import replaying
from clickwatch.repair.lines import edited_file
from clickwatch.settings import current_settings
from clickwatch.wiring.repair import repairing
from tests.support.faulty_stream import Fault

BATCH_LINES = 8
"""So that a short file is several batches."""


def main(file: str, *fault: str) -> None:
    """Replay the file in the settings' home."""
    vars(replaying)["BATCH_LINES"] = BATCH_LINES
    on_step = Fault(fault[0], int(fault[1])) if fault else lambda step: print(step, flush=True)
    with (
        edited_file(Path(file)) as edited,
        repairing(current_settings(), dry_run=False, on_step=on_step) as replay,
    ):
        for _ in replay.run(edited.lines(until=lambda: False)):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
