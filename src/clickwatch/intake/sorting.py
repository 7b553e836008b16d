"""Telling the plain records of a block from the others: shape by shape, with bounded work."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from clickwatch.intake.matching import Matched, match
from clickwatch.intake.plain import PlainRecords
from clickwatch.intake.scan import Scan
from clickwatch.intake.shapes import SEPARATORS, Shape, learn
from clickwatch.intake.words import Flags, Positions

_WORTH_MATCHING = 8
"""A known shape is held against so many records or more: for fewer the judge is faster."""
_WORTH_LEARNING = 24
"""One record is looked at closely where so many others have as many members."""
_LOOKS = 16
"""How many records of a block are looked at closely; it bounds what mangled records can cost."""
_MOST_MEMBERS = 64
_GOLDEN = 0.6180339887


@dataclass
class Sorter:
    """Sorts one block, scan by scan. `shapes` are tried in their order; those learned are added to them."""

    records: PlainRecords
    shapes: list[Shape]
    looks: int = _LOOKS
    used: Counter[Shape] = field(default_factory=Counter)

    def sort(self, scan: Scan, first_row: int) -> None:
        """Add the plain records of a scan, whose row 0 is row `first_row` of the block, to `records`."""
        undecided = scan.possible.copy()
        found = [self._match(shape, scan, undecided) for shape in self.shapes]
        found += self._learn(scan, undecided)
        matched = [each for each in found if each is not None and len(each.rows)]
        if not matched:
            return
        rows = np.concatenate([each.rows for each in matched])
        quotes = np.concatenate([np.full(len(each.rows), each.shape.quotes) for each in matched])
        exact = np.split(scan.have_quotes(rows, quotes), np.cumsum([len(each.rows) for each in matched])[:-1])
        for each, keep in zip(matched, exact, strict=True):
            self.used[each.shape] += self.records.add(each.only(keep), first_row)

    def _match(self, shape: Shape, scan: Scan, undecided: Flags) -> Matched | None:
        rows = self._candidates(shape, scan, undecided)
        if len(rows) < _WORTH_MATCHING:
            return None
        matched = match(scan, shape, rows)
        undecided[matched.rows] = False
        return matched

    def _candidates(self, shape: Shape, scan: Scan, undecided: Flags) -> Positions:
        if not undecided.any():
            return np.empty(0, dtype=np.int64)
        _, _, counts = scan.separators(shape.separator)
        return np.flatnonzero(undecided & (counts == shape.separators))

    def _learn(self, scan: Scan, undecided: Flags) -> list[Matched | None]:
        """Learn shapes from records that may stand for many; one that taught nothing makes its like less likely."""
        found: list[Matched | None] = []
        disappointments: Counter[int] = Counter()
        while self.looks and np.count_nonzero(undecided) >= _WORTH_LEARNING:
            row, members, promise = self._most_promising(scan, undecided, disappointments)
            if promise < _WORTH_LEARNING:
                break
            self.looks -= 1
            shape = learn(scan.record(row))
            matched = self._match(shape, scan, undecided) if shape else None
            undecided[row] = False
            if shape is not None and matched is not None and len(matched.rows) >= _WORTH_MATCHING:
                self.shapes.append(shape)
                found.append(matched)
            else:
                disappointments[members] += 1
        return found

    def _most_promising(self, scan: Scan, undecided: Flags, disappointments: Counter[int]) -> tuple[int, int, int]:
        """A row among the most that have as many members, its number of separators, and how many it may stand for."""
        _, _, counts = scan.separators(SEPARATORS[0])
        rows = np.flatnonzero(undecided)
        members = np.minimum(counts[rows], _MOST_MEMBERS)
        promises = np.bincount(members)
        for seen, times in disappointments.items():
            if seen < len(promises):
                promises[seen] >>= times
        best = int(promises.argmax())
        alike = rows[members == best]
        # Steps of the golden ratio look everywhere, so that no run of bad records hides the good ones.
        return int(alike[int(self.looks * _GOLDEN % 1 * len(alike))]), best, int(promises[best])
