"""Where the stream stands, who may write, and what is asked of it."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from clickwatch.store.schema.base import by_code_point, metadata

# One row per epoch: a bounded range of log offsets, processed once. The primary key is the compare-and-set.
epochs = Table(
    "epochs",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("committed_at", BigInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
)

# Enough to run intake over the epoch's range again: where it began, and how far event time had come.
epoch_ranges = Table(
    "epoch_ranges",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("start_offset", BigInteger, nullable=False),
    Column("end_offset", BigInteger, nullable=False),
    Column("watermark_before", BigInteger),
    Column("accepted", BigInteger, nullable=False),
)

# Where each partition stands after the last epoch.
progress = Table(
    "progress",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("watermark", BigInteger),
)

# One writer at a time; `token` grows with each new holder, and a commit with an old token changes nothing.
leases = Table(
    "leases",
    metadata,
    Column("name", by_code_point(32), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# What another process wants of the running stream: the greatest value asked for counts.
requests = Table(
    "requests",
    metadata,
    Column("name", by_code_point(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# The move that brought the rows here, or is to take them away: the same name stands in both stores then.
moves = Table("moves", metadata, Column("move_id", by_code_point(32), primary_key=True))
