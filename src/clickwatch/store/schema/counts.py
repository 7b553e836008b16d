"""What the speed layer counts: windows, and totals by hour."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table

from clickwatch.store.schema.base import BY_CODE_POINT, by_code_point, metadata

windows = Table(
    "windows",
    metadata,
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("product_id", BY_CODE_POINT, primary_key=True),
    Column("window_end", BigInteger, nullable=False),
    Column("category", BY_CODE_POINT, nullable=False),
    # Event time of the event that gave the category; null while it is `unknown`.
    Column("category_time", BigInteger),
    Column("view_count", BigInteger, nullable=False),
    Column("cart_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
    Column("status", by_code_point(8), nullable=False),
    # The last epoch that added to the row, and when that was committed.
    Column("epoch", BigInteger, nullable=False),
    Column("added_at", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("status in ('open', 'closed')", name="windows_status"),
)
Index("windows_by_end", windows.c.status, windows.c.window_end)

hour_totals = Table(
    "hour_totals",
    metadata,
    Column("hour_start", BigInteger, primary_key=True, autoincrement=False),
    Column("product_id", BY_CODE_POINT, primary_key=True),
    Column("category", BY_CODE_POINT, nullable=False),
    Column("category_time", BigInteger),
    Column("view_count", BigInteger, nullable=False),
    Column("cart_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
    # Accepted events of all types: what was added after a cut shows here, whatever it was.
    Column("event_count", BigInteger, nullable=False, server_default="0"),
)
