"""The kinds of traffic that can be asked for by name."""

from collections.abc import Callable
from dataclasses import dataclass

from clickwatch.domain.window import DAY, MINUTE, SECOND
from clickwatch.errors import SourceError
from clickwatch.sources.traffic import TrafficGenerator, TrafficPlan


@dataclass(frozen=True)
class Wish:
    """What traffic is asked for; None where the profile is to choose.

    `start` is in µs since the Unix epoch, UTC; `now` likewise; `duration` in µs; `rate` in events per second.
    """

    now: int
    seed: int
    rate: float
    high_interest: tuple[str, ...]
    start: int | None = None
    duration: int | None = None
    events: int | None = None


def _steady(wish: Wish) -> TrafficPlan:
    """Event n is due at `start + n / rate`, from now on for five minutes."""
    duration = 5 * MINUTE if wish.duration is None else wish.duration
    events = -int(-duration * wish.rate // SECOND) if wish.events is None else wish.events
    start = wish.now if wish.start is None else wish.start
    return TrafficPlan(start, round(events / wish.rate * SECOND), events, wish.seed, wish.high_interest)


def _day(wish: Wish) -> TrafficPlan:
    """24 hours in the rhythm of a day, by default yesterday's (UTC) and as many events as the rate makes of them."""
    duration = DAY if wish.duration is None else wish.duration
    events = max(1, round(duration * wish.rate / SECOND)) if wish.events is None else wish.events
    start = wish.now // DAY * DAY - DAY if wish.start is None else wish.start
    return TrafficPlan(start, duration, events, wish.seed, wish.high_interest, rhythm=True)


class DataGeneratorFactory:
    """Makes the generator of a profile by the profile's name (the factory pattern)."""

    _PLANS: dict[str, Callable[[Wish], TrafficPlan]] = {"steady": _steady, "day": _day}  # noqa: RUF012

    @classmethod
    def profiles(cls) -> tuple[str, ...]:
        """The names of all profiles."""
        return tuple(cls._PLANS)

    @classmethod
    def create(cls, profile: str, wish: Wish) -> TrafficGenerator:
        """The generator of one profile. Raises SourceError for an unknown name or a wish that cannot be met."""
        plan = cls._PLANS.get(profile)
        if plan is None:
            raise SourceError(f"There is no profile {profile!r}", f"Known are {', '.join(cls._PLANS)}")
        return TrafficGenerator(plan(wish))
