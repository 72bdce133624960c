"""Strategy-days that the watchdog found without a NAV row."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OPEN = sa.text("mended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "missing_nav",
        sa.Column("strategy_number", sa.Integer(), sa.ForeignKey("strategy.number"), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.Column("mended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("strategy_number", "trade_date"),
    )
    op.create_index(
        "ix_missing_nav_open", "missing_nav", ["strategy_number"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_table("missing_nav")
