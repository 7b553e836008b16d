"""How much is measured: everything follows the number of events and of runs."""

from dataclasses import dataclass

EVENTS = 6_000_000
"""What the targets are stated for."""


@dataclass(frozen=True)
class Effort:
    """`runs` of each measurement; `events` of the day, and the other traffic in the same proportion, never more."""

    runs: int
    events: int

    @property
    def dense_minutes(self) -> int:
        """Minutes of traffic at 10,000 events/s; 20 at full effort."""
        return max(2, round(20 * self._share))

    @property
    def day_events(self) -> int:
        """Events of a day that is reported; 10 million at full effort."""
        return round(10_000_000 * self._share)

    @property
    def live_seconds(self) -> int:
        """Seconds of live traffic that are measured; 30 at full effort."""
        return max(5, round(30 * self._share))

    @property
    def window_days(self) -> int:
        """Days of windows in a store; 30 at full effort."""
        return max(2, round(30 * self._share))

    @property
    def _share(self) -> float:
        return min(1.0, self.events / EVENTS)
