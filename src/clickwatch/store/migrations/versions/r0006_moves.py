"""Moves: the one that brought the rows here, or is to take them away."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    text = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
    op.create_table("moves", sa.Column("move_id", text, nullable=False), sa.PrimaryKeyConstraint("move_id"))
