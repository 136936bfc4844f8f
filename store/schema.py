"""The tables. One database, no other memory.

Positions are WGS-84 degrees, columns `lon` and `lat`. On PostgreSQL the migrations add a generated
PostGIS column `geom` beside them, so that QGIS opens the tables; zones are geometry on both.
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from store.account_tables import (
    account as account,
)
from store.account_tables import (
    account_grant as account_grant,
)
from store.account_tables import (
    account_session as account_session,
)
from store.account_tables import (
    api_token as api_token,
)
from store.account_tables import (
    link_guess as link_guess,
)
from store.account_tables import (
    trusted_device as trusted_device,
)
from store.columns import BigId, Document, Instant
from store.credit_tables import (
    check_in as check_in,
)
from store.credit_tables import (
    credit_entry as credit_entry,
)
from store.credit_tables import (
    credit_ranking as credit_ranking,
)
from store.credit_tables import (
    credit_rule as credit_rule,
)
from store.elder_tables import (
    elder_consent as elder_consent,
)
from store.elder_tables import (
    elder_photo as elder_photo,
)
from store.elder_tables import (
    elder_secret as elder_secret,
)
from store.elder_tables import (
    family_contact as family_contact,
)
from store.guardian_tables import guardian_change as guardian_change
from store.history_tables import registry_change as registry_change
from store.metadata import metadata as metadata
from store.privacy_tables import (
    erasure as erasure,
)
from store.privacy_tables import (
    family_link as family_link,
)
from store.privacy_tables import (
    retention_run as retention_run,
)
from store.privacy_tables import (
    retention_turn as retention_turn,
)

# -- who and where -----------------------------------------------------------------------------

organisation = Table(
    "organisation",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),  # street, township, rescue_team, police …
    Column("name_zh", String(80), nullable=False),
    Column("name_en", String(80), nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
)

elder = Table(
    "elder",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("birth_year", Integer, nullable=False),
    Column("sex", String(1), nullable=False),
    Column("appearance", Text, nullable=False, server_default=""),
    Column("hint", Text, nullable=False, server_default=""),
    Column("removal_matters", Boolean, nullable=False, server_default=true()),
    Column(
        "silence_alarm_s", Integer
    ),  # a silent band is an incident after this; NULL: a task only
    Column("is_virtual", Boolean, nullable=False, server_default=false()),  # the canary's: nobody
    Column("health_risk", Boolean, nullable=False, server_default=false()),  # every minute counts
    Column("height_cm", Integer),
    Column("habits", Text, nullable=False, server_default=""),
    Column("hometown", String(200), nullable=False, server_default=""),
    Column("past_places", Text, nullable=False, server_default=""),  # lived, worked, was found
    Column("dialect", String(80), nullable=False, server_default=""),
    Column("risks", Document, nullable=False, server_default="[]"),  # core/elders.py: Risk
    Column("home_address", String(200), nullable=False, server_default=""),
    Column("archived_at", Instant, index=True),  # NULL: looked after; else no band, no alarm
    Column("archived_why", String(20)),  # core/elders.py: ArchiveReason
    Column("version", Integer, nullable=False, server_default=text("1")),  # grows with each edit
    Column("erased_at", Instant),  # nothing personal is left: store/erasing.py
    Index("ix_elder_name", "name", "birth_year"),
    Index("ix_elder_organisation_id", "organisation_id", "id"),
)

band = Table(
    "band",
    metadata,
    Column("device_id", String(32), primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), unique=True),
    Column("expected_interval_s", Integer, nullable=False, server_default=text("300")),
    Column("registered_at", Instant, nullable=False),
    Column("model", String(40)),  # a table of ingest/data/profiles.toml; NULL: the default's
    Column("retired_at", Instant),  # NULL: in use; a retired band has no wearer
    Column("version", Integer, nullable=False, server_default=text("1")),
    #: while nobody wears it: store/band_life.py
    Column("shelf", String(12), nullable=False, server_default=text("'new'")),
    Column("organisation_id", ForeignKey("organisation.id")),  # whose shelf; NULL: everybody's
    Column("last_elder_id", ForeignKey("elder.id"), index=True),  # who wore it before
    Column("serial", String(40)),
    Column("imei", String(15)),
    Column("sim_number", String(20)),
    Column("note", String(400), nullable=False, server_default=""),
    Index("uq_band_imei", "imei", unique=True),
    Index("uq_band_sim_number", "sim_number", unique=True),
)

#: may a band sign in to the broker, and does the broker know: store/band_access.py
band_access = Table(
    "band_access",
    metadata,
    Column("device_id", ForeignKey("band.device_id"), primary_key=True),
    Column("generation", Integer, nullable=False),  # grows with each new password
    Column("wanted", String(10), nullable=False),  # granted, revoked
    Column("key_mark", String(8)),  # the key behind the password; NULL: the first that is used
    Column("applied", String(10)),  # what the broker was told last; NULL: never anything
    Column("applied_generation", Integer),
    Column("applied_at", Instant),
    Column("next_try_at", Instant, index=True),  # NULL: the broker knows what is wanted
    Column("problem", String(200)),
)

person = Table(
    "person",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("role", String(20), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("language", String(8), nullable=False),
    Column("organisation_id", ForeignKey("organisation.id")),
    Column("on_duty", Boolean, nullable=False, server_default=true()),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("erased_at", Instant),  # nothing personal is left: store/erasing.py
    Column("archived_at", Instant),  # left the service: nothing is sent to them
)

contact_point = Table(
    "contact_point",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("value", String(200), nullable=False, index=True),
    Column("disabled_reason", String(80)),
    Column("last_ok_at", Instant),
    Column("verified_at", Instant),  # a code that went there came back; NULL: nobody knows
    UniqueConstraint("person_id", "channel", "value"),
)

guardianship = Table(
    "guardianship",
    metadata,
    Column("elder_id", ForeignKey("elder.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # 1 or 2
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    CheckConstraint("position IN (1, 2)", name="two_guardians"),
    UniqueConstraint("elder_id", "person_id"),
)

zone = Table(
    "zone",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), index=True),  # NULL: a danger zone for everyone
    Column("kind", String(10), nullable=False),
    Column("name", String(80), nullable=False),
    #: a polygon, or a point with a radius
    Column("shape", Geometry("GEOMETRY", srid=4326, spatial_index=False), nullable=False),
    Column("radius_m", Float),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    Column("days", String(10), nullable=False, server_default=text("'every'")),
    Column("urgency", String(10), nullable=False, server_default=text("'alarm'")),
    Column("hours", String(800)),  # weekly, in words: core/hours_text.py; NULL: around the clock
    #: the version of the zone that this row follows; an edit makes a row, and ends that one
    Column("replaces", BigId),
    Column("origin", BigId, index=True),  # the first version of it; NULL: this row
    Column("edited_by", String(80)),
    Column("edited_at", Instant),
    Column("retired_by", String(80)),  # edited again, or given up
    Column("retired_at", Instant),
)

# -- what bands said ---------------------------------------------------------------------------

ping = Table(
    "ping",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("device_id", String(32), nullable=False),
    Column("elder_id", ForeignKey("elder.id")),  # as registered when it arrived
    Column("report_id", String(64), nullable=False),
    Column("measured_at", Instant),
    Column("received_at", Instant, nullable=False),
    Column("at", Instant, nullable=False),  # measured_at, or received_at where the band has none
    Column("lon", Float),
    Column("lat", Float),
    Column("accuracy_m", Float),
    Column("source", String(10)),
    Column("is_current", Boolean),
    Column("speed_kmh", Float),
    Column("battery_pct", Integer),
    Column("charging", Boolean),
    Column("worn", Boolean),
    Column("steps", Integer),
    Column("satellites", Integer),
    Column("network", Document),  # access points and cells around: store/pings.py
    Column("alarms", Document, nullable=False),
    Column("why", String(20), nullable=False),
    Column("is_backlog", Boolean, nullable=False),
    Column("doubts", Document, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    UniqueConstraint("device_id", "report_id"),
    Index("ix_ping_device_at", "device_id", "at"),
    Index("ix_ping_elder_at", "elder_id", "at"),
)

#: one row per band ever heard, registered or not: what the map shows
latest = Table(
    "latest",
    metadata,
    Column("device_id", String(32), primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), index=True),  # NULL: an unknown band
    Column("first_heard_at", Instant, nullable=False),
    Column("heard_at", Instant, nullable=False, index=True),  # anything at all
    Column("reports", Integer, nullable=False, server_default=text("0")),
    Column("ping_id", BigId),  # of the newest position below
    Column("position_at", Instant),
    Column("lon", Float),
    Column("lat", Float),
    Column("accuracy_m", Float),
    Column("source", String(10)),
    #: a jump nobody could make; the next fix decides which of the two was wrong
    Column("doubted_lon", Float),
    Column("doubted_lat", Float),
    Column("doubted_at", Instant),
    Column("screening", Document),  # what the next ping is compared with: ingest/screening.py
    Column("side", String(10), nullable=False, server_default="unsure"),
    Column("battery_pct", Integer),
    Column("charging", Boolean),
    Column("state_at", Instant),  # of the report that battery and charging are from
    Column("worn", Boolean),
    Column("worn_at", Instant),  # of the report that said so
    Column("online", Boolean),  # birth message and last will
    Column("version", BigId, nullable=False, server_default=text("0")),  # grows with each batch
    Index("ix_latest_lon_lat", "lon", "lat").ddl_if(dialect="sqlite"),  # PostGIS has its own
)

#: what the geofence believes of one elder; a small value saved with each batch
belief = Table(
    "belief",
    metadata,
    Column("elder_id", ForeignKey("elder.id"), primary_key=True),
    Column("state", LargeBinary, nullable=False),  # geofence/saving.py, the short part
    Column("version", BigId, nullable=False, server_default=text("0")),  # grows with each change
    Column("updated_at", Instant, nullable=False),
)

#: the fixes behind a belief; written seldom, so that saving a belief stays cheap
belief_window = Table(
    "belief_window",
    metadata,
    Column("elder_id", ForeignKey("elder.id"), primary_key=True),
    Column("fixes", LargeBinary, nullable=False),  # geofence/saving.py, the long part
)

#: what was learned of the radio in an elder's safe zones; written every quarter of an hour at most
surroundings = Table(
    "surroundings",
    metadata,
    Column("elder_id", ForeignKey("elder.id"), primary_key=True),
    Column("learned", LargeBinary, nullable=False),  # geofence/learning.py; empty: erased
    Column("version", BigId, nullable=False),  # grows with each change
    Column("updated_at", Instant, nullable=False),
)

#: zones as they were when something was decided, each set once: geofence/records.py
zone_set = Table(
    "zone_set",
    metadata,
    Column("digest", String(32), primary_key=True),
    Column("zones", LargeBinary, nullable=False),
)

#: one row for each change of belief that was reported, with all it stood on: it can be judged again
decision = Table(
    "decision",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), nullable=False),
    Column("at", Instant, nullable=False),  # of the fix that caused it
    Column("decided_at", Instant, nullable=False),
    Column("kind", String(30), nullable=False),
    Column("rule", String(30), nullable=False),
    Column("zone_id", BigId),  # the danger zone it speaks of
    Column("zone_name", String(80), nullable=False),
    Column("report_id", String(64), nullable=False),
    Column("silence_confirms", Boolean, nullable=False),
    Column("evidence", Document, nullable=False),
    Column("belief_before", LargeBinary, nullable=False),  # geofence/records.py
    Column("own_zones", ForeignKey("zone_set.digest"), nullable=False),
    Column("common_zones", ForeignKey("zone_set.digest"), nullable=False),  # danger for everyone
    Column("home", LargeBinary, nullable=False),  # what was learned of the radio there
    Column("ping_ids", Document, nullable=False),  # of the batch, in order of arrival
    Column("model", String(32), nullable=False),  # geofence/versions.py
    Index("ix_decision_elder_decided_at", "elder_id", "decided_at"),
)

#: one row; its number grows with each change of bands, elders and zones, whoever makes it
registry_version = Table(
    "registry_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigId, nullable=False),
)

reject = Table(
    "reject",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("topic", String(256), nullable=False),
    Column("reason", String(30), nullable=False, index=True),
    Column("detail", String(400), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # the first bytes of it
)

#: orders to bands; sent by the ingest role, which holds the broker's connection
command = Table(
    "command",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("device_id", String(32), nullable=False, index=True),
    Column("do", String(20), nullable=False),
    Column("args", Document, nullable=False),
    Column("state", String(12), nullable=False, index=True),  # store/commands.py: CommandState
    Column("ordered_by", String(80), nullable=False, server_default=""),  # "": the service itself
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("times_sent", Integer, nullable=False, server_default=text("0")),
    Column("answered_at", Instant),
    Column("error", String(80)),
    Column("not_before", Instant),  # not sent before; NULL: at once
)

# -- how bands are --------------------------------------------------------------------------------

#: fading means over a band's last reports, kept by the alerts role
band_health = Table(
    "band_health",
    metadata,
    Column("device_id", String(32), primary_key=True),
    Column("reports", Float, nullable=False),
    Column("usable_share", Float, nullable=False),
    Column("bad_clock_share", Float, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

#: how far a reader of a growing table has come
cursor = Table(
    "cursor",
    metadata,
    Column("reader", String(40), primary_key=True),
    Column("position", BigId, nullable=False),
)

#: something for an operator to look after; the machine opens it and ends it
band_task = Table(
    "band_task",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("trouble", String(20), nullable=False),
    Column("subject", String(64), nullable=False),  # device id; for many: organisation id, or ""
    Column("elder_id", ForeignKey("elder.id"), index=True),
    Column("organisation_id", String(40), nullable=False),
    Column("level", Integer, nullable=False),
    Column("since", Instant, nullable=False),  # when the trouble began
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant),  # NULL: still so
    Column("handled_at", Instant),  # somebody looks after it
    Column("handled_by", String(80)),
    Column("detail", Document, nullable=False),
    Index("ix_band_task_ended", "ended_at", "id"),
    Index(
        "uq_band_task_open",
        "trouble",
        "subject",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

# -- who must know -----------------------------------------------------------------------------

incident = Table(
    "incident",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), nullable=False),
    Column("trigger", String(20), nullable=False),
    Column("trigger_ping_id", BigId),  # the ping that opened or confirmed it; NULL for a timer
    Column("severity", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("policy", Document, nullable=False),  # frozen when the incident opened
    Column("opened_at", Instant, nullable=False),
    Column("stage_at", Instant, nullable=False),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("next_action_at", Instant, index=True),
    Column("fence", Integer, nullable=False),
    Column("suspicions", Document, nullable=False),
    Column("rescue_round", Integer),
    Column("reminded", Boolean, nullable=False, server_default=false()),
    Column("seemed_back_at", Instant),
    Column("closed_at", Instant),
    Column("outcome", String(20)),
    Column("is_drill", Boolean, nullable=False, server_default=false()),
    Column("drill_ends_at", Instant),  # by itself; NULL: it is none
    Column("drill_with_rescue", Boolean, nullable=False, server_default=false()),
    Column("paused_until", Instant),  # nothing new is asked before; NULL: not paused
    Index("ix_incident_ended", "outcome", "closed_at"),
    Index("ix_incident_elder", "elder_id", "id"),
    CheckConstraint("state = 'closed' OR next_action_at IS NOT NULL", name="open_has_due_time"),
    Index(
        "uq_incident_one_open",
        "elder_id",
        unique=True,
        postgresql_where=text("state <> 'closed'"),
        sqlite_where=text("state <> 'closed'"),
    ),
)

timeline = Table(
    "timeline",
    metadata,
    Column("cursor", BigId, primary_key=True),  # grows over all incidents: the live feed's id
    Column("incident_id", ForeignKey("incident.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, 3 … within the incident, without gaps
    Column("at", Instant, nullable=False),
    Column("kind", String(30), nullable=False),
    Column("state", String(20), nullable=False),  # of the incident after this entry
    Column("person_id", ForeignKey("person.id")),
    Column("detail", Document, nullable=False),
    UniqueConstraint("incident_id", "number"),
)

notification = Table(
    "notification",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),  # computed: a step run twice adds none
    Column("incident_id", ForeignKey("incident.id"), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("topic", String(80), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("expires_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("reason", String(120)),  # why withheld or failed
    Column("receipt_due_at", Instant, index=True),  # none by then: another way
    Index("ix_notification_due", "status", "next_try_at"),
    Index("ix_notification_lane", "status", "channel", "priority", "id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("notification_id", ForeignKey("notification.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("provider", String(20), nullable=False),
    Column("provider_id", String(80)),
    Column("requested_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("result", String(12)),  # NULL: a crash came between call and record
    Column("reason", String(120)),
    Column("receipt", String(20)),  # what the provider said last
    Column("receipt_at", Instant),
    Column("address", String(200)),  # the number or subscription it went to
    UniqueConstraint("notification_id", "number"),
    UniqueConstraint("provider", "provider_id"),
)

#: every send that may have reached a number: what is left of its budget is counted from here
phone_use = Table(
    "phone_use",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("address", String(200), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("used_at", Instant, nullable=False),
    Index("ix_phone_use_address", "address", "channel", "used_at"),
)

#: how a provider has been of late; one that fails rests, and another is asked first
provider_state = Table(
    "provider_state",
    metadata,
    Column("provider", String(20), primary_key=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # one after another
    Column("resting_until", Instant),  # NULL: at work
    Column("reason", String(120)),
    Column("last_ok_at", Instant),
    Column("changed_at", Instant, nullable=False),
)

#: a message that belongs to no incident: store/notices.py
notice = Table(
    "notice",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(30), nullable=False),  # alerts/notices.py: NoticeKind
    Column("subject", String(80), nullable=False),  # what it is about; one an hour for each
    Column("person_id", ForeignKey("person.id")),  # NULL: to somebody of an elder's family
    Column("elder_id", ForeignKey("elder.id"), index=True),  # whose family; then *address* is set
    Column("language", String(8)),  # of the family's text
    Column("channel", String(10), nullable=False),
    Column("said", Document, nullable=False),  # the values of its text
    Column("status", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("possible_sends", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Instant, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("expires_at", Instant, nullable=False),
    Column("address", String(200)),  # NULL: the person's usable one when it goes out
    Column("provider", String(20)),  # of the last attempt, as all below
    Column("provider_id", String(80)),
    Column("reason", String(120)),
    Column("requested_at", Instant),
    Column("finished_at", Instant),
    Column("receipt", String(20)),
    Column("receipt_at", Instant),
    Index("ix_notice_status", "status", "next_try_at"),
    Index("ix_notice_subject", "kind", "subject", "created_at"),
)

#: a code that went to a number and should come back: store/verification.py
verification = Table(
    "verification",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("contact_point_id", ForeignKey("contact_point.id"), nullable=False),
    Column("address", String(200), nullable=False, index=True),
    Column("salt", String(32), nullable=False),
    Column("digest", String(64), nullable=False),  # of the code; the code itself is kept nowhere
    Column("started_by", String(80), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("ended_at", Instant),  # it came back, or another one was sent
    Index("ix_verification_contact_point_id", "contact_point_id", "started_at"),
)

#: an incident that is a drill: who wanted it, and what ended it: store/drills.py
drill = Table(
    "drill",
    metadata,
    Column("incident_id", ForeignKey("incident.id"), primary_key=True),
    Column("started_by", String(80), nullable=False),
    #: the real incident that it gave way to
    Column("gave_way_to", ForeignKey("incident.id")),
)

#: what came back from providers and pages, raw, before anything is done with it
inbox = Table(
    "inbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source", String(20), nullable=False),  # twilio, page, link
    Column("event_key", String(160), nullable=False),
    Column("kind", String(20), nullable=False),  # receipt, reply, keypress, answer
    Column("body", Document, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("processed_at", Instant),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("next_try_at", Instant),  # NULL: at once
    Column("outcome", String(200)),
    UniqueConstraint("source", "event_key"),
    Index("ix_inbox_unprocessed", "processed_at", "id"),
)

answer = Table(
    "answer",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("incident_id", ForeignKey("incident.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("answer", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_answer_incident", "incident_id"),
)

# -- who is asked, and when they can be --------------------------------------------------------

#: ladders as edited, a row each time; the newest of a scope and severity holds: store/policies.py
policy_version = Table(
    "policy_version",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("scope", String(12), nullable=False),  # core/policies.py: ScopeKind
    Column("scope_id", String(40), nullable=False),  # organisation or elder; "": everywhere
    Column("severity", Integer, nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, 3 … of this scope and severity
    Column("ladder", Document),  # NULL: as the wider scope says, from here on
    Column("edited_by", String(80), nullable=False),
    Column("edited_at", Instant, nullable=False),
    Column("retired_at", Instant),  # NULL: it holds
    UniqueConstraint("scope", "scope_id", "severity", "number"),
)

#: whose elders a rescue team goes out for; an organisation without a row: every rescuer is asked
rescue_area = Table(
    "rescue_area",
    metadata,
    Column("organisation_id", ForeignKey("organisation.id"), primary_key=True),
    Column("team_id", ForeignKey("organisation.id"), nullable=False),
    Column("edited_by", String(80), nullable=False),
    Column("edited_at", Instant, nullable=False),
)

#: who of the rescue team is on duty in which weekly hours: store/rota.py
rota_shift = Table(
    "rota_shift",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("hours", String(800), nullable=False),  # in words: core/hours_text.py
    Column("days", String(10), nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_by", String(80)),
    Column("ended_at", Instant),
)

#: somebody is away and somebody stands in; without the first: on duty beside the rota
absence = Table(
    "absence",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("away_id", ForeignKey("person.id")),
    Column("stand_in_id", ForeignKey("person.id")),
    Column("from_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False, index=True),
    Column("made_by", String(80), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_by", String(80)),
    Column("ended_at", Instant),  # taken back
    CheckConstraint("away_id IS NOT NULL OR stand_in_id IS NOT NULL", name="names_somebody"),
)

#: when somebody would rather not be woken, a row each time it is edited: store/quiet.py
quiet_hours = Table(
    "quiet_hours",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("hours", String(800)),  # NULL: none any more
    Column("edited_by", String(80), nullable=False),
    Column("edited_at", Instant, nullable=False),
    Column("retired_at", Instant),  # NULL: it holds
)

# -- learning from people ------------------------------------------------------------------------

#: a zone that the past days speak for, until a person decides: store/zone_proposals.py
zone_proposal = Table(
    "zone_proposal",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("zone_id", BigId),  # the zone it would replace; NULL: a new one
    Column("shape", Document, nullable=False),
    Column("part_of_day", String(10)),
    Column("from_min", Integer),  # minutes after local midnight, a hint
    Column("until_min", Integer),
    Column("proof", Document, nullable=False),  # core/false_alarms.py: Proof
    Column("state", String(10), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String(80)),
    Column("reason", String(400), nullable=False, server_default=""),
    Column("made_zone_id", BigId),  # what accepting it made
    Index("ix_zone_proposal_state", "state", "id"),
)

#: when an elder's past days were looked at last for better zones
zone_study = Table(
    "zone_study",
    metadata,
    Column("elder_id", ForeignKey("elder.id"), primary_key=True),
    Column("studied_at", Instant, nullable=False),
)

# -- who else is told ----------------------------------------------------------------------------

#: a browser that wants to be told beside the SMS: store/push_subscriptions.py
push_subscription = Table(
    "push_subscription",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("endpoint", String(1000), nullable=False, index=True),  # whoever knows it can push
    Column("p256dh", String(100), nullable=False),
    Column("auth", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("renewed_at", Instant, nullable=False),  # the browser said so again
    UniqueConstraint("person_id", "endpoint"),
)

#: another system that is told what happens in incidents: store/subscribers.py
subscriber = Table(
    "subscriber",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(10), nullable=False),  # core/relays.py: SubscriberKind
    Column("name", String(80), nullable=False),
    Column("address", String(1000), nullable=False),  # of a room: a digest, its address is secret
    Column("organisation_id", ForeignKey("organisation.id")),  # NULL: of every elder
    Column("events", Document, nullable=False),
    Column("with_position", Boolean, nullable=False, server_default=false()),
    Column("generation", Integer, nullable=False, server_default=text("1")),  # of its secret
    Column("rotated_at", Instant),
    Column("paused_at", Instant),
    Column("removed_at", Instant),
    Column("added_at", Instant, nullable=False),
    Column("added_by", String(80), nullable=False),
)

#: one event for one subscriber: store/relays.py
relay = Table(
    "relay",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("subscriber_id", ForeignKey("subscriber.id"), nullable=False),
    Column("incident_id", ForeignKey("incident.id")),  # NULL: a test
    Column("event", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("facts", Document, nullable=False),  # what was so at that instant
    Column("body", Document),  # as it goes out; NULL: not tried yet
    Column("status", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_try_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("answer_code", Integer),  # the last HTTP status
    Column("reason", String(120)),
    Column("receipt", String(200)),  # the receiver's own number for it
    Column("receipt_at", Instant),
    Column("finished_at", Instant),
    Index("ix_relay_due", "status", "next_try_at"),
    Index("ix_relay_order", "subscriber_id", "incident_id", "id"),
)

# -- who looked, who is alive ------------------------------------------------------------------

#: every look at a position: who, whose, why, when
look = Table(
    "look",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("viewer", String(80), nullable=False),
    Column("elder_id", ForeignKey("elder.id"), index=True),  # NULL: everyone in the viewer's scope
    Column("purpose", String(40), nullable=False),
    Column("incident_id", BigId),  # the incident it was for; NULL: none
    Column("roles", Document),  # the viewer's then: core/accounts.py, core/people.py
    Column("organisations", Document),  # … and their part of the town; "*" is everywhere
)

#: what the canary measured, a row each time it left its zone: store/canary.py
canary_round = Table(
    "canary_round",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("published_at", Instant),  # the fix that made the service believe it
    Column("arrived_at", Instant),
    Column("stored_at", Instant),
    Column("triggered_at", Instant),
    Column("handed_over_at", Instant),
    Column("receipt_at", Instant),
    Column("answered_at", Instant),  # the test number's answer came back through the door
    Column("is_nightly", Boolean, nullable=False, server_default=false()),  # it had to
    Column("ended_at", Instant),  # NULL: under way, or its process is gone
    Column("incident_id", BigId),  # removed with the round
    Column("result", String(12)),  # core/canary.py: Result
    Column("problem", String(20)),  # the stage it did not reach
    Column("failures", Integer, nullable=False),  # of all rounds until this one, also removed ones
)

worker_beat = Table(
    "worker_beat",
    metadata,
    Column("worker", String(80), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("detail", Document, nullable=False),
)
