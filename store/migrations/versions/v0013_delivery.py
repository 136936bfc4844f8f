"""Delivery: receipts that are waited for, providers that rest, numbers with budgets, pauses, drills"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "elder", sa.Column("health_risk", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column(
        "incident", sa.Column("is_drill", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("incident", sa.Column("paused_until", Instant))
    op.add_column("notification", sa.Column("receipt_due_at", Instant))
    op.create_index("ix_notification_receipt_due_at", "notification", ["receipt_due_at"])
    op.create_index("ix_notification_lane", "notification", ["status", "channel", "priority", "id"])
    op.add_column("attempt", sa.Column("address", sa.String(200)))
    op.create_table(
        "phone_use",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("used_at", Instant, nullable=False),
    )
    op.create_index("ix_phone_use_address", "phone_use", ["address", "channel", "used_at"])
    op.create_table(
        "provider_state",
        sa.Column("provider", sa.String(20), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("resting_until", Instant),
        sa.Column("reason", sa.String(120)),
        sa.Column("last_ok_at", Instant),
        sa.Column("changed_at", Instant, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("provider_state")
    op.drop_table("phone_use")
    op.drop_column("attempt", "address")
    op.drop_index("ix_notification_lane", "notification")
    op.drop_index("ix_notification_receipt_due_at", "notification")
    op.drop_column("notification", "receipt_due_at")
    op.drop_column("incident", "paused_until")
    op.drop_column("incident", "is_drill")
    op.drop_column("elder", "health_risk")
