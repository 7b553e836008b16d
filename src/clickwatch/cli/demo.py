"""`clickwatch demo`: made-up shoppers go through everything in seconds, then what came out of it, and the day."""

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer

from clickwatch.cli.days import parse_span
from clickwatch.cli.demo_report import show_account, show_findings, show_next_steps, show_summary
from clickwatch.cli.live import LiveView
from clickwatch.cli.output import console, say, say_whole
from clickwatch.cli.progress import event_progress, step_progress
from clickwatch.cli.stopping import StopOnSignal
from clickwatch.cli.stream import Tally
from clickwatch.cli.wording import clock_time, elapsed, number_of
from clickwatch.domain.day import Day
from clickwatch.domain.window import SECOND
from clickwatch.settings import AppSettings, current_settings
from clickwatch.speed.effects import EpochReport
from clickwatch.wiring.batch import run_day
from clickwatch.wiring.beginning import Watch
from clickwatch.wiring.demo import RATE, DemoTraffic, demo_settings, demo_traffic, produce_live, put_on_log
from clickwatch.wiring.log import open_log, wall_clock
from clickwatch.wiring.pipeline import run_stream


def demo(
    live: Annotated[
        str | None,
        typer.Option(help="Go on for so long, such as 5m, with ten events a second and a live table.", metavar="TIME"),
    ] = None,
    events: Annotated[int, typer.Option(min=1, max=50_000_000, help="How many events the day has.")] = 200_000,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="The same seed at the same time makes the same events.", show_default=False),
    ] = None,
) -> None:
    """See everything work: a day of traffic and the last hour, from clicks to alerts and reports, in a home of its own.

    The home is CLICKWATCH_HOME if that is set and holds nothing yet, else a new folder that is named.
    """
    live_for = _duration(live) if live is not None else None
    now = wall_clock()
    seed = secrets.randbits(32) if seed is None else seed
    settings = demo_settings(current_settings(), now)
    traffic = demo_traffic(settings, now, events, seed)
    say_whole(f"This demonstration keeps its files in {settings.clickwatch_home}")
    with StopOnSignal() as stopping:
        written = _generate(settings, traffic, stopping)
        tally = _process(settings, written, stopping)
        show_findings(settings)
        if live_for is not None:
            written += _go_on(settings, live_for, seed, stopping.event, tally)
    is_true = show_account(settings, written)
    _report(settings, Day.of(traffic.day.plan.start), stopping)
    show_next_steps(settings)
    raise typer.Exit(0 if is_true else 1)


def _generate(settings: AppSettings, traffic: DemoTraffic, stopping: StopOnSignal) -> int:
    """Put the traffic onto the log; how many events. Ends the process if it is to stop."""
    began = time.monotonic()
    written = 0
    log = open_log(settings)
    try:
        with event_progress("Shoppers are in the shop", traffic.events) as update:
            for written in put_on_log(log, traffic, stopping.event):
                update(written)
    finally:
        log.close()
    _end_if(stopping)
    day, hour = traffic.day.plan, traffic.hour.plan
    say(
        f"{number_of(written, 'event', 'events')} went onto the log in {_since(began)}: {day.events:,} of "
        f"{clock_time(day.start)[:10]}, and {hour.events:,} of the hour since {clock_time(hour.start)} UTC."
    )
    return written


def _process(settings: AppSettings, events: int, stopping: StopOnSignal) -> Tally:
    """Run the pipeline over the log. Ends the process if it is to stop."""
    began = time.monotonic()
    tally = Tally()
    with event_progress("Through the pipeline", events) as update:

        def heard(report: EpochReport) -> None:
            tally.add(report)
            update(tally.received)

        run_stream(settings, stopping.event, until_caught_up=True, watch=Watch(on_epoch=heard))
    _end_if(stopping)
    say(
        f"{number_of(tally.received, 'record', 'records')} went through the pipeline in {_since(began)}: judged, "
        "de-duplicated, under pseudonyms, into windows, alerts, totals and the archive."
    )
    return tally


def _go_on(settings: AppSettings, duration: int, seed: int, stop: threading.Event, tally: Tally) -> int:
    """Live traffic and the pipeline side by side, then the last events; how many there were."""
    say(f"Live traffic, {RATE:g} events a second for {elapsed(duration)}. Ctrl-C stops.")
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="shoppers") as pool:
        with LiveView.on_terminal(settings, quiet=False) as view:

            def heard(report: EpochReport) -> None:
                tally.add(report)
                view.update(report, tally.short_line())

            shoppers = pool.submit(produce_live, settings, duration, seed, stop)
            try:
                run_stream(settings, stop, until_caught_up=False, watch=Watch(on_epoch=heard))
            finally:
                stop.set()
        produced = shoppers.result()
    # The pipeline stopped together with the shoppers: their last events are on the log, and not yet processed.
    run_stream(settings, threading.Event(), until_caught_up=True)
    say(f"{number_of(produced, 'event', 'events')} came live.")
    console.print()
    return produced


def _report(settings: AppSettings, day: Day, stopping: StopOnSignal) -> None:
    """Run the day that is over, and show its summary. Ends the process if it is to stop."""
    began = time.monotonic()
    with step_progress(f"The reports of {day}") as update:
        outcome = run_day(settings, day, update)
    _end_if(stopping)
    console.print()
    say(f"The day that is over, {day}, reported in {_since(began)}:")
    show_summary(settings, outcome)


def _end_if(stopping: StopOnSignal) -> None:
    if stopping():
        say("Stopped before the end.")
        raise typer.Exit(stopping.exit_code)


def _since(began: float) -> str:
    return elapsed(round((time.monotonic() - began) * SECOND))


def _duration(text: str) -> int:
    duration = parse_span(text, "--live")
    if duration < SECOND:
        raise typer.BadParameter("it is one second or longer", param_hint="--live")
    return duration
