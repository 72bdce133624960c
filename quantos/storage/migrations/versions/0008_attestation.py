"""The attestation of signals: what waits for a commit, and when it was committed."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OUTSTANDING = sa.text("attestation IS NOT NULL")


def upgrade() -> None:
    op.add_column("signal", sa.Column("attestation", sa.String(), nullable=True))
    op.add_column("signal", sa.Column("committed_at", Instant(), nullable=True))
    op.create_index(
        "ix_signal_attestation",
        "signal",
        ["attestation", "deadline"],
        sqlite_where=OUTSTANDING,
        postgresql_where=OUTSTANDING,
    )


def downgrade() -> None:
    op.drop_index("ix_signal_attestation", "signal")
    op.drop_column("signal", "committed_at")
    op.drop_column("signal", "attestation")
