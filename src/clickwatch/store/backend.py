"""What the store asks of a database: the port, with one adapter in `sqlite/` and one in `postgres/`."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from clickwatch.errors import ClickwatchError

WRITES = "clickwatch_writes"
"""The execution option by which an adapter knows the transactions that write."""

Fill = Callable[[Connection], None]
"""Makes the tables, in a transaction that writes."""


class Backend(Protocol):
    """A place for one store. It is a value: it holds no connection, and may be there or not."""

    @property
    def name(self) -> str:
        """Which store it is, for people: never with a password."""

    @property
    def repair(self) -> str:
        """What an operator does about a damaged one."""

    @property
    def reading(self) -> Mapping[str, Any]:
        """Execution options of connections whose transactions are snapshots that nobody waits for."""

    @property
    def writing(self) -> Mapping[str, Any]:
        """Execution options of connections whose transactions have the only write lock, from their begin on."""

    def engine(self) -> Engine:
        """Connections to it; nothing is connected yet. Raises MissingExtra."""

    def is_there(self, engine: Engine) -> bool:
        """Whether a store has been made here. Raises OSError and the driver's errors."""

    def create(self, engine: Engine, fill: Fill) -> None:
        """Make the store by `fill`, whole or not at all, unless another process is first."""

    def explain(self, error: Exception, *, has_answered: bool) -> ClickwatchError | None:
        """The operator's error for one of the driver's; StoreAway if it passes; None for a defect of the program.

        `has_answered`: whether it has let this process in before.
        """

    def lost_writes(self, error: Exception) -> bool:
        """Whether what has been written so far is unknown from now on: nothing may be written any more."""
