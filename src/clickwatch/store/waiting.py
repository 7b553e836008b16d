"""Waiting for a store that is away: how long, and what people hear of it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from clickwatch.domain.duration import format_duration
from clickwatch.domain.window import MINUTE
from clickwatch.errors import StoreAway, StoreError

_FIRST_NAP_SECONDS = 0.05
_LONGEST_NAP_SECONDS = 1.0
_TELL_AFTER_SECONDS = 1.0
_log = structlog.get_logger(__name__)


def _nap(seconds: float) -> bool:
    time.sleep(seconds)
    return False


@dataclass(frozen=True)
class Patience:
    """How long a store that is away is waited for: `first` until it answers at all, `later` once it has; both µs.

    None waits without end. `nap` sleeps for some seconds at most, and says whether nobody wants to wait any longer.
    """

    first: int | None = 0
    later: int | None = MINUTE
    nap: Callable[[float], bool] = _nap


class Outages:
    """What all threads of a store know of its outages: people hear of each once, and when it is over."""

    def __init__(self, name: str, patience: Patience) -> None:
        self.name = name
        self._patience = patience
        self.has_answered = False
        self._told_at: float | None = None
        self._lock = threading.Lock()

    def begin(self) -> "Waiting":
        """Begin to wait for one thing."""
        return Waiting(self, self._patience)

    @property
    def longest(self) -> int | None:
        """How long to wait at most, in µs."""
        return self._patience.later if self.has_answered else self._patience.first

    def tell(self, since: float, why: StoreAway) -> None:
        """Say that it is away since then, unless that was said."""
        with self._lock:
            if self._told_at is None:
                self._told_at = since
                _log.warning("the store is away; waiting for it", why=why.problem)

    def over(self) -> None:
        """It has answered."""
        self.has_answered = True
        if self._told_at is None:
            return
        with self._lock:
            if self._told_at is not None:
                away = round((time.monotonic() - self._told_at) * 1_000_000)
                _log.warning("the store is there again; going on", store=self.name, away=format_duration(away))
                self._told_at = None


class Waiting:
    """How long one thing has been waited for."""

    def __init__(self, outages: Outages, patience: Patience) -> None:
        self._outages = outages
        self._nap = patience.nap
        self._began: float | None = None
        self._seconds = _FIRST_NAP_SECONDS

    def failed(self, away: StoreAway) -> None:
        """Sleep for a moment, a longer one each time. Raises StoreError once patience is over, or nobody waits."""
        now = time.monotonic()
        self._began = self._began or now
        waited, longest = now - self._began, self._outages.longest
        if longest is not None and waited * 1_000_000 >= longest:
            raise StoreError(away.problem, away.cure) from away
        if waited >= _TELL_AFTER_SECONDS:
            self._outages.tell(self._began, away)
        if self._nap(self._seconds):
            raise StoreError(f"{away.problem}; stopped waiting for it", "What was committed is kept") from away
        self._seconds = min(2 * self._seconds, _LONGEST_NAP_SECONDS)

    def over(self) -> None:
        """It has come."""
        self._outages.over()
