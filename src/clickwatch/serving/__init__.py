"""Serving: the store's rows as the answers that people and programs get.

Comes in: a store, opened for reading. Goes out: plain rows with the column names of the documentation, times as
ISO 8601 in UTC, streamed and never held as a whole.
"""
