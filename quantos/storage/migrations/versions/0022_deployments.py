"""Strategies in code that are tracked, and what became of their days."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deployment",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("user.id"), nullable=False),
        sa.Column("strategy_number", sa.Integer(), sa.ForeignKey("strategy.number"), nullable=False),
        sa.Column("saved_number", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("tickers", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id", name="uq_deployment_id"),
        sa.UniqueConstraint("strategy_number", name="uq_deployment_strategy_number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deployment_user_id", "deployment", ["user_id", "number"])
    op.create_table(
        "deployment_day",
        sa.Column("deployment_number", sa.Integer(), sa.ForeignKey("deployment.number"), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(9), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("held", sa.Text(), nullable=True),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("deployment_number", "trade_date"),
    )


def downgrade() -> None:
    op.drop_table("deployment_day")
    op.drop_table("deployment")
