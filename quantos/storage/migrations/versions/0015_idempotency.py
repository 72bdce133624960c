"""Answers that are kept for an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("place"),
    )
    op.create_index("ix_kept_answer_begun_at", "kept_answer", ["begun_at"])


def downgrade() -> None:
    op.drop_table("kept_answer")
