"""The tables of the store, stated once for every database. Times are µs since the Unix epoch, UTC."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# Ties between names are broken by code point in every database; a PostgreSQL database may sort by a language.
_BY_CODE_POINT = String(128).with_variant(String(128, collation="C"), "postgresql")

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

windows = Table(
    "windows",
    metadata,
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("product_id", _BY_CODE_POINT, primary_key=True),
    Column("window_end", BigInteger, nullable=False),
    Column("category", _BY_CODE_POINT, nullable=False),
    # Event time of the event that gave the category; null while it is `unknown`.
    Column("category_time", BigInteger),
    Column("view_count", BigInteger, nullable=False),
    Column("cart_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
    Column("status", String(8), nullable=False),
    # The last epoch that added to the row.
    Column("epoch", BigInteger, nullable=False),
    CheckConstraint("status in ('open', 'closed')", name="windows_status"),
)
Index("windows_by_end", windows.c.status, windows.c.window_end)

hour_totals = Table(
    "hour_totals",
    metadata,
    Column("hour_start", BigInteger, primary_key=True, autoincrement=False),
    Column("product_id", _BY_CODE_POINT, primary_key=True),
    Column("category", _BY_CODE_POINT, nullable=False),
    Column("category_time", BigInteger),
    Column("view_count", BigInteger, nullable=False),
    Column("cart_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
)

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
    Column("reason", String(64), primary_key=True),
    Column("records", BigInteger, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("log_time", BigInteger, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("length", BigInteger, nullable=False),
    # SHA-256 of the whole record in hex, where `raw` is only its first 32 KiB; else null.
    Column("sha256", String(64)),
    Column("raw", LargeBinary, nullable=False),
)
Index("quarantine_by_reason", quarantine.c.reason)

alerts = Table(
    "alerts",
    metadata,
    Column("rule", String(32), primary_key=True),
    Column("product_id", _BY_CODE_POINT, primary_key=True),
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("window_end", BigInteger, nullable=False),
    Column("category", _BY_CODE_POINT, nullable=False),
    Column("view_count", BigInteger, nullable=False),
    Column("purchase_count", BigInteger, nullable=False),
    Column("status", String(12), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("episode_id", String(64)),
    CheckConstraint("status in ('open', 'withdrawn', 'confirmed')", name="alerts_status"),
)
Index("alerts_by_status", alerts.c.status, alerts.c.window_end)

# A run of consecutive alerting windows of one product.
episodes = Table(
    "episodes",
    metadata,
    Column("episode_id", String(64), primary_key=True),
    Column("rule", String(32), nullable=False),
    Column("product_id", _BY_CODE_POINT, nullable=False),
    Column("first_window_start", BigInteger, nullable=False),
    Column("last_window_start", BigInteger, nullable=False),
    Column("status", String(12), nullable=False),
    # Whether a message of its beginning was written to the outbox (old windows are recorded only).
    Column("announced", Boolean, nullable=False),
    CheckConstraint("status in ('active', 'ended', 'withdrawn', 'merged')", name="episodes_status"),
)
Index("episodes_by_product", episodes.c.status, episodes.c.rule, episodes.c.product_id)

# The outbox: messages to people, written with the windows that caused them.
deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", String(160), primary_key=True),
    Column("episode_id", String(64), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("handler", String(16), nullable=False),
    Column("payload", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("last_error", Text),
    # Sent only if this other delivery was made: a correction follows its beginning.
    Column("follows", String(160)),
    CheckConstraint("kind in ('beginning', 'end', 'correction')", name="deliveries_kind"),
    CheckConstraint("status in ('pending', 'delivered', 'failed', 'cancelled')", name="deliveries_status"),
)
Index("deliveries_due", deliveries.c.status, deliveries.c.next_attempt_at)

# One writer at a time; `token` grows with each new holder, and a commit with an old token changes nothing.
leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
