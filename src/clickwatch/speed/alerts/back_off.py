"""When a failed delivery is tried again: exponential back-off with a cap and jitter."""

from dataclasses import dataclass
from random import Random

from clickwatch.domain.window import MINUTE, SECOND


@dataclass(frozen=True)
class BackOff:
    """Delays in µs: `base` after the first failure, doubled each time up to `cap`; none after `attempts` failures.

    Each delay is shortened by up to `jitter` of itself, so that retries do not come in step.
    """

    base: int = 2 * SECOND
    cap: int = 5 * MINUTE
    jitter: float = 0.2
    attempts: int = 12

    def delay(self, failures: int, random: Random) -> int | None:
        """How long to wait after this many failures (at least 1); None to give up."""
        if failures >= self.attempts:
            return None
        longest = min(self.cap, self.base << (failures - 1))
        return int(longest * (1 - self.jitter * random.random()))
