"""Repairs on a real log and a real store: other writers, other repairers, lost stretches of the log, known ids."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clickwatch.domain.place import Place
from clickwatch.domain.window import DAY, HOUR
from clickwatch.errors import SecondPipeline, TurnTaken
from clickwatch.eventlog.local import LocalLog, LocalLogConfig
from clickwatch.eventlog.partitioner import partition_of
from clickwatch.repair.lines import edited_file
from clickwatch.repair.results import Outcome, Result
from clickwatch.repair.searching import digest
from clickwatch.repair.sending import LEASE, Parcel, Sender
from clickwatch.store import leases, repairs, schema
from clickwatch.store.database import Store
from clickwatch.store.kept_turns import kept_turn
from clickwatch.store.repairs import Repair
from clickwatch.store.turns import turn
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.repair import repairing
from tests.support.commands import CommandServer
from tests.support.day_homes import stream
from tests.support.installations import Installation, assert_true
from tests.support.refused_homes import copies, edited, known_repairs, on_the_log, refused, refused_home, with_offset


class Interrupted(Exception):
    """Stands for the death of a process at a step."""


def replayed(home: Installation, file: Path, *, dry_run: bool = False, die_at: str | None = None) -> list[Result]:
    """What a replay says of each line; it ends at the step `die_at` as if it were killed there."""

    def on_step(step: str) -> None:
        if step == die_at:
            raise Interrupted

    results: list[Result] = []
    with edited_file(file) as lines, repairing(home.app_settings(), dry_run=dry_run, on_step=on_step) as replay:
        for batch in replay.run(lines.lines(until=lambda: False)):
            results += batch
    return results


def outcomes(results: list[Result]) -> list[Outcome]:
    return [result.outcome for result in results]


@contextmanager
def opened(home: Installation) -> Iterator[Store]:
    with closing(home.store()) as store:
        yield store


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    """Three refused records on one partition."""
    return refused_home(tmp_path / "home", [refused(number) for number in range(3)])


@pytest.fixture
def file(home: Installation, tmp_path: Path) -> Path:
    return edited(home, tmp_path / "edited.jsonl")


def test_a_second_replay_sends_nothing_and_says_where_the_records_are(home: Installation, file: Path) -> None:
    first = replayed(home, file)
    assert outcomes(first) == [Outcome.SENT] * 3
    before = copies(home)
    second = replayed(home, file)
    assert outcomes(second) == [Outcome.REPAIRED] * 3
    assert [result.new_place for result in second] == [result.new_place for result in first]
    assert copies(home) == before


def test_a_dry_run_says_the_same_and_changes_nothing(home: Installation, file: Path) -> None:
    before = home.home.store.read_bytes()
    assert outcomes(replayed(home, file, dry_run=True)) == [Outcome.SENT] * 3
    assert (len(on_the_log(home)), known_repairs(home)) == (3, {})
    assert home.home.store.read_bytes() == before
    with pytest.raises(Interrupted):
        replayed(home, file, die_at="appended")
    assert outcomes(replayed(home, file, dry_run=True)) == [Outcome.FOUND] * 3
    assert all(repair.new_place is None for repair in known_repairs(home).values())


@pytest.mark.parametrize("others", ["other records", "the very same records"])
def test_what_others_append_meanwhile_confuses_nobody(home: Installation, file: Path, others: str) -> None:
    records = [json.loads(line)["record"] for line in file.read_bytes().splitlines()]
    lines = b"".join(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records)
    foreign = lines if others == "the very same records" else lines.replace(b"USER", b"user")
    with pytest.raises(Interrupted):
        replayed(home, file, die_at="appended")
    home.append({0: foreign * 2})
    assert outcomes(replayed(home, file)) == [Outcome.FOUND] * 3
    sent = copies(home)
    assert [sent[line] for line in lines.splitlines()] == ([3] * 3 if foreign == lines else [1] * 3)


def test_a_line_that_was_edited_again_after_a_crash_is_sent_as_it_stands_now(
    home: Installation, file: Path, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        replayed(home, file, die_at="begun")
    other = edited(home, tmp_path / "other.jsonl", lambda record: {**with_offset(record), "category": "c"})
    assert outcomes(replayed(home, other)) == [Outcome.SENT] * 3
    assert sum(b'"category":"c"' in record for record in copies(home).elements()) == 3
    assert len(on_the_log(home)) == 6


def test_a_line_that_was_edited_again_after_its_record_was_sent_is_not_sent_and_that_is_said(
    home: Installation, file: Path, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        replayed(home, file, die_at="appended")
    other = edited(home, tmp_path / "other.jsonl", lambda record: {**with_offset(record), "category": "c"})
    for outcome in (Outcome.FOUND, Outcome.REPAIRED):
        results = replayed(home, other)
        assert outcomes(results) == [outcome] * 3
        assert {result.detail for result in results} == {"by another record than this line's, which is not sent"}
    assert len(on_the_log(home)) == 6


def test_where_the_log_is_gone_nothing_is_sent_and_nothing_is_claimed(home: Installation, file: Path) -> None:
    # log   ├─ refused ─┤begun … perhaps sent … ├─ removed ─┤
    with pytest.raises(Interrupted):
        replayed(home, file, die_at="appended")
    topic = home.home.log / "clickstream_events"
    with closing(LocalLog(LocalLogConfig(topic, 1, 1 << 28, 0), lambda: wall_clock() + DAY)) as log:
        assert log.retain().segments == 1
        assert log.start_offset(0) == log.end_offset(0)
    for dry_run in (True, False):
        results = replayed(home, file, dry_run=dry_run)
        assert outcomes(results) == [Outcome.UNCERTAIN] * 3
    assert on_the_log(home) == {}
    assert all(repair.new_place is None for repair in known_repairs(home).values())


def test_a_repair_that_was_surely_not_sent_is_sent_though_older_parts_of_the_log_are_gone(
    home: Installation, file: Path
) -> None:
    with pytest.raises(Interrupted):
        replayed(home, file, die_at="begun")
    topic = home.home.log / "clickstream_events"
    with closing(LocalLog(LocalLogConfig(topic, 1, 1 << 28, 0), lambda: wall_clock() + DAY)) as log:
        log.retain()
    assert outcomes(replayed(home, file)) == [Outcome.SENT] * 3
    assert len(on_the_log(home)) == 3


def test_each_record_goes_onto_the_partition_of_its_user(tmp_path: Path) -> None:
    home = refused_home(tmp_path / "home", [refused(number) for number in range(40)], partitions=4)
    results = replayed(home, edited(home, tmp_path / "edited.jsonl"))
    log = on_the_log(home)
    places = [result.new_place for result in results if result.new_place is not None]
    assert len(places) == 40
    users = [json.loads(log[place])["user_id"] for place in places]
    assert [place.partition for place in places] == [partition_of(user.encode(), 4) for user in users]
    assert len({place.partition for place in places}) > 1


@dataclass
class Taker:
    """Takes the lease away from whoever holds it, at a step, as after the end of its time."""

    store: Store
    at: str

    def __call__(self, step: str) -> None:
        if step == self.at:
            with self.store.begin() as connection:
                later = wall_clock() + 2 * HOUR
                leases.acquire(connection, LEASE, "somebody else", later, HOUR, lambda holder: False)


@pytest.mark.parametrize("at", ["before all", "begun"])
def test_who_slept_through_the_end_of_the_lease_appends_nothing(home: Installation, at: str) -> None:
    is_told = pytest.raises(SecondPipeline, match="taken over")
    with opened(home) as store, closing(home.log()) as log, is_told, kept_turn(store, LEASE, wall_clock) as fence:
        taker = Taker(store, at)
        taker("before all")
        Sender(store, log, fence, wall_clock, taker).send([Parcel(Place(0, 0), 0, b"u", b"{}")])
    assert len(on_the_log(home)) == 3


def test_a_second_process_is_told_who_repairs(home: Installation, file: Path) -> None:
    with opened(home) as store, turn(store, LEASE, wall_clock):
        with pytest.raises(TurnTaken, match=r"turn for repair: .* holds the lease .*Let it finish"):
            replayed(home, file)
        assert outcomes(replayed(home, file, dry_run=True)) == [Outcome.SENT] * 3
    assert outcomes(replayed(home, file)) == [Outcome.SENT] * 3


def identified(event_id: Callable[[int], str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Repairs a record and gives it an id by its number `n`."""
    return lambda record: {**with_offset(record), "event_id": event_id(record["n"])}


