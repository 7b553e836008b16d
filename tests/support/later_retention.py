"""`clickwatch retention` as it will be some days from now.

Argument: how many days. Prints each kind of data before it is looked at, one a line.
"""

import sys
from functools import partial

from clickwatch.domain.window import DAY
from clickwatch.settings import current_settings
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.retention import retention


def main(days: str) -> None:
    """Remove what will be over in the settings' home."""
    later = int(days) * DAY
    found = retention(
        current_settings(), dry_run=False, on_kind=partial(print, flush=True), clock=lambda: wall_clock() + later
    )
    assert not [each.problem for each in found if each.problem]


if __name__ == "__main__":
    main(*sys.argv[1:])
