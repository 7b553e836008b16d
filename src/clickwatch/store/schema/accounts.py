"""What became of every record, and the refused ones themselves."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table

from clickwatch.store.schema.base import by_code_point, metadata

accounting = Table(
    "accounting",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("received", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("on_time", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False),
    CheckConstraint("received = accepted + duplicate + rejected", name="accounting_received"),
    CheckConstraint("accepted = on_time + late", name="accounting_accepted"),
)

rejections = Table(
    "rejections",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("reason", by_code_point(64), primary_key=True),
    Column("records", BigInteger, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("log_time", BigInteger, nullable=False),
    Column("reason", by_code_point(64), nullable=False),
    Column("length", BigInteger, nullable=False),
    # SHA-256 of the whole record in hex, where `raw` is only its first 32 KiB; else null.
    Column("sha256", by_code_point(64)),
    Column("raw", LargeBinary, nullable=False),
)
Index("quarantine_by_reason", quarantine.c.reason)

# How far the quarantine has been passed on to a topic of Kafka: refused records before `next_offset` are there.
forwarded = Table(
    "forwarded",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
)

# Refused records that were repaired and put onto the log again, by the place of the original.
repairs = Table(
    "repairs",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    # SHA-256 of the repaired record in hex.
    Column("sha256", by_code_point(64), nullable=False),
    Column("new_partition", Integer, nullable=False),
    # Where the log ended before the record was appended, and its own place once that is known.
    Column("search_from", BigInteger, nullable=False),
    Column("new_offset", BigInteger),
    # The repaired record's bytes, and when (µs UTC) it was first tried to append it.
    Column("length", Integer, nullable=False, server_default="0"),
    Column("begun_at", BigInteger, nullable=False, server_default="0"),
)
Index("repairs_by_new_place", repairs.c.new_partition, repairs.c.new_offset, unique=True)
