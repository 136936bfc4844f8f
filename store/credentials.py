"""What people and programs show at the door: sessions, tokens, trusted devices.

Only a digest of each is kept. They are random and long, so a plain SHA-256 is enough.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from core.accounts import AccountRole, Grant
from store import schema

_RANDOM_BYTES = 32


class Prefix(StrEnum):
    """What a credential is, so that one found somewhere can be recognised."""

    SESSION = "121s_"
    TOKEN = "121t_"  # noqa: S105  how one is recognised, not one
    DEVICE = "121d_"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHolder:
    """An account that showed a good session or token."""

    account_id: int
    name: str
    shown_name: str
    must_change: bool
    grants: tuple[Grant, ...]
    #: of the session or token
    id: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHolder:
    """A volunteer on a device of theirs."""

    person_id: int
    id: int
    digest: str


def open_session(
    connection: Connection, account_id: int, *, lifetime: timedelta, now: datetime
) -> str:
    """Begin a session and return what its cookie holds."""
    value, digest = _new(Prefix.SESSION)
    connection.execute(
        schema.account_session.insert().values(
            account_id=account_id, digest=digest, created_at=now, expires_at=now + lifetime
        )
    )
    return value


def end_session(connection: Connection, session_id: int, now: datetime) -> None:
    """Believe this session no more."""
    table = schema.account_session
    connection.execute(
        table.update()
        .where(table.c.id == session_id, table.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def add_token(
    connection: Connection,
    account_id: int,
    *,
    name: str,
    lifetime: timedelta,
    by: str,
    now: datetime,
) -> tuple[int, str]:
    """Make a token for a program; return its id and the token, which is shown once."""
    value, digest = _new(Prefix.TOKEN)
    table = schema.api_token
    token_id = connection.execute(
        table.insert()
        .values(
            account_id=account_id,
            name=name,
            digest=digest,
            created_at=now,
            created_by=by,
            expires_at=now + lifetime,
        )
        .returning(table.c.id)
    ).scalar_one()
    return int(token_id), value


def revoke_token(connection: Connection, token_id: int, now: datetime) -> None:
    """Believe this token no more."""
    table = schema.api_token
    connection.execute(
        table.update()
        .where(table.c.id == token_id, table.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def trust_device(
    connection: Connection, person_id: int, *, lifetime: timedelta, now: datetime
) -> str:
    """Know a volunteer's device from now on; return what its cookie holds."""
    value, digest = _new(Prefix.DEVICE)
    connection.execute(
        schema.trusted_device.insert().values(
            person_id=person_id, digest=digest, created_at=now, expires_at=now + lifetime
        )
    )
    return value


def session_holder(connection: Connection, value: str, now: datetime) -> AccountHolder | None:
    """Return who holds this session; None when it is not good."""
    table = schema.account_session
    return _holder(connection, table, table.c.ended_at, value, now)


def token_holder(connection: Connection, value: str, now: datetime) -> AccountHolder | None:
    """Return who holds this token; None when it is not good."""
    table = schema.api_token
    return _holder(connection, table, table.c.revoked_at, value, now)


def device_holder(connection: Connection, value: str, now: datetime) -> DeviceHolder | None:
    """Return whose device this is; None when it is not good."""
    table, digest = schema.trusted_device, digest_of(value)
    person = schema.person
    row = connection.execute(
        select(table.c.id, table.c.person_id)
        .join(person, person.c.id == table.c.person_id)
        .where(
            table.c.digest == digest,
            table.c.revoked_at.is_(None),
            table.c.expires_at > now,
            person.c.archived_at.is_(None),  # who left the service
        )
    ).first()
    return None if row is None else DeviceHolder(person_id=row.person_id, id=row.id, digest=digest)


def digest_of(value: str) -> str:
    """Return what is kept of a credential."""
    return hashlib.sha256(value.encode()).hexdigest()


def _new(prefix: Prefix) -> tuple[str, str]:
    value = prefix.value + secrets.token_urlsafe(_RANDOM_BYTES)
    return value, digest_of(value)


def _holder(
    connection: Connection, table: Any, ended_at: Any, value: str, now: datetime
) -> AccountHolder | None:
    account, grant, digest = schema.account, schema.account_grant, digest_of(value)
    rows = connection.execute(
        select(
            table.c.id,
            table.c.account_id,
            account.c.name,
            account.c.shown_name,
            account.c.must_change,
            grant.c.role,
            grant.c.organisation_id,
        )
        .select_from(table)
        .join(account, account.c.id == table.c.account_id)
        .outerjoin(grant, grant.c.account_id == account.c.id)
        .where(
            table.c.digest == digest,
            ended_at.is_(None),
            table.c.expires_at > now,
            account.c.disabled_at.is_(None),
        )
    ).all()
    if not rows:
        return None
    first = rows[0]
    return AccountHolder(
        account_id=first.account_id,
        name=first.name,
        shown_name=first.shown_name,
        must_change=first.must_change,
        grants=tuple(Grant(AccountRole(row.role), row.organisation_id) for row in rows if row.role),
        id=first.id,
        digest=digest,
    )
