"""Research backtests, and what came of them."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "research_backtest",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("user.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(9), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("metrics", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id", name="uq_research_backtest_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_research_backtest_user_id", "research_backtest", ["user_id", "number"])
    op.create_index("ix_research_backtest_status", "research_backtest", ["status", "number"])
    op.create_table(
        "research_backtest_result",
        sa.Column("backtest_number", sa.Integer(), sa.ForeignKey("research_backtest.number"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("backtest_number"),
    )


def downgrade() -> None:
    op.drop_table("research_backtest_result")
    op.drop_table("research_backtest")
