"""Volunteers' service: the rules, the ledger, check-ins by code, and who wants to be ranked.

The ledger is append only. Nothing here holds a name, a number or a position.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from store.columns import BigId, Instant
from store.metadata import metadata

#: what a kind of deed counts for, from a day on; never edited: core/credits.py
credit_rule = Table(
    "credit_rule",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id")),  # NULL: everybody's
    Column("kind", String(20), nullable=False),  # CreditKind
    Column("minutes", Integer, nullable=False),
    Column("most_per_day_min", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),  # a day in Haining, after the one it was made on
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(80), nullable=False),
    CheckConstraint("minutes >= 0 AND most_per_day_min >= 0", name="not_negative"),
)

credit_entry = Table(
    "credit_entry",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("organisation_id", ForeignKey("organisation.id")),  # theirs when it was written
    Column("kind", String(20), nullable=False),  # CreditKind
    Column("minutes", Integer, nullable=False),  # of a correction also below zero
    Column("at", Instant, nullable=False),  # when it was done
    Column("source", String(80), nullable=False, unique=True),  # what was done, once
    Column("incident_id", BigId),  # no key: the ledger outlives incidents
    Column("rule_id", ForeignKey("credit_rule.id")),  # NULL: the standard, or a correction
    Column("corrects", ForeignKey("credit_entry.id")),
    Column("reason", String(200), nullable=False, server_default=""),  # of a correction
    Column("written_at", Instant, nullable=False),
    Column("written_by", String(80), nullable=False, server_default=""),  # "": the service
    Index("ix_credit_entry_person_at", "person_id", "at"),
    Index("ix_credit_entry_organisation", "organisation_id", "id"),
)

#: somebody was there and showed it with a code; no position is kept
check_in = Table(
    "check_in",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("elder_id", ForeignKey("elder.id"), nullable=False, index=True),
    Column("purpose", String(10), nullable=False),  # alerts/check_in_codes.py: Purpose
    Column("window_no", BigId, nullable=False),  # of the code: one is good once for each person
    Column("incident_id", BigId),  # in which they arrived; NULL: a visit
    Column("at", Instant, nullable=False),
    UniqueConstraint("person_id", "elder_id", "purpose", "window_no"),
)

#: who wants to be seen in the ranking; no row: not listed and not counted
credit_ranking = Table(
    "credit_ranking",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("since", Instant, nullable=False),
)
