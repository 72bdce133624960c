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
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("strategy_number", sa.Integer(), sa.ForeignKey("strategy.number"), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.Column("dates", sa.LargeBinary(), nullable=False),
        sa.Column("navs", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("strategy_number", name="uq_claim_strategy_number"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("claim")
