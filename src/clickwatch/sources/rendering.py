"""Shoppers' actions as lines of JSON in the contract's field order, column by column."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clickwatch.sources.batch import LineBatch
from clickwatch.sources.shop import CURRENCY, PRODUCTS, USERS, Shop, json_bytes
from clickwatch.sources.shoppers import PURCHASE, Actions

_KINDS = (b"view", b"add_to_cart", b"remove_from_cart", b"purchase")
_HEX = np.frombuffer(b"".join(b"%02x" % value for value in range(256)), dtype=np.uint16)
_TIME_WIDTH = len("2026-01-26T07:10:15.123456")
_TABLE = pa.array([b'"}\n'], pa.binary())


class LineWriter:
    """Turns actions into lines. `salt` (64 bits) sets one run's ids apart from another's."""

    def __init__(self, shop: Shop, salt: int) -> None:
        users = [b"USER_%04d" % number for number in range(USERS)]
        products = [json_bytes(name) for name in shop.products]
        self._salt = np.uint64(salt)
        self._keys = pa.array(users, pa.binary())
        self._users = pa.array([b'{"user_id":"' + user for user in users], pa.binary())
        self._products = pa.array(
            [
                b'","product_id":' + product + b',"event_type":"' + kind + b'","timestamp":"'
                for product in products
                for kind in _KINDS
            ],
            pa.binary(),
        )
        categories = [json_bytes(shop.category(product)) for product in range(PRODUCTS)]
        self._categories = pa.array(
            [b'+00:00","category":' + name + b',"event_id":"' for name in categories], pa.binary()
        )
        self._prices = pa.array([shop.price(product).encode() for product in range(PRODUCTS)], pa.binary())

    def batch(
        self, actions: Actions, numbers: NDArray[np.uint64], times: NDArray[np.int64], chances: NDArray[np.float64]
    ) -> LineBatch:
        """The lines of actions that happen at `times`; the same number makes the same event id.

        `chances` holds one number of `[0, 1)` per action: how many pieces a purchase has.
        """
        session = actions.session.astype(np.uint32) ^ np.uint32(int(self._salt) & 0xFFFFFFFF)
        lines = pc.binary_join_element_wise(
            self._users.take(pa.array(actions.user)),
            self._products.take(pa.array(actions.product * len(_KINDS) + actions.kind)),
            _written(times),
            self._categories.take(pa.array(actions.product)),
            _hex(_scrambled(numbers ^ self._salt)),
            pa.scalar(b'","session_id":"', pa.binary()),
            _hex(_scrambled32(session)),
            self._endings(actions, chances),
            pa.scalar(b"", pa.binary()),
        )
        keys = pa.DictionaryArray.from_arrays(pa.array(actions.user), self._keys)
        return LineBatch(lines, keys, times)

    def _endings(self, actions: Actions, chances: NDArray[np.float64]) -> pa.Array:
        """What follows the session: the order of a purchase, or nothing."""
        bought = actions.kind == PURCHASE
        place = np.where(bought, np.cumsum(bought), 0)
        order = _scrambled32(actions.session[bought].astype(np.uint32) + np.uint32(int(self._salt) >> 32))
        quantity = 1 + (chances[bought] >= 0.9).astype(np.int32)
        purchases = pc.binary_join_element_wise(
            pa.scalar(b'","order_id":"', pa.binary()),
            _hex(order),
            pa.scalar(b'","quantity":', pa.binary()),
            pa.array([b"1", b"2"], pa.binary()).take(pa.array(quantity - 1)),
            pa.scalar(b',"price":', pa.binary()),
            self._prices.take(pa.array(actions.product[bought])),
            pa.scalar(b',"currency":"' + CURRENCY.encode() + b'"}\n', pa.binary()),
            pa.scalar(b"", pa.binary()),
        )
        return pa.concat_arrays([_TABLE, purchases]).take(pa.array(place))


def _written(times: NDArray[np.int64]) -> pa.Array:
    """Times as `YYYY-MM-DDTHH:MM:SS.ffffff`."""
    text = pc.cast(pa.array(times).view(pa.timestamp("us")), pa.string())
    letters = (
        np.frombuffer(text.buffers()[2], dtype=np.uint8)[: len(times) * _TIME_WIDTH].reshape(-1, _TIME_WIDTH).copy()
    )
    letters[:, 10] = ord("T")
    return _fixed_width(letters)


def _hex(values: NDArray[np.uint64] | NDArray[np.uint32]) -> pa.Array:
    digits = _HEX[values.astype(values.dtype.newbyteorder(">")).view(np.uint8)]
    return _fixed_width(digits.view(np.uint8).reshape(-1, values.dtype.itemsize * 2))


def _fixed_width(letters: NDArray[np.uint8]) -> pa.Array:
    rows, width = letters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.Array.from_buffers(pa.binary(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(letters)])


def _scrambled(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A permutation of 64-bit numbers that looks random, so that ids never repeat (splitmix64, Steele et al. 2014)."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _scrambled32(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A permutation of 32-bit numbers that looks random (the finaliser of MurmurHash3, Appleby)."""
    z = (values ^ (values >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    z = (z ^ (z >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return z ^ (z >> np.uint32(16))
