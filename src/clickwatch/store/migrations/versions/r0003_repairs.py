"""Repairs: how long the repaired record is and when its repair began; no record of the log repairs two others."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    op.add_column("repairs", sa.Column("length", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("repairs", sa.Column("begun_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("repairs_by_new_place", "repairs", ["new_partition", "new_offset"], unique=True)
