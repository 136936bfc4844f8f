"""Changes of who guards whom: asked for by one person, decided by another. See store/pairing.py."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, text

from store.columns import BigId, Instant
from store.metadata import metadata

guardian_change = Table(
    "guardian_change",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), nullable=False),
    Column("position", Integer, nullable=False),  # 1 or 2
    Column("kind", String(10), nullable=False),  # core/pairing_rules.py: ChangeKind
    Column("person_id", ForeignKey("person.id"), index=True),  # who comes; NULL: nobody
    Column("replaces_id", ForeignKey("person.id"), index=True),  # who goes; NULL: nobody
    Column("reason", String(400), nullable=False),
    Column("batch", String(40), index=True),  # of one file: decided together
    Column("state", String(10), nullable=False),  # core/pairing_rules.py: ChangeState
    Column("requested_by", String(80), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("decided_by", String(80)),
    Column("decided_at", Instant),
    Column("answer", String(400), nullable=False, server_default=""),  # why it was refused
    Column("family_told", Integer),  # how many of the family a message went to
    CheckConstraint("position IN (1, 2)", name="two_guardians"),
    Index("ix_guardian_change_elder_id", "elder_id", "id"),
    Index("ix_guardian_change_state", "state", "id"),
    #: one change at a time waits for a place
    Index(
        "uq_guardian_change_one_waiting",
        "elder_id",
        "position",
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)
