"""Pseudonyms: `user_key` in place of `user_id`, before anything but the log is written.

`user_key` = key id + HMAC-SHA-256 (RFC 2104) of the user id, cut to 128 bits, in hex. The key id (a hash of the key)
says which key made it, so that keys can be told apart without being known.
"""

import hmac

import pyarrow as pa

_MAC_HEX_DIGITS = 32
_KEY_ID_DIGITS = 8
KEY_BYTES = 32


class Pseudonymiser:
    """Turns user ids into user keys under one secret key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._recent: dict[str, str] = {}
        self.key_id = hmac.digest(key, b"clickwatch key id", "sha256").hex()[:_KEY_ID_DIGITS]

    def user_key(self, user_id: str) -> str:
        """The pseudonym of one user: `<key id>-<32 hex digits>`."""
        mac = hmac.digest(self._key, user_id.encode("utf-8"), "sha256")
        return f"{self.key_id}-{mac.hex()[:_MAC_HEX_DIGITS]}"

    def user_keys(self, user_ids: pa.DictionaryArray) -> pa.DictionaryArray:
        """The pseudonyms of a column: each distinct user is hashed once, those of the column before not again."""
        names = user_ids.dictionary.to_pylist()
        self._recent = {name: self._recent.get(name) or self.user_key(name) for name in names}
        return pa.DictionaryArray.from_arrays(user_ids.indices, pa.array(self._recent.values(), pa.string()))
