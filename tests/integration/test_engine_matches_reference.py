"""The embedded engine gives the reference's answer on any stream, however it is cut, stopped and crashed."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from clickwatch.wiring.home import Home
from tests.support.embedded_runs import PLANS, Homes, Plan, Runs, homes_in_memory, shared_engines, user_key
from tests.support.findings import archived, assert_says, settled_rows
from tests.support.proof import proof_scale
from tests.support.streams import Stream, placed, streams


@pytest.fixture(scope="module")
def homes() -> Iterator[Homes]:
    with homes_in_memory() as homes, shared_engines():
        yield homes


def worked_off(home: Home, stream: Stream, plan: Plan) -> Runs:
    runs = Runs(home, stream)
    runs.work_off(plan)
    return runs


def random_streams(examples: int) -> settings:
    return settings(
        max_examples=examples * proof_scale(),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@random_streams(460)
@given(stream=streams(), plan=PLANS)
def test_the_engine_gives_the_reference_s_answer(homes: Homes, stream: Stream, plan: Plan) -> None:
    runs = worked_off(homes.fresh(), stream, plan)
    assert_says(runs.home, len(stream.partitions), stream.truth(user_key))
    each_epoch_is_archived_as_it_was_committed(runs)


@random_streams(40)
@given(stream=streams(), one=PLANS, another=PLANS)
def test_cuts_and_restarts_leave_no_trace(homes: Homes, stream: Stream, one: Plan, another: Plan) -> None:
    first = worked_off(homes.fresh("one"), stream, one)
    second = worked_off(homes.fresh("another"), stream, another)
    assert settled_rows(first.home) == settled_rows(second.home)
    assert without_epochs(first) == without_epochs(second)


def each_epoch_is_archived_as_it_was_committed(runs: Runs) -> None:
    """Epochs follow one another without a gap, take each log record once, and the archive names the one that did."""
    assert sorted({epoch for epoch, _ in runs.ranges}) == list(range(1, len({e for e, _ in runs.ranges}) + 1))
    for partition, entries in enumerate(runs.stream.partitions):
        taken = sorted(bounds for (_, p), bounds in runs.ranges.items() if p == partition)
        ends = [end for _, end in taken]
        assert [start for start, _ in taken] == [0, *ends][: len(taken)]
        assert ends[-1:] == [record.offset + len(record.raw) + 1 for record in placed(entries)][-1:]
    for row in archived(runs.home):
        start, end = runs.ranges[row["epoch"], row["source_partition"]]
        assert start <= row["source_offset"] < end


def without_epochs(runs: Runs) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name != "epoch"} for row in archived(runs.home)]
