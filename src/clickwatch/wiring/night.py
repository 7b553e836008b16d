"""The tasks of every night, in order: one table for `clickwatch night` and for the DAG, which runs each by itself."""

from dataclasses import dataclass

from clickwatch.batch.run import FIGURES
from clickwatch.batch.steps import Step

DAY = "DAY"
"""Stands for the day, `YYYY-MM-DD`, in the words of a command."""


@dataclass(frozen=True)
class Task:
    """`words` are those of its command after `clickwatch`; `after` names the tasks that have to be done before."""

    name: str
    words: tuple[str, ...]
    after: tuple[str, ...]


def _batch(steps: tuple[Step, ...], *after: str) -> Task:
    words = [word for step in steps for word in ("--step", step)]
    return Task(steps[0], ("batch", "--date", DAY, *words), after)


TASKS = (
    Task("wait", ("wait", "--date", DAY), ()),
    _batch((Step.COMPACT, Step.CUT), "wait"),
    *(_batch((figures,), Step.COMPACT) for figures in FIGURES),
    _batch((Step.REPORTS,), *FIGURES),
    _batch((Step.PUBLISH,), Step.REPORTS),
    Task("reconcile", ("reconcile", "--date", DAY), (Step.PUBLISH,)),
    Task("retention", ("retention",), ("reconcile",)),
    Task("notify", ("notify", "--date", DAY), ("retention",)),
)
