"""Orders to bands: who gave them, and how often they were sent"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "command", sa.Column("ordered_by", sa.String(80), nullable=False, server_default="")
    )
    op.add_column(
        "command",
        sa.Column("times_sent", sa.Integer, nullable=False, server_default=sa.text("0")),
    )


def downgrade() -> None:
    op.drop_column("command", "times_sent")
    op.drop_column("command", "ordered_by")
