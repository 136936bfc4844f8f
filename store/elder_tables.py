"""What belongs to an elder beside their row: what is sealed, the photo, consents, the family."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
    true,
)

from store.columns import BigId, Document, Instant
from store.metadata import metadata

#: texts that only few may read: store/elder_secrets.py
elder_secret = Table(
    "elder_secret",
    metadata,
    Column("elder_id", ForeignKey("elder.id"), primary_key=True),
    Column("kind", String(20), primary_key=True),  # identity_number, medical_notes
    Column("sealed", LargeBinary, nullable=False),  # core/sealing.py
    Column("key_mark", String(12), nullable=False, index=True),  # of the key it is sealed with
    Column("digest", String(64), index=True),  # equal for equal numbers; NULL: not compared
)

#: one photo each, as JPEG, small enough for a weak network: store/photos.py
elder_photo = Table(
    "elder_photo",
    metadata,
    Column("elder_id", ForeignKey("elder.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_mark", String(12), nullable=False, index=True),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("added_by", String(80), nullable=False),
)

#: what was agreed to; never edited, only withdrawn: store/consents.py
elder_consent = Table(
    "elder_consent",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), nullable=False, index=True),
    Column("given_by", String(10), nullable=False),  # core/elders.py: ConsentBy
    Column("giver_name", String(80), nullable=False, server_default=""),
    Column("relation", String(40), nullable=False, server_default=""),
    Column("given_on", Date, nullable=False),
    Column("scopes", Document, nullable=False),  # core/elders.py: ConsentScope
    Column("until", Date),  # its last day; NULL: until it is withdrawn
    Column("note", String(200), nullable=False, server_default=""),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", String(80), nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", String(80)),
)

#: whom to call; not guardians, and never asked to go: store/family.py
family_contact = Table(
    "family_contact",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("relation", String(40), nullable=False),
    Column("phone", String(20), nullable=False, index=True),  # E.164
    Column("position", Integer, nullable=False, server_default=text("1")),  # 1 is called first
    Column("note", String(200), nullable=False, server_default=""),
    Column("is_told", Boolean, nullable=False, server_default=true()),  # of changes of guardians
    Column("language", String(8), nullable=False, server_default="zh"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("removed_at", Instant),  # NULL: it holds
    Index("ix_family_contact_elder_id", "elder_id", "position", "id"),
)
