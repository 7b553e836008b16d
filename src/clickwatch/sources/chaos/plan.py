"""What chaos is asked for: how many records, over which time, for which rules, and how many of each kind."""

from dataclasses import dataclass
from functools import cached_property

from clickwatch.domain.window import DAY, MINUTE, SECOND
from clickwatch.errors import SourceError
from clickwatch.sources.chaos.breakages import BREAKAGES
from clickwatch.sources.chaos.oddities import ODDITIES

LEAST_RECORDS = 500
MOST_RECORDS = 2_000_000
"""All of the records are held in memory while their truth is worked out."""

AHEAD = 90 * SECOND
"""How far a shopper's clock is ahead at most."""
BEHIND = 4 * MINUTE
"""How far a shopper's clock is behind at most."""
WAY = 5 * SECOND
"""How long a record is on its way at most, unless something happens to it: so much disorder is usual."""
RESENT = 4 * MINUTE
"""A copy follows its original by so much at most."""

_LONGEST_BURST = 10
_MOST_COUNTED = 40_000_000


@dataclass(frozen=True)
class ChaosRules:
    """The settings that the truth is for: durations in µs, and the two bounds of the alert rule."""

    length: int = 10 * MINUTE
    slide: int = 5 * MINUTE
    delay: int = 2 * MINUTE
    horizon: int = 15 * MINUTE
    min_views: int = 100
    max_purchases: int = 5


@dataclass(frozen=True)
class ChaosPlan:
    """Exactly `events` records for a log of so many partitions; the same plan gives the same bytes and truth.

    True times lie in `[start, start + duration)` (µs since the Unix epoch, UTC, and µs); the times that the records
    claim lie before `end_of_time`, save those that are in the future by intention. Raises SourceError for a plan that
    cannot be met.
    """

    start: int
    duration: int
    events: int
    seed: int
    high_interest: tuple[str, ...]
    partitions: int
    rules: ChaosRules

    def __post_init__(self) -> None:
        if not LEAST_RECORDS <= self.events <= MOST_RECORDS:
            raise SourceError(
                f"Chaos of {self.events:,} records cannot be made",
                f"Ask for {LEAST_RECORDS:,} to {MOST_RECORDS:,}, with --events or --rate and --duration",
            )
        if not MINUTE <= self.duration <= 31 * DAY:
            raise SourceError("Chaos lasts a minute at least and 31 days at most", "Choose another --duration")
        if self.start < DAY + 2 * self.rules.length:
            raise SourceError("Its late events would be of before 1970", "Choose a later --start")
        if self.events * -(-self.rules.length // self.rules.slide) > _MOST_COUNTED:
            raise SourceError(
                f"Chaos of {self.events:,} records would count in more than {_MOST_COUNTED:,} windows",
                "Ask for fewer records, or make the windows' slide longer",
            )
        if not 0 <= self.seed < 2**64:
            raise SourceError("The seed is outside 0 to 2^64 - 1", "Choose another seed")

    @property
    def end(self) -> int:
        """The first moment after the traffic's true time."""
        return self.start + self.duration

    @property
    def end_of_time(self) -> int:
        """No record that is to be accepted claims this time or a later one: put on the log from then on."""
        return self.end + AHEAD + MINUTE

    @cached_property
    def shares(self) -> "Shares":
        """How many records of each kind."""
        return Shares.of(self)


@dataclass(frozen=True)
class Shares:
    """How many records of each kind, all of them together as many as the plan has.

    `shoppers` are those of ordinary traffic; of these `late` come late by intention, and `edges` stand at the edge of a
    window.
    """

    shoppers: int
    late: int
    edges: int
    copies: int
    repeats: int
    twins: int
    brinks: int
    odd: int
    burst_views: int
    broken: int

    @classmethod
    def of(cls, plan: ChaosPlan) -> "Shares":
        """The shares of a plan: every breakage and oddity once at least, the rest in hundredths of all records."""
        rules, hundredth = plan.rules, plan.events // 100
        broken = max(len(BREAKAGES), 2 * hundredth)
        odd = max(len(ODDITIES), hundredth)
        copies, repeats, twins = 2 * hundredth, hundredth, hundredth if plan.partitions > 1 else 0
        brinks = hundredth // 4 * 4
        records = 3 * rules.min_views + 2 + burst_purchases(rules)
        burst_views = rules.min_views if records <= plan.events // _LONGEST_BURST else 0
        shoppers = plan.events - broken - odd - copies - repeats - twins - brinks - (records if burst_views else 0)
        return cls(shoppers, 3 * hundredth, hundredth, copies, repeats, twins, brinks, odd, burst_views, broken)


def burst_purchases(rules: ChaosRules) -> int:
    """How many purchases the three products at the bounds of the alert rule have together."""
    return max(rules.max_purchases - 1, 0) + rules.max_purchases
