"""Notices without an incident, verified numbers, drills"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document, Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("said", Document, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("possible_sends", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("next_try_at", Instant, nullable=False),
        sa.Column("lease_until", Instant),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("address", sa.String(200)),
        sa.Column("provider", sa.String(20)),
        sa.Column("provider_id", sa.String(80)),
        sa.Column("reason", sa.String(120)),
        sa.Column("requested_at", Instant),
        sa.Column("finished_at", Instant),
        sa.Column("receipt", sa.String(20)),
        sa.Column("receipt_at", Instant),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    op.create_index("ix_notice_status", "notice", ["status", "next_try_at"])
    op.create_index("ix_notice_subject", "notice", ["kind", "subject", "created_at"])
    op.add_column("contact_point", sa.Column("verified_at", Instant))
    op.create_table(
        "verification",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("contact_point_id", BigId, nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("started_by", sa.String(80), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("ended_at", Instant),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_point.id"],
            name=op.f("fk_verification_contact_point_id_contact_point"),
        ),
    )
    op.create_index(
        "ix_verification_contact_point_id", "verification", ["contact_point_id", "started_at"]
    )
    op.create_index("ix_verification_address", "verification", ["address"])
    op.add_column("incident", sa.Column("drill_ends_at", Instant))
    op.add_column(
        "incident",
        sa.Column("drill_with_rescue", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "drill",
        sa.Column("incident_id", BigId, primary_key=True, autoincrement=False),
        sa.Column("started_by", sa.String(80), nullable=False),
        sa.Column("gave_way_to", BigId),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_drill_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(
            ["gave_way_to"], ["incident.id"], name=op.f("fk_drill_gave_way_to_incident")
        ),
    )


def downgrade() -> None:
    op.drop_table("drill")
    op.drop_column("incident", "drill_with_rescue")
    op.drop_column("incident", "drill_ends_at")
    op.drop_table("verification")
    op.drop_column("contact_point", "verified_at")
    op.drop_table("notice")
