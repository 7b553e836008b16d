"""Scoring: everything that an installation says, held against a truth that was known beforehand.

Comes in: a truth file's content, a store opened for reading, the archive's rows. Goes out: one score per question
that the pipeline answers, with what was expected, what was found, and the first differences by name.
"""
