"""The records of a draft as the lines that go onto the log."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clickwatch.sources.chaos.breakages import BREAKAGES
from clickwatch.sources.chaos.brinks import BRINK_CATEGORIES
from clickwatch.sources.chaos.cast import Cast
from clickwatch.sources.chaos.draft import Draft, burst_kinds
from clickwatch.sources.chaos.oddities import ODDITIES
from clickwatch.sources.chaos.rows import BRINK, BROKEN, BURSTS, BY_HAND, COPY, ODD
from clickwatch.sources.chaos.templates import TIME, USER, filled
from clickwatch.sources.chaos.wares import BURST_CATEGORY
from clickwatch.sources.rendering import LineWriter
from clickwatch.sources.shop import json_bytes
from clickwatch.sources.shoppers import PURCHASE, Actions

_BRINK = b'{"user_id":"@user","product_id":"BRINK","event_type":"view","timestamp":"@timeZ","category":%s}'
_BURST = b'{"user_id":"%s","product_id":"%s","event_type":"%s","timestamp":"%sZ","category":"%s"}'


def lines_of(draft: Draft, cast: Cast, writer: LineWriter, actions: Actions, seed: int) -> pa.Array:
    """Each record with its line end, by position (Arrow binary)."""
    rows = draft.rows
    by_hand = np.isin(rows.cause, BY_HAND)
    written = np.flatnonzero(~by_hand & (rows.cause != COPY))
    place = np.empty(len(rows), dtype=np.int64)
    place[written] = np.arange(len(written))
    # Shoppers' own records come first, in the order of their actions: so a copy finds its original by number.
    copies = np.flatnonzero(rows.cause == COPY)
    place[copies] = rows.source[copies]
    place[by_hand] = len(written) + np.arange(int(by_hand.sum()))
    hand = pa.array([_by_hand(draft, cast, row) for row in np.flatnonzero(by_hand).tolist()], pa.binary())
    return pa.concat_arrays([_by_writer(draft, writer, actions, written, seed), hand]).take(pa.array(place))


def _by_writer(draft: Draft, writer: LineWriter, actions: Actions, written: NDArray[np.int64], seed: int) -> pa.Array:
    """The records that tell of a shopper's action; a twin and a repeat have the id of the action that they repeat."""
    rows = draft.rows
    source = rows.source[written]
    acted = actions.rows(source)
    told = Actions(acted.moment, acted.session, rows.user[written].astype(np.int32), acted.product, acted.kind)
    chances = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 4]))).random(len(written))
    return writer.batch(told, source.astype(np.uint64), rows.claimed[written], chances).lines


def _by_hand(draft: Draft, cast: Cast, row: int) -> bytes:
    rows = draft.rows
    cause, source = int(rows.cause[row]), int(rows.source[row])
    if cause == ODD:
        template = ODDITIES[source].template
    elif cause == BROKEN:
        template = BREAKAGES[source].template
    elif cause == BRINK:
        category = BRINK_CATEGORIES[source]
        template = _BRINK % (b"null" if category is None else json_bytes(category))
    else:
        kind = b"purchase" if burst_kinds(rows.source[row : row + 1])[0] == PURCHASE else b"view"
        product = BURSTS[source % len(BURSTS)].encode()
        template = _BURST % (USER, product, kind, TIME, BURST_CATEGORY.encode())
    return filled(template, cast.names[rows.user[row]], int(rows.claimed[row]))
