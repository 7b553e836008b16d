"""Rows by part: which rows stand together, in which order, whatever chunks they come in."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clickwatch.archive import splitting
from clickwatch.archive.encoding import as_archived
from clickwatch.archive.layout import MAX_CATEGORY_PARTS, OTHER, Part
from clickwatch.archive.splitting import Piece, split
from clickwatch.domain.columns import ARCHIVE_COLUMNS
from tests.support.archive_rows import epoch_rows, in_log_order, with_dictionaries


@pytest.fixture(params=[1, 1_000_000], ids=["chunk by chunk", "put together"])
def chunk_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(splitting, "_CHUNK_ROWS", request.param)
    return int(request.param)


def pieces(root: Path, tables: list[pa.Table]) -> list[Piece]:
    found = list(split(root, as_archived(pa.concat_tables(tables))))
    assert len({piece.part for piece in found}) == len(found)
    return found


def plain(rows: pa.Table) -> pa.Table:
    return rows.cast(ARCHIVE_COLUMNS).combine_chunks()


def of_partition(rows: pa.Table, partition: int) -> pa.Table:
    return rows.filter(pc.equal(rows["source_partition"], partition))


def assert_all_in_source_order(found: list[Piece], given: list[pa.Table]) -> None:
    for piece in found:
        assert plain(piece.rows).equals(in_log_order(plain(piece.rows)))
    together = pa.concat_tables([plain(piece.rows) for piece in found])
    assert in_log_order(together).equals(in_log_order(pa.concat_tables([plain(table) for table in given])))


@pytest.mark.usefixtures("chunk_rows")
def test_epochs_of_several_partitions_become_one_piece_per_part_in_source_order(tmp_path: Path) -> None:
    epochs = [with_dictionaries(epoch_rows(epoch)) for epoch in (1, 2, 3)]
    tables = [of_partition(rows, partition) for rows in epochs for partition in (0, 1)]
    for given in (epochs, tables, tables[::-1], [tables[0].slice(0, 0), *tables]):
        found = pieces(tmp_path, given)
        assert len(found) == 4
        assert_all_in_source_order(found, given)


@pytest.mark.usefixtures("chunk_rows")
def test_rows_out_of_order_within_a_chunk_are_put_in_order(tmp_path: Path) -> None:
    rows = epoch_rows(1)
    shuffled = rows.take(pa.array(np.random.default_rng(1).permutation(len(rows))))
    given = [with_dictionaries(shuffled), with_dictionaries(epoch_rows(2))]
    assert_all_in_source_order(pieces(tmp_path, given), given)


@pytest.mark.usefixtures("chunk_rows")
def test_the_names_of_earlier_chunks_count_for_a_day(tmp_path: Path) -> None:
    half = MAX_CATEGORY_PARTS * 3 // 4
    tables = []
    for epoch in (1, 2):
        rows = epoch_rows(epoch, 2 * half).filter(pa.array(np.arange(2 * half) % 2 == 0))
        names = pa.array([f"c{epoch}-{i}" for i in range(half)])
        tables.append(with_dictionaries(rows.set_column(4, ARCHIVE_COLUMNS.field("category"), names)))
    found = pieces(tmp_path, tables)
    named = [piece.part.category_part for piece in found if piece.part.category_part != OTHER]
    assert sorted(named) == sorted([f"c1-{i}" for i in range(half)] + [f"c2-{i}" for i in range(half // 3)])
    assert_all_in_source_order(found, tables)


@pytest.mark.usefixtures("chunk_rows")
def test_rows_of_one_part_alone_stay_as_they_are(tmp_path: Path) -> None:
    rows = with_dictionaries(epoch_rows(1).filter(pa.array(np.arange(40) % 4 == 0)))
    (piece,) = pieces(tmp_path, [rows])
    assert piece.part == Part(20479, "smartphones")
    assert plain(piece.rows).equals(plain(rows))
