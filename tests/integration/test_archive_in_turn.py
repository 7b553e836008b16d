"""Appending, compacting and expiring at once, in three processes that are killed again and again: no row is lost."""

import signal
import time
from collections import Counter
from pathlib import Path
from random import Random

import pyarrow.compute as pc
from deltalake import DeltaTable

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.window import DAY
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile
from tests.support.archive_in_turn import AFTERWARDS, GONE, INTAKE, KEEP, opened, rows
from tests.support.archive_rows import FIRST_DAY, in_log_order
from tests.support.commands import CommandServer
from tests.support.proof import proof_scale

ROUNDS = 20
ROLES = ("append", "compact", "expire")
DONE = ("appended", "compacted", "expired")
AT_LEAST = 5


def test_three_writers_that_are_killed_at_any_instant_lose_nothing_and_bring_nothing_back(
    tmp_path: Path, commands: CommandServer
) -> None:
    random, done = Random(7), Counter[str]()
    store = open_store(SqliteFile(tmp_path / "store.db"), create=True)
    DeltaArchive.open(tmp_path / "archive", create=True, now=lambda: INTAKE)
    rounds = 0
    while rounds < ROUNDS * proof_scale() or min(done[each] for each in DONE) < AT_LEAST:
        rounds += 1
        assert rounds < 20 * ROUNDS * proof_scale(), done
        running = {role: commands.start(role, str(tmp_path), module="tests.support.archive_in_turn") for role in ROLES}
        time.sleep(random.uniform(0.1, 0.6))
        for process in running.values():
            process.send(signal.SIGKILL)
        for role, process in running.items():
            ended = process.end()
            assert ended.exit_code == -signal.SIGKILL, (role, ended.errors)
            done.update(line.split()[0] for line in ended.output.splitlines() if not line.endswith(" 0"))
    print(rounds, dict(done))

    opened(tmp_path, store, AFTERWARDS).expire(KEEP)
    store.close()
    archive = DeltaArchive.open(tmp_path / "archive", create=False)
    all_rows = rows(1, archive.last_epoch())
    kept = pc.greater_equal(all_rows["event_time"].cast("int64"), FIRST_DAY + DAY)
    expected = in_log_order(all_rows.filter(kept))
    assert in_log_order(archive.to_arrow()).equals(expected)
    assert archive.files(GONE) == []
    assert DeltaTable(tmp_path / "archive").to_pyarrow_table().num_rows == expected.num_rows
    archive.tidy(grace=-365 * DAY)
    assert set((tmp_path / "archive").glob("event_date=*/category_part=*/*.parquet")) == set(archive.files())
