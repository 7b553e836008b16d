"""The archive: a Delta table of accepted events, Parquet inside, for the day's reports and for recovery.

Comes in: Arrow tables with the columns of `domain.columns.ARCHIVE_COLUMNS`, several epochs at a time, and the
number of the newest. Goes out: the files and rows of the current version, the number of the last epoch archived,
and the event ids that de-duplication needs after a restart.

A commit is on disk before it is named: data files and their folders are synced, then the commit's text, and only
then does the text get its version's name, which no file had before. So a crash leaves either the whole commit or
files that nothing refers to (`tidy` removes them), an empty or torn commit is damage and never an accident, and a
writer that lost its lease fails on the name. One writer at a time is still the rule; the lease is the caller's.
"""
