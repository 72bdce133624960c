"""What operators changed; and where events of the series store stand in the event stream."""

import sqlalchemy as sa
from alembic import op

from quantos.storage.types import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("state", sa.String(11), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_action", "audit", ["action", "number"])
    op.create_table(
        "stream_place",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("after_records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_stream_place_after", "stream_place", ["after_records", "sequence"])


def downgrade() -> None:
    op.drop_table("stream_place")
    op.drop_table("audit")
