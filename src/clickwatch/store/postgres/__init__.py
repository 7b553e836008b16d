"""The store in a database of PostgreSQL, for several machines; its driver is the extra `postgres`."""
