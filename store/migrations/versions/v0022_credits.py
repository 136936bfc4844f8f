"""Volunteers' service credits and check-ins"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_rule",
        sa.Column("id", BigId, nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("most_per_day_min", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "minutes >= 0 AND most_per_day_min >= 0", name=op.f("ck_credit_rule_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_credit_rule_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_rule")),
    )
    op.create_table(
        "credit_entry",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("incident_id", BigId, nullable=True),
        sa.Column("rule_id", BigId, nullable=True),
        sa.Column("corrects", BigId, nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("written_by", sa.String(length=80), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["corrects"], ["credit_entry.id"], name=op.f("fk_credit_entry_corrects_credit_entry")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_credit_entry_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_credit_entry_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["credit_rule.id"], name=op.f("fk_credit_entry_rule_id_credit_rule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entry")),
        sa.UniqueConstraint("source", name=op.f("uq_credit_entry_source")),
    )
    op.create_index(
        "ix_credit_entry_organisation", "credit_entry", ["organisation_id", "id"], unique=False
    )
    op.create_index("ix_credit_entry_person_at", "credit_entry", ["person_id", "at"], unique=False)
    op.create_table(
        "check_in",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("window_no", BigId, nullable=False),
        sa.Column("incident_id", BigId, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_check_in_elder_id_elder")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_check_in_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
        sa.UniqueConstraint(
            "person_id",
            "elder_id",
            "purpose",
            "window_no",
            name=op.f("uq_check_in_person_id_elder_id_purpose_window_no"),
        ),
    )
    op.create_index(op.f("ix_check_in_elder_id"), "check_in", ["elder_id"], unique=False)
    op.create_table(
        "credit_ranking",
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_credit_ranking_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_credit_ranking")),
    )


def downgrade() -> None:
    for table in ("credit_ranking", "check_in", "credit_entry", "credit_rule"):
        op.drop_table(table)
