"""The speed layer: windows, alerts and stock, within a second of the event.

Comes in: the log, through intake. Goes out: one transaction per epoch to the store, and accepted events to the
archive. One folder per engine, with the same file names in each; `alerts/` serves them all.
"""
