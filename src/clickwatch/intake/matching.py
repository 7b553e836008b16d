"""Holding many records against one shape: those that pass are proved to be that JSON object."""

from dataclasses import dataclass

import numpy as np

from clickwatch.intake.scan import Scan
from clickwatch.intake.shapes import Shape
from clickwatch.intake.words import Bytes, Flags, Positions, gather


@dataclass(frozen=True)
class Matched:
    """Records of one shape. `rows` are of the scan; value k of row i is `data[starts[k, i]:ends[k, i]]`.

    No value ends before it starts; a quoted one is the text between its quotes. Not yet proved: that a bare value
    is a number, and (see Scan.have_quotes) that the record has no quotes but those of its shape.
    """

    shape: Shape
    rows: Positions
    starts: Positions
    ends: Positions

    def only(self, keep: Flags) -> "Matched":
        """The records that a flag per row keeps."""
        if keep.all():
            return self
        return Matched(self.shape, self.rows[keep], self.starts[:, keep], self.ends[:, keep])


def match(scan: Scan, shape: Shape, rows: Positions) -> Matched:
    """Those of these rows that have the gaps of a shape. Each row must be possible and have its separators."""
    data, gaps = scan.data, shape.gaps
    rows = _where(rows, _has(data, scan.starts[rows], gaps[0]))
    rows = _where(rows, _has(data, scan.ends[rows] - len(gaps[-1]), gaps[-1]))
    at = _gap_positions(scan, shape, rows)
    for k in range(1, len(gaps) - 1):
        held = _has(data, at[k], gaps[k])
        if not held.all():
            rows, at = rows[held], at[:, held]
    lengths = np.array([len(gap) for gap in gaps[:-1]])
    starts, ends = at[:-1] + lengths[:, np.newaxis], at[1:]
    return Matched(shape, rows, starts, ends).only((starts <= ends).all(axis=0))


def _where(rows: Positions, held: Flags) -> Positions:
    return rows if held.all() else rows[held]


def _gap_positions(scan: Scan, shape: Shape, rows: Positions) -> Positions:
    separators, first, _ = scan.separators(shape.separator)
    at = np.empty((len(shape.gaps), len(rows)), dtype=np.int64)
    at[0] = scan.starts[rows]
    first = first[rows]
    for k, (which, inside) in enumerate(shape.anchors, start=1):
        at[k] = separators[first + which] - inside
    at[-1] = scan.ends[rows] - len(shape.gaps[-1])
    return at


def _has(data: Bytes, positions: Positions, text: bytes) -> Flags:
    """Where `text` stands at a position."""
    wanted = np.frombuffer(text * len(positions), dtype=np.uint8)
    same = gather(data, positions, len(text)).ravel() == wanted
    if same.all():
        return np.ones(len(positions), dtype=bool)
    held: Flags = same.reshape(-1, len(text)).all(axis=1)
    return held