def test_an_event_that_was_accepted_under_the_same_id_is_not_counted_again(tmp_path: Path) -> None:
    again = refused(0, event_id="known").replace(b'07:00:00"', b'07:00:00Z"')
    home = refused_home(tmp_path / "home", [again, *(refused(number, n=number) for number in range(3))])
    # The horizon of de-duplication is long over when the repaired records come.
    home.append({0: refused(0, event_id="much later").replace(b'26T07:00:00"', b'27T07:00:00Z"')})
    stream(home)
    file = edited(home, tmp_path / "edited.jsonl", identified(lambda n: "known" if n == 1 else f"new {n}"))
    for dry_run, outcome in ((True, Outcome.SENT), (False, Outcome.SENT), (False, Outcome.REPAIRED)):
        results = replayed(home, file, dry_run=dry_run)
        assert outcomes(results) == [outcome, Outcome.COUNTED, outcome]
        assert results[1].detail == "an event of 2026-01-26 with its `event_id` known has been accepted already"
    stream(home)
    ids = home.archived()["event_id"].to_pylist()
    assert sorted(ids) == ["known", "much later", "new 0", "new 2"]


def test_two_lines_with_one_id_are_one_event_whichever_run_sends_them(tmp_path: Path) -> None:
    home = refused_home(tmp_path / "home", [refused(number, n=number) for number in range(3)])
    file = edited(home, tmp_path / "edited.jsonl", identified(lambda n: "same"))
    first = replayed(home, file)
    assert outcomes(first) == [Outcome.SENT, Outcome.COUNTED, Outcome.COUNTED]
    assert first[2].detail == "its `event_id` same is also that of 0:0"
    assert outcomes(replayed(home, file)) == [Outcome.REPAIRED, Outcome.COUNTED, Outcome.COUNTED]
    assert len(on_the_log(home)) == 4


