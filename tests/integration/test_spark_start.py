"""Spark that does not start: what it says, and whether trying again may help (exit code 1) or cannot (2)."""

import threading
import time
from pathlib import Path

import pytest

from clickwatch.errors import ClickwatchError
from clickwatch.speed.spark.masters import await_master
from clickwatch.speed.spark.session import SparkRules, spark_session
from tests.support.silent_server import silent_server, unused_port


def failure(scratch: Path, master: str = "local[1]") -> ClickwatchError:
    """What is raised where Spark is asked for and does not start."""
    with pytest.raises(ClickwatchError) as caught, spark_session(SparkRules(master, scratch)):
        pass
    assert list(scratch.glob("*")) == [], "nothing of Spark stays"
    return caught.value


def java_that_says(folder: Path, *lines: str) -> str:
    """A folder for JAVA_HOME whose `java` says this and ends, as the real one does where it cannot begin."""
    java = folder / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\ncat >&2 <<'END'\n" + "\n".join(lines) + "\nEND\nexit 1\n", "utf-8")
    java.chmod(0o755)
    return str(java.parent.parent)


def test_a_master_that_does_not_answer_is_named_soon_and_may_be_tried_again(tmp_path: Path) -> None:
    master = f"spark://127.0.0.1:{unused_port()}"
    began = time.monotonic()
    error = failure(tmp_path / "scratch", master)
    assert time.monotonic() - began < 30
    assert error.exit_code == 1
    assert error.problem == f"Spark does not start: no master answers at {master} (Connection refused)"
    assert "SPARK_MASTER" in error.cure


@pytest.mark.parametrize("master", ["spark://no-such-host.invalid:7077", "spark://127.0.0.1:{0},127.0.0.1:{0}"])
def test_names_that_lead_nowhere_may_be_tried_again(master: str) -> None:
    with pytest.raises(ClickwatchError, match="no master answers at") as caught:
        await_master(master.format(unused_port()), patience=0.2)
    assert caught.value.exit_code == 1


def test_a_master_that_is_being_started_is_waited_for() -> None:
    port = unused_port()
    done = threading.Event()

    def wait() -> None:
        await_master(f"spark://127.0.0.1:{port}", patience=30)
        done.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert not done.wait(0.5)
    with silent_server(port=port):
        assert done.wait(10)
    waiting.join()


def test_one_master_of_several_is_enough() -> None:
    with silent_server() as port:
        await_master(f"spark://127.0.0.1:{unused_port()},127.0.0.1:{port}", patience=0)


@pytest.mark.parametrize("master", ["local[2]", "yarn", "k8s://https://127.0.0.1:1", "spark://bad"])
def test_what_is_no_address_of_a_master_is_left_to_spark(master: str) -> None:
    await_master(master, patience=0)


def test_memory_that_is_lacking_now_may_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = "error='Not enough space' (errno=12)"
    words = [
        f"OpenJDK 64-Bit Server VM warning: INFO: os::commit_memory(0x0, 1, 0) failed; {lacking}",
        "Error: Could not create the Java Virtual Machine.",
        "Error: A fatal exception has occurred. Program will exit.",
    ]
    monkeypatch.setenv("JAVA_HOME", java_that_says(tmp_path, *words))
    error = failure(tmp_path / "scratch")
    assert error.exit_code == 1
    assert lacking in error.problem


def test_a_java_that_is_too_old_is_one_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [
        'Exception in thread "main" java.lang.UnsupportedClassVersionError: org/apache/spark/launcher/Main has been '
        "compiled by a more recent version of the Java Runtime (class file version 61.0)",
        "\tat java.lang.ClassLoader.defineClass1(Native Method)",
    ]
    monkeypatch.setenv("JAVA_HOME", java_that_says(tmp_path, *words))
    error = failure(tmp_path / "scratch")
    assert error.exit_code == 2
    assert error.problem.startswith("Spark needs Java 17 or newer, and ")
