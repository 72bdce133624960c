"""One-time codes."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "one_time_code",
        sa.Column("email_key", sa.String(320), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("attempts_left", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("email_key"),
    )


def downgrade() -> None:
    op.drop_table("one_time_code")
