"""The night as a DAG: each task is one command of clickwatch, in the order of `clickwatch.wiring.night`.

Everything is done by the commands; what is here says only which, when and after which. The workers need to know:

    CLICKWATCH_COMMAND     where the command is; by default `clickwatch`, looked for in PATH
    CLICKWATCH_FOLDER      the folder with the `.env` of the shop; without it, its settings are in the environment
    CLICKWATCH_FIRST_DAY   the first day to be reported, YYYY-MM-DD: catching up begins there
"""

import os
import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronTriggerTimetable, Param
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

COMMAND = os.environ.get("CLICKWATCH_COMMAND", "clickwatch")
FOLDER = os.environ.get("CLICKWATCH_FOLDER") or None
FIRST_DAY = datetime.strptime(os.environ.get("CLICKWATCH_FIRST_DAY", "2026-01-01"), "%Y-%m-%d").replace(tzinfo=UTC)
WRONG_ARGUMENT = 2


def day_of(params: Any, dag_run: Any) -> str:
    """The UTC day that a run is about: the one that was asked for, else the day before the run's own time."""
    at = dag_run.logical_date or dag_run.run_after
    return params["day"] or f"{at.astimezone(UTC) - timedelta(days=1):%Y-%m-%d}"


class ClickwatchOperator(BashOperator):
    """One command. A wrong argument or setting stays wrong: the task fails then, and is not tried again.

    The day is its only template: a path may hold braces, or end in `.sh`, which would name a file with a template.
    """

    template_fields = ("env",)

    def execute(self, context: Any) -> None:
        """Run the command; its lines go into the task's log."""
        try:
            super().execute(context)
        except AirflowSkipException:
            raise AirflowFailException("clickwatch says above what is wrong with the day or a setting") from None


def clickwatch(task_id: str, words: str) -> ClickwatchOperator:
    """A task that runs a command; the day is a variable to the shell, and no part of what it reads as a command."""
    return ClickwatchOperator(
        task_id=task_id,
        bash_command=f"exec {shlex.quote(COMMAND)} {words}",
        env={"DAY": "{{ day_of(params, dag_run) }}"},
        append_env=True,
        cwd=FOLDER,
        skip_on_exit_code=WRONG_ARGUMENT,
        do_xcom_push=False,
    )


with DAG(
    dag_id="ecommerce_daily_segmentation",
    description="Yesterday's segments, top products and conversion rates, reported and sent",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 2 * * *", timezone="UTC"),
    start_date=FIRST_DAY + timedelta(days=1),
    catchup=True,
    max_active_runs=1,
    params={
        "day": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{4}-\d{2}-\d{2}$",
            description="Any past UTC day, YYYY-MM-DD; nothing for the day before the run.",
        )
    },
    default_args={
        "retries": 4,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2.0,
    },
    user_defined_macros={"day_of": day_of},
    tags=["clickwatch"],
) as dag:
    wait = clickwatch("wait", 'wait --date "$DAY"')
    compact = clickwatch("compact", 'batch --date "$DAY" --step compact --step cut')
    user_segments = clickwatch("user-segments", 'batch --date "$DAY" --step user-segments')
    top_products = clickwatch("top-products", 'batch --date "$DAY" --step top-products')
    conversion_rates = clickwatch("conversion-rates", 'batch --date "$DAY" --step conversion-rates')
    totals = clickwatch("totals", 'batch --date "$DAY" --step totals')
    reports = clickwatch("reports", 'batch --date "$DAY" --step reports')
    publish = clickwatch("publish", 'batch --date "$DAY" --step publish')
    reconcile = clickwatch("reconcile", 'reconcile --date "$DAY"')
    retention = clickwatch("retention", "retention")
    notify = clickwatch("notify", 'notify --date "$DAY"')

    wait >> compact >> [user_segments, top_products, conversion_rates, totals] >> reports >> publish
    publish >> reconcile >> retention >> notify
