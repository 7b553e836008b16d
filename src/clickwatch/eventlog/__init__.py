"""The log: partitioned, append-only, replayable; a reader keeps its own offsets.

Comes in: newline-terminated records, as bytes. Goes out: the same bytes in blocks, each record with its
offset and its log time. `port.py` states the contract, the other modules are its adapters.
"""
