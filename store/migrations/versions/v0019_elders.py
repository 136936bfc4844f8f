"""Elders in full, their family, photo and consent"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document, Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _text(name: str, kind: sa.types.TypeEngine[str]) -> sa.Column[str]:
    return sa.Column(name, kind, server_default="", nullable=False)


def upgrade() -> None:
    for column in (
        sa.Column("height_cm", sa.Integer()),
        _text("habits", sa.Text()),
        _text("hometown", sa.String(length=200)),
        _text("past_places", sa.Text()),
        _text("dialect", sa.String(length=80)),
        sa.Column("risks", Document, server_default="[]", nullable=False),
        _text("home_address", sa.String(length=200)),
        sa.Column("archived_at", Instant()),
        sa.Column("archived_why", sa.String(length=20)),
    ):
        op.add_column("elder", column)
    op.create_index(op.f("ix_elder_archived_at"), "elder", ["archived_at"])
    op.create_index("ix_elder_name", "elder", ["name", "birth_year"])
    op.create_index("ix_elder_organisation_id", "elder", ["organisation_id", "id"])
    op.create_table(
        "elder_secret",
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_mark", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64)),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_elder_secret_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("elder_id", "kind", name=op.f("pk_elder_secret")),
    )
    op.create_index(op.f("ix_elder_secret_digest"), "elder_secret", ["digest"], unique=False)
    op.create_index(op.f("ix_elder_secret_key_mark"), "elder_secret", ["key_mark"], unique=False)
    op.create_table(
        "elder_photo",
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_mark", sa.String(length=12), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_elder_photo_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("elder_id", name=op.f("pk_elder_photo")),
    )
    op.create_index(op.f("ix_elder_photo_key_mark"), "elder_photo", ["key_mark"], unique=False)
    op.create_table(
        "elder_consent",
        sa.Column("id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("given_by", sa.String(length=10), nullable=False),
        sa.Column("giver_name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("relation", sa.String(length=40), server_default="", nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("withdrawn_at", Instant()),
        sa.Column("withdrawn_by", sa.String(length=80)),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_elder_consent_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elder_consent")),
    )
    op.create_index(op.f("ix_elder_consent_elder_id"), "elder_consent", ["elder_id"], unique=False)
    op.create_table(
        "family_contact",
        sa.Column("id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("is_told", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("language", sa.String(length=8), server_default="zh", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("removed_at", Instant()),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_family_contact_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_contact")),
    )
    op.create_index(
        "ix_family_contact_elder_id", "family_contact", ["elder_id", "position", "id"], unique=False
    )
    op.create_index(op.f("ix_family_contact_phone"), "family_contact", ["phone"], unique=False)


def downgrade() -> None:
    for table in ("family_contact", "elder_consent", "elder_photo", "elder_secret"):
        op.drop_table(table)
    for index in ("ix_elder_organisation_id", "ix_elder_name", op.f("ix_elder_archived_at")):
        op.drop_index(index, "elder")
    for column in (
        "archived_why",
        "archived_at",
        "home_address",
        "risks",
        "dialect",
        "past_places",
        "hometown",
        "habits",
        "height_cm",
    ):
        op.drop_column("elder", column)
