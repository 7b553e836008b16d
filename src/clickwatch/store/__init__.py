"""The store: what the pipeline knows, in one database; every epoch is one transaction.

Comes in: the effects of an epoch, as columns or rows. Goes out: the same rows to the commands and reports.
`schema.py` states the tables once; `migrations/` brings a database to them; each other module is one repository.
All times are µs since the Unix epoch, UTC, as integers.
"""
