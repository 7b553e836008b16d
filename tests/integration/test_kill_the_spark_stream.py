"""The stream on Spark, killed at any instant and gone on with by either engine: nothing is lost or counted twice."""

import shutil
import signal
import time
from pathlib import Path
from random import Random

from tests.integration.test_kill_the_stream import check_accounts
from tests.support.commands import CommandServer, Running
from tests.support.installations import Installation, assert_same, assert_true
from tests.support.mixed_clicks import MixedClicks
from tests.support.proof import proof_scale
from tests.support.spark import QUICK_JAVA

KILLS = 5
PARTITIONS = 2
RECORDS = 2_000
EACH_TIME = 300
SMALL_STEPS = {
    "LOG_PARTITIONS": str(PARTITIONS),
    "LOG_SEGMENT_BYTES": "100000",
    "SPARK_EPOCH_MAX_BYTES": "10000",
    "SPARK_EPOCH_INTERVAL": "200ms",
    "ARCHIVE_MAX_ROWS": "120",
    "ALERT_MIN_VIEWS_THRESHOLD": "30",
    "ALERT_MAX_PURCHASES_THRESHOLD": "3",
    "JDK_JAVA_OPTIONS": QUICK_JAVA,
    "SPARK_MASTER": "local[2]",
}
_PATIENCE = 110.0


def committed(home: Installation) -> int:
    return check_accounts(home) if home.home.store.exists() else 0


def await_an_epoch_after(home: Installation, epoch: int, running: Running) -> None:
    deadline = time.monotonic() + _PATIENCE
    while committed(home) <= epoch:
        assert time.monotonic() < deadline, running.errors_so_far()
        time.sleep(0.05)


def remove_checkpoint(home: Installation) -> None:
    """Remove all that Spark has written down of a run."""
    [folder] = home.home.spill.glob("spark-*")
    assert list(folder.glob("checkpoint-*/offsets/*"))
    shutil.rmtree(folder)


def test_a_stream_whose_driver_is_killed_again_and_again_ends_where_an_undisturbed_one_does(
    tmp_path: Path, commands: CommandServer
) -> None:
    random, clicks = Random(7), MixedClicks(7, PARTITIONS)
    victim = Installation(tmp_path / "killed", SMALL_STEPS)
    victim.append(clicks.batch(RECORDS))
    for kill in range(KILLS * proof_scale()):
        before = committed(victim)
        victim.append(clicks.batch(EACH_TIME))
        stream = commands.start("stream", "--engine", "spark", "--quiet", environment=victim.environment)
        await_an_epoch_after(victim, before, stream)
        time.sleep(random.uniform(0, 1.5))
        stream.send(signal.SIGKILL)
        assert stream.end().exit_code == -signal.SIGKILL
        check_accounts(victim)
        if kill == 1:
            remove_checkpoint(victim)

    last = commands.run("stream", "--until-caught-up", "--quiet", environment=victim.environment)
    assert last.exit_code == 0, last.errors
    undisturbed = victim.with_log_of_its_own(tmp_path / "undisturbed")
    alone = commands.run("stream", "--until-caught-up", "--quiet", environment=undisturbed.environment)
    assert alone.exit_code == 0, alone.errors
    outcome = victim.outcome()
    assert_same(outcome, undisturbed.outcome())
    assert_true(outcome, victim.truth())
