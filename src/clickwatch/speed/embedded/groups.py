"""The one pass over an epoch's events: counts per slice of time, product, category and windows already ended."""

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.domain.event import EventType
from clickwatch.domain.window import HOUR, WindowSpec
from clickwatch.intake.intake import Taken

_COUNTED = (EventType.VIEW, EventType.ADD_TO_CART, EventType.PURCHASE)
_SPARSE = 4
"""A range of keys this many times wider than the events are many is made dense first."""


def count_groups(taken: Taken, spec: WindowSpec) -> pa.Table:
    """Groups of accepted events, one row each, all of whose events count in the same windows and the same hour.

    Columns: pane_start, hour_start, newest (the latest event time), missed, view_count, cart_count, purchase_count,
    event_count (events of all types; int64; times in µs), product_id, category (string).
    """
    unit = math.gcd(spec.pane, HOUR)
    products, categories = _encoded(taken.events["product_id"]), _encoded(taken.events["category"])
    sizes = (len(products.dictionary), len(categories.dictionary), int(taken.missed.max(initial=0)) + 1)
    first = int(taken.event_times.min()) // unit if len(taken.event_times) else 0
    key = taken.event_times // unit - first
    for part, size in zip((products.indices, categories.indices, taken.missed), sizes, strict=True):
        key = key * size + np.asarray(part)
    distinct, group = _dense(key)
    counts = _counts(group, len(distinct), taken.events["event_type"])
    newest = np.full(len(distinct), np.iinfo(np.int64).min)
    np.maximum.at(newest, group, taken.event_times)
    present = np.flatnonzero(newest > np.iinfo(np.int64).min)
    rest, missed = np.divmod(distinct[present], sizes[2])
    rest, category = np.divmod(rest, sizes[1])
    units, product = np.divmod(rest, sizes[0])
    start = (units + first) * unit
    return pa.table(
        {
            "pane_start": start - start % spec.pane,
            "hour_start": start - start % HOUR,
            "newest": newest[present],
            "missed": missed,
            "view_count": counts[0][present],
            "cart_count": counts[1][present],
            "purchase_count": counts[2][present],
            "event_count": counts[3][present],
            "product_id": products.dictionary.take(pa.array(product)),
            "category": categories.dictionary.take(pa.array(category)),
        }
    )


def _dense(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys by number, and each event's number: all keys of the range if it is narrow, else those that occur."""
    width = int(key.max(initial=-1)) + 1
    if width <= _SPARSE * len(key):
        return np.arange(width), key
    distinct, group = np.unique(key, return_inverse=True)
    return distinct, group


def _counts(group: NDArray[np.int64], groups: int, event_type: pa.ChunkedArray) -> list[NDArray[np.int64]]:
    """Events of each counted type per group, and of all types together."""
    types = _encoded(event_type)
    codes = np.asarray(types.indices)
    kinds = max(len(types.dictionary), 1)
    table = np.bincount(group * kinds + codes, minlength=groups * kinds).reshape(groups, kinds)
    place = {name: index for index, name in enumerate(types.dictionary.to_pylist())}
    none = np.zeros(groups, dtype=np.int64)
    return [*(table[:, place[kind]] if kind in place else none for kind in _COUNTED), table.sum(axis=1)]


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
