"""Airflow in an environment of its own: it pins libraries that clickwatch has in newer versions.

`python -m dev.airflow_environment` makes `.venv-airflow` from `requirements/airflow.txt`, every package checked by its
hash, and does nothing if it is there. clickwatch is not in it: the DAG's tasks call its command.
"""

import hashlib
import shutil
import sys
from pathlib import Path

from scripts.set_up import ROOT, SetUpError, lock_file, run, turn

FOLDER = ROOT / ".venv-airflow"
DAGS = ROOT / "dags"
_COMPLETE = FOLDER / ".complete"


def airflow_python() -> Path:
    """The Python that has Airflow; its environment is made first if it is not there. Raises SetUpError."""
    if not _is_current():
        with turn():
            if not _is_current():  # nobody else has made it meanwhile
                _make()
    return FOLDER / "bin" / "python"


def _is_current() -> bool:
    return _COMPLETE.is_file() and _COMPLETE.read_text("utf-8") == _digest()


def _digest() -> str:
    """Changes with the lock file, the Python and the folder's place."""
    parts = (str(ROOT), sys.version, lock_file("airflow").read_text("utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _make() -> None:
    """Make it from nothing; what was cut short is not complete, and is made anew the next time."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    uv = [str(Path(sys.executable).with_name("uv")), "--no-config", "--no-python-downloads"]
    run("Making .venv-airflow", [*uv, "venv", f"--python={sys.executable}", str(FOLDER)])
    checked = ["--require-hashes", "--only-binary=:all:", f"--requirements={lock_file('airflow')}"]
    run("Installing Airflow", [*uv, "pip", "install", f"--python={FOLDER / 'bin' / 'python'}", *checked])
    _COMPLETE.write_text(_digest(), "utf-8")


if __name__ == "__main__":
    try:
        airflow_python()
    except (SetUpError, OSError) as error:
        sys.exit(f"clickwatch: {error}.")
