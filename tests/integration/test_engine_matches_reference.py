"""The embedded engine gives the reference's answer on any stream, however it is cut, stopped and crashed."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from clickwatch.wiring.home import Home
from tests.support.embedded_runs import PLANS, Homes, Plan, Runs, shared_engines, user_key
from tests.support.findings import archived, found, settled_rows
from tests.support.proof import proof_scale
from tests.support.streams import Stream, placed, streams

_MEMORY = Path("/dev/shm")
"""Random streams are about decisions: what the disk does to them is the matter of other tests."""


@pytest.fixture(scope="module")
def homes() -> Iterator[Homes]:
    in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    with TemporaryDirectory(dir=_MEMORY if in_memory else None) as folder, shared_engines():
        yield Homes(Path(folder))


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
    answer, truth = found(runs.home, len(stream.partitions)), stream.truth(user_key)
    assert answer.accounts == truth.accounts
    assert answer.quarantine == truth.quarantine
    assert answer.watermarks == truth.watermarks
    assert answer.windows == truth.windows
    assert answer.confirmed == truth.confirmed
    assert answer.hour_totals == truth.hour_totals
    assert answer.archive == truth.archive
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
