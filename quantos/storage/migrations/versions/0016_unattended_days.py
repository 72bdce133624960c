"""Failed jobs that are tried again, and what the watchdog found."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AGAIN = sa.text("retry_at IS NOT NULL")
OPEN = sa.text("mended_at IS NULL")


def upgrade() -> None:
    op.add_column("job_run", sa.Column("attempt", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("job_run", sa.Column("retry_at", Instant(), nullable=True))
    op.create_index(
        "ix_job_run_retry_at", "job_run", ["retry_at"], sqlite_where=AGAIN, postgresql_where=AGAIN
    )
    op.create_table(
        "watch_finding",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.Column("mended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject", "trade_date"),
    )
    op.create_index(
        "ix_watch_finding_open", "watch_finding", ["kind"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_table("watch_finding")
    op.drop_index("ix_job_run_retry_at", "job_run")
    op.drop_column("job_run", "retry_at")
    op.drop_column("job_run", "attempt")
