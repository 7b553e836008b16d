"""The day: batch views and their rows; requests to the stream, repaired records, and when a window was added to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def _text(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("windows", sa.Column("added_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("hour_totals", sa.Column("event_count", sa.BigInteger(), nullable=False, server_default="0"))
    _requests()
    _views()
    _rows_of_views()


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("name", _text(32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "repairs",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", _text(64), nullable=False),
        sa.Column("new_partition", sa.Integer(), nullable=False),
        sa.Column("search_from", sa.BigInteger(), nullable=False),
        sa.Column("new_offset", sa.BigInteger()),
        sa.PrimaryKeyConstraint("partition", "offset"),
    )


def _views() -> None:
    op.create_table(
        "batch_views",
        sa.Column("view_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day_start", sa.BigInteger(), nullable=False),
        sa.Column("cut", sa.BigInteger(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("status", _text(8), nullable=False),
        sa.CheckConstraint("status in ('draft', 'current', 'retired')", name="batch_views_status"),
        sa.PrimaryKeyConstraint("view_id"),
    )
    op.create_index("batch_views_by_day", "batch_views", ["status", "day_start"])


def _rows_of_views() -> None:
    op.create_table(
        "batch_hours",
        sa.Column("view_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("product_id", _text(128), nullable=False),
        sa.Column("category", _text(128), nullable=False),
        sa.Column("view_count", sa.BigInteger(), nullable=False),
        sa.Column("cart_count", sa.BigInteger(), nullable=False),
        sa.Column("purchase_count", sa.BigInteger(), nullable=False),
        sa.Column("event_count", sa.BigInteger(), nullable=False),
        sa.Column("cut_category", _text(128), nullable=False),
        sa.Column("cut_view_count", sa.BigInteger(), nullable=False),
        sa.Column("cut_cart_count", sa.BigInteger(), nullable=False),
        sa.Column("cut_purchase_count", sa.BigInteger(), nullable=False),
        sa.Column("cut_event_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("view_id", "hour_start", "product_id"),
    )
    op.create_table(
        "user_segments",
        sa.Column("view_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_key", _text(64), nullable=False),
        sa.Column("segment", _text(16), nullable=False),
        sa.Column("view_count", sa.BigInteger(), nullable=False),
        sa.Column("cart_count", sa.BigInteger(), nullable=False),
        sa.Column("purchase_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("view_id", "user_key"),
    )
    op.create_table(
        "top_products",
        sa.Column("view_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product_id", _text(128), nullable=False),
        sa.Column("category", _text(128), nullable=False),
        sa.Column("view_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("view_id", "rank"),
    )
    op.create_table(
        "conversion_rates",
        sa.Column("view_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("category", _text(128), nullable=False),
        sa.Column("view_count", sa.BigInteger(), nullable=False),
        sa.Column("purchase_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("view_id", "category"),
    )
