"""False alarms: zones proposed to people, and when each elder's past days were studied last"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document, Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zone_proposal",
        sa.Column("id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("zone_id", BigId),
        sa.Column("shape", Document, nullable=False),
        sa.Column("part_of_day", sa.String(10)),
        sa.Column("from_min", sa.Integer),
        sa.Column("until_min", sa.Integer),
        sa.Column("proof", Document, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant()),
        sa.Column("decided_by", sa.String(80)),
        sa.Column("reason", sa.String(400), server_default="", nullable=False),
        sa.Column("made_zone_id", BigId),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_zone_proposal_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_proposal")),
    )
    op.create_index(op.f("ix_zone_proposal_elder_id"), "zone_proposal", ["elder_id"])
    op.create_index("ix_zone_proposal_state", "zone_proposal", ["state", "id"])
    op.create_table(
        "zone_study",
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("studied_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_zone_study_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("elder_id", name=op.f("pk_zone_study")),
    )
    op.create_index("ix_incident_ended", "incident", ["outcome", "closed_at"])


def downgrade() -> None:
    op.drop_index("ix_incident_ended", "incident")
    op.drop_table("zone_study")
    op.drop_table("zone_proposal")
