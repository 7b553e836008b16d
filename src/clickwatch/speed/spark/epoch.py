"""One epoch on Spark: the DataFrame chain from a micro-batch of records to the effects that the store takes.

Spark's workers judge and count; the driver decides which records are duplicates, for that hangs on all accepted ids of
the horizon, which it keeps as the embedded engine does: 16 bytes each.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import StorageLevel
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from clickwatch.archive.encoding import REPEATING
from clickwatch.intake.id_table import NEVER
from clickwatch.intake.intake import IntakeRules, PartitionIntake, RefusedRecord, Taken
from clickwatch.speed.effects import PartitionEffects
from clickwatch.speed.spark.deltas import COUNTED, counted, deltas_of
from clickwatch.speed.spark.judging import EVENT_COLUMNS, VERDICTS, judging

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_PLACE = ("source_partition", "source_offset")
_PLACES = pa.schema([VERDICTS.field(name) for name in _PLACE])
_FACTS = ("log_time", "reason", "raw", "event_id", "mark", "received", "first_offset", "next_offset")
_ACCEPTED = (*EVENT_COLUMNS.names, "missed")
_NO_COUNTS = COUNTED.empty_table()
_NO_EVENTS = pa.schema([VERDICTS.field(name) for name in _ACCEPTED]).empty_table()


def effects_of(
    records: "DataFrame", rules: IntakeRules, intakes: Mapping[int, PartitionIntake]
) -> tuple[PartitionEffects, ...]:
    """What a micro-batch (RECORDS) does, by partition, for those that have records in it.

    `intakes` go on to after the batch: it is to be committed, or they are to be made anew.
    """
    watermarks = {partition: intake.watermark for partition, intake in intakes.items()}
    with _kept(records.mapInArrow(judging(rules, watermarks), from_arrow_schema(VERDICTS))) as verdicts:
        facts = _by_partition(_facts(verdicts))
        duplicates = {p: _duplicates(rows, intakes[p]) for p, rows in facts.items()}
        accepted = _accepted(verdicts, duplicates)
        counts = _by_partition(counted(accepted, rules.spec).toArrow())
        events = _by_partition(accepted.select(*_ACCEPTED).toArrow())
    effects = []
    for partition in sorted(facts):
        deltas = deltas_of(counts.get(partition, _NO_COUNTS), rules.spec)
        mine = events.get(partition, _NO_EVENTS)
        taken = _taken(partition, facts[partition], mine, len(duplicates[partition]), watermarks[partition])
        effects.append(PartitionEffects(taken, deltas))
    return tuple(effects)


@contextmanager
def _kept(verdicts: "DataFrame") -> "Iterator[DataFrame]":
    """Judged once, though they are looked at several times."""
    verdicts.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield verdicts
    finally:
        verdicts.unpersist()


def _facts(verdicts: "DataFrame") -> pa.Table:
    """All that the driver decides by: records with an id, refused ones, and summaries."""
    wanted = F.col("event_id").isNotNull() | F.col("reason").isNotNull() | F.col("received").isNotNull()
    event_time = F.unix_micros("event_time").alias("event_time")
    return verdicts.where(wanted).select(*_PLACE, event_time, *_FACTS).toArrow()


def _by_partition(rows: pa.Table) -> dict[int, pa.Table]:
    """The rows of each log partition, in the order of their offsets where they have one."""
    if "source_offset" in rows.column_names:
        rows = rows.sort_by([(name, "ascending") for name in _PLACE])
    partitions = pc.unique(rows["source_partition"]).to_pylist()
    return {p: rows.filter(pc.equal(rows["source_partition"], p)) for p in partitions}


def _duplicates(facts: pa.Table, intake: PartitionIntake) -> pa.Array:
    """The offsets of the duplicates in one partition; its intake goes on to after the batch."""
    named = facts.filter(pc.is_valid(facts["event_id"])).combine_chunks()
    marks = np.append(named["mark"].to_numpy(), _summaries(facts, "mark", "max"))
    ids = named["event_id"].combine_chunks()
    is_duplicate = intake.decide(ids, named["event_time"].to_numpy(), marks)
    return named["source_offset"].combine_chunks().filter(pa.array(is_duplicate))


def _summaries(facts: pa.Table, column: str, what: str) -> int:
    """A figure over the summaries of a partition: their `sum`, `min` or `max` in a column."""
    rows = facts.filter(pc.is_valid(facts["received"]))
    return int(pc.call_function(what, [rows[column]]).as_py())


def _accepted(verdicts: "DataFrame", duplicates: Mapping[int, pa.Array]) -> "DataFrame":
    """The valid records that are no duplicates."""
    valid = verdicts.where(F.col("user_key").isNotNull())
    tables = [
        pa.table([pa.array(np.full(len(offsets), p, np.int32)), offsets], schema=_PLACES)
        for p, offsets in duplicates.items()
        if len(offsets)
    ]
    if not tables:
        return valid
    places = verdicts.sparkSession.createDataFrame(pa.concat_tables(tables))
    return valid.join(F.broadcast(places), list(_PLACE), "left_anti")


def _taken(partition: int, facts: pa.Table, events: pa.Table, duplicates: int, before: int | None) -> Taken:
    after = _summaries(facts, "mark", "max")
    missed = events["missed"].to_numpy()
    events = events.select(EVENT_COLUMNS.names)
    for name in REPEATING:
        place = events.schema.get_field_index(name)
        events = events.set_column(place, name, events[name].combine_chunks().dictionary_encode())
    return Taken(
        partition=partition,
        received=_summaries(facts, "received", "sum"),
        events=events,
        event_times=pc.cast(events["event_time"], pa.int64()).to_numpy(),
        missed=missed,
        duplicates=duplicates,
        refused=tuple(_refused(facts)),
        start_offset=_summaries(facts, "first_offset", "min"),
        next_offset=_summaries(facts, "next_offset", "max"),
        watermark_before=before,
        watermark_after=None if after == NEVER else after,
    )


def _refused(facts: pa.Table) -> Iterator[RefusedRecord]:
    rows = facts.filter(pc.is_valid(facts["reason"])).select(["source_offset", "log_time", "reason", "raw"])
    for row in rows.to_pylist():
        yield RefusedRecord(row["source_offset"], row["log_time"], row["reason"], row["raw"])
