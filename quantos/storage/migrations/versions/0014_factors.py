"""Factors, the series of their validations, their attempts, their days out of sample."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "factor",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("user.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("universe", sa.String(16), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("expression", sa.Text(), nullable=True),
        sa.Column("claimed_ic_mean", sa.Float(), nullable=True),
        sa.Column("claimed_ic_ir", sa.Float(), nullable=True),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("last_in_sample", sa.Date(), nullable=True),
        sa.Column("ic_mean", sa.Float(), nullable=True),
        sa.Column("ic_ir", sa.Float(), nullable=True),
        sa.Column("measures", sa.Text(), nullable=True),
        sa.Column("checks", sa.Text(), nullable=True),
        sa.Column("reject_reason", sa.Text(), nullable=True),
        sa.Column("yearly", sa.Text(), nullable=True),
        sa.Column("diagnostics", sa.Text(), nullable=True),
        sa.Column("os", sa.Text(), nullable=True),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("validated_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id", name="uq_factor_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_factor_user_id", "factor", ["user_id", "status"])
    op.create_table(
        "factor_series",
        sa.Column("factor_number", sa.Integer(), sa.ForeignKey("factor.number"), nullable=False),
        sa.Column("ic", sa.Text(), nullable=False),
        sa.Column("long_short", sa.Text(), nullable=False),
        sa.Column("plots", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("factor_number"),
    )
    op.create_table(
        "factor_attempt",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("user.id"), nullable=False),
        sa.Column("factor_id", sa.String(36), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("sharpe", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_factor_attempt_user_id", "factor_attempt", ["user_id"])
    op.create_table(
        "factor_os_day",
        sa.Column("factor_number", sa.Integer(), sa.ForeignKey("factor.number"), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("ic", sa.Float(), nullable=True),
        sa.Column("timely", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("factor_number", "trade_date"),
    )


def downgrade() -> None:
    op.drop_table("factor_os_day")
    op.drop_table("factor_attempt")
    op.drop_table("factor_series")
    op.drop_table("factor")
