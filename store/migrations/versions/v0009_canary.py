"""The canary: elders who are made up, and its rounds"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "elder", sa.Column("is_virtual", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "canary_round",
        sa.Column("id", BigId, nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.Column("stored_at", Instant(), nullable=True),
        sa.Column("triggered_at", Instant(), nullable=True),
        sa.Column("handed_over_at", Instant(), nullable=True),
        sa.Column("receipt_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("incident_id", BigId, nullable=True),
        sa.Column("result", sa.String(12), nullable=True),
        sa.Column("problem", sa.String(20), nullable=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary_round")),
    )


def downgrade() -> None:
    op.drop_table("canary_round")
    op.drop_column("elder", "is_virtual")
