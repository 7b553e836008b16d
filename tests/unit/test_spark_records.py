"""Records on their way through Spark: out of a log's block into a batch, and into blocks again."""

import pyarrow as pa

from clickwatch.speed.spark.records import RECORDS, as_batch, as_blocks
from tests.support.memory_log import Entry, block_of

ENTRIES = [Entry(5, b"first"), Entry(6, b""), Entry(6, "größe\t".encode()), Entry(9, b"last")]


def test_a_block_comes_out_as_it_went_in() -> None:
    block = block_of(ENTRIES, partition=3, offset=100)
    batch = as_batch(block)
    assert batch.schema.equals(RECORDS)
    [back] = as_blocks(batch)
    assert [back.record(i) for i in range(len(back))] == [entry.raw for entry in ENTRIES]
    assert back.offsets.tolist() == block.offsets.tolist() == [100, 106, 107, 116]
    assert back.log_times.tolist() == [5, 6, 6, 9]
    assert (back.partition, back.next_offset) == (3, block.next_offset)


def test_each_record_says_where_reading_goes_on_after_it() -> None:
    assert as_batch(block_of(ENTRIES, offset=100))["next_offset"].to_pylist() == [106, 107, 116, 121]


def test_a_part_of_a_batch_is_a_block_of_its_own() -> None:
    [back] = as_blocks(as_batch(block_of(ENTRIES)).slice(1, 2))
    assert [back.record(i) for i in range(len(back))] == [b"", "größe\t".encode()]


def test_a_batch_of_several_partitions_makes_a_block_of_each() -> None:
    batches = [as_batch(block_of(ENTRIES, partition)) for partition in (1, 0, 1)]
    both = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
    assert [(block.partition, len(block)) for block in as_blocks(both)] == [(0, 4), (1, 8)]
