"""Other systems that are told: agencies' webhooks, team rooms, browsers"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document, Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("endpoint", sa.String(1000), nullable=False),
        sa.Column("p256dh", sa.String(100), nullable=False),
        sa.Column("auth", sa.String(40), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("renewed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_push_subscription_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint(
            "person_id", "endpoint", name=op.f("uq_push_subscription_person_id_endpoint")
        ),
    )
    op.create_index(op.f("ix_push_subscription_endpoint"), "push_subscription", ["endpoint"])
    op.create_table(
        "subscriber",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("address", sa.String(1000), nullable=False),
        sa.Column("organisation_id", sa.String(40)),
        sa.Column("events", Document, nullable=False),
        sa.Column("with_position", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("generation", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("rotated_at", Instant()),
        sa.Column("paused_at", Instant()),
        sa.Column("removed_at", Instant()),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subscriber_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
    )
    op.create_table(
        "relay",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("incident_id", BigId),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("facts", Document, nullable=False),
        sa.Column("body", Document),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_try_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant()),
        sa.Column("answer_code", sa.Integer),
        sa.Column("reason", sa.String(120)),
        sa.Column("receipt", sa.String(200)),
        sa.Column("receipt_at", Instant()),
        sa.Column("finished_at", Instant()),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_relay_subscriber_id_subscriber")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_relay_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
    )
    op.create_index("ix_relay_due", "relay", ["status", "next_try_at"])
    op.create_index("ix_relay_order", "relay", ["subscriber_id", "incident_id", "id"])


def downgrade() -> None:
    op.drop_table("relay")
    op.drop_table("subscriber")
    op.drop_table("push_subscription")
