"""The meaning of windows, watermarks, duplicates, categories, alerts and totals, each rule with its timeline.

Times are minutes past midnight. Windows are 10 minutes long, 5 apart; the delay is 2, the horizon 15, and an event
may be 5 ahead of its log time. `v9` is a view at minute 9, `w10` the watermark before the next record.
"""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickwatch.domain.alert import AlertThresholds
from clickwatch.domain.event import EventType
from clickwatch.domain.reference import Account, ArchiveRow, ConfirmedAlert, HourTotal, WindowRow
from clickwatch.domain.window import HOUR
from tests.support.timelines import Entry, act, junk, minute, truth, views

MICRO = 1 / 60_000_000


def accepted_flags(*entries: Entry) -> list[int]:
    """The places of the entries that were accepted."""
    return [row.source_offset // 100 for row in truth(entries).archive]


# Windows and watermarks


def test_an_event_counts_in_every_window_that_holds_it() -> None:
    #  0    5    10   15
    #  ├─────────┤            [0, 10)
    #       ├──v7─────┤       [5, 15)
    assert views(truth([act(7)])) == {0: 1, 5: 1}


def test_a_window_holds_its_start_and_not_its_end() -> None:
    #  0    5    10   15   20
    #  ├─────────┤                 [0, 10) ends before v10
    #       ├────v10──┤            [5, 15)
    #            v10──────┤        [10, 20) begins with it
    assert views(truth([act(10)])) == {5: 1, 10: 1}


def test_the_watermark_starts_before_all_time() -> None:
    # log:  v-1000 at the log time 0       an old event comes first
    # mark: none                           and is late for nothing
    answer = truth([act(-1000, logged=0)])
    assert views(answer) == {-1005: 1, -1000: 1}
    assert answer.accounts[0].late == 0


def test_an_event_counts_until_the_watermark_reaches_its_windows_end() -> None:
    # log:   v11:59.999999   v9      w9:59.999999, [0, 10) still stands
    # log:   v12             v9      w10, [0, 10) has ended
    assert views(truth([act(12 - MICRO), act(9)]))[0] == 1
    assert 0 not in views(truth([act(12), act(9)]))


def test_an_event_does_not_move_the_watermark_that_it_is_judged_by() -> None:
    # log:   v1    v30          v30 counts in [25, 35) and [30, 40), and only then the mark is w28
    # mark:     w-1    w28
    answer = truth([act(1), act(30)])
    assert views(answer) == {-5: 1, 0: 1, 25: 1, 30: 1}
    assert answer.watermarks == {0: minute(28)}


def test_a_late_event_counts_in_the_windows_that_still_stand() -> None:
    #  0    5    10   15
    #  ├──────v8─┤               [0, 10) had ended at w10
    #       ├─v8──────┤          [5, 15) had not
    answer = truth([act(12), act(8)])
    assert views(answer) == {5: 2, 10: 1}
    assert [row.is_late for row in answer.archive] == [False, True]
    assert (answer.accounts[0].on_time, answer.accounts[0].late) == (1, 1)


def test_an_event_too_late_for_every_window_is_kept_all_the_same() -> None:
    # log:   v60   v8           w58: [0, 10) and [5, 15) have ended
    answer = truth([act(60), act(8)])
    assert views(answer) == {55: 1, 60: 1}
    assert answer.archive[1].is_late
    assert answer.hour_totals[minute(0), "p"].view_count == 1


def test_a_clock_ahead_cannot_push_the_watermark_past_log_time() -> None:
    # log time:   10       10
    # event:      v14      v7      the mark is 10 - 2, not 14 - 2: [0, 10) still stands
    answer = truth([act(14, logged=10), act(7, logged=10)])
    assert views(answer)[0] == 1
    assert answer.watermarks == {0: minute(8)}


def test_a_clock_behind_holds_the_watermark_back() -> None:
    # log time:   60
    # event:      v5       w3
    assert truth([act(5, logged=60)]).watermarks == {0: minute(3)}


def test_the_watermark_never_goes_back() -> None:
    # log:   v20    v15
    # mark:     w18    w18
    assert truth([act(20), act(15)]).watermarks == {0: minute(18)}


def test_a_refused_record_moves_no_watermark() -> None:
    # log:   v9    (v40, logged at 30: refused)   v9
    # mark:     w7                             w7
    answer = truth([act(9), act(40, logged=30), junk(logged=50), act(9)])
    assert views(answer) == {0: 2, 5: 2}
    assert answer.quarantine == {(0, 100): "future_timestamp", (0, 200): "not_json"}


def test_partitions_do_not_make_each_other_late() -> None:
    # partition 0:  v60   v61
    # partition 1:        v3        its own mark is none: on time
    answer = truth([act(60), act(61)], [act(3)])
    assert views(answer)[0] == 1
    assert answer.accounts[1].late == 0


# Closing


def test_a_window_closes_when_the_slowest_watermark_reaches_its_end() -> None:
    # partition 0:  v1 … v60     w58
    # partition 1:     v12       w10: [0, 10) is closed, [5, 15) is open
    answer = truth([act(1), act(60)], [act(12)])
    closed = {start: row.closed for (start, _), row in answer.windows.items()}
    assert closed[minute(0)]
    assert not closed[minute(5)]


def test_a_partition_without_a_valid_record_holds_every_window_open() -> None:
    for idle in ([], [junk()]):
        assert not any(row.closed for row in truth([act(1), act(60)], idle).windows.values())


# Duplicates


def test_an_id_seen_before_is_a_duplicate_within_the_horizon() -> None:
    # log:   a1    v17   a1          w15 < 1 + 15: a duplicate
    # log:   a1    v18   a1          w16 = 1 + 15: no more
    def line(last: float) -> list[Entry]:
        return [act(1, event_id="a"), act(last), act(1, event_id="a")]

    assert accepted_flags(*line(18 - MICRO)) == [0, 1]
    assert accepted_flags(*line(18)) == [0, 1, 2]


def test_the_first_record_with_an_id_is_accepted_and_the_next_is_not() -> None:
    assert accepted_flags(act(1, event_id="a"), act(2, event_id="a"), act(2, event_id="b")) == [0, 2]


def test_a_duplicate_need_not_be_equal() -> None:
    assert accepted_flags(act(1, event_id="a"), act(1, "other", "purchase", event_id="a")) == [0]


def test_the_horizon_runs_from_the_accepted_event_not_from_its_duplicates() -> None:
    # log:   a0    a14   v17   a16     a14 is a duplicate and does not count: w15 = 0 + 15, a16 is accepted
    line = [act(0, event_id="a"), act(14, event_id="a"), act(17), act(16, event_id="a")]
    assert accepted_flags(*line) == [0, 2, 3]


def test_an_id_accepted_again_begins_a_new_horizon() -> None:
    # log:   a0    v17   a17   v20   a17     the second a17 is within the horizon of the first
    line = [act(0, event_id="a"), act(17), act(17, event_id="a"), act(20), act(17, event_id="a")]
    assert accepted_flags(*line) == [0, 1, 2, 3]


def test_a_late_event_is_remembered_from_its_event_time() -> None:
    # log:   v60   a1   a1       w58 is past 1 + 15 from the start: both are accepted
    assert accepted_flags(act(60), act(1, event_id="a"), act(1, event_id="a")) == [0, 1, 2]


def test_records_without_an_id_are_never_duplicates() -> None:
    assert accepted_flags(act(1), act(1), act(1)) == [0, 1, 2]


def test_a_refused_record_leaves_no_id_behind() -> None:
    assert accepted_flags(act(40, logged=30, event_id="a"), act(30, event_id="a")) == [1]


def test_ids_are_those_of_one_partition() -> None:
    answer = truth([act(1, event_id="a")], [act(1, event_id="a")])
    assert [account.duplicate for account in answer.accounts.values()] == [0, 0]


def test_a_duplicate_counts_nowhere_but_moves_the_watermark() -> None:
    # log:   a1    a12 (duplicate)   v9     w10: v9 is late for [0, 10)
    answer = truth([act(1, event_id="a"), act(12, event_id="a"), act(9)])
    assert views(answer) == {-5: 1, 0: 1, 5: 1}
    assert (answer.accounts[0].duplicate, answer.accounts[0].late) == (1, 1)


# Columns and categories


def test_each_event_type_has_its_column_and_a_removal_none() -> None:
    line = [act(1), act(1), act(1), act(2, event_type="add_to_cart"), act(2, event_type="cart")]
    line += [act(3, event_type="purchase"), act(4, event_type="remove_from_cart")]
    row = truth(line).windows[minute(0), "p"]
    assert row == WindowRow(minute(10), "unknown", view_count=3, cart_count=2, purchase_count=1, closed=False)


def test_a_removal_alone_makes_a_row_and_gives_it_a_category() -> None:
    answer = truth([act(1, event_type="remove_from_cart", category="books")])
    assert answer.windows[minute(0), "p"] == WindowRow(minute(10), "books", 0, 0, 0, closed=False)
    assert answer.hour_totals[minute(0), "p"] == HourTotal("books", 0, 0, 0, 1)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("happened", "category"),
    [
        pytest.param([(1, "new"), (0, "old")], "new", id="the newest event gives the category"),
        pytest.param([(1, "a"), (1, "b")], "b", id="of two at one time the greater string"),
        pytest.param([(1, "a"), (1, "Z")], "a", id="strings compare by code point not by alphabet"),
        pytest.param([(1, "\uff5e"), (1, "😀")], "😀", id="strings compare by code point not by UTF-16"),
        pytest.param([(0, "old"), (1, None)], "old", id="an absent category replaces none"),
        pytest.param([(0, "old"), (1, "unknown")], "old", id="unknown replaces none"),
        pytest.param([(1, "a"), (1, "unknown")], "a", id="unknown is no greater string"),
        pytest.param([(0, None), (1, None)], "unknown", id="without any category it is unknown"),
    ],
)
def test_the_category_of_a_row(happened: list[tuple[float, str | None]], category: str, reverse: bool) -> None:
    line = [act(at, category=name) for at, name in (reversed(happened) if reverse else happened)]
    answer = truth(line)
    assert answer.windows[minute(0), "p"].category == category
    assert answer.hour_totals[minute(0), "p"].category == category


