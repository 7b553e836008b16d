"""The Spark session: on this machine alone unless another master is named, in UTC, with strict (ANSI) SQL.

Spark is an extra of clickwatch, so everything that needs it is imported when a session is asked for.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clickwatch.errors import MissingExtra
from clickwatch.files.locks import locked_folder
from clickwatch.files.refusals import storage_errors
from clickwatch.speed.spark.masters import await_master
from clickwatch.speed.spark.start_failures import JAVA, JAVA_CURE, start_failure

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LOOPBACK = "127.0.0.1"
_SUBMITTED = "PYSPARK_GATEWAY_PORT"
"""Set in programs that `spark-submit` starts: Spark runs already, and its master is chosen."""
_PREFIX = "spark-"
_FOLDER = "spark.clickwatch.folder"
_FORGETS = {
    # A stream is thousands of jobs a day; by default the driver keeps the last thousand, with their plans.
    "spark.ui.retainedJobs": "20",
    "spark.ui.retainedStages": "20",
    "spark.ui.retainedTasks": "200",
    "spark.sql.ui.retainedExecutions": "5",
    "spark.sql.streaming.numRecentProgressUpdates": "2",
    "spark.sql.streaming.minBatchesToRetain": "2",
}


@dataclass(frozen=True)
class SparkRules:
    """`master` as Spark names it (`local[2]`, `spark://host:7077`); `scratch` is a folder for Spark's own files.

    `options` are settings by Spark's names, before those of this module.
    """

    master: str
    scratch: Path
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether all of Spark runs on this machine."""
        return self.master.startswith("local")


@contextmanager
def spark_session(rules: SparkRules) -> Iterator["SparkSession"]:
    """A session for as long as the block lasts.

    Raises MissingExtra if Spark or Java is not here, SettingsError if there can be no such master, SparkFailed if it
    does not start this time.
    """
    _check_installed()
    if _SUBMITTED not in os.environ:
        await_master(rules.master)
    with _own_folder(rules.scratch) as folder:
        session = _started(rules, folder)
        try:
            yield session
        finally:
            _stop(session)


def session_folder(session: "SparkSession") -> Path:
    """The folder of a session's own files, which goes with it."""
    return Path(session.conf.get(_FOLDER) or "")


@contextmanager
def _own_folder(scratch: Path) -> Iterator[Path]:
    """A folder for one session; those of sessions that were killed are removed first."""
    with storage_errors("use", scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        with locked_folder(scratch):
            for left in scratch.glob(f"{_PREFIX}*"):
                if (free := _hold(left)) is not None:
                    shutil.rmtree(left, ignore_errors=True)
                    os.close(free)
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=scratch))
            held = _hold(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if held is not None:
            os.close(held)


def _hold(folder: Path) -> int | None:
    """A descriptor with the lock that a folder stands for; None if another session lives in it."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


def _check_installed() -> None:
    try:
        import pyspark  # noqa: F401 - only whether it is there
    except ImportError as error:
        problem = "The Spark engine is an extra that is not installed"
        raise MissingExtra(problem, "Install it: pip install 'clickwatch[spark]', and Java 17") from error
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    if _SUBMITTED not in os.environ and shutil.which(java) is None:
        raise MissingExtra(f"{JAVA}, and there is no {java}", JAVA_CURE)


def _started(rules: SparkRules, folder: Path) -> "SparkSession":
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf(loadDefaults=_SUBMITTED in os.environ)
    for name, value in _settings(rules, folder).items():
        conf.setIfMissing(name, value)
    said = folder / "spark.log"
    with said.open("wb") as file, _own_signals():
        try:
            launch: Callable[..., Any] = launch_gateway
            gateway = launch(conf, {"stdout": file, "stderr": file})
            return SparkSession(SparkContext(gateway=gateway, conf=conf))
        except (PySparkException, Py4JError, OSError) as error:
            # Before its process ends: a Java error is put into words there.
            raised = _words(error) if isinstance(error, Py4JError) else ""
            failure = start_failure(rules.master, raised, said.read_text("utf-8", "replace"))
            _end_process()
            raise failure from error


def _words(error: Exception) -> str:
    """What a Java error says, if its process still lives to say it."""
    with suppress(Exception):
        return str(error)
    return ""


@contextmanager
def _own_signals() -> Iterator[None]:
    """Spark takes Ctrl-C for itself when it starts; it stays with the command, which stops in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _settings(rules: SparkRules, folder: Path) -> Mapping[str, str]:
    here = {
        "spark.driver.host": _LOOPBACK,
        "spark.driver.bindAddress": _LOOPBACK,
        # Epochs and days are small beside what Spark is made for: more pieces are only more overhead.
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
    }
    return {
        "spark.app.name": "clickwatch",
        "spark.master": rules.master,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.local.dir": str(folder),
        _FOLDER: str(folder),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.adaptive.enabled": "false",
        # Measured: larger batches between Java and Python, kept as they come, take half the time of an epoch.
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
        "spark.sql.execution.arrow.maxBytesPerBatch": str(64 * 1024 * 1024),
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        "spark.io.encryption.enabled": "true",
        **_FORGETS,
        **(here if rules.is_local else {}),
        **rules.options,
    }


def _stop(session: "SparkSession") -> None:
    """Stop Spark and its process: nothing of it outlives the session."""
    session.stop()
    _end_process()


def _end_process() -> None:
    """End Spark's own process, if this one has started it."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None or _SUBMITTED in os.environ:
        return
    process: subprocess.Popen[bytes] = gateway.proc
    gateway.shutdown()
    if process.stdin is not None:
        process.stdin.close()  # the process ends when this pipe does
    process.wait()
    SparkContext._gateway = SparkContext._jvm = None
