"""Deliveries by handler: each finds what is due to it past all that waits for others."""

from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    op.create_index("deliveries_by_handler", "deliveries", ["handler", "status", "next_attempt_at"])
