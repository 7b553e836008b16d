"""Episodes: what people hear of instead of single alerts, a run of consecutive alerting windows of one product.

A window of the rule and product is active while its alert is open or confirmed. Windows start one slide apart, so
an episode is a maximal run of active starts without a gap::

    window starts (in slides)   0   1   2   3   4   5   6   7
    active                          x   x   x           x
    episodes                        [---A---]          [B]

As alerts come and go, the runs change, and `reconcile` says what becomes of the episodes::

    4 and 5 join        x x x x x x    one run holds A and B: the one that starts first, A, owns it; B is merged
    2 is withdrawn      x - x     x    A is in two runs: the earliest keeps it, the later one begins a new episode
    6 is withdrawn      x x x     -    B has no run left, and its alerts are in no other: it is withdrawn

An episode ends when the window one slide after its last has closed without alerting. From then on its alerts take
no part any more: a late neighbour begins an episode of its own.
"""

import hashlib
from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from clickwatch.domain.window import WindowSpec


@dataclass(frozen=True)
class Span:
    """Consecutive active window starts, one slide apart, `first` to `last` inclusive, in µs."""

    first: int
    last: int


@dataclass(frozen=True)
class Run:
    """A maximal span and the episode that owns it; None begins a new one. `joining` are its parts from elsewhere."""

    span: Span
    owner: str | None
    joining: tuple[Span, ...]


@dataclass(frozen=True)
class Reconciliation:
    """What becomes of one product's episodes: the runs, earliest first, and the episodes left without one."""

    runs: tuple[Run, ...]
    merged: frozenset[str]
    withdrawn: frozenset[str]


@dataclass(frozen=True)
class _Piece:
    span: Span
    episode: str | None


def reconcile(
    episodes: Mapping[str, Span], opened: Collection[int], withdrawn: Collection[int], slide: int
) -> Reconciliation:
    """Match the alerts of one rule and product with its active episodes, after some opened or were withdrawn.

    `episodes` are the active ones as they were, each a span of active alerts; `opened` and `withdrawn` are window
    starts. The work grows with these, not with the length of the episodes.
    """
    pieces = [_Piece(Span(start, start), None) for start in opened]
    for name, span in episodes.items():
        pieces += [_Piece(part, name) for part in _without(span, withdrawn, slide)]
    runs: list[Run] = []
    owned: set[str] = set()
    for chain in _chains(sorted(pieces, key=lambda piece: piece.span.first), slide):
        heirs = [piece.episode for piece in chain if piece.episode is not None and piece.episode not in owned]
        owner = min(heirs, key=lambda name: episodes[name].first, default=None)
        joining = tuple(piece.span for piece in chain if owner is None or piece.episode != owner)
        runs.append(Run(Span(chain[0].span.first, chain[-1].span.last), owner, joining))
        if owner is not None:
            owned.add(owner)
    orphans = frozenset(episodes) - owned
    merged = orphans & {piece.episode for piece in pieces if piece.episode is not None}
    return Reconciliation(tuple(runs), merged, orphans - merged)


def _without(span: Span, withdrawn: Collection[int], slide: int) -> Iterator[Span]:
    """The parts of a span between the withdrawn starts."""
    first = span.first
    for gap in sorted(start for start in withdrawn if span.first <= start <= span.last):
        if first < gap:
            yield Span(first, gap - slide)
        first = gap + slide
    if first <= span.last:
        yield Span(first, span.last)


def _chains(pieces: list[_Piece], slide: int) -> Iterator[list[_Piece]]:
    """Sorted pieces, grouped where one begins a slide after the one before it."""
    chain: list[_Piece] = []
    for piece in pieces:
        if chain and piece.span.first != chain[-1].span.last + slide:
            yield chain
            chain = []
        chain.append(piece)
    if chain:
        yield chain


def latest_over(frontier: int, spec: WindowSpec) -> int:
    """Episodes whose last window starts here or earlier have ended: the window one slide after it is closed.

    `frontier`: all windows that end at or before it are closed. All in µs.
    """
    return frontier - spec.length - spec.slide


def episode_key(rule: str, product_id: str, first_start: int) -> str:
    """The id of an episode that begins with this window: 32 hex digits, the same wherever it is computed."""
    return hashlib.sha256(f"{rule}|{product_id}|{first_start}".encode()).hexdigest()[:32]


def unused_id(key: str, taken: Container[str]) -> str:
    """`key`, or with a counter (`key-2`, `key-3`, …) if an episode that is over began at the same window."""
    if key not in taken:
        return key
    return next(name for number in count(2) if (name := f"{key}-{number}") not in taken)
