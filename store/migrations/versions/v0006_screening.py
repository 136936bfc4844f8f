"""What a band's next ping is compared with"""

import sqlalchemy as sa
from alembic import op

from store.columns import Document

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("latest", sa.Column("screening", Document))


def downgrade() -> None:
    op.drop_column("latest", "screening")
