"""Retention, erasures, links for families; who looked, with their role and part of the town"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document, Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("elder", "person"):
        op.add_column(table, sa.Column("erased_at", Instant()))
    op.add_column("look", sa.Column("incident_id", BigId))
    op.add_column("look", sa.Column("roles", Document))
    op.add_column("look", sa.Column("organisations", Document))
    op.create_table(
        "retention_run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_index(
        op.f("ix_retention_run_started_at"), "retention_run", ["started_at"], unique=False
    )
    op.create_table(
        "retention_turn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since_at", Instant(), nullable=False),
        sa.Column("holder", sa.String(length=80)),
        sa.Column("held_until", Instant()),
        sa.Column("done_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_turn")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("subject_id", BigId, nullable=False),
        sa.Column("organisation_id", sa.String(length=40)),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=80)),
        sa.Column("withdrawn_at", Instant()),
        sa.Column("confirmed_by", sa.String(length=80)),
        sa.Column("confirmed_at", Instant()),
        sa.Column("counts", Document),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_erasure_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_subject", "erasure", ["subject", "subject_id"], unique=False)
    op.create_table(
        "family_link",
        sa.Column("id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_by", sa.String(length=80)),
        sa.Column("revoked_at", Instant()),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_family_link_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_link")),
    )
    op.create_index(op.f("ix_family_link_elder_id"), "family_link", ["elder_id"], unique=False)


def downgrade() -> None:
    for table in ("family_link", "erasure", "retention_turn", "retention_run"):
        op.drop_table(table)
    for column in ("organisations", "roles", "incident_id"):
        op.drop_column("look", column)
    for table in ("person", "elder"):
        op.drop_column(table, "erased_at")
