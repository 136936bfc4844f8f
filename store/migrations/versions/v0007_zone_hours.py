"""Weekly hours, day rules and urgency of zones; who made each version of a zone, and who ended it"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ADDED = (
    ("hours", sa.String(800)),
    ("replaces", BigId),
    ("origin", BigId),
    ("edited_by", sa.String(80)),
    ("edited_at", Instant()),
    ("retired_by", sa.String(80)),
    ("retired_at", Instant()),
)


def upgrade() -> None:
    op.add_column(
        "zone", sa.Column("days", sa.String(10), server_default=sa.text("'every'"), nullable=False)
    )
    op.add_column(
        "zone",
        sa.Column("urgency", sa.String(10), server_default=sa.text("'alarm'"), nullable=False),
    )
    for name, kind in ADDED:
        op.add_column("zone", sa.Column(name, kind))


def downgrade() -> None:
    # The earlier version knows nothing of hours: to it a zone that has them counts at any time.
    for name, _ in reversed(ADDED):
        op.drop_column("zone", name)
    op.drop_column("zone", "urgency")
    op.drop_column("zone", "days")
