"""Orders that wait for their time: asking whoever is on the way"""

import sqlalchemy as sa
from alembic import op

from store.columns import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("command", sa.Column("not_before", Instant))


def downgrade() -> None:
    op.drop_column("command", "not_before")
