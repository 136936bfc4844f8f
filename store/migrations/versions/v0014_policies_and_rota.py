"""Policies by place and person, the rescue team's rota, quiet hours"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document, Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["person.id"], name=op.f(f"fk_{table}_{column}_person")
    )


def upgrade() -> None:
    op.create_table(
        "policy_version",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("scope", sa.String(12), nullable=False),
        sa.Column("scope_id", sa.String(40), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("ladder", Document),
        sa.Column("edited_by", sa.String(80), nullable=False),
        sa.Column("edited_at", Instant, nullable=False),
        sa.Column("retired_at", Instant),
        sa.UniqueConstraint(
            "scope",
            "scope_id",
            "severity",
            "number",
            name=op.f("uq_policy_version_scope_scope_id_severity_number"),
        ),
    )
    op.create_table(
        "rescue_area",
        sa.Column("organisation_id", sa.String(40), primary_key=True),
        sa.Column("team_id", sa.String(40), nullable=False),
        sa.Column("edited_by", sa.String(80), nullable=False),
        sa.Column("edited_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_rescue_area_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["organisation.id"], name=op.f("fk_rescue_area_team_id_organisation")
        ),
    )
    op.create_table(
        "rota_shift",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("hours", sa.String(800), nullable=False),
        sa.Column("days", sa.String(10), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("ended_by", sa.String(80)),
        sa.Column("ended_at", Instant),
        _person("rota_shift", "person_id"),
    )
    op.create_index("ix_rota_shift_person_id", "rota_shift", ["person_id"])
    op.create_table(
        "absence",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("away_id", BigId),
        sa.Column("stand_in_id", BigId),
        sa.Column("from_at", Instant, nullable=False),
        sa.Column("until_at", Instant, nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("ended_by", sa.String(80)),
        sa.Column("ended_at", Instant),
        _person("absence", "away_id"),
        _person("absence", "stand_in_id"),
        sa.CheckConstraint(
            "away_id IS NOT NULL OR stand_in_id IS NOT NULL", name=op.f("ck_absence_names_somebody")
        ),
    )
    op.create_index("ix_absence_until_at", "absence", ["until_at"])
    op.create_table(
        "quiet_hours",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("hours", sa.String(800)),
        sa.Column("edited_by", sa.String(80), nullable=False),
        sa.Column("edited_at", Instant, nullable=False),
        sa.Column("retired_at", Instant),
        _person("quiet_hours", "person_id"),
    )
    op.create_index("ix_quiet_hours_person_id", "quiet_hours", ["person_id"])


def downgrade() -> None:
    for table in ("quiet_hours", "absence", "rota_shift", "rescue_area", "policy_version"):
        op.drop_table(table)
