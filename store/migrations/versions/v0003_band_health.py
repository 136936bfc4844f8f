"""How bands are: tasks for operators, and the means that they are judged by"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("elder", sa.Column("silence_alarm_s", sa.Integer))
    op.create_table(
        "band_health",
        sa.Column("device_id", sa.String(32), nullable=False),
        sa.Column("reports", sa.Float, nullable=False),
        sa.Column("usable_share", sa.Float, nullable=False),
        sa.Column("bad_clock_share", sa.Float, nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_band_health")),
    )
    op.create_table(
        "cursor",
        sa.Column("reader", sa.String(40), nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_cursor")),
    )
    op.create_table(
        "band_task",
        sa.Column("id", BigId, nullable=False),
        sa.Column("trouble", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("elder_id", BigId, nullable=True),
        sa.Column("organisation_id", sa.String(40), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("handled_at", Instant(), nullable=True),
        sa.Column("handled_by", sa.String(80), nullable=True),
        sa.Column("detail", Document, nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_band_task_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_band_task")),
    )
    op.create_index(op.f("ix_band_task_elder_id"), "band_task", ["elder_id"])
    op.create_index("ix_band_task_ended", "band_task", ["ended_at", "id"])
    op.create_index(
        "uq_band_task_open",
        "band_task",
        ["trouble", "subject"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("band_task")
    op.drop_table("cursor")
    op.drop_table("band_health")
    op.drop_column("elder", "silence_alarm_s")
