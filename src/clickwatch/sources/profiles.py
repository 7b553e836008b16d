"""The kinds of traffic that can be asked for by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol, overload

from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND
from clickwatch.errors import SourceError
from clickwatch.sources.batch import LineBatch
from clickwatch.sources.chaos.generator import ChaosGenerator
from clickwatch.sources.chaos.plan import ChaosPlan, ChaosRules
from clickwatch.sources.traffic import TrafficGenerator, TrafficPlan


@dataclass(frozen=True)
class Wish:
    """What traffic is asked for; None where the profile is to choose.

    `start` is in µs since the Unix epoch, UTC; `now` likewise; `duration` in µs; `rate` in events per second.
    `partitions` of the log and the `rules` it will be read under matter to chaos alone.
    """

    now: int
    seed: int
    rate: float
    high_interest: tuple[str, ...]
    start: int | None = None
    duration: int | None = None
    events: int | None = None
    partitions: int = 1
    rules: ChaosRules = field(default_factory=ChaosRules)


class Plan(Protocol):
    """What all plans say: `events` records from `start` on for `duration` (µs), made from one seed."""

    @property
    def start(self) -> int: ...

    @property
    def duration(self) -> int: ...

    @property
    def events(self) -> int: ...

    @property
    def seed(self) -> int: ...


class DataGenerator(Protocol):
    """Makes the records of its plan, the same ones at each call."""

    @property
    def plan(self) -> Plan: ...

    def batches(self) -> Iterator[LineBatch]: ...


def _steady(wish: Wish) -> TrafficGenerator:
    """Event n is due at `start + n / rate`, from now on for five minutes."""
    duration = 5 * MINUTE if wish.duration is None else wish.duration
    events = -int(-duration * wish.rate // SECOND) if wish.events is None else wish.events
    start = wish.now if wish.start is None else wish.start
    duration = round(events / wish.rate * SECOND)
    return TrafficGenerator(TrafficPlan(start, duration, events, wish.seed, wish.high_interest))


def _day(wish: Wish) -> TrafficGenerator:
    """24 hours in the rhythm of a day, by default yesterday's (UTC) and as many events as the rate makes of them."""
    duration = DAY if wish.duration is None else wish.duration
    events = max(1, round(duration * wish.rate / SECOND)) if wish.events is None else wish.events
    start = wish.now // DAY * DAY - DAY if wish.start is None else wish.start
    return TrafficGenerator(TrafficPlan(start, duration, events, wish.seed, wish.high_interest, rhythm=True))


def _chaos(wish: Wish) -> ChaosGenerator:
    """Three hours with the midnight before yesterday in their middle: all of it in the past, and of two days."""
    duration = 3 * HOUR if wish.duration is None else wish.duration
    events = round(duration * wish.rate / SECOND) if wish.events is None else wish.events
    end = wish.now // DAY * DAY - DAY + min(duration // 2, DAY - HOUR)
    start = end - duration if wish.start is None else wish.start
    plan = ChaosPlan(start, duration, events, wish.seed, wish.high_interest, wish.partitions, wish.rules)
    if plan.end_of_time > wish.now:
        raise SourceError(
            "Chaos has to lie in the past, or nobody could know its numbers beforehand",
            "Choose an earlier --start or a shorter --duration",
        )
    return ChaosGenerator(plan)


class DataGeneratorFactory:
    """Makes the generator of a profile by the profile's name (the factory pattern)."""

    _MAKERS: dict[str, Callable[[Wish], DataGenerator]] = {"steady": _steady, "day": _day, "chaos": _chaos}  # noqa: RUF012

    @classmethod
    def profiles(cls) -> tuple[str, ...]:
        """The names of all profiles."""
        return tuple(cls._MAKERS)

    @overload
    @classmethod
    def create(cls, profile: Literal["steady", "day"], wish: Wish) -> TrafficGenerator: ...

    @overload
    @classmethod
    def create(cls, profile: Literal["chaos"], wish: Wish) -> ChaosGenerator: ...

    @overload
    @classmethod
    def create(cls, profile: str, wish: Wish) -> DataGenerator: ...

    @classmethod
    def create(cls, profile: str, wish: Wish) -> DataGenerator:
        """The generator of one profile. Raises SourceError for an unknown name or a wish that cannot be met."""
        maker = cls._MAKERS.get(profile)
        if maker is None:
            raise SourceError(f"There is no profile {profile!r}", f"Known are {', '.join(cls._MAKERS)}")
        return maker(wish)
