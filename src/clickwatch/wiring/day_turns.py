"""The right to run a day, by leases in the store: one process at a time has it, and others are refused meanwhile."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from clickwatch.batch.steps import QUERIES_OF, Step
from clickwatch.domain.day import Day
from clickwatch.domain.window import HOUR
from clickwatch.errors import BatchError, TurnTaken
from clickwatch.store.database import Store
from clickwatch.store.turns import TurnRules, turn
from clickwatch.wiring.log import wall_clock

_RUN = TurnRules(ttl=HOUR, patience=0)


def run_of(store: Store, day: Day) -> AbstractContextManager[None]:
    """The right to run a day as a whole, or to take from what it made. Raises BatchError if another process has it."""
    return _alone(store, f"day {day.compact}", day)


def right_to(step: Step, store: Store, day: Day) -> AbstractContextManager[None]:
    """As `run_of`; of the figures, each has a right of its own, so that they may be computed at once."""
    return _alone(store, f"day {day.compact} {step}", day) if step in QUERIES_OF else run_of(store, day)


@contextmanager
def _alone(store: Store, lease: str, day: Day) -> Iterator[None]:
    """Hold the right to run a day, or one step of it. Raises BatchError if another process has it."""
    with ExitStack() as held:
        try:
            held.enter_context(turn(store, lease, wall_clock, _RUN))
        except TurnTaken as error:
            raise BatchError(f"Another run of {day} is under way. {error.problem}", error.cure) from error
        yield
