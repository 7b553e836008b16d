"""Chaos through the embedded engine: whatever the traffic and the rules, the score agrees; whatever is touched, it
does not.
"""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.day import Day
from clickwatch.domain.known_truth import KnownTruth
from clickwatch.domain.window import DAY, HOUR, MINUTE
from clickwatch.errors import TruthError
from clickwatch.wiring.batch import run_day
from tests.support.chaos_homes import chaotic, put_chaos_on_log, scored, stream, wrong
from tests.support.chaos_plans import START
from tests.support.installations import Installation
from tests.support.proof import proof_scale

DAYS = (Day.parse("2026-01-26"), Day.parse("2026-01-27"))
RULES: tuple[dict[str, str], ...] = (
    {},
    {"SPARK_WINDOW_DURATION": "7", "SPARK_SLIDE_DURATION": "3", "SPARK_WATERMARK_DELAY": "0s"},
    {"SPARK_WINDOW_DURATION": "60", "SPARK_SLIDE_DURATION": "25", "SPARK_WATERMARK_DELAY": "25 minutes"},
    {"ALERT_MIN_VIEWS_THRESHOLD": "3", "ALERT_MAX_PURCHASES_THRESHOLD": "1"},
)


@settings(max_examples=12 * proof_scale(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**64 - 1),
    events=st.integers(500, 4000),
    duration=st.sampled_from((5 * MINUTE, 3 * HOUR, DAY)),
    start=st.integers(START, START + DAY),
    partitions=st.integers(1, 5),
    rules=st.sampled_from(RULES),
    epoch_bytes=st.sampled_from((40_000, 300_000, 16_000_000)),
)
def test_the_engine_scores_in_full_on_any_chaos(
    seed: int, events: int, duration: int, start: int, partitions: int, rules: dict[str, str], epoch_bytes: int
) -> None:
    with TemporaryDirectory() as folder:
        home = chaotic(Path(folder) / "home", partitions=partitions, EPOCH_MAX_BYTES=str(epoch_bytes), **rules)
        truth = put_chaos_on_log(home, seed=seed, events=events, duration=duration, start=start)
        stream(home)
        found = scored(home, truth)
        assert wrong(found) == {}
        assert len(found) > 40 and {score.verdict for score in found} == {"agrees", "not run"}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, KnownTruth]:
    """A home that was streamed and reported, and its truth."""
    home = chaotic(tmp_path_factory.mktemp("chaos") / "home")
    truth = put_chaos_on_log(home, events=6000)
    stream(home)
    for day in DAYS:
        run_day(home.app_settings(), day)
    return home, truth


@pytest.fixture
def home(original: tuple[Installation, KnownTruth], tmp_path: Path) -> Installation:
    """A copy of it, to be touched."""
    shutil.copytree(original[0].folder, tmp_path / "home")
    return Installation(tmp_path / "home", original[0].settings)


@pytest.fixture
def truth(original: tuple[Installation, KnownTruth]) -> KnownTruth:
    return original[1]


def test_a_home_that_was_streamed_and_reported_scores_in_full(home: Installation, truth: KnownTruth) -> None:
    found = scored(home, truth)
    assert {score.verdict for score in found} == {"agrees"}
    by_name = {score.what: score for score in found}
    assert {"received", "late", "windows", "alerts", "archive: events", "batch layer: 2026-01-26"} <= by_name.keys()
    assert by_name["alerts that are confirmed"].expected > 0
    assert by_name["windows that are closed"].expected > 100
    assert {f"both layers agree: {day}" for day in DAYS} <= by_name.keys()


def touch(home: Installation, statement: str) -> None:
    with closing(sqlite3.connect(home.home.store)) as store, store:
        assert store.execute(statement.replace("@one", ONE_WINDOW)).rowcount > 0


ONE_WINDOW = "rowid = (SELECT min(rowid) FROM windows WHERE status = 'closed')"


