"""Portfolios, their members and statuses, and what became of each of their days."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "portfolio",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("user.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("universe", sa.String(16), nullable=False),
        sa.Column("weighting", sa.String(11), nullable=False),
        sa.Column("top_n", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(6), nullable=False),
        sa.Column("strategy_number", sa.Integer(), sa.ForeignKey("strategy.number"), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id", name="uq_portfolio_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_portfolio_user_id", "portfolio", ["user_id"])
    op.create_table(
        "portfolio_member",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("portfolio_number", sa.Integer(), sa.ForeignKey("portfolio.number"), nullable=False),
        sa.Column("factor_number", sa.Integer(), sa.ForeignKey("factor.number"), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("portfolio_number", "factor_number", name="uq_portfolio_member"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_portfolio_member_factor_number", "portfolio_member", ["factor_number"])
    op.create_table(
        "portfolio_change",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("portfolio_number", sa.Integer(), sa.ForeignKey("portfolio.number"), nullable=False),
        sa.Column("status", sa.String(6), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_portfolio_change_portfolio_number", "portfolio_change", ["portfolio_number"])
    op.create_table(
        "portfolio_day",
        sa.Column("portfolio_number", sa.Integer(), sa.ForeignKey("portfolio.number"), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(9), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=True),
        sa.Column("members", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("portfolio_number", "trade_date"),
    )
    op.create_table(
        "portfolio_universe",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("symbols", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("portfolio_universe")
    op.drop_table("portfolio_day")
    op.drop_table("portfolio_change")
    op.drop_table("portfolio_member")
    op.drop_table("portfolio")
