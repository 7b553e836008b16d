"""What the archive promises to its writer and to its readers."""

import stat
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from clickwatch.archive.actions import APP_ID
from clickwatch.archive.checkpoint import CHECKPOINT_INTERVAL, KEEP_LOG
from clickwatch.archive.delta import DeltaArchive
from clickwatch.archive.encoding import STATISTICS_COLUMNS
from clickwatch.archive.expiry import Expired
from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.domain.window import DAY, HOUR, SECOND
from clickwatch.errors import SecondPipeline
from tests.support.archive_rows import FIRST_DAY, epoch_rows, epochs, in_log_order, with_dictionaries


class Clock:
    """A clock that the test sets, in µs."""

    def __init__(self, now: int = 1_800_000_000 * SECOND) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def archive(tmp_path: Path) -> DeltaArchive:
    return DeltaArchive.open(tmp_path / "archive", create=True)


def reopened(tmp_path: Path) -> DeltaArchive:
    return DeltaArchive.open(tmp_path / "archive", create=False)


def with_two_epochs(tmp_path: Path, clock: Clock) -> DeltaArchive:
    """An archive of two days that came in by the clock's time."""
    archive = DeltaArchive.open(tmp_path / "archive", create=True, now=clock)
    for epoch in (1, 2):
        archive.append(epochs(epoch, epoch), epoch)
    return archive


def assert_same_rows(found: pa.Table, expected: pa.Table) -> None:
    assert in_log_order(found).equals(in_log_order(expected))


