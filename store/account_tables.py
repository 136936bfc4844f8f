"""Who may come in: accounts with their rights, sessions, tokens, and devices of volunteers.

Of passwords, cookies and tokens only digests are kept.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, text, true

from store.columns import BigId, Instant
from store.metadata import metadata

account = Table(
    "account",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),  # to sign in; on records, too
    Column("shown_name", String(80), nullable=False),
    Column("password_hash", String(200)),  # NULL: only tokens
    Column("must_change", Boolean, nullable=False, server_default=true()),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("disabled_at", Instant),
    Column("wrong_tries", Integer, nullable=False, server_default=text("0")),
    Column("locked_until", Instant),
    Column("version", Integer, nullable=False, server_default=text("1")),
)

#: what an account may be; a row for each role and organisation: core/accounts.py
account_grant = Table(
    "account_grant",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("organisation_id", ForeignKey("organisation.id")),  # NULL: everywhere
)

account_session = Table(
    "account_session",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),  # what program it is for
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

#: a phone or browser that a guardian or team member has shown to be theirs
trusted_device = Table(
    "trusted_device",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

#: wrong tries at the second factor of an answer link
link_guess = Table(
    "link_guess",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("incident_id", ForeignKey("incident.id"), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_link_guess_link", "incident_id", "person_id"),
)