def test_an_event_gives_its_category_only_where_it_counts() -> None:
    # log:   v3 old   v12   v8 late      w10: v8 counts in [5, 15) and the hour, not in [0, 10)
    answer = truth([act(3, category="old"), act(12), act(8, category="late")])
    assert answer.windows[minute(0), "p"].category == "old"
    assert answer.windows[minute(5), "p"].category == "late"
    assert answer.hour_totals[minute(0), "p"].category == "late"


def test_products_have_rows_of_their_own() -> None:
    answer = truth([act(1, "p", category="a"), act(1, "P", category="b")])
    assert {key[1]: row.category for key, row in answer.windows.items()} == {"p": "a", "P": "b"}


def test_partitions_add_up_in_one_row() -> None:
    answer = truth([act(1, category="a")], [act(2, category="b")])
    assert answer.windows[minute(0), "p"] == WindowRow(minute(10), "b", 2, 0, 0, closed=False)


def test_hours_hold_their_start_and_not_their_end() -> None:
    totals = truth([act(0), act(60 - MICRO), act(60)]).hour_totals
    assert {(start - minute(0)) // HOUR: total.view_count for (start, _), total in totals.items()} == {0: 2, 1: 1}


# Alerts


@pytest.mark.parametrize(("looked", "bought", "alerts"), [(3, 1, True), (2, 1, False), (3, 2, False), (3, 0, True)])
def test_an_alert_needs_more_views_and_fewer_purchases_than_the_thresholds(
    looked: int, bought: int, alerts: bool
) -> None:
    line = [act(1)] * looked + [act(1, event_type="purchase")] * bought + [act(60)]
    confirmed = truth(line, alert=AlertThresholds(min_views=2, max_purchases=2)).confirmed
    expected = {ConfirmedAlert("flash_sale", "p", minute(start), looked, bought) for start in (-5, 0)}
    assert confirmed == (expected if alerts else frozenset())


def test_an_alert_is_confirmed_only_when_its_window_is_closed() -> None:
    # log:   v7 v7 v12      w10: [0, 10) is closed, [5, 15) alerts too and is open
    confirmed = truth([act(7), act(7), act(12)], alert=AlertThresholds(1, 1)).confirmed
    assert confirmed == {ConfirmedAlert("flash_sale", "p", minute(0), 2, 0)}


def test_the_usual_thresholds_are_100_views_and_5_purchases() -> None:
    usual = AlertThresholds()
    assert usual.alerts(101, 4)
    assert not usual.alerts(100, 4)
    assert not usual.alerts(101, 5)


# Archive and accounting


def test_the_archive_keeps_accepted_events_by_partition_and_offset() -> None:
    answer = truth([junk(), act(2, user="u1", category="c", event_id="e")], [act(1, user="u2")])
    assert [(row.user_key, row.source_partition, row.source_offset) for row in answer.archive] == [
        ("key-u1", 0, 100),
        ("key-u2", 1, 0),
    ]
    assert answer.archive[0] == ArchiveRow(
        "key-u1", "p", EventType.VIEW, minute(2), "c", "e", None, None, 1, None, None, False, 0, 100
    )


def test_every_record_is_accounted_for() -> None:
    line = [act(12, event_id="a"), act(12, event_id="a"), act(8), junk(), junk(raw=b"{}"), junk(raw=b"")]
    reasons = Counter({"not_json": 2, "missing:user_id": 1})
    assert truth(line, []).accounts == {
        0: Account(received=6, accepted=2, duplicate=1, rejected=3, on_time=1, late=1, reasons=reasons),
        1: Account(0, 0, 0, 0, 0, 0, Counter()),
    }


# What holds of every log

EVENTS = st.builds(
    lambda at, lag, product, event_type, event_id: act(at, product, event_type, logged=at + lag, event_id=event_id),
    st.integers(0, 90),
    st.integers(-8, 30),
    st.sampled_from("pq"),
    st.sampled_from(["view", "cart", "purchase", "click"]),
    st.none() | st.sampled_from("abc"),
)
LINES = st.lists(EVENTS | st.just(junk()), max_size=25)


@settings(deadline=None)
@given(LINES, LINES)
def test_nothing_vanishes(first: list[Entry], second: list[Entry]) -> None:
    answer = truth(first, second)
    for line, account in zip((first, second), answer.accounts.values(), strict=True):
        assert account.received == len(line) == account.accepted + account.duplicate + account.rejected
        assert account.accepted == account.on_time + account.late
        assert account.rejected == account.reasons.total()
    accepted = sum(account.accepted for account in answer.accounts.values())
    assert len(answer.archive) == accepted
    assert len(answer.quarantine) == sum(account.rejected for account in answer.accounts.values())
    seen = sum(row.event_type is EventType.VIEW for row in answer.archive)
    assert sum(total.view_count for total in answer.hour_totals.values()) == seen
    missed = sum(row.is_late for row in answer.archive)
    assert 2 * seen - 2 * missed <= sum(row.view_count for row in answer.windows.values()) <= 2 * seen


@settings(deadline=None)
@given(LINES, LINES)
def test_what_came_before_is_not_decided_again(before: list[Entry], after: list[Entry]) -> None:
    early, whole = truth(before), truth(before + after)
    assert whole.archive[: len(early.archive)] == early.archive
    assert early.quarantine.items() <= whole.quarantine.items()
    for key, row in early.windows.items():
        if row.closed:
            assert whole.windows[key] == row
    assert early.confirmed <= whole.confirmed


@settings(deadline=None)
@given(LINES, LINES)
def test_partitions_are_independent_but_for_closing(first: list[Entry], second: list[Entry]) -> None:
    alone, together = truth(first), truth(first, second)
    assert together.accounts[0] == alone.accounts[0]
    assert [row for row in together.archive if row.source_partition == 0] == alone.archive
    assert alone.windows.keys() <= together.windows.keys()
    for key, row in alone.windows.items():
        assert row.closed or not together.windows[key].closed
    assert together.watermarks[0] == alone.watermarks[0]