def day_of(rows: pa.Table, day: int) -> pa.Table:
    days = rows["event_time"].cast(pa.int64()).to_numpy() // DAY
    return rows.filter(pa.array(days == day // DAY))


# Rows


@pytest.mark.parametrize("encoded", [True, False])
def test_all_columns_and_nulls_come_back(archive: DeltaArchive, encoded: bool) -> None:
    given = epochs(1, 3)
    archive.append(with_dictionaries(given) if encoded else given, 3)
    assert_same_rows(archive.to_arrow(), given)
    assert_same_rows(archive.to_arrow(date(2026, 1, 27)), day_of(given, FIRST_DAY + DAY))
    assert archive.to_arrow(date(2026, 2, 1)).num_rows == 0
    assert archive.to_arrow(columns=["epoch"]).column_names == ["epoch"]


def test_any_text_column_may_come_as_a_dictionary(archive: DeltaArchive) -> None:
    given = epochs(1, 3)
    for name in ("session_id", "order_id", "event_id"):
        column = given[name].dictionary_encode()
        index = given.schema.get_field_index(name)
        given = given.set_column(index, name, column)
    archive.append(given, 3)
    assert_same_rows(archive.to_arrow(), epochs(1, 3))


def test_chunks_with_dictionaries_of_their_own_come_back(archive: DeltaArchive) -> None:
    archive.append(pa.concat_tables([with_dictionaries(epoch_rows(epoch)) for epoch in range(1, 6)]), 5)
    assert_same_rows(archive.to_arrow(), epochs(1, 5))


def test_a_dictionary_far_greater_than_its_use_is_not_written(archive: DeltaArchive) -> None:
    given = epochs(1, 1)
    many = pa.array([f"k1:{i:032x}" for i in range(100_000)])
    codes = pa.array(np.arange(len(given), dtype=np.int32) * 2000)
    keys = pa.DictionaryArray.from_arrays(codes, many)
    archive.append(given.set_column(0, "user_key", keys), 1)
    assert sorted(archive.to_arrow()["user_key"].to_pylist()) == sorted(many.take(codes).to_pylist())
    assert sum(path.stat().st_size for path in archive.files()) < 100_000


def test_delta_rs_reads_the_same_rows(archive: DeltaArchive, tmp_path: Path) -> None:
    archive.append(epochs(1, 3), 3)
    table = DeltaTable(str(tmp_path / "archive"))
    assert_same_rows(table.to_pyarrow_table(columns=ARCHIVE_COLUMNS.names), epochs(1, 3))
    late = f"event_time >= '{np.datetime64(FIRST_DAY + DAY, 'us')}Z' and category_part = 'laptops'"
    found = pa.table(table.scan(columns=["category", "event_date"], predicate=late))
    assert set(found["category"].to_pylist()) == {"laptops"}
    assert set(found["event_date"].to_pylist()) == {date(2026, 1, 27)}
    assert len(found) == pc.sum(pc.equal(epochs(1, 3)["category"], "laptops")).as_py()
    assert table.count() == len(epochs(1, 3))


def test_duckdb_reads_the_same_rows_and_the_folder_columns(archive: DeltaArchive) -> None:
    archive.append(epochs(1, 3), 3)
    files = [str(path) for path in archive.files()]
    with duckdb.connect() as connection:
        rows = connection.sql(
            "select * from read_parquet($files, hive_partitioning = true,"
            " hive_types = {'event_date': DATE, 'category_part': VARCHAR})",
            params={"files": files},
        ).to_arrow_table()
    assert_same_rows(rows.select(ARCHIVE_COLUMNS.names).cast(ARCHIVE_COLUMNS), epochs(1, 3))
    parts = set(zip(rows["category"].to_pylist(), rows["category_part"].to_pylist(), strict=True))
    assert parts == {(name, name) for name in ("smartphones", "laptops", "unknown")} | {("größe", "_other")}
    assert set(rows["event_date"].to_pylist()) == {date(2026, 1, 26), date(2026, 1, 27)}


def test_each_file_holds_its_rows_in_source_order_whatever_order_they_came_in(archive: DeltaArchive) -> None:
    given = epochs(1, 3)
    shuffled = given.take(pa.array(np.random.default_rng(1).permutation(len(given))))
    archive.append(shuffled, 3)
    for path in archive.files():
        rows = pq.ParquetFile(path).read()
        assert rows.equals(in_log_order(rows))


def test_more_than_two_hundred_categories_share_the_rest(archive: DeltaArchive, tmp_path: Path) -> None:
    given = epoch_rows(1, 600)
    names = pa.array([f"c{i // 2}" for i in range(600)])
    given = given.set_column(4, ARCHIVE_COLUMNS.field("category"), names)
    given = given.filter(pa.array(np.arange(600) % 2 == 0))
    archive.append(given, 1)
    assert_same_rows(archive.to_arrow(), given)
    folders = list((tmp_path / "archive" / "event_date=2026-01-26").iterdir())
    assert len(folders) == 201
    archive.append(epoch_rows(2).filter(pa.array(np.arange(40) % 4 == 0)), 2)
    assert len(list((tmp_path / "archive" / "event_date=2026-01-26").iterdir())) == 201


def test_a_commit_spread_over_a_year_is_still_one(archive: DeltaArchive) -> None:
    given = epoch_rows(1, 400)
    times = pa.array(FIRST_DAY + np.arange(400) * DAY).cast(pa.timestamp("us", "UTC"))
    given = given.set_column(3, ARCHIVE_COLUMNS.field("event_time"), times)
    archive.append(given, 1)
    assert archive.snapshot().version == 1
    assert len(archive.files()) == 400
    assert_same_rows(archive.to_arrow(), given)


@pytest.mark.parametrize("column", ["user_key", "source_offset"])
def test_null_where_it_must_not_be_is_refused(archive: DeltaArchive, column: str) -> None:
    given = epoch_rows(1)
    index = ARCHIVE_COLUMNS.get_field_index(column)
    nulls = pa.nulls(len(given), ARCHIVE_COLUMNS.field(column).type)
    with pytest.raises(ValueError, match=f"null in {column}"):
        archive.append(given.set_column(index, column, nulls), 1)
    with pytest.raises(ValueError, match="not the archive's columns"):
        archive.append(given.drop_columns([column]), 1)
    with pytest.raises(ValueError, match="event_time is int64"):
        archive.append(given.set_column(3, "event_time", given["event_time"].cast(pa.int64())), 1)
    assert archive.last_epoch() == 0


# Epochs


def test_an_epoch_is_archived_once(archive: DeltaArchive, tmp_path: Path) -> None:
    assert archive.last_epoch() == 0
    archive.append(epochs(1, 3), 3)
    for again in (3, 2):
        with pytest.raises(ValueError, match="archived already"):
            archive.append(epochs(3, 3), again)
        with pytest.raises(ValueError, match="archived already"):
            reopened(tmp_path).append(epochs(3, 3), again)
    assert reopened(tmp_path).last_epoch() == 3
    assert_same_rows(archive.to_arrow(), epochs(1, 3))


def test_epochs_without_rows_are_archived_too(archive: DeltaArchive, tmp_path: Path) -> None:
    archive.append(ARCHIVE_COLUMNS.empty_table(), 7)
    assert reopened(tmp_path).last_epoch() == 7
    assert DeltaTable(str(tmp_path / "archive")).transaction_version(APP_ID) == 7
    assert archive.files() == []
    assert archive.to_arrow().schema == ARCHIVE_COLUMNS


def test_a_writer_that_was_overtaken_cannot_commit(archive: DeltaArchive, tmp_path: Path) -> None:
    other = DeltaArchive.open(tmp_path / "archive", create=True)
    other.append(epochs(1, 2), 2)
    with pytest.raises(SecondPipeline, match="another process"):
        archive.append(epochs(1, 1), 1)
    assert_same_rows(other.to_arrow(), epochs(1, 2))
    assert other.tidy() == 0


def test_epochs_and_rows_survive_checkpoints_and_compaction(tmp_path: Path) -> None:
    clock = Clock()
    archive = DeltaArchive.open(tmp_path / "archive", create=True, now=clock)
    last = CHECKPOINT_INTERVAL + 3
    for epoch in range(1, last + 1):
        archive.append(epochs(epoch, epoch).slice(0, 8), epoch)
        if epoch % 20 == 0:
            archive.compact(date(2026, 1, 26))
    assert len(list((tmp_path / "archive" / "_delta_log").glob("*.checkpoint.parquet"))) == 1
    for each in (archive, reopened(tmp_path)):
        assert each.last_epoch() == last
        assert each.to_arrow().num_rows == 8 * last
    with pytest.raises(ValueError, match="archived already"):
        reopened(tmp_path).append(epochs(last, last), last)


def test_old_log_entries_go_once_two_checkpoints_hold_them(tmp_path: Path) -> None:
    clock = Clock()
    archive = DeltaArchive.open(tmp_path / "archive", create=True, now=clock)
    empty = ARCHIVE_COLUMNS.empty_table()
    archive.append(epoch_rows(1), 1)
    # Files are dated by the disk's clock; the archive's is days ahead, so all of them are old.
    clock.now = 4_000_000_000 * SECOND + KEEP_LOG * SECOND
    for epoch in range(2, 3 * CHECKPOINT_INTERVAL + 1):
        archive.append(empty, epoch)
    commits = sorted(path.name for path in (tmp_path / "archive" / "_delta_log").glob("*0.json"))
    assert commits[0] == f"{2 * CHECKPOINT_INTERVAL:020}.json"
    assert reopened(tmp_path).last_epoch() == 3 * CHECKPOINT_INTERVAL
    assert_same_rows(reopened(tmp_path).to_arrow(), epoch_rows(1))


# Upkeep


def test_compaction_keeps_the_rows_in_fewer_files(tmp_path: Path) -> None:
    clock = Clock()
    archive = DeltaArchive.open(tmp_path / "archive", create=True, now=clock)
    for epoch in range(1, 6):
        archive.append(with_dictionaries(epochs(epoch, epoch)), epoch)
    held = archive.snapshot()
    assert archive.compact(date(2026, 1, 26)) == 10
    assert archive.compact(date(2026, 1, 26)) == 0
    assert len(archive.files(date(2026, 1, 26))) == 2
    assert len(archive.files(date(2026, 1, 27))) == 10
    for each in (archive, reopened(tmp_path)):
        assert_same_rows(each.to_arrow(), epochs(1, 5))
        assert each.last_epoch() == 5
    assert_same_rows(
        DeltaTable(str(tmp_path / "archive")).to_pyarrow_table(columns=ARCHIVE_COLUMNS.names), epochs(1, 5)
    )
    assert archive.tidy() == 0
    assert_same_rows(held.to_arrow(), epochs(1, 5))
    clock.now += DAY + SECOND
    assert archive.tidy() == 10
    assert_same_rows(reopened(tmp_path).to_arrow(), epochs(1, 5))


def test_compaction_goes_on_with_what_it_has_put_together(archive: DeltaArchive) -> None:
    """With hardly a user twice, users are plain text in the file that it makes, and not to be read as a dictionary."""
    everybody = epochs(1, 4)
    users = pa.array([f"user {number}" for number in range(everybody.num_rows)])
    everybody = everybody.set_column(everybody.schema.get_field_index("user_key"), "user_key", users).cast(
        ARCHIVE_COLUMNS
    )
    for epoch in range(1, 5):
        archive.append(everybody.filter(pc.equal(everybody["epoch"], epoch)), epoch)
        for day in archive.snapshot().days():
            archive.compact(day)
    assert_same_rows(archive.to_arrow(), everybody)


def test_compaction_leaves_files_of_the_target_size_alone(archive: DeltaArchive) -> None:
    archive.append(epochs(1, 1), 1)
    archive.append(epochs(2, 2), 2)
    assert archive.compact(date(2026, 1, 26), target=1) == 0
    assert len(archive.files()) == 8


def test_expired_days_go_from_the_table_and_the_disk(tmp_path: Path) -> None:
    # event days   26 Jan   27 Jan        kept 30 days:  25 Feb: both there   26 Feb: the 26th is over   27 Feb: nothing
    clock = Clock(FIRST_DAY + 2 * DAY)
    archive = with_two_epochs(tmp_path, clock)
    clock.now = FIRST_DAY + 31 * DAY - 1
    assert archive.expire(30 * DAY) == Expired()
    clock.now += 1
    would = archive.expire(30 * DAY, dry_run=True)
    assert would.days == (date(2026, 1, 26),) and would.rows == day_of(epochs(1, 2), FIRST_DAY).num_rows
    assert_same_rows(archive.to_arrow(), epochs(1, 2))
    files = archive.files(date(2026, 1, 26))
    assert archive.expire(30 * DAY) == would
    assert not any(path.exists() for path in files)
    assert_same_rows(reopened(tmp_path).to_arrow(), day_of(epochs(1, 2), FIRST_DAY + DAY))
    assert reopened(tmp_path).last_epoch() == 2
    clock.now += DAY
    archive.expire(30 * DAY)
    assert archive.to_arrow().num_rows == 0
    assert archive.expire(30 * DAY) == Expired()


def test_what_was_old_when_it_came_is_kept_from_its_intake_also_after_compaction(tmp_path: Path) -> None:
    intake = FIRST_DAY + 400 * DAY
    clock = Clock(intake)
    archive = with_two_epochs(tmp_path, clock)
    clock.now = intake + 20 * DAY
    assert archive.compact(date(2026, 1, 26)) > 0
    clock.now = intake + 30 * DAY - SECOND
    assert archive.expire(30 * DAY) == Expired()
    clock.now = intake + 30 * DAY + SECOND
    assert archive.expire(30 * DAY).rows == len(epochs(1, 2))


def test_compaction_lets_no_row_outlive_its_time_with_one_that_came_later(tmp_path: Path) -> None:
    #   ├ day ┤  epochs 1, 2 a week later        epoch 3, 40 days later: old when it came
    clock = Clock(FIRST_DAY + 8 * DAY)
    archive = with_two_epochs(tmp_path, clock)
    clock.now = FIRST_DAY + 41 * DAY
    archive.append(epochs(3, 3), 3)
    assert archive.compact(date(2026, 1, 26)) > 0
    assert archive.expire(30 * DAY).rows == len(epochs(1, 2))
    assert_same_rows(archive.to_arrow(), epochs(3, 3))


def test_stragglers_of_the_day_after_are_put_together_with_their_day(tmp_path: Path) -> None:
    clock = Clock(FIRST_DAY + HOUR)
    archive = with_two_epochs(tmp_path, clock)
    clock.now = FIRST_DAY + 2 * DAY - SECOND
    archive.append(epochs(3, 3), 3)
    assert archive.compact(date(2026, 1, 26)) == 6
    assert len(archive.files(date(2026, 1, 26))) == 2


def test_the_rows_of_a_day_are_counted_up_to_an_epoch_also_after_compaction(archive: DeltaArchive) -> None:
    day = date(2026, 1, 26)
    for epoch in range(1, 4):
        archive.append(epochs(epoch, epoch), epoch)
    sizes = [day_of(epochs(1, epoch), FIRST_DAY).num_rows for epoch in range(1, 4)]
    for _ in range(2):
        snapshot = archive.snapshot()
        assert [snapshot.count(day, epoch) for epoch in range(5)] == [0, *sizes, sizes[-1]]
        assert snapshot.count(day, 3, without={file.path for file in snapshot.data_files(day)}) == 0
        archive.compact(day)
    assert archive.snapshot().count(date(2026, 1, 20), 3) == 0


def test_everything_is_private(archive: DeltaArchive, tmp_path: Path) -> None:
    for epoch in range(1, CHECKPOINT_INTERVAL + 1):
        archive.append(epoch_rows(epoch, 2), epoch)
    for path in (tmp_path / "archive", *(tmp_path / "archive").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_statistics_are_exact_and_say_nothing_of_users(archive: DeltaArchive, tmp_path: Path) -> None:
    archive.append(epochs(1, 2), 2)
    entries = pa.table(DeltaTable(str(tmp_path / "archive")).get_add_actions(flatten=True))
    told = {name.split(".", 1)[1] for name in entries.column_names if name.startswith(("min.", "max."))}
    assert told == set(STATISTICS_COLUMNS)
    times = epochs(1, 2)["event_time"]
    assert pc.min(entries["min.event_time"]) == pc.min(times)
    assert pc.max(entries["max.event_time"]) == pc.max(times)
    assert pc.sum(entries["num_records"]).as_py() == len(epochs(1, 2))
    for path in archive.files():
        group = pq.ParquetFile(path).metadata.row_group(0)
        assert not group.column(ARCHIVE_COLUMNS.get_field_index("user_key")).is_stats_set


# Ids for de-duplication


def ids(table: pa.Table) -> set[tuple[int, str, int]]:
    rows = list(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))
    assert len(rows) == len(set(rows))
    return set(rows)


def expected_ids(rows: pa.Table, thresholds: dict[int, int | None]) -> set[tuple[int, str, int]]:
    newest: dict[tuple[int, str], int] = {}
    times = rows["event_time"].cast(pa.int64()).to_pylist()
    for p, i, t in zip(rows["source_partition"].to_pylist(), rows["event_id"].to_pylist(), times, strict=True):
        threshold = thresholds.get(p, 1 << 62)
        if i is not None and (threshold is None or t > threshold):
            newest[p, i] = max(t, newest.get((p, i), t))
    return {(p, i, t) for (p, i), t in newest.items()}


@pytest.mark.parametrize(
    "thresholds",
    [
        {0: None, 1: None},
        {1: None},
        {0: None, 1: FIRST_DAY + DAY},
        {0: FIRST_DAY + 30 * 60 * SECOND, 1: FIRST_DAY + 40 * 60 * SECOND},
        {7: None},
        {},
    ],
)
def test_ids_above_the_threshold_of_their_partition(archive: DeltaArchive, thresholds: dict[int, int | None]) -> None:
    archive.append(with_dictionaries(epochs(1, 4)), 4)
    assert ids(archive.ids_after(thresholds)) == expected_ids(epochs(1, 4), thresholds)


def test_a_threshold_itself_is_not_above(archive: DeltaArchive) -> None:
    archive.append(epoch_rows(1), 1)
    newest = pc.max(epoch_rows(1)["event_time"].cast(pa.int64())).as_py()
    assert len(archive.ids_after({0: newest, 1: newest})) == 0
    assert len(archive.ids_after({0: newest - 1, 1: newest - 1})) == 1


def test_an_id_that_repeats_comes_with_each_event_time(archive: DeltaArchive) -> None:
    first = epoch_rows(1)
    archive.append(first, 1)
    second = epoch_rows(2).set_column(5, ARCHIVE_COLUMNS.field("event_id"), first["event_id"])
    archive.append(second, 2)
    found = ids(archive.ids_after({0: None, 1: None}))
    assert found == expected_ids(first, {0: None, 1: None}) | expected_ids(second, {0: None, 1: None})


def test_only_files_that_may_hold_such_ids_are_read(archive: DeltaArchive) -> None:
    for epoch in range(1, 9):
        archive.append(epoch_rows(epoch), epoch)
    newest = pc.max(epoch_rows(7)["event_time"].cast(pa.int64())).as_py()
    wanted = archive.snapshot().files_after({0: newest, 1: newest})
    assert 0 < len(wanted) <= 2
    assert archive.snapshot().files_after({2: None}) == []


def test_an_empty_archive_has_no_ids(archive: DeltaArchive) -> None:
    assert len(archive.ids_after({0: None})) == 0
