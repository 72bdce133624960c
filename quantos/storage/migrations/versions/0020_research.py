"""Saved strategies, and the runs that stand on the leaderboard."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_strategy",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("user.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_strategy_user_id", "saved_strategy", ["user_id", "number"])
    op.create_table(
        "leaderboard_entry",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("user.id"), nullable=False),
        sa.Column("strategy_number", sa.Integer(), nullable=True),
        sa.Column("strategy_name", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("ticker", sa.String(64), nullable=False),
        sa.Column("run_at", Instant(), nullable=False),
        sa.Column("return_pct", sa.Float(), nullable=False),
        sa.Column("sharpe", sa.Float(), nullable=True),
        sa.Column("max_drawdown", sa.Float(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_leaderboard_entry_score", "leaderboard_entry", ["score", "number"])
    op.create_index("ix_leaderboard_entry_strategy_number", "leaderboard_entry", ["strategy_number"])


def downgrade() -> None:
    op.drop_table("leaderboard_entry")
    op.drop_table("saved_strategy")
