"""Guardians change with two pairs of eyes; a band's life; families are told"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "guardian_change",
        sa.Column("id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("person_id", BigId, nullable=True),
        sa.Column("replaces_id", BigId, nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("answer", sa.String(length=400), server_default="", nullable=False),
        sa.Column("family_told", sa.Integer(), nullable=True),
        sa.CheckConstraint("position IN (1, 2)", name=op.f("ck_guardian_change_two_guardians")),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_guardian_change_elder_id_elder")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_guardian_change_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["person.id"], name=op.f("fk_guardian_change_replaces_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian_change")),
    )
    for name in ("batch", "person_id", "replaces_id"):
        op.create_index(op.f(f"ix_guardian_change_{name}"), "guardian_change", [name])
    op.create_index("ix_guardian_change_elder_id", "guardian_change", ["elder_id", "id"])
    op.create_index("ix_guardian_change_state", "guardian_change", ["state", "id"])
    op.create_index(
        "uq_guardian_change_one_waiting",
        "guardian_change",
        ["elder_id", "position"],
        unique=True,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.add_column("person", sa.Column("archived_at", Instant()))
    added: tuple[sa.Column[Any], ...] = (
        sa.Column("shelf", sa.String(12), nullable=False, server_default=sa.text("'new'")),
        sa.Column("organisation_id", sa.String(40)),
        sa.Column("last_elder_id", BigId),
        sa.Column("serial", sa.String(40)),
        sa.Column("imei", sa.String(15)),
        sa.Column("sim_number", sa.String(20)),
        sa.Column("note", sa.String(400), nullable=False, server_default=""),
    )
    for column in added:
        op.add_column("band", column)
    op.create_index(op.f("ix_band_last_elder_id"), "band", ["last_elder_id"])
    op.create_index("uq_band_imei", "band", ["imei"], unique=True)
    op.create_index("uq_band_sim_number", "band", ["sim_number"], unique=True)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.alter_column("person_id", existing_type=BigId, nullable=True)
    op.add_column("notice", sa.Column("elder_id", BigId))
    op.add_column("notice", sa.Column("language", sa.String(8)))
    op.create_index(op.f("ix_notice_elder_id"), "notice", ["elder_id"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite adds no key to a table that is there
        for table, key, other in (
            ("band", "organisation_id", "organisation"),
            ("band", "last_elder_id", "elder"),
            ("notice", "elder_id", "elder"),
        ):
            op.create_foreign_key(op.f(f"fk_{table}_{key}_{other}"), table, other, [key], ["id"])


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE person_id IS NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("fk_notice_elder_id_elder"), "notice", type_="foreignkey")
        op.drop_constraint(op.f("fk_band_last_elder_id_elder"), "band", type_="foreignkey")
        op.drop_constraint(op.f("fk_band_organisation_id_organisation"), "band", type_="foreignkey")
    op.drop_index(op.f("ix_notice_elder_id"), "notice")
    op.drop_column("notice", "language")
    op.drop_column("notice", "elder_id")
    with op.batch_alter_table("notice") as batch_op:
        batch_op.alter_column("person_id", existing_type=BigId, nullable=False)
    for index in ("uq_band_sim_number", "uq_band_imei", op.f("ix_band_last_elder_id")):
        op.drop_index(index, "band")
    for name in (
        "note",
        "sim_number",
        "imei",
        "serial",
        "last_elder_id",
        "organisation_id",
        "shelf",
    ):
        op.drop_column("band", name)
    op.drop_column("person", "archived_at")
    op.drop_table("guardian_change")
