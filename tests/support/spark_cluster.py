"""A standalone cluster of Spark on 127.0.0.1: one master, and workers with one core each, that can be killed."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyspark

from dev.broker import free_ports, takes_connections
from tests.support.spark import QUICK_JAVA

_STARTS_WITHIN = 60.0
_DEPLOY = "org.apache.spark.deploy"
_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"


class SparkCluster:
    """`master` is the address that applications name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._web_port = free_ports(2)
        self.master = f"spark://127.0.0.1:{self._port}"
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, workers: int) -> None:
        """Start the master and wait for it, then the workers, which come to it by themselves."""
        self._run("Master", "--host", "127.0.0.1", "--port", str(self._port), "--webui-port", str(self._web_port))
        give_up = time.monotonic() + _STARTS_WITHIN
        while not takes_connections(self._port):
            assert time.monotonic() < give_up, self._said()
            time.sleep(0.05)
        for number, web_port in enumerate(free_ports(workers)):
            room = ("--work-dir", str(self._folder / f"worker-{number}"), "--webui-port", str(web_port))
            self._run("Worker", self.master, "--host", "127.0.0.1", "--cores", "1", "--memory", "2g", *room)

    def kill_worker(self) -> None:
        """End the first worker and all that it has started, at once."""
        _kill(self._processes.pop(1))

    def end(self) -> None:
        """End all."""
        while self._processes:
            _kill(self._processes.pop())

    def _run(self, role: str, *words: str) -> None:
        quiet = {"SPARK_LOCAL_IP": "127.0.0.1", "JDK_JAVA_OPTIONS": QUICK_JAVA}
        leash = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with (self._folder / "said").open("ab") as said:
            process = subprocess.Popen(
                [*leash, str(_CLASS), f"{_DEPLOY}.{role.lower()}.{role}", *words],
                env={**os.environ, **quiet},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._processes.append(process)

    def _said(self) -> str:
        return (self._folder / "said").read_text("utf-8", "replace")[-4000:]


@contextmanager
def running_cluster(folder: Path, workers: int) -> Iterator[SparkCluster]:
    """A cluster for as long as the block lasts."""
    folder.mkdir()
    cluster = SparkCluster(folder)
    try:
        cluster.start(workers)
        yield cluster
    finally:
        cluster.end()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children: executors, which would notice only later that their worker is gone."""
    for child in _descendants(process.pid):
        _signal(child)
    process.kill()
    process.wait()


def _descendants(pid: int) -> Sequence[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = [int(word) for word in children.read_text("ascii").split()]
    except FileNotFoundError:
        return []
    return [*found, *(each for child in found for each in _descendants(child))]


def _signal(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return
