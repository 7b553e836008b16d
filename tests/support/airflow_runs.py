"""Airflow in the environment of its own, with a home of its own, as the tests of the DAG start it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.airflow_environment import DAGS, airflow_python
from tests.support.installations import Installation

DAG_FILE = DAGS / "ecommerce_daily_dag.py"
_CHILD = Path(__file__).with_name("airflow_child.py")
_KEPT = ("HOME", "LANG", "PATH", "TMPDIR")


@dataclass(frozen=True)
class Airflow:
    """`home` is its AIRFLOW_HOME; nothing of the developer's environment reaches it but where programs are."""

    home: Path

    def environment(self, shop: Mapping[str, str]) -> dict[str, str]:
        """What a process of Airflow gets to know; `shop` is about clickwatch."""
        kept = {name: value for name, value in os.environ.items() if name in _KEPT}
        return kept | {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.db",
            "CLICKWATCH_COMMAND": str(Path(sys.executable).with_name("clickwatch")),
            **shop,
        }

    def run(self, *words: str, **shop: str) -> str:
        """What the command `airflow` prints. Raises AssertionError if it fails."""
        command = [str(airflow_python()), "-m", "airflow", *words]
        done = subprocess.run(command, env=self.environment(shop), capture_output=True, text=True, cwd=self.home)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def copied(self, folder: Path) -> "Airflow":
        """The same once more."""
        shutil.copytree(self.home, folder)
        return Airflow(folder)

    def described(self, **shop: str) -> dict[str, Any]:
        """What the DAG is made of."""
        return answer(self.start("describe", shop=shop))

    def begin_run(self, at: str, shop: Installation, **conf: str) -> subprocess.Popen[str]:
        """Begin a run of the DAG at a logical date, for a shop; `answer` waits for its end."""
        return self.start("test", at, json.dumps(conf), shop=shop.environment)

    def start(self, *words: str, shop: Mapping[str, str]) -> subprocess.Popen[str]:
        """See `airflow_child.py`."""
        what, *more = words
        command = [str(airflow_python()), "-P", str(_CHILD), what, str(DAG_FILE), *more]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self.environment(shop), stdout=pipe, stderr=subprocess.STDOUT, text=True, cwd=self.home
        )


def answer(running: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says in its last line; all of its lines are in `said`. Raises AssertionError if it failed."""
    said, _ = running.communicate(timeout=300)
    assert running.returncode == 0, said
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found | {"said": said}
