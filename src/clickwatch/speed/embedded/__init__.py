"""The embedded engine: one process, DuckDB and Arrow, a whole epoch of events at a time.

Comes in: record blocks from any event log. Goes out: what an epoch adds to windows and totals, committed with the
offsets that it was computed from.
"""
