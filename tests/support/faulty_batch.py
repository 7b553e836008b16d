"""`clickwatch batch --date` that dies by its own hand between two durable steps.

Arguments: the day, then a step's name and the number of its occurrence at which the process kills itself (SIGKILL).
With the day alone it runs to its end and prints each step's name as it comes, one a line.
"""

import sys

from clickwatch.domain.day import Day
from clickwatch.settings import current_settings
from clickwatch.wiring.batch import run_day
from tests.support.faulty_stream import Fault


def main(day: str, *fault: str) -> None:
    """Run the day in the settings' home."""
    on_step = Fault(fault[0], int(fault[1])) if fault else lambda step: print(step, flush=True)
    run_day(current_settings(), Day.parse(day), on_step)


if __name__ == "__main__":
    main(*sys.argv[1:])
