"""How commands speak: tables for people, one JSON object per line for programs, nothing that a terminal would obey."""

import json
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clickwatch.domain.plain_text import printable
from clickwatch.errors import StorageError

_NARROW = 90
_NO_TERMINAL_WIDTH = 1000


def _console(to_stderr: bool) -> Console:
    """Words are printed as they are: no markup, no emoji names, no colours by guess."""
    drawn = Console(stderr=to_stderr, highlight=False, markup=False, emoji=False)
    if not drawn.is_terminal and "COLUMNS" not in os.environ:
        drawn.width = _NO_TERMINAL_WIDTH  # nobody's screen ends here: what reads a pipe wants one line per row
    return drawn


console = _console(to_stderr=False)
notes = _console(to_stderr=True)


@dataclass(frozen=True)
class Column:
    """A column of a table: `text` folds where it is too long, `fixed` does not, `number` stands at the right."""

    name: str
    kind: Literal["text", "fixed", "number"] = "text"


def print_json_lines(rows: Iterable[Mapping[str, Any]]) -> int:
    """Each row as one line of JSON on standard output; how many. Ends the process if the reader has gone."""
    count = 0
    try:
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=True) + "\n")
            count += 1
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed at exit
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        problem = f"Standard output cannot be written: {(error.strerror or str(error)).lower()}"
        raise StorageError(problem, "Give it room, or send it elsewhere") from error
    return count


def say(text: str) -> None:
    """A sentence on standard output: wrapped at words on a terminal, one line elsewhere."""
    console.print(printable(text))


def say_whole(text: str) -> None:
    """A line that is to be copied, on standard output: never broken by clickwatch."""
    console.print(printable(text), soft_wrap=True)


def is_narrow() -> bool:
    """Whether wide columns should be written short."""
    return console.width < _NARROW


def cell(value: object) -> Text:
    """A value as inert text: no markup, no control characters; whole numbers with thousands set apart."""
    return Text(f"{value:,}" if isinstance(value, int) else printable(str(value)))


def table(
    title: str, columns: Sequence[Column], rows: Iterable[Iterable[object]], *, one_line_each: bool = False
) -> Table:
    """A table of inert text with a line under its head; an empty title is none.

    Text that is too long is folded, or cut where every row has to be one line.
    """
    drawn = Table(
        title=title or None, title_justify="left", title_style="bold", header_style="bold", box=box.SIMPLE_HEAD
    )
    drawn.show_edge = drawn.pad_edge = False
    drawn.padding = (0, 1, 0, 0)  # two blanks between columns: the seven of an alert fit 80 characters
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.kind == "number" else "left"
        drawn.add_column(column.name, justify=justify, no_wrap=column.kind != "text", overflow="fold")
    for row in rows:
        cells = [cell(value) for value in row]
        for text in cells if one_line_each else ():
            text.no_wrap, text.overflow = True, "ellipsis"
        drawn.add_row(*cells)
    return drawn
