"""What was learned of the radio in each elder's safe zones"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "surroundings",
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("learned", sa.LargeBinary(), nullable=False),
        sa.Column("version", BigId, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_surroundings_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("elder_id", name=op.f("pk_surroundings")),
    )


def downgrade() -> None:
    op.drop_table("surroundings")
