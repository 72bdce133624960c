"""Backfilled signals."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backfilled_signal",
        sa.Column("strategy_number", sa.Integer(), sa.ForeignKey("strategy.number"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("signals", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("strategy_number", "revision", "trade_date"),
    )


def downgrade() -> None:
    op.drop_table("backfilled_signal")
