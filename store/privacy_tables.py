"""What is kept about keeping: deletions by age, erasures of one person, links for families.

None of these tables holds a name, a number or a position.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from store.columns import BigId, Document, Instant
from store.metadata import metadata

#: one kind of data in one run of the job that deletes what is old: store/retention.py
retention_run = Table(
    "retention_run",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(30), nullable=False),  # core/retention.py: Kind
    Column("started_at", Instant, nullable=False, index=True),
    Column("ended_at", Instant),  # NULL: under way, or its process is gone
    Column("until_at", Instant, nullable=False),  # what is older went, but for what had to stay
    Column("deleted", Integer, nullable=False),  # rows deleted, or their personal part blanked
)

#: one row: whose turn it is to delete, and when it was done last
retention_turn = Table(
    "retention_turn",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("since_at", Instant, nullable=False),  # somebody looks after it since then
    Column("holder", String(80)),
    Column("held_until", Instant),
    Column("done_at", Instant),  # the last whole run
)

#: somebody's data is to be erased, or was: store/erasures.py
erasure = Table(
    "erasure",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("subject", String(10), nullable=False),  # elder, person
    Column("subject_id", BigId, nullable=False),
    Column("organisation_id", ForeignKey("organisation.id")),
    Column("requested_by", String(80), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("withdrawn_by", String(80)),
    Column("withdrawn_at", Instant),
    Column("confirmed_by", String(80)),  # never who requested it
    Column("confirmed_at", Instant),
    Column("counts", Document),  # table -> rows deleted or blanked; NULL: not done
    Index("ix_erasure_subject", "subject", "subject_id"),
)

#: a link with which a relative sees who looked: api/routes/family_page.py
family_link = Table(
    "family_link",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("elder_id", ForeignKey("elder.id"), nullable=False, index=True),
    Column("contact_id", BigId, nullable=False),  # of the table family_contact
    Column("made_by", String(80), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_by", String(80)),
    Column("revoked_at", Instant),
)
