"""What was measured, the target beside it, and both as a table for the terminal or for Markdown."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

_HEAD = ("", "median", "min – max", "target", "")


@dataclass(frozen=True)
class Target:
    """A bound that a median has to keep: at least or at most."""

    bound: float
    at_least: bool

    def is_met(self, value: float) -> bool:
        """Whether the value keeps the bound."""
        return value >= self.bound if self.at_least else value <= self.bound


def at_least(bound: float) -> Target:
    """More is better."""
    return Target(bound, at_least=True)


def at_most(bound: float) -> Target:
    """Less is better."""
    return Target(bound, at_least=False)


@dataclass(frozen=True)
class Figure:
    """One quantity: a sample per run, in `unit`, with its target if there is one."""

    name: str
    unit: str
    samples: Sequence[float]
    target: Target | None = None

    @property
    def median(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)

    def cells(self) -> tuple[str, str, str, str, str]:
        """The figure as a row of the table."""
        span = f"{_written(min(self.samples))} – {_written(max(self.samples))}" if len(self.samples) > 1 else ""
        median = f"{_written(self.median)} {self.unit}".rstrip()
        if self.target is None:
            return self.name, median, span, "", ""
        sign = "≥" if self.target.at_least else "≤"
        verdict = "met" if self.target.is_met(self.median) else "missed"
        return self.name, median, span, f"{sign} {_written(self.target.bound)}", verdict


def _written(value: float) -> str:
    """Three digits that count, or whole numbers."""
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def as_table(figures: Iterable[Figure], title: str) -> Table:
    """The figures for a terminal."""
    table = Table(*_HEAD, title=title, title_justify="left")
    for column in table.columns[1:4]:
        column.justify = "right"
        column.no_wrap = True
    for figure in figures:
        table.add_row(*figure.cells(), style=None if figure.cells()[-1] != "missed" else "red")
    return table


def as_markdown(figures: Iterable[Figure]) -> str:
    """The figures as a table in Markdown, with its line ends."""
    lines = [_HEAD, ("---", "---:", "---:", "---:", "---"), *(figure.cells() for figure in figures)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
