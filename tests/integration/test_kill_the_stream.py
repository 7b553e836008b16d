"""The whole pipeline, killed at any instant, again and again: nothing is lost, and nothing takes effect twice."""

import os
import signal
import sqlite3
import time
from bisect import bisect_left
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

from clickwatch.archive.delta import DeltaArchive
from clickwatch.archive.deltalog import LOG_FOLDER
from tests.support.commands import CommandServer
from tests.support.installations import Installation, assert_same, assert_true
from tests.support.mixed_clicks import MixedClicks
from tests.support.proof import proof_scale

KILLS = 30
PARTITIONS = 2
AT_FIRST = 1_000
EACH_TIME = 200
SMALL_STEPS = {
    "LOG_PARTITIONS": str(PARTITIONS),
    "LOG_SEGMENT_BYTES": "100000",
    "EPOCH_MAX_BYTES": "8000",
    "ARCHIVE_MAX_ROWS": "120",
    "ALERT_MIN_VIEWS_THRESHOLD": "30",
    "ALERT_MAX_PURCHASES_THRESHOLD": "3",
}
STREAM = ("stream", "--until-caught-up", "--quiet")


class Kills:
    """Starts the stream and kills it, at instants that are spread over its start-up and its work."""

    def __init__(self, commands: CommandServer, victim: Installation, clicks: MixedClicks, random: Random) -> None:
        self._commands = commands
        self._victim = victim
        self._clicks = clicks
        self._random = random
        self.kills = 0
        self.states: Counter[str] = Counter()

    def one(self, start_up: float, work: float) -> None:
        """One run, which new records find at work; it may end before its kill comes. Times in seconds."""
        random = self._random
        instant = random.uniform(0, start_up) if random.random() < 0.35 else start_up + random.uniform(0, work)
        before = random.randrange(EACH_TIME)
        self._victim.append(self._clicks.batch(before))
        began = time.monotonic()
        stream = self._commands.start(*STREAM, environment=self._victim.environment)
        self._victim.append(self._clicks.batch(EACH_TIME - before))
        # The instant is the point: it must not hang on anything that the stream does.
        time.sleep(max(0.0, began + instant - time.monotonic()))
        stream.send(signal.SIGKILL)
        ended = stream.end()
        assert ended.exit_code in (0, -signal.SIGKILL), ended.errors
        self.kills += ended.exit_code != 0
        self._look(ended.exit_code)

    def _look(self, exit_code: int) -> None:
        """Hold the store to its promise as it lies there, and note what the kill has met."""
        if not self._victim.home.store.exists():
            self.states["before the store"] += 1
            return
        committed = check_accounts(self._victim)
        archived = _archived_epoch(self._victim)
        assert archived <= committed
        if exit_code == 0:
            self.states["after the end"] += 1
        else:
            self.states["with an un-archived tail" if archived < committed else "with everything archived"] += 1


def check_accounts(home: Installation) -> int:
    """Every record before the store's offsets is accounted for once, and none behind them; the last epoch."""
    with closing(sqlite3.connect(f"{home.home.store.as_uri()}?mode=ro", uri=True)) as store:
        store.execute("BEGIN")
        places = dict(store.execute("SELECT partition, next_offset FROM progress"))
        accounts = store.execute("SELECT partition, received, accepted, duplicate, rejected FROM accounting").fetchall()
        reasons = dict(store.execute("SELECT partition, sum(records) FROM rejections GROUP BY partition"))
        kept = dict(store.execute("SELECT partition, count(*) FROM quarantine GROUP BY partition"))
        (last,) = store.execute("SELECT coalesce(max(epoch), 0) FROM epochs").fetchone()
    assert {partition for partition, *_ in accounts} == set(places)
    records = home.records()
    for partition, received, accepted, duplicate, rejected in accounts:
        assert received == accepted + duplicate + rejected
        assert received == bisect_left([record.offset for record in records[partition]], places[partition])
        assert rejected == reasons.get(partition, 0) == kept.get(partition, 0)
    return int(last)


def _archived_epoch(home: Installation) -> int:
    log = home.home.archive / LOG_FOLDER
    has_commits = log.is_dir() and any(log.glob("*.json"))
    return DeltaArchive.open(home.home.archive, create=False).last_epoch() if has_commits else 0


def test_a_stream_killed_at_any_instant_ends_where_an_undisturbed_one_does(
    tmp_path: Path, commands: CommandServer
) -> None:
    seed = os.environ.get("CLICKWATCH_PROOF_SEED", "1")
    clicks = MixedClicks(int(seed), PARTITIONS)
    victim = Installation(tmp_path / "killed", SMALL_STEPS)
    victim.append(clicks.batch(AT_FIRST))
    start_up, work = _measured(commands, victim, tmp_path / "measured")

    wanted = KILLS * proof_scale()
    kills = Kills(commands, victim, clicks, Random(seed))
    while kills.kills < wanted:
        kills.one(start_up, work)
    print(f"seed {seed}, {kills.kills} kills over {start_up:.2f} + {work:.2f} s: {dict(kills.states)}")
    assert kills.states["with an un-archived tail"] > wanted // 10

    last = commands.run(*STREAM, environment=victim.environment)
    assert last.exit_code == 0, last.errors
    undisturbed = victim.with_log_of_its_own(tmp_path / "undisturbed")
    assert commands.run(*STREAM, environment=undisturbed.environment).exit_code == 0
    outcome = victim.outcome()
    assert_same(outcome, undisturbed.outcome())
    truth = victim.truth()
    assert_true(outcome, truth)
    assert len(truth.confirmed) > 5
    assert sum(account.late for account in truth.accounts.values()) > 50
    assert sum(account.duplicate for account in truth.accounts.values()) > 100
    assert len(truth.quarantine) > 50
    print(f"{len(truth.archive)} accepted, {len(truth.confirmed)} confirmed alerts, {len(truth.windows)} windows")


def _measured(commands: CommandServer, home: Installation, folder: Path) -> tuple[float, float]:
    """Seconds that an undisturbed run takes to start up, and a part of what it then works on the records."""
    copy = home.with_log_of_its_own(folder)
    began = time.monotonic()
    assert commands.run(*STREAM, environment=copy.environment).exit_code == 0
    caught_up = time.monotonic()
    assert commands.run(*STREAM, environment=copy.environment).exit_code == 0
    start_up = time.monotonic() - caught_up
    return start_up, (caught_up - began - start_up) * 2 * EACH_TIME / AT_FIRST
