"""Which strategies are portfolios'."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("strategy", sa.Column("portfolio_id", sa.String(36), nullable=True))


def downgrade() -> None:
    op.drop_column("strategy", "portfolio_id")
