"""A score: one question, what the answer has to be, what it is, and where the two differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Key = tuple[int | str, ...]
Values = Mapping[str, int | str | None]
Verdict = Literal["agrees", "DIFFERS", "not run"]
NAMED = 5
"""So many differences of each score are named; all are counted."""


@dataclass(frozen=True)
class Score:
    """The answer to `what`: numbers, or how many rows; `differences` names the first of `count` that differ.

    `found` is None if the question was not put yet; then `differences` says how to.
    """

    what: str
    expected: int
    found: int | None
    count: int
    differences: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether the answer is the right one."""
        if self.found is None:
            return "not run"
        return "DIFFERS" if self.count else "agrees"


def of_number(what: str, expected: int, found: int) -> Score:
    """The score of a single number."""
    wrong = () if expected == found else (f"{found:,} in place of {expected:,}",)
    return Score(what, expected, found, len(wrong), wrong)


def of_rows(what: str, expected: Mapping[Key, Values], found: Mapping[Key, Values]) -> Score:
    """The score of rows by key: none may be missing, none too many, and all values have to be the same."""
    count = 0
    named: list[str] = []
    for difference in _differences(expected, found):
        count += 1
        if count <= NAMED:
            named.append(difference)
    return Score(what, len(expected), len(found), count, tuple(named))


def not_run(what: str, expected: int, cure: str) -> Score:
    """The score of a question that was not put yet."""
    return Score(what, expected, None, 0, (cure,))


def _differences(expected: Mapping[Key, Values], found: Mapping[Key, Values]) -> Iterator[str]:
    for key in sorted(expected.keys() | found.keys()):
        name = " ".join(str(part) for part in key)
        if key not in found:
            yield f"{name}: is missing"
        elif key not in expected:
            yield f"{name}: ought not to be there ({_said(found[key])})"
        elif expected[key] != found[key]:
            wrong = [field for field in expected[key] if expected[key][field] != found[key].get(field)]
            yield f"{name}: " + ", ".join(
                f"{field} is {found[key].get(field)} in place of {expected[key][field]}" for field in wrong
            )


def _said(values: Values) -> str:
    return ", ".join(f"{field} {value}" for field, value in values.items())
