"""A standalone cluster of Spark on this machine: the page's commands, and a worker that is lost."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from clickwatch.store import schema
from dev.broker import free_ports
from tests.support.commands import CommandServer, await_that
from tests.support.installations import Installation, assert_true
from tests.support.mixed_clicks import MixedClicks
from tests.support.repository import ROOT
from tests.support.spark import QUICK_JAVA
from tests.support.spark_cluster import running_cluster

SETTINGS = {
    "LOG_PARTITIONS": "2",
    "ALERT_HANDLERS": "",
    "ALERT_MIN_VIEWS_THRESHOLD": "30",
    "JDK_JAVA_OPTIONS": QUICK_JAVA,
}
MORE = "clickwatch produce --profile day --events 500 --seed 1 --date 2026-01-26"


def page_commands() -> list[str]:
    """The two blocks of the page's section, with ports that are free here."""
    section = (ROOT / "docs" / "on-spark.md").read_text("utf-8").partition("## On a standalone cluster")[2]
    script = section.partition("\n## ")[0]
    for port, free in zip(("7077", "8081", "8082"), free_ports(3), strict=True):
        assert port in script
        script = script.replace(port, str(free))
    return re.findall(r"```sh\n(.*?)```", script, re.DOTALL)


def path_with_these_commands(folder: Path) -> str:
    """A PATH on which `python` and `clickwatch` are those of these tests."""
    folder.mkdir()
    for name, words in {"python": "", "python3": "", "clickwatch": " -m clickwatch"}.items():
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n', "utf-8")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def received(home: Installation) -> int:
    return sum(row["received"] for row in home.rows(schema.accounting)) if home.home.store.exists() else 0


def test_the_commands_of_the_page_run_as_written(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home", SETTINGS)
    home.append(MixedClicks(11, 2).batch(400))
    by_setting, by_spark_submit = page_commands()
    environment = {"PATH": path_with_these_commands(tmp_path / "bin"), "PYTHONPATH": str(ROOT / "src")}
    words = tmp_path / "said"
    with words.open("wb") as said:
        shell = subprocess.Popen(
            ["bash", "-e", "-c", "\n".join((by_setting, MORE, by_spark_submit))],
            cwd=tmp_path,
            env={**os.environ, **home.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            assert shell.wait(300) == 0, words.read_text("utf-8", "replace")
        finally:
            os.killpg(shell.pid, signal.SIGKILL)  # master and worker with it
    assert words.read_text("utf-8", "replace").count("Caught up: ") == 2
    assert received(home) == 900
    assert_true(home.outcome(), home.truth())


def test_a_worker_that_is_killed_costs_no_record_and_doubles_none(tmp_path: Path, commands: CommandServer) -> None:
    home = Installation(
        tmp_path / "home", {**SETTINGS, "SPARK_EPOCH_MAX_BYTES": "30000", "SPARK_EPOCH_INTERVAL": "200ms"}
    )
    clicks = MixedClicks(12, 2)
    home.append(clicks.batch(600))
    with running_cluster(tmp_path / "cluster", workers=2) as cluster:
        environment = {**home.environment, "SPARK_MASTER": cluster.master, "SPARK_LOCAL_IP": "127.0.0.1"}
        stream = commands.start("stream", "--engine", "spark", "--quiet", environment=environment)
        await_that(lambda: received(home) > 0, stream, seconds=100)
        cluster.kill_worker()
        home.append(clicks.batch(600))
        await_that(lambda: received(home) == 1_200, stream, seconds=100)
        stream.send(signal.SIGINT)
        ended = stream.end()
        assert ended.exit_code == 0, ended.errors
    assert_true(home.outcome(), home.truth())
