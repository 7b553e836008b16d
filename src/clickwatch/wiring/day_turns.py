"""The right to run a day, by leases in the store: one process at a time has it, and others are refused meanwhile.

The right of a process that was killed on another machine ends two minutes later: before a scheduler is tired of trying.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from clickwatch.batch.steps import QUERIES_OF, Step
from clickwatch.domain.day import Day
from clickwatch.errors import BatchError, TurnTaken
from clickwatch.store.database import Store
from clickwatch.store.kept_turns import Fence, kept_turn
from clickwatch.wiring.log import wall_clock


def run_of(store: Store, day: Day) -> AbstractContextManager[Fence]:
    """The right to run a day as a whole, or to take from what it made; with the fence for changes that people see.

    Raises BatchError if another process has it.
    """
    return _alone(store, f"day {day.compact}", day)


def right_to(step: Step, store: Store, day: Day) -> AbstractContextManager[Fence]:
    """As `run_of`; of the figures, each has a right of its own, so that they may be computed at once."""
    return _alone(store, f"day {day.compact} {step}", day) if step in QUERIES_OF else run_of(store, day)


@contextmanager
def _alone(store: Store, lease: str, day: Day) -> Iterator[Fence]:
    """Hold the right to run a day, or one step of it. Raises BatchError if another process has it."""
    with ExitStack() as held:
        try:
            fence = held.enter_context(kept_turn(store, lease, wall_clock))
        except TurnTaken as error:
            raise BatchError(f"Another run of {day} is under way. {error.problem}", error.cure) from error
        yield fence
