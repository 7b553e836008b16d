"""What the page about event time draws and counts is what the reference says of these very records."""

import re

from clickwatch.domain.reference import Truth
from clickwatch.domain.window import MINUTE, SECOND
from clickwatch.settings import AppSettings
from clickwatch.speed.frontier import Frontier
from tests.support.drawn_timeline import Record, clock, drawing, minutes_of, window_drawing
from tests.support.pages import blocks
from tests.support.repository import ROOT
from tests.support.timelines import RULES, SPEC, minute, truth

PAGE = ROOT / "docs" / "event-time.md"
TEXT = PAGE.read_text("utf-8")
FIRST, LAST = minutes_of("07:00"), minutes_of("07:35")
NOW = minutes_of("07:27")


def records(partition: int) -> list[Record]:
    """The records of a partition, as the page's tables have them."""
    rows = re.findall(rf"^\| {partition} \| (\d\d:\d\d) \| (\d\d:\d\d) \| `(\w+)` \|", TEXT, re.MULTILINE)
    return [Record(minutes_of(logged), minutes_of(event), name) for logged, event, name in rows]


def answer(*, awake: bool) -> Truth:
    """The truth about both partitions; `awake`: with the record that comes after a long silence."""
    silent, waking = records(1)
    return truth(
        [record.entry() for record in records(0)], [silent.entry(), waking.entry()] if awake else [silent.entry()]
    )


def test_the_page_tells_the_settings_that_its_numbers_are_of() -> None:
    fields = AppSettings.model_fields
    assert fields["spark_window_duration"].default == SPEC.length
    assert fields["spark_slide_duration"].default == SPEC.slide
    assert fields["spark_watermark_delay"].default == RULES.delay
    assert fields["intake_max_future"].default == RULES.max_future
    assert fields["idle_after"].default == 30 * SECOND


def test_the_drawn_records_are_what_the_reference_makes_of_them() -> None:
    assert len(records(0)) == 9
    shown = [block.text for block in blocks(PAGE)]
    assert shown == [drawing(records(0), FIRST, LAST), window_drawing(answer(awake=False), FIRST, LAST)]


def test_the_account_of_the_page_adds_up() -> None:
    sheet = answer(awake=False).accounts[0]
    received = f"{sheet.received} received = {sheet.accepted} accepted + {sheet.duplicate} duplicate"
    accepted = f"{sheet.accepted} accepted = {sheet.on_time} on time + {sheet.late} late"
    assert f"{received} + {sheet.rejected} rejected, and {accepted}" in TEXT.replace("\n", " ")


def test_the_windows_close_and_count_as_the_page_says() -> None:
    rows = re.findall(r"^\| (\d\d:\d\d)–\d\d:\d\d \| (.+?) \| (.+?) \| (.+?) \|$", TEXT, re.MULTILINE)
    before, after = answer(awake=False), answer(awake=True)
    idle = frontier_with_an_idle_partition(before)
    expected = []
    for key, row in sorted(before.windows.items()):
        by_idle = "closed" if row.window_end <= idle else "open"
        told = ("closed" if row.closed else "open", by_idle, f"{by_idle}, {after.windows[key].view_count}")
        expected.append((clock((key[0] - minute(0)) // MINUTE), *told))
    assert rows == expected


def frontier_with_an_idle_partition(before: Truth) -> int:
    """How far windows are closed when the second partition has been silent for a while (µs)."""
    frontier = Frontier([0, 1], 30 * SECOND, RULES.delay, started=0)
    frontier.heard(0, 15 * MINUTE)
    found = frontier.at(before.watermarks, 15 * MINUTE, minute(NOW))
    assert found is not None
    return found


def test_the_event_of_the_woken_partition_is_on_time_there() -> None:
    account = answer(awake=True).accounts[1]
    assert (account.on_time, account.late) == (2, 0)


def test_an_event_too_old_for_every_window_counts_in_the_hour() -> None:
    total = answer(awake=False).hour_totals[minute(FIRST), "p"]
    assert f"The hour from 07:00 has {total.view_count} views" in TEXT
