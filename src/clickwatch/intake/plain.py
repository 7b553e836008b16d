"""The values of plain records: held against the contract column by column, then made into Arrow columns."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clickwatch.domain.columns import VALID_COLUMNS
from clickwatch.domain.currency import CURRENCIES
from clickwatch.domain.event import EVENT_TYPE_NAMES, FIELDS, PRICE_PRECISION, PRICE_SCALE, UNKNOWN_CATEGORY, EventType
from clickwatch.intake.literals import are_integers, decimals, whole_numbers
from clickwatch.intake.matching import Matched
from clickwatch.intake.names import NameTable
from clickwatch.intake.shapes import Member
from clickwatch.intake.timestamps import read_timestamps
from clickwatch.intake.words import Bytes, Flags, Positions

Numbers = NDArray[np.int64]

_FIELDS = {field.name: field for field in FIELDS}
_ABSENT = -1
"""What stands for no number where none can be below zero."""


_EVENT_TYPE_NAMES = NameTable(list(EVENT_TYPE_NAMES))
_EVENT_TYPE_OF_NAME = np.array([list(EventType).index(kind) for kind in EVENT_TYPE_NAMES.values()])
_EVENT_TYPES = pa.array([kind.value for kind in EventType])
_CURRENCY_NAMES = NameTable(sorted(CURRENCIES))
_CURRENCIES = pa.array(sorted(CURRENCIES))


class PlainRecords:
    """The plain records of a block, as found so far; `plain` flags them. Rows are indices into the block."""

    def __init__(self, data: Bytes, starts: Positions, latest: Positions) -> None:
        """Records span less than 2 GiB of `data`; `latest` is the greatest event time that each may have, in µs."""
        self._base = int(starts[0])
        self._data, self._text = data, pa.py_buffer(data[self._base :])
        self._starts, self._latest = starts, latest
        self.plain: Flags = np.zeros(len(starts), dtype=bool)
        self._spans: dict[str, Numbers] = {}
        self._numbers: dict[str, Numbers] = {
            "timestamp": np.zeros(len(starts), dtype=np.int64),
            "quantity": np.ones(len(starts), dtype=np.int64),
            "price": np.full(len(starts), _ABSENT),
            "event_type": np.zeros(len(starts), dtype=np.int64),
            "currency": np.full(len(starts), _ABSENT),
        }

    def add(self, matched: Matched, first_row: int) -> int:
        """Keep those of the matched records whose values are plain; returns how many they are.

        `first_row` is the block's row for the scan's row 0.
        """
        rows = matched.rows + first_row
        ok = np.ones(len(rows), dtype=bool)
        numbers: dict[str, Numbers] = {}
        for member, starts, ends in zip(matched.shape.members, matched.starts, matched.ends, strict=True):
            if member.name in self._numbers:
                numbers[member.name], fits = self._read(member.name, starts, ends, rows)
                ok &= fits
            else:
                ok &= self._is_plain(member, starts, ends)
        if not ok.all():
            matched, rows = matched.only(ok), rows[ok]
            numbers = {name: values[ok] for name, values in numbers.items()}
        self._keep(matched, rows, numbers)
        return len(rows)

    def _read(self, name: str, starts: Positions, ends: Positions, rows: Positions) -> tuple[Numbers, Flags]:
        if name == "timestamp":
            instants, ok = read_timestamps(self._data, starts, ends)
            return instants, ok & (instants <= self._latest[rows])
        if name == "event_type":
            return _EVENT_TYPE_NAMES.find(self._data, starts, ends)
        if name == "currency":
            return _CURRENCY_NAMES.find(self._data, starts, ends)
        if name == "price":
            return decimals(self._data, starts, ends)
        quantities, ok = whole_numbers(self._data, starts, ends)
        return quantities, ok & (quantities >= 1)

    def _is_plain(self, member: Member, starts: Positions, ends: Positions) -> Flags | bool:
        field = _FIELDS.get(member.name or "")
        if not member.quoted:
            integers = are_integers(self._data, starts, ends)
            return integers | decimals(self._data, starts, ends)[1] if field is None else integers
        if field is None:
            return True
        # Its bytes are at least as many as its code points; the few long ones are left to the judge.
        sizes = ends - starts
        return (sizes >= 1) & (sizes <= field.max_length)

    def _keep(self, matched: Matched, rows: Positions, numbers: dict[str, Numbers]) -> None:
        self.plain[rows] = True
        spans = _packed(matched.starts - self._base, matched.ends - self._base)
        for member, span in zip(matched.shape.members, spans, strict=True):
            if member.name in numbers:
                self._numbers[member.name][rows] = numbers[member.name]
            elif member.name is not None:
                self._spans_of(member.name)[rows] = span

    def _spans_of(self, name: str) -> Numbers:
        if name not in self._spans:
            # Offsets that never fall are what Arrow expects, also of rows that nobody will ask for.
            starts = self._starts - self._base
            self._spans[name] = _packed(starts, starts)
        return self._spans[name]

    def columns(self) -> pa.Table:
        """The plain records as VALID_COLUMNS, in order of rows."""
        rows = np.flatnonzero(self.plain)
        event_types = pa.array(_EVENT_TYPE_OF_NAME[self._numbers["event_type"][rows]].astype(np.int32))
        currencies = self._numbers["currency"][rows]
        codes = pa.array(currencies.astype(np.int32), mask=currencies == _ABSENT)
        columns = {
            "event_type": pa.DictionaryArray.from_arrays(event_types, _EVENT_TYPES),
            "currency": pa.DictionaryArray.from_arrays(codes, _CURRENCIES),
            "event_time": pa.array(self._numbers["timestamp"][rows]),
            "quantity": pa.array(self._numbers["quantity"][rows]),
            "price": self._prices(rows),
        }
        for field in VALID_COLUMNS:
            if field.name not in columns:
                columns[field.name] = self._column(field, rows)
        return pa.table([columns[field.name] for field in VALID_COLUMNS], schema=VALID_COLUMNS)

    def _column(self, field: pa.Field, rows: Positions) -> pa.Array:
        strings = self._strings(field.name, rows)
        if field.name == "category" and strings.null_count:
            strings = strings.fill_null(UNKNOWN_CATEGORY)
        return strings.dictionary_encode() if pa.types.is_dictionary(field.type) else strings

    def _strings(self, name: str, rows: Positions) -> pa.StringArray:
        """The values of a field, from an Arrow array over the block's own bytes whose slot 2 × row is the row's."""
        if name not in self._spans:
            return pa.nulls(len(rows), pa.string())
        spans = self._spans[name]
        offsets = spans.view(np.int32)
        every = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), self._text)
        absent = _are_empty(spans[rows])
        return pc.take(every, pa.array(rows * 2, mask=absent if absent.any() else None), boundscheck=False)

    def _prices(self, rows: Positions) -> pa.Array:
        wide = np.zeros((len(rows), 2), dtype=np.int64)
        wide[:, 0] = self._numbers["price"][rows]
        present = wide[:, 0] != _ABSENT
        validity = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
        price_type = pa.decimal128(PRICE_PRECISION, PRICE_SCALE)
        return pa.Decimal128Array.from_buffers(price_type, len(rows), [validity, pa.py_buffer(wide)])


def _packed(starts: Positions, ends: Positions) -> Numbers:
    """Bounds below 2^31 as pairs of 32-bit numbers, the start in the first four bytes."""
    return starts | (ends << 32)


def _are_empty(spans: Numbers) -> Flags:
    empty: Flags = (spans >> 32) == (spans & 0xFFFFFFFF)
    return empty
