"""Timelines: one column per window start, an epoch before and after."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clickwatch.domain.episode import Reconciliation, Run, Span, episode_key, latest_over, reconcile, unused_id
from clickwatch.domain.window import MINUTE, WindowSpec

SLIDE = 5 * MINUTE


def change(before: str, after: str) -> Reconciliation:
    """From one timeline to the next: `-` no alert, a letter one of that episode, `x` one that opened."""
    episodes = {
        name: Span(before.index(name) * SLIDE, before.rindex(name) * SLIDE) for name in sorted(set(before) - {"-"})
    }
    opened = [i * SLIDE for i, mark in enumerate(after) if mark == "x"]
    withdrawn = [i * SLIDE for i, mark in enumerate(after) if mark == "-" and before[i] != "-"]
    return reconcile(episodes, opened, withdrawn, SLIDE)


def runs(before: str, after: str) -> list[tuple[int, int, str | None]]:
    found = change(before, after).runs
    return [(run.span.first // SLIDE, run.span.last // SLIDE, run.owner) for run in found]


def test_consecutive_alerts_are_one_new_episode_and_a_gap_begins_another() -> None:
    assert runs(
        "-------",
        "-xx-x--",
    ) == [(1, 2, None), (4, 4, None)]


def test_an_episode_grows_at_both_ends() -> None:
    assert runs(
        "--AA---",
        "-xAAx--",
    ) == [(1, 4, "A")]


def test_a_bridge_gives_the_run_to_the_episode_that_starts_first() -> None:
    result = change(
        "-AA-BB",
        "-AAxBB",
    )
    assert result.runs == (Run(span(1, 5), "A", joining=(span(3, 3), span(4, 5))),)
    assert (set(result.merged), set(result.withdrawn)) == ({"B"}, set())


def test_the_earliest_run_keeps_an_episode_that_was_torn_apart() -> None:
    result = change(
        "-AAAA-",
        "-A-AA-",
    )
    assert result.runs == (Run(span(1, 1), "A", joining=()), Run(span(3, 4), None, joining=(span(3, 4),)))
    assert (set(result.merged), set(result.withdrawn)) == (set(), set())


def test_an_episode_without_alerts_is_withdrawn() -> None:
    result = change(
        "A-B",
        "--B",
    )
    assert (set(result.merged), set(result.withdrawn)) == (set(), {"A"})


def test_an_episode_whose_first_window_was_withdrawn_goes_on() -> None:
    assert runs(
        "-AAA--",
        "--AA--",
    ) == [(2, 3, "A")]


def test_a_torn_off_part_of_one_episode_joins_the_next() -> None:
    result = change(
        "AAA-BB",
        "A-AxBB",
    )
    assert result.runs == (
        Run(span(0, 0), "A", joining=()),
        Run(span(2, 5), "B", joining=(span(2, 2), span(3, 3))),
    )


def test_a_withdrawal_outside_all_episodes_changes_nothing() -> None:
    # Such as one of an episode that has ended: its alerts take no part any more.
    assert reconcile({"A": span(3, 4)}, [], [SLIDE], SLIDE).runs == (Run(span(3, 4), "A", joining=()),)


@given(st.text(alphabet="-x", max_size=12), st.text(alphabet="-x", max_size=12))
def test_runs_are_maximal_and_hold_each_alert_once(before: str, after: str) -> None:
    before, after = before.ljust(12, "-"), after.ljust(12, "-")
    episodes = {f"E{run.span.first}": run.span for run in reconcile({}, starts(before), [], SLIDE).runs}
    opened, withdrawn = starts(after) - starts(before), starts(before) - starts(after)
    result = reconcile(episodes, opened, withdrawn, SLIDE)
    covered = [start for run in result.runs for start in range(run.span.first, run.span.last + 1, SLIDE)]
    assert covered == sorted(starts(after))
    assert all(later.span.first > earlier.span.last + SLIDE for earlier, later in pairwise(result.runs))
    owners = [run.owner for run in result.runs if run.owner]
    assert sorted([*owners, *result.merged, *result.withdrawn]) == sorted(episodes)


def starts(timeline: str) -> set[int]:
    return {i * SLIDE for i, mark in enumerate(timeline) if mark != "-"}


def span(first: int, last: int) -> Span:
    return Span(first * SLIDE, last * SLIDE)


def test_an_episode_ends_when_the_window_after_its_last_is_closed() -> None:
    # last        [0 ......... 10)
    # one further      [5 ......... 15)   closed at 15
    spec = WindowSpec(10 * MINUTE, 5 * MINUTE)
    assert latest_over(15 * MINUTE - 1, spec) < 0
    assert latest_over(15 * MINUTE, spec) == 0


def test_an_id_is_stable_and_counts_on_when_it_was_used() -> None:
    key = episode_key("flash_sale", "PROD_001", 300_000_000)
    assert key == episode_key("flash_sale", "PROD_001", 300_000_000)
    assert len(key) == 32
    assert unused_id(key, set()) == key
    assert unused_id(key, {key, f"{key}-2"}) == f"{key}-3"