def test_an_event_whose_window_has_ended_is_late_and_one_whose_windows_are_open_is_not(tmp_path: Path) -> None:
    # watermark: 07:30 of the last event less two minutes
    last = refused(1800).replace(b'07:30:00"', b'07:30:00Z"')
    home = refused_home(tmp_path / "home", [refused(60), refused(1790), last])
    file = edited(home, tmp_path / "edited.jsonl")
    results = replayed(home, file)
    assert [result.is_late for result in results] == [True, False]
    stream(home)
    assert home.archived()["is_late"].to_pylist() == [False, True, False]


def test_repairs_and_a_running_stream_do_not_disturb_each_other(tmp_path: Path, commands: CommandServer) -> None:
    home = refused_home(tmp_path / "home", [refused(number, n=number) for number in range(2_000)])
    file = edited(home, tmp_path / "edited.jsonl")
    running = commands.start("stream", "--quiet", environment=home.environment)
    for _ in range(2):
        done = commands.run("quarantine", "replay", str(file), environment=home.environment)
        assert done.exit_code == 0, done.errors
    deadline = time.monotonic() + 60
    while home.rows(schema.accounting)[0]["received"] < 4_000:
        assert time.monotonic() < deadline
    running.send(signal.SIGTERM)
    ended = running.end()
    assert ended.exit_code == 0, ended.errors
    assert_true(home.outcome(), home.truth())
    assert home.rows(schema.accounting)[0]["accepted"] == 2_000


def test_a_record_that_repairs_one_refused_record_is_not_taken_for_that_of_another(home: Installation) -> None:
    record = b'{"the":"same"}'
    with opened(home) as store, closing(home.log()) as log, kept_turn(store, LEASE, wall_clock) as fence:
        end = log.end_offset(0)
        first, second = (Repair(0, number, digest(record), len(record), 0, end, begun_at=0) for number in (0, 1))
        with store.begin() as connection:
            repairs.begin(connection, [first, second])
        log.append(0, record + b"\n")
        sender = Sender(store, log, fence, wall_clock)
        assert sender.settle([first]).found == {first.place: end}
        assert sender.settle([second]).found == {}
