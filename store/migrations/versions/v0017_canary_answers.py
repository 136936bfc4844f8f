"""The canary's rounds know when their answer came back, and which of them had to have one"""

import sqlalchemy as sa
from alembic import op

from store.columns import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("canary_round", sa.Column("answered_at", Instant))
    op.add_column(
        "canary_round",
        sa.Column("is_nightly", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("canary_round", "is_nightly")
    op.drop_column("canary_round", "answered_at")
