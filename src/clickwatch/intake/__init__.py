"""Intake: judge, de-duplicate, pseudonymise, account; the same for every engine.

Comes in: blocks of log records. Goes out: accepted events as columns, refused records with their reasons, and
counts in which every record appears once. Decisions are made per record and partition, from the records before
it alone, so it does not matter how the log was cut into blocks.
"""
