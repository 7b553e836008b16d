"""Repair: refused records out of quarantine into a file, and what was corrected there back onto the log.

Comes in: refused records of the store; a file that somebody has edited. Goes out: such a file; new records on the log,
each of them once, and for every line of the file what became of it; refused records on a topic of Kafka. A repaired
record is received again like any other; the original stays refused, and is linked to it.
"""
