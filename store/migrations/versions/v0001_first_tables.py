"""First tables"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

from store.columns import BigId, Document, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "command",
        sa.Column("id", BigId, nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("do", sa.String(length=20), nullable=False),
        sa.Column("args", Document, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
    )
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_command_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_command_state"), ["state"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("event_key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", Document, nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("processed_at", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_try_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("source", "event_key", name=op.f("uq_inbox_source_event_key")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_unprocessed", ["processed_at", "id"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "reject",
        sa.Column("id", BigId, nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("topic", sa.String(length=256), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("detail", sa.String(length=400), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reject")),
    )
    with op.batch_alter_table("reject", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reject_reason"), ["reason"], unique=False)

    op.create_table(
        "worker_beat",
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("beat_at", Instant(), nullable=False),
        sa.Column("detail", Document, nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_beat")),
    )
    op.create_table(
        "elder",
        sa.Column("id", BigId, nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("appearance", sa.Text(), server_default="", nullable=False),
        sa.Column("hint", sa.Text(), server_default="", nullable=False),
        sa.Column("removal_matters", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_elder_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elder")),
    )
    op.create_table(
        "person",
        sa.Column("id", BigId, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=True),
        sa.Column("on_duty", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_person_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_role"), ["role"], unique=False)

    op.create_table(
        "band",
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("elder_id", BigId, nullable=True),
        sa.Column(
            "expected_interval_s", sa.Integer(), server_default=sa.text("(300)"), nullable=False
        ),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["elder.id"], name=op.f("fk_band_elder_id_elder")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_band")),
        sa.UniqueConstraint("elder_id", name=op.f("uq_band_elder_id")),
    )
    op.create_table(
        "belief",
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("state", Document, nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["elder.id"], name=op.f("fk_belief_elder_id_elder")),
        sa.PrimaryKeyConstraint("elder_id", name=op.f("pk_belief")),
    )
    op.create_table(
        "contact_point",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("disabled_reason", sa.String(length=80), nullable=True),
        sa.Column("last_ok_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_contact_point_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point")),
        sa.UniqueConstraint(
            "person_id", "channel", "value", name=op.f("uq_contact_point_person_id_channel_value")
        ),
    )
    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_point_value"), ["value"], unique=False)

    op.create_table(
        "guardianship",
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.CheckConstraint("position IN (1, 2)", name=op.f("ck_guardianship_two_guardians")),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_guardianship_elder_id_elder")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_guardianship_person_id_person")
        ),
        sa.PrimaryKeyConstraint("elder_id", "position", name=op.f("pk_guardianship")),
        sa.UniqueConstraint(
            "elder_id", "person_id", name=op.f("uq_guardianship_elder_id_person_id")
        ),
    )
    with op.batch_alter_table("guardianship", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guardianship_person_id"), ["person_id"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("trigger_ping_id", BigId, nullable=True),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("policy", Document, nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("stage_at", Instant(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("next_action_at", Instant(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("suspicions", Document, nullable=False),
        sa.Column("rescue_round", sa.Integer(), nullable=True),
        sa.Column("reminded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("seemed_back_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "state = 'closed' OR next_action_at IS NOT NULL",
            name=op.f("ck_incident_open_has_due_time"),
        ),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_incident_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_incident_next_action_at"), ["next_action_at"], unique=False
        )
        batch_op.create_index(
            "uq_incident_one_open",
            ["elder_id"],
            unique=True,
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )

    op.create_table(
        "latest",
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("elder_id", BigId, nullable=True),
        sa.Column("first_heard_at", Instant(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.Column("reports", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ping_id", BigId, nullable=True),
        sa.Column("position_at", Instant(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=True),
        sa.Column("doubted_lon", sa.Float(), nullable=True),
        sa.Column("doubted_lat", sa.Float(), nullable=True),
        sa.Column("doubted_at", Instant(), nullable=True),
        sa.Column("side", sa.String(length=10), server_default="unsure", nullable=False),
        sa.Column("battery_pct", sa.Integer(), nullable=True),
        sa.Column("charging", sa.Boolean(), nullable=True),
        sa.Column("worn", sa.Boolean(), nullable=True),
        sa.Column("state_at", Instant(), nullable=True),
        sa.Column("worn_at", Instant(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["elder_id"], ["elder.id"], name=op.f("fk_latest_elder_id_elder")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_latest")),
    )
    with op.batch_alter_table("latest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_latest_elder_id"), ["elder_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_latest_heard_at"), ["heard_at"], unique=False)

    op.create_table(
        "look",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("viewer", sa.String(length=80), nullable=False),
        sa.Column("elder_id", BigId, nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["elder.id"], name=op.f("fk_look_elder_id_elder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
    )
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_look_elder_id"), ["elder_id"], unique=False)

    op.create_table(
        "ping",
        sa.Column("id", BigId, nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("elder_id", BigId, nullable=True),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("measured_at", Instant(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=True),
        sa.Column("speed_kmh", sa.Float(), nullable=True),
        sa.Column("battery_pct", sa.Integer(), nullable=True),
        sa.Column("charging", sa.Boolean(), nullable=True),
        sa.Column("worn", sa.Boolean(), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=True),
        sa.Column("alarms", Document, nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("is_backlog", sa.Boolean(), nullable=False),
        sa.Column("doubts", Document, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["elder.id"], name=op.f("fk_ping_elder_id_elder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ping")),
        sa.UniqueConstraint("device_id", "report_id", name=op.f("uq_ping_device_id_report_id")),
    )
    with op.batch_alter_table("ping", schema=None) as batch_op:
        batch_op.create_index("ix_ping_device_at", ["device_id", "at"], unique=False)
        batch_op.create_index("ix_ping_elder_at", ["elder_id", "at"], unique=False)

    op.create_table(
        "zone",
        sa.Column("id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shape", Geometry("GEOMETRY", srid=4326, spatial_index=False), nullable=False),
        sa.Column("radius_m", sa.Float(), nullable=True),
        sa.Column("valid_from", Instant(), nullable=True),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["elder_id"], ["elder.id"], name=op.f("fk_zone_elder_id_elder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
    )
    with op.batch_alter_table("zone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zone_elder_id"), ["elder_id"], unique=False)

    op.create_table(
        "answer",
        sa.Column("id", BigId, nullable=False),
        sa.Column("incident_id", BigId, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_answer_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_answer_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index("ix_answer_incident", ["incident_id"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("incident_id", BigId, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("next_try_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_notification_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notification_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("key", name=op.f("uq_notification_key")),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index("ix_notification_due", ["status", "next_try_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_notification_incident_id"), ["incident_id"], unique=False
        )

    op.create_table(
        "timeline",
        sa.Column("cursor", BigId, nullable=False),
        sa.Column("incident_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("person_id", BigId, nullable=True),
        sa.Column("detail", Document, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_timeline_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_timeline_person_id_person")
        ),
        sa.PrimaryKeyConstraint("cursor", name=op.f("pk_timeline")),
        sa.UniqueConstraint("incident_id", "number", name=op.f("uq_timeline_incident_id_number")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", BigId, nullable=False),
        sa.Column("notification_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("result", sa.String(length=12), nullable=True),
        sa.Column("reason", sa.String(length=120), nullable=True),
        sa.Column("receipt", sa.String(length=20), nullable=True),
        sa.Column("receipt_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_attempt_notification_id_notification"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint(
            "notification_id", "number", name=op.f("uq_attempt_notification_id_number")
        ),
        sa.UniqueConstraint(
            "provider", "provider_id", name=op.f("uq_attempt_provider_provider_id")
        ),
    )
    if on_postgresql:
        # So that PostGIS and QGIS see points where the application keeps two numbers.
        for table in ("ping", "latest"):
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN geom geometry(Point, 4326) GENERATED ALWAYS AS"
                " (ST_SetSRID(ST_MakePoint(lon, lat), 4326)) STORED"
            )
        op.execute("CREATE INDEX ix_latest_geom ON latest USING gist (geom)")
        op.execute("CREATE INDEX ix_zone_shape ON zone USING gist (shape)")


def downgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_table("attempt")
    op.drop_table("timeline")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notification_incident_id"))
        batch_op.drop_index("ix_notification_due")

    op.drop_table("notification")
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_index("ix_answer_incident")

    op.drop_table("answer")
    with op.batch_alter_table("zone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_zone_elder_id"))

    op.drop_table("zone")
    with op.batch_alter_table("ping", schema=None) as batch_op:
        batch_op.drop_index("ix_ping_elder_at")
        batch_op.drop_index("ix_ping_device_at")

    op.drop_table("ping")
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_look_elder_id"))
        batch_op.drop_index(batch_op.f("ix_look_at"))

    op.drop_table("look")
    with op.batch_alter_table("latest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_latest_heard_at"))
        batch_op.drop_index(batch_op.f("ix_latest_elder_id"))

    op.drop_table("latest")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_incident_one_open",
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_index(batch_op.f("ix_incident_next_action_at"))

    op.drop_table("incident")
    with op.batch_alter_table("guardianship", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guardianship_person_id"))

    op.drop_table("guardianship")
    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_point_value"))

    op.drop_table("contact_point")
    op.drop_table("belief")
    op.drop_table("band")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_role"))

    op.drop_table("person")
    op.drop_table("elder")
    op.drop_table("worker_beat")
    with op.batch_alter_table("reject", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reject_reason"))

    op.drop_table("reject")
    op.drop_table("organisation")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_unprocessed")

    op.drop_table("inbox")
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_command_state"))
        batch_op.drop_index(batch_op.f("ix_command_device_id"))

    op.drop_table("command")
    # ### end Alembic commands ###