@pytest.mark.parametrize(
    ("statement", "differs"),
    [
        ("UPDATE windows SET view_count = view_count + 1 WHERE @one", {"windows"}),
        ("UPDATE windows SET cart_count = cart_count + 1 WHERE @one", {"windows"}),
        ("UPDATE windows SET purchase_count = purchase_count + 1 WHERE @one", {"windows"}),
        ("UPDATE windows SET category = 'other' WHERE @one", {"windows"}),
        ("UPDATE windows SET window_end = window_end + 1 WHERE @one", {"windows"}),
        ("UPDATE windows SET status = 'open' WHERE @one", {"windows that are closed"}),
        ("DELETE FROM windows WHERE @one", {"windows", "windows that are closed"}),
        (
            "INSERT INTO windows SELECT window_start, 'new', window_end, category, category_time, 1, 0, 0, 'open', 1, 0"
            " FROM windows ORDER BY window_start DESC LIMIT 1",
            {"windows"},
        ),
        (
            "DELETE FROM alerts WHERE rowid = (SELECT min(rowid) FROM alerts WHERE status = 'confirmed')",
            {"alerts", "alerts that are confirmed"},
        ),
        (
            "UPDATE alerts SET status = 'open' WHERE status = 'confirmed'",
            {"alerts that are confirmed"},
        ),
        (
            "UPDATE alerts SET status = 'withdrawn' WHERE status = 'confirmed'",
            {"alerts", "alerts that are confirmed"},
        ),
        ("UPDATE alerts SET view_count = view_count - 1 WHERE status = 'confirmed'", {"alerts"}),
        ("UPDATE alerts SET product_id = product_id || '!'", {"alerts", "alerts that are confirmed"}),
        (
            "UPDATE accounting SET late = late - 1, on_time = on_time + 1 WHERE partition = 0",
            {"late", "on time", "accounts of partitions"},
        ),
        (
            "UPDATE accounting SET received = received + 1, duplicate = duplicate + 1 WHERE partition = 2",
            {"received", "duplicate", "accounts of partitions"},
        ),
        (
            "UPDATE rejections SET records = records + 1 WHERE partition = 0 AND reason = 'too_large'",
            {"rejected: too_large", "accounts of partitions"},
        ),
        (
            "UPDATE rejections SET reason = 'odd' WHERE partition = 0 AND reason = 'too_large'",
            {"rejected: too_large", "rejected: odd", "accounts of partitions"},
        ),
        (
            "DELETE FROM quarantine WHERE rowid = (SELECT min(rowid) FROM quarantine)",
            {"quarantine: by partition and reason"},
        ),
        ("UPDATE progress SET watermark = watermark + 1 WHERE partition = 1", {"watermarks of partitions"}),
        (
            "UPDATE hour_totals SET cart_count = cart_count + 1 WHERE rowid = (SELECT min(rowid) FROM hour_totals)",
            {"totals by hour, speed layer", "totals by hour, merged", "totals by day, merged"},
        ),
        (
            "UPDATE hour_totals SET event_count = event_count + 1 WHERE rowid = (SELECT min(rowid) FROM hour_totals)",
            {"totals by hour, speed layer"},
        ),
        (
            "UPDATE batch_hours SET view_count = view_count + 1"
            " WHERE rowid = (SELECT min(rowid) FROM batch_hours WHERE hour_start >= 1769385600000000)",
            {
                "batch layer: 2026-01-26",
                "both layers agree: 2026-01-26",
                "totals by hour, merged",
                "totals by day, merged",
            },
        ),
    ],
)
def test_a_store_that_was_touched_does_not_score_in_full(
    home: Installation, truth: KnownTruth, statement: str, differs: set[str]
) -> None:
    touch(home, statement)
    found = wrong(scored(home, truth))
    assert found.keys() == differs
    assert all(1 <= len(named) <= 5 for named in found.values())


