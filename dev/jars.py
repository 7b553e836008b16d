"""Programs in Java for the tests: Java and Maven from the distribution, artifacts in a folder of the project.

The Kafka broker is stated in `kafka.xml`; in `delta.xml` Spark's own reader of Delta tables, which clickwatch does not
need. `python -m dev.jars` brings both here, and does nothing if they are. What is missing of the system is installed
where that can be done without asking; else the one line that does it is printed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.set_up import ROOT, SetUpError, ensure_package, run, turn

FOLDER = ROOT / ".jars"
_OLDEST_JAVA = 17
_COMPLETE = ".complete"


def kafka_jars() -> Path:
    """The folder of the broker's jars, fetched first if they are not there. Raises SetUpError."""
    return _jars("kafka", "The Kafka broker")


def delta_jars() -> Path:
    """Likewise that of delta-spark's."""
    return _jars("delta", "The reader of Delta tables for Spark")


def _jars(name: str, what: str) -> Path:
    pom = Path(__file__).with_name(f"{name}.xml")
    folder = FOLDER / f"{name}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:16]}"
    ensure_java(what)
    if not (folder / _COMPLETE).exists():
        if shutil.which("mvn") is None:
            ensure_package("maven", f"{what} needs Maven, which is missing")
        with turn():
            if not (folder / _COMPLETE).exists():  # nobody else has fetched it meanwhile
                _fetch(pom, folder, what)
    return folder


def java() -> str:
    """The command that starts Java: that of JAVA_HOME if it is set."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else "java"


def ensure_java(what: str) -> None:
    """Install a Java that is new enough, or raise SetUpError with the line that does; `what` needs it, in words."""
    if java_version() < _OLDEST_JAVA:
        ensure_package("default-jre-headless", f"{what} needs Java {_OLDEST_JAVA} or newer, which is missing")
    if (found := java_version()) < _OLDEST_JAVA:
        problem = f"{what} needs Java {_OLDEST_JAVA} or newer, and {java()} is version {found}"
        raise SetUpError(f"{problem}. Install a newer one, or name its folder with JAVA_HOME")


def java_version() -> int:
    """The major version of Java here, 0 if there is none."""
    try:
        said = subprocess.run([java(), "-version"], capture_output=True, text=True).stderr
    except FileNotFoundError:
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else 0


def _fetch(pom: Path, folder: Path, what: str) -> None:
    """Let Maven copy the artifacts, each checked by its checksum, into `folder`; a torn folder is fetched anew."""
    for old in FOLDER.glob(f"{pom.stem}-*"):
        shutil.rmtree(old)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    run(f"Fetching {what[0].lower()}{what[1:]}", ["mvn", "-B", "-C", "-f", str(pom), *goal])
    (folder / _COMPLETE).touch()


if __name__ == "__main__":
    try:
        kafka_jars()
        delta_jars()
    except (SetUpError, OSError) as error:
        sys.exit(f"clickwatch: {error}.")
