"""What the batch layer says of a day: versions of its view, of which one is current.

Rows belong to a view by `view_id`: they are written under a draft, a few thousand at a time, and count from the moment
that the draft becomes current.
"""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table

from clickwatch.store.schema.base import BY_CODE_POINT, by_code_point, metadata

batch_views = Table(
    "batch_views",
    metadata,
    Column("view_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day_start", BigInteger, nullable=False),
    # The last epoch that the view has seen.
    Column("cut", BigInteger, nullable=False),
    # Whether all events of the day were there at the cut, as far as can be known.
    Column("is_complete", Boolean, nullable=False),
    Column("status", by_code_point(8), nullable=False),
    CheckConstraint("status in ('draft', 'current', 'retired')", name="batch_views_status"),
)
Index("batch_views_by_day", batch_views.c.status, batch_views.c.day_start)

# The counts of the batch layer, and those that the speed layer had at the cut.
batch_hours = Table(
    "batch_hours",
    metadata,
    Column("view_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hour_start", BigInteger, primary_key=True, autoincrement=False),
    Column("product_id", BY_CODE_POINT, primary_key=True),
    Column("category", BY_CODE_POINT, nullable=False),
    Column("view_count", BigInteger, nullable=False),
    Column("cart_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
    Column("event_count", BigInteger, nullable=False),
    Column("cut_category", BY_CODE_POINT, nullable=False),
    Column("cut_view_count", BigInteger, nullable=False),
    Column("cut_cart_count", BigInteger, nullable=False),
    Column("cut_purchase_count", BigInteger, nullable=False),
    Column("cut_event_count", BigInteger, nullable=False),
)

user_segments = Table(
    "user_segments",
    metadata,
    Column("view_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_key", by_code_point(64), primary_key=True),
    Column("segment", by_code_point(16), nullable=False),
    Column("view_count", BigInteger, nullable=False),
    Column("cart_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
)

top_products = Table(
    "top_products",
    metadata,
    Column("view_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    Column("product_id", BY_CODE_POINT, nullable=False),
    Column("category", BY_CODE_POINT, nullable=False),
    Column("view_count", BigInteger, nullable=False),
)

conversion_rates = Table(
    "conversion_rates",
    metadata,
    Column("view_id", BigInteger, primary_key=True, autoincrement=False),
    Column("category", BY_CODE_POINT, primary_key=True),
    Column("view_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
)
