"""Claimed curves."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("strategy_number", sa.Integer(), sa.ForeignKey("strategy.number"), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.Column("dates", sa.LargeBinary(), nullable=False),
        sa.Column("navs", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("strategy_number"),
    )


def downgrade() -> None:
    op.drop_table("claim")
