"""The Spark engine: the same stream on Spark Structured Streaming, for a shop that outgrows one process.

Comes in: records of any event log. Goes out: what an epoch adds to windows and totals, committed with the offsets
that it was computed from. Spark keeps no state between epochs: what matters is in the store and the archive.
"""
