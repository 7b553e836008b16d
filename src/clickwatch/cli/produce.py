"""`clickwatch produce`: synthetic shoppers, at a steady pace or a whole day as fast as possible."""

import json
import secrets
import sys
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clickwatch.cli.chaos import keep_truth, prepared
from clickwatch.cli.days import parse_span
from clickwatch.cli.progress import event_progress
from clickwatch.cli.stopping import StopOnSignal
from clickwatch.cli.wording import clock_time, elapsed, number_of, size
from clickwatch.domain.instant import iso_utc
from clickwatch.domain.plain_text import printable
from clickwatch.domain.window import DAY, SECOND
from clickwatch.settings import current_settings
from clickwatch.sources.chaos.generator import ChaosGenerator
from clickwatch.sources.pace import Pace
from clickwatch.sources.profiles import DataGenerator, DataGeneratorFactory, Plan, Wish
from clickwatch.sources.writer import LogWriter, deliver
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.log_kinds import LogKind, log_for_writing


class Profile(StrEnum):
    """The profiles that the command offers."""

    STEADY = "steady"
    DAY = "day"
    CHAOS = "chaos"


def produce(
    profile: Annotated[
        Profile,
        typer.Option(
            help="steady: at a constant pace, as it happens. day: 24 hours at once. chaos: whatever can go wrong, "
            "in known numbers, for an empty log."
        ),
    ] = Profile.STEADY,
    rate: Annotated[
        float | None, typer.Option(help="Events per second; PRODUCER_EVENTS_PER_SECOND by default.", show_default=False)
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(help="How long, such as 30s or 1h; 5m for steady, 24h for day, 3h for chaos.", show_default=False),
    ] = None,
    events: Annotated[
        int | None, typer.Option(min=1, help="How many events; rate × duration by default.", show_default=False)
    ] = None,
    date: Annotated[
        str | None, typer.Option(help="day: which UTC day, YYYY-MM-DD; yesterday by default.", show_default=False)
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="The first event's time, ISO 8601 with Z or an offset.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed and start make the same events.", show_default=False)
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="chaos: the new file that says what has to come of it.", show_default=False)
    ] = None,
    to: Annotated[LogKind, typer.Option(help="Where the events go: this home's files, or Kafka.")] = LogKind.LOG,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as one JSON object.")] = False,
) -> None:
    """Put synthetic traffic onto the log: 1,000 shoppers, 100 products, some that all look at and nobody buys."""
    _check_dates(profile, date, start)
    _check_truth(profile, truth, to)
    settings = current_settings()
    wish = Wish(
        now=wall_clock(),
        seed=secrets.randbits(32) if seed is None else seed,
        rate=_rate(settings.producer_events_per_second if rate is None else rate),
        high_interest=settings.producer_high_interest_product_ids,
        start=_start(date, start),
        duration=parse_span(duration, "--duration") if duration is not None else None,
        events=events,
    )
    if truth is not None:
        wish = prepared(wish, settings, truth)
    generator = DataGeneratorFactory.create(profile.value, wish)
    if profile is Profile.DAY:
        _warn_of_future(generator.plan, wish.now, settings.intake_max_future)
    with StopOnSignal() as stopping:
        writer = _run(generator, stopping, to, profile, as_json)
    if truth is not None:
        _keep(generator, writer, truth, as_json)
    raise typer.Exit(stopping.exit_code)


def _check_dates(profile: Profile, date: str | None, start: str | None) -> None:
    if date is not None and (start is not None or profile is not Profile.DAY):
        raise typer.BadParameter("it goes with --profile day, and not with --start", param_hint="--date")


def _check_truth(profile: Profile, truth: Path | None, to: LogKind) -> None:
    if (truth is None) is (profile is Profile.CHAOS):
        raise typer.BadParameter("it goes with --profile chaos, which needs it", param_hint="--truth")
    if truth is not None and to is not LogKind.LOG:
        raise typer.BadParameter("chaos is for this home's own log, which is empty", param_hint="--to")


def _start(date: str | None, start: str | None) -> int | None:
    if date is not None:
        return _day(date)
    return _moment(start) if start is not None else None


def _keep(generator: DataGenerator, writer: LogWriter, truth: Path, as_json: bool) -> None:
    """Write down what has to come of the events, if all of them are on the log."""
    if isinstance(generator, ChaosGenerator):
        keep_truth(generator, current_settings(), truth, is_whole=writer.events == generator.plan.events)
    if truth.exists() and not as_json:
        print(f"What has to come of them is in {printable(str(truth))}: clickwatch score --truth says whether it did.")


def _warn_of_future(plan: Plan, now: int, tolerated: int) -> None:
    if plan.start + plan.duration > now + tolerated:
        problem = f"intake will refuse the events after {clock_time(now)} UTC: they lie in the future"
        print(f"clickwatch: {problem}.", file=sys.stderr)


def _run(generator: DataGenerator, stopping: StopOnSignal, to: LogKind, profile: Profile, as_json: bool) -> LogWriter:
    """Deliver the events; the summary comes in any case, an error after it."""
    plan = generator.plan
    began = _monotonic()
    pace = Pace(_monotonic, time.sleep, stopping) if profile is Profile.STEADY else None
    if pace is not None:
        pace.begin(plan.start)
    log = log_for_writing(current_settings(), to, stopping)
    writer = LogWriter(log)
    try:
        with event_progress("Shoppers are in the shop", plan.events) as update:
            for _ in deliver(generator.batches(), writer, pace, stopping):
                update(writer.events)
    finally:
        log.close()
        _report(profile, plan, writer, _monotonic() - began, as_json)
    return writer


def _report(profile: Profile, plan: Plan, writer: LogWriter, took: int, as_json: bool) -> None:
    stopped = writer.events < plan.events
    if as_json:
        facts = {"profile": profile.value, "events": writer.events, "planned": plan.events, "bytes": writer.bytes}
        facts |= {"start": iso_utc(plan.start), "end": iso_utc(plan.start + plan.duration), "seed": plan.seed}
        print(json.dumps(facts | {"seconds": round(took / SECOND, 3), "stopped": stopped}))
        return
    what = number_of(writer.events, "event", "events")
    if stopped:
        what = f"Stopped. {what} of {plan.events:,}"
    rate = plan.events / plan.duration * SECOND if profile is Profile.STEADY else writer.events / max(took, 1) * SECOND
    pace = f"{rate:,.{0 if rate >= 100 or rate.is_integer() else 1}f} per second"
    print(f"{what} ({size(writer.bytes)}) went onto the log in {elapsed(took)}, {pace}.")
    print(f"Their times begin at {clock_time(plan.start)} UTC and span {elapsed(plan.duration)}; seed {plan.seed}.")


def _monotonic() -> int:
    return time.monotonic_ns() // 1000


def _rate(rate: float) -> float:
    if not 0 < rate <= 1_000_000:
        raise typer.BadParameter("it is above 0 and at most 1,000,000 events per second", param_hint="--rate")
    return rate


def _day(text: str) -> int:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write YYYY-MM-DD", param_hint="--date") from None
    return int(day.timestamp()) // (DAY // SECOND) * DAY


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        hint = "write a time with an offset, such as 2026-01-26T07:00:00Z"
        raise typer.BadParameter(f"{text!r} cannot be used: {hint}", param_hint="--start")
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
