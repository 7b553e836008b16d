"""The first tables: epochs and progress, windows and totals, accounting, quarantine, alerts, leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def _text(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    _epochs()
    _counts()
    _accounts()
    _alerts()
    _leases()


def _epochs() -> None:
    op.create_table(
        "epochs",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("committed_at", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("epoch"),
    )
    op.create_table(
        "epoch_ranges",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_offset", sa.BigInteger(), nullable=False),
        sa.Column("end_offset", sa.BigInteger(), nullable=False),
        sa.Column("watermark_before", sa.BigInteger()),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "partition"),
    )
    op.create_table(
        "progress",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("watermark", sa.BigInteger()),
        sa.PrimaryKeyConstraint("partition"),
    )


def _counts() -> None:
    op.create_table(
        "windows",
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("product_id", _text(128), nullable=False),
        sa.Column("window_end", sa.BigInteger(), nullable=False),
        sa.Column("category", _text(128), nullable=False),
        sa.Column("category_time", sa.BigInteger()),
        sa.Column("view_count", sa.BigInteger(), nullable=False),
        sa.Column("cart_count", sa.BigInteger(), nullable=False),
        sa.Column("purchase_count", sa.BigInteger(), nullable=False),
        sa.Column("status", _text(8), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status in ('open', 'closed')", name="windows_status"),
        sa.PrimaryKeyConstraint("window_start", "product_id"),
    )
    op.create_index("windows_by_end", "windows", ["status", "window_end"])
    op.create_table(
        "hour_totals",
        sa.Column("hour_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("product_id", _text(128), nullable=False),
        sa.Column("category", _text(128), nullable=False),
        sa.Column("category_time", sa.BigInteger()),
        sa.Column("view_count", sa.BigInteger(), nullable=False),
        sa.Column("cart_count", sa.BigInteger(), nullable=False),
        sa.Column("purchase_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour_start", "product_id"),
    )


def _accounts() -> None:
    op.create_table(
        "accounting",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("duplicate", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("on_time", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("accepted = on_time + late", name="accounting_accepted"),
        sa.CheckConstraint("received = accepted + duplicate + rejected", name="accounting_received"),
        sa.PrimaryKeyConstraint("partition"),
    )
    op.create_table(
        "rejections",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", _text(64), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partition", "reason"),
    )
    op.create_table(
        "quarantine",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("log_time", sa.BigInteger(), nullable=False),
        sa.Column("reason", _text(64), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", _text(64)),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("partition", "offset"),
    )
    op.create_index("quarantine_by_reason", "quarantine", ["reason"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("rule", _text(32), nullable=False),
        sa.Column("product_id", _text(128), nullable=False),
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("window_end", sa.BigInteger(), nullable=False),
        sa.Column("category", _text(128), nullable=False),
        sa.Column("view_count", sa.BigInteger(), nullable=False),
        sa.Column("purchase_count", sa.BigInteger(), nullable=False),
        sa.Column("status", _text(12), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("episode_id", _text(64)),
        sa.CheckConstraint("status in ('open', 'withdrawn', 'confirmed')", name="alerts_status"),
        sa.PrimaryKeyConstraint("rule", "product_id", "window_start"),
    )
    op.create_index("alerts_by_status", "alerts", ["status", "window_end"])
    op.create_table(
        "episodes",
        sa.Column("episode_id", _text(64), nullable=False),
        sa.Column("rule", _text(32), nullable=False),
        sa.Column("product_id", _text(128), nullable=False),
        sa.Column("first_window_start", sa.BigInteger(), nullable=False),
        sa.Column("last_window_start", sa.BigInteger(), nullable=False),
        sa.Column("status", _text(12), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.CheckConstraint("status in ('active', 'ended', 'withdrawn', 'merged')", name="episodes_status"),
        sa.PrimaryKeyConstraint("episode_id"),
    )
    op.create_index("episodes_by_product", "episodes", ["status", "rule", "product_id"])
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", _text(160), nullable=False),
        sa.Column("episode_id", _text(64), nullable=False),
        sa.Column("kind", _text(12), nullable=False),
        sa.Column("handler", _text(16), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("status", _text(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger()),
        sa.Column("last_error", sa.Text()),
        sa.Column("follows", _text(160)),
        sa.CheckConstraint("kind in ('beginning', 'end', 'correction')", name="deliveries_kind"),
        sa.CheckConstraint("status in ('pending', 'delivered', 'failed', 'cancelled')", name="deliveries_status"),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    op.create_index("deliveries_due", "deliveries", ["status", "next_attempt_at"])


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", _text(32), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