def test_the_first_differences_are_named_and_all_are_counted(home: Installation, truth: KnownTruth) -> None:
    touch(home, "UPDATE windows SET view_count = view_count + 2")
    [score] = [score for score in scored(home, truth) if score.count]
    first = min(truth.windows, key=lambda row: (row.window_start, row.product_id))
    assert (score.count, len(score.differences), score.verdict) == (len(truth.windows), 5, "DIFFERS")
    said = f"view_count is {first.view_count + 2} in place of {first.view_count}"
    assert score.differences[0] == f"{first.window_start} {first.product_id}: {said}"


def test_an_archive_that_holds_a_record_twice_is_found(home: Installation, truth: KnownTruth) -> None:
    archive = DeltaArchive.open(home.home.archive, create=False)
    rows = archive.snapshot().to_arrow()
    epoch = archive.last_epoch() + 1
    late = rows.filter(rows["is_late"]).slice(0, 1)
    archive.append(late, epoch)
    found = wrong(scored(home, truth))
    assert found.keys() == {"archive: events", "archive: late events", "archive: totals by hour"}
    assert found["archive: events"] == (f"{rows.num_rows + 1:,} in place of {rows.num_rows:,}",)


def test_an_archive_in_which_one_record_stands_for_another_is_found(home: Installation, truth: KnownTruth) -> None:
    archive = DeltaArchive.open(home.home.archive, create=False)
    rows = archive.snapshot().to_arrow()
    shutil.rmtree(home.home.archive)
    fresh = DeltaArchive.open(home.home.archive, create=True)
    fresh.append(pa.concat_tables([rows.slice(1), rows.slice(1, 1)]), archive.last_epoch())
    found = wrong(scored(home, truth))
    assert "archive: places in the log" in found
    assert "archive: events" not in found


def refusal(home: Installation, truth: KnownTruth) -> str:
    with pytest.raises(TruthError) as caught:
        scored(home, truth)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_day_that_was_not_run_is_said_to_be_not_run(truth: KnownTruth, tmp_path: Path) -> None:
    home = chaotic(tmp_path / "home")
    truth = put_chaos_on_log(home)
    stream(home)
    found = {score.what: score for score in scored(home, truth)}
    assert found["batch layer: 2026-01-26"].verdict == "not run"
    assert found["batch layer: 2026-01-26"].differences == ("clickwatch batch --date 2026-01-26",)


def test_before_anything_was_streamed_there_is_nothing_to_score(tmp_path: Path) -> None:
    home = chaotic(tmp_path / "home")
    truth = put_chaos_on_log(home)
    assert "Nothing has been streamed yet" in refusal(home, truth)


def test_a_stream_that_has_not_read_all_is_told_to_go_on(home: Installation, truth: KnownTruth) -> None:
    touch(home, "UPDATE progress SET next_offset = 100 WHERE partition = 1")
    said = refusal(home, truth)
    assert "Not all of the log has been processed: 100 of " in said and "clickwatch stream --until-caught-up" in said


def test_an_archive_that_is_behind_its_store_is_waited_for(home: Installation, truth: KnownTruth) -> None:
    touch(home, "UPDATE epochs SET epoch = epoch + 1")
    assert "The archive holds the epochs up to " in refusal(home, truth)


def test_a_log_that_holds_something_else_is_not_scored(home: Installation, truth: KnownTruth) -> None:
    home.append({0: b"{}\n"})
    assert "The log of this home holds something else" in refusal(home, truth)


@pytest.mark.parametrize(
    ("name", "value", "was"),
    [("SPARK_WATERMARK_DELAY", "9m", "2m"), ("ALERT_MIN_VIEWS_THRESHOLD", "11", "10")],
)
def test_a_truth_for_other_settings_is_refused_with_their_names(
    home: Installation, truth: KnownTruth, name: str, value: str, was: str
) -> None:
    other = replace(truth, settings={**truth.settings, name: value})
    assert f"The truth is for other settings: {name} is {was} and was {value}." in refusal(home, other)


def test_a_truth_that_names_a_window_twice_is_refused(home: Installation, truth: KnownTruth) -> None:
    assert "twice" in refusal(home, replace(truth, windows=[*truth.windows, truth.windows[0]]))
