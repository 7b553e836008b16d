"""The DAG in Airflow's own Python: `describe` prints what it is made of, `test` runs it whole; as a line of JSON.

Run: PYTHON FILE describe DAG_FILE, or PYTHON FILE test DAG_FILE LOGICAL_DATE [CONF], or PYTHON FILE render DAG_FILE
LOGICAL_DATE for what the first task gives to the shell.
"""

import importlib.util
import json
import sys
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Nothing of Airflow may look for another machine while it runs."""
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        raise RuntimeError(f"Airflow wants to reach {arguments[1]}")


def loaded(path: str) -> Any:
    """The DAG of a file, which must warn of nothing while it is imported."""
    import airflow.providers.standard.operators.bash
    import airflow.sdk  # noqa: F401 (what these warn of is not the file's)

    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spec.loader.exec_module(module)
        [dag] = [each for each in vars(module).values() if type(each).__name__ == "DAG"]
        dag.validate()
    return dag


def described(dag: Any) -> dict[str, Any]:
    """What a test can look at."""
    tasks = {
        task.task_id: {
            "command": task.bash_command,
            "after": sorted(task.upstream_task_ids),
            "retries": task.retries,
            "retry_delay": task.retry_delay.total_seconds(),
            "backs_off": task.retry_exponential_backoff,
            "trigger_rule": str(task.trigger_rule),
        }
        for task in dag.tasks
    }
    return {
        "dag_id": dag.dag_id,
        "timetable": type(dag.timetable).__name__,
        "schedule": [dag.timetable.expression, str(dag.timetable.timezone)],
        "start_date": dag.start_date.isoformat(),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "tasks": tasks,
    }


def tested(dag: Any, at: str, conf: str = "{}") -> dict[str, Any]:
    """How a run ended, and each of its tasks."""
    run = dag.test(logical_date=datetime.fromisoformat(at), run_conf=json.loads(conf))
    tasks = sorted(run.get_task_instances(), key=lambda each: each.task_id)
    return {"state": str(run.state), "tasks": {each.task_id: str(each.state) for each in tasks}}


def rendered(dag: Any, at: str) -> dict[str, Any]:
    """The shell's command, folder and variables once Airflow has filled the templates in."""
    task, run = dag.tasks[0], SimpleNamespace(logical_date=datetime.fromisoformat(at), run_after=None)
    task.render_template_fields({"params": {"day": None}, "dag_run": run})
    return {"command": task.bash_command, "folder": task.cwd, "variables": task.env}


if __name__ == "__main__":
    sys.addaudithook(stay_here)
    what, file, *more = sys.argv[1:]
    answers: dict[str, Callable[..., dict[str, Any]]] = {"describe": described, "test": tested, "render": rendered}
    found = answers[what](loaded(file), *more)
    print(json.dumps(found), file=sys.__stdout__)
