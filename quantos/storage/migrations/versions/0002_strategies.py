"""Strategies, their signals, and the log of their statuses."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "strategy",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("slug", sa.String(49), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("universe", sa.String(16), nullable=False),
        sa.Column("execution_price", sa.String(5), nullable=False),
        sa.Column("holding_period", sa.Integer(), nullable=False),
        sa.Column("initial_capital", sa.Integer(), nullable=False),
        sa.Column("commission_e8", sa.Integer(), nullable=False),
        sa.Column("slippage_e8", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("activated_at", Instant(), nullable=True),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"]),
        sa.UniqueConstraint("slug", name="uq_strategy_slug"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_strategy_user_id", "strategy", ["user_id"])
    op.create_table(
        "status_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("strategy_number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["strategy_number"], ["strategy.number"]),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_status_change_strategy_number", "status_change", ["strategy_number"])
    op.create_table(
        "signal",
        sa.Column("strategy_number", sa.Integer(), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("signals", sa.Text(), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("signal_hash", sa.String(64), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=False),
        sa.Column("deadline", Instant(), nullable=False),
        sa.Column("commit_sha", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("strategy_number", "trade_date"),
        sa.ForeignKeyConstraint(["strategy_number"], ["strategy.number"]),
    )
    op.create_index("ix_signal_trade_date", "signal", ["trade_date"])


def downgrade() -> None:
    op.drop_table("signal")
    op.drop_table("status_change")
    op.drop_table("strategy")
