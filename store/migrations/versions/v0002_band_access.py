"""Bands: model, retirement, and who may sign in to the broker"""

import sqlalchemy as sa
from alembic import op

from store.columns import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("band", sa.Column("model", sa.String(40)))
    op.add_column("band", sa.Column("retired_at", Instant()))
    op.create_table(
        "band_access",
        sa.Column("device_id", sa.String(32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.String(10), nullable=False),
        sa.Column("key_mark", sa.String(8)),
        sa.Column("applied", sa.String(10)),
        sa.Column("applied_generation", sa.Integer()),
        sa.Column("applied_at", Instant()),
        sa.Column("next_try_at", Instant()),
        sa.Column("problem", sa.String(200)),
        sa.ForeignKeyConstraint(
            ["device_id"], ["band.device_id"], name=op.f("fk_band_access_device_id_band")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_band_access")),
    )
    op.create_index(op.f("ix_band_access_next_try_at"), "band_access", ["next_try_at"])
    # Whoever is registered may sign in; the broker has not been told.
    op.execute(
        "INSERT INTO band_access (device_id, generation, wanted, next_try_at)"
        " SELECT device_id, 1, 'granted', registered_at FROM band"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_band_access_next_try_at"), "band_access")
    op.drop_table("band_access")
    with op.batch_alter_table("band") as batch_op:
        batch_op.drop_column("retired_at")
        batch_op.drop_column("model")
