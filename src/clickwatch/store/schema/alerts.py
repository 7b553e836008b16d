"""Alerts, the episodes that people hear of, and the outbox."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, Text

from clickwatch.store.schema.base import BY_CODE_POINT, by_code_point, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("rule", by_code_point(32), primary_key=True),
    Column("product_id", BY_CODE_POINT, primary_key=True),
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("window_end", BigInteger, nullable=False),
    Column("category", BY_CODE_POINT, nullable=False),
    Column("view_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
    Column("status", by_code_point(12), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("episode_id", by_code_point(64)),
    CheckConstraint("status in ('open', 'withdrawn', 'confirmed')", name="alerts_status"),
)
Index("alerts_by_status", alerts.c.status, alerts.c.window_end)

# A run of consecutive alerting windows of one product.
episodes = Table(
    "episodes",
    metadata,
    Column("episode_id", by_code_point(64), primary_key=True),
    Column("rule", by_code_point(32), nullable=False),
    Column("product_id", BY_CODE_POINT, nullable=False),
    Column("first_window_start", BigInteger, nullable=False),
    Column("last_window_start", BigInteger, nullable=False),
    Column("status", by_code_point(12), nullable=False),
    # Whether a message of its beginning was written to the outbox (old windows are recorded only).
    Column("announced", Boolean, nullable=False),
    CheckConstraint("status in ('active', 'ended', 'withdrawn', 'merged')", name="episodes_status"),
)
Index("episodes_by_product", episodes.c.status, episodes.c.rule, episodes.c.product_id)

# The outbox: messages to people, written with the windows that caused them.
deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", by_code_point(160), primary_key=True),
    Column("episode_id", by_code_point(64), nullable=False),
    Column("kind", by_code_point(12), nullable=False),
    Column("handler", by_code_point(16), nullable=False),
    Column("payload", Text, nullable=False),
    Column("status", by_code_point(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("last_error", Text),
    # Sent only if this other delivery was made: a correction follows its beginning.
    Column("follows", by_code_point(160)),
    CheckConstraint("kind in ('beginning', 'end', 'correction')", name="deliveries_kind"),
    CheckConstraint("status in ('pending', 'delivered', 'failed', 'cancelled')", name="deliveries_status"),
)
Index("deliveries_due", deliveries.c.status, deliveries.c.next_attempt_at)
Index("deliveries_by_handler", deliveries.c.handler, deliveries.c.status, deliveries.c.next_attempt_at)
