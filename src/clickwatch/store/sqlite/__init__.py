"""The store in a file of the home: SQLite, in WAL mode."""
