"""Timestamps of many records at once, read eight bytes to a word; what is unusual is left to the judge.

The arithmetic on eight digits in one word is Lamport's ("Multiple byte processing with full-word instructions",
CACM 1975). A value is decided here only if each of its bytes was held against a form of the contract.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from clickwatch.domain.window import DAY, HOUR, MINUTE, SECOND
from clickwatch.intake.words import DIGIT, HIGH_BITS, WORD, Bytes, Flags, Positions, Words, gather_words

_FIRST_YEAR, _END_YEAR = 1970, 10_000
_MONTHS = (
    np.arange(f"{_FIRST_YEAR}-01", f"{_END_YEAR}-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
)
_END = int(_MONTHS[-1]) * DAY
_DAY_ONE = _MONTHS[:-1]
_MONTH_LENGTH = np.diff(_MONTHS)
_SECONDS_END = 19
_MAX_OFFSET_MINUTES = 14 * 60
_LITERAL = 0x7F
_LANE = np.uint64(0xFF)
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class _Form:
    """One way to write a time: how many digits of a second, and the zone with zeros for its digits."""

    digits: int
    zone: str

    @property
    def template(self) -> str:
        fraction = "." + "0" * self.digits if self.digits else ""
        return "0000-00-00T00:00:00" + fraction + self.zone

    @cached_property
    def words(self) -> tuple[tuple[np.uint64, np.uint64, np.uint64], ...]:
        """For each word: the template, what added to a byte's difference from it shows a wrong one, and the mask."""
        words = []
        for start in range(0, len(self.template), WORD):
            text = self.template[start : start + WORD].encode()
            lanes = bytes(DIGIT if byte == ord("0") else _LITERAL for byte in text)
            words.append((_word(text), _word(lanes), _word(b"\xff" * len(text))))
        return tuple(words)


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


_ZONES = ("Z", "+00:00", "-00:00", "+0000", "-0000")
_FORMS = [_Form(digits, zone) for digits in range(10) for zone in _ZONES]
_LONGEST = max(len(form.template) for form in _FORMS)


@cache
def _forms(length: int) -> tuple[_Form, ...]:
    return tuple(form for form in _FORMS if len(form.template) == length)


def read_timestamps(data: Bytes, starts: Positions, ends: Positions) -> tuple[Numbers, Flags]:
    """Instants in µs since the Unix epoch, and where they were read; elsewhere the instant means nothing."""
    lengths = np.clip(ends - starts, 0, _LONGEST + 1)
    present = np.flatnonzero(np.bincount(lengths, minlength=1))
    if len(present) == 1:
        return _read_one_length(data, starts, int(present[0]))
    instants = np.zeros(len(starts), dtype=np.int64)
    ok = np.zeros(len(starts), dtype=bool)
    for length in present:
        rows = np.flatnonzero(lengths == length)
        instants[rows], ok[rows] = _read_one_length(data, starts[rows], int(length))
    return instants, ok


def _read_one_length(data: Bytes, starts: Positions, length: int) -> tuple[Numbers, Flags]:
    instants = np.zeros(len(starts), dtype=np.int64)
    ok = np.zeros(len(starts), dtype=bool)
    if not _forms(length):
        return instants, ok
    words = gather_words(data, starts, -(-length // WORD))
    rows = np.arange(len(starts))
    for form in _forms(length):
        found, fits = _read_form([words[:, k] for k in range(words.shape[1])], form)
        if fits.all() and len(rows) == len(starts):
            return found, fits
        instants[rows[fits]], ok[rows[fits]] = found[fits], True
        rows, words = rows[~fits], words[~fits]
        if not len(rows):
            break
    return instants, ok


def _read_form(words: list[Words], form: _Form) -> tuple[Numbers, Flags]:
    # A log's neighbours share the date, and often the minute: then one word stands for all.
    shared = [word[:1] if k < 2 and (word == word[0]).all() else word for k, word in enumerate(words)]
    digits = list(_digits(shared, form))
    wrong = digits[0][1]
    for _, more in digits[1:]:
        wrong = wrong | more
    fields = _Fields([x for x, _ in digits])
    year, month, day = fields.pair(0) * 100 + fields.pair(2), fields.pair(5), fields.pair(8)
    hour, minute, second = fields.pair(11), fields.pair(14), fields.pair(17)
    at = np.clip((year - _FIRST_YEAR) * 12 + month - 1, 0, len(_DAY_ONE) - 1)
    ok = (year >= _FIRST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= _MONTH_LENGTH[at])
    ok = ok & (hour <= 23) & (minute <= 59) & (second <= 59) & (wrong == 0)
    whole = (_DAY_ONE[at] + day - 1) * DAY + hour * HOUR + minute * MINUTE
    instants = whole + second * SECOND + _micros(fields, form)
    if form.zone != "Z":
        offset, offset_ok = _offset(fields, form)
        instants, ok = instants - offset, ok & offset_ok
    return instants, ok & (instants >= 0) & (instants < _END)


def _digits(words: list[Words], form: _Form) -> Iterator[tuple[Words, Words]]:
    """Of each word: the values of its digits, and not zero where a byte is not as the form has it."""
    for word, (template, lanes, mask) in zip(words, form.words, strict=True):
        x = (word ^ template) & mask
        yield x, ((x + lanes) | x) & HIGH_BITS


class _Fields:
    """The numbers of a time, by the position of their first digit."""

    def __init__(self, digits: list[Words]) -> None:
        self._digits = digits
        self._pairs = [x * np.uint64(10) + (x >> np.uint64(8)) for x in digits]

    def single(self, position: int) -> Numbers:
        k, lane = divmod(position, WORD)
        return _lane(self._digits[k], lane)

    def pair(self, position: int) -> Numbers:
        k, lane = divmod(position, WORD)
        if lane == WORD - 1:
            return self.single(position) * 10 + self.single(position + 1)
        return _lane(self._pairs[k], lane)


def _lane(word: Words, lane: int) -> Numbers:
    return ((word >> np.uint64(8 * lane)) & _LANE).view(np.int64)


def _micros(fields: _Fields, form: _Form) -> Numbers | int:
    position, end = _SECONDS_END + 1, _SECONDS_END + 1 + min(form.digits, 6)
    micros: Numbers | int = 0
    unit = 10_000
    while position + 1 < end:
        micros = micros + fields.pair(position) * unit
        position, unit = position + 2, unit // 100
    return micros + fields.single(position) * (unit * 10) if position < end else micros


def _offset(fields: _Fields, form: _Form) -> tuple[Numbers, Flags]:
    end = len(form.template)
    hours, minutes = fields.pair(end - len(form.zone) + 1), fields.pair(end - 2)
    size = hours * 60 + minutes
    sign = -1 if form.zone[0] == "-" else 1
    return size * (sign * MINUTE), (minutes <= 59) & (size <= _MAX_OFFSET_MINUTES)
