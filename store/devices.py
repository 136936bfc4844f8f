"""Volunteers' devices: what was guessed at a link, and which devices are believed no more."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from store import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDevice:
    """A phone or browser that somebody has shown to be theirs."""

    id: int
    since: datetime
    until: datetime


def guesses_since(
    connection: Connection, incident_id: int, person_id: int, earliest: datetime
) -> int:
    """Return how many wrong digits were given at one link since *earliest*."""
    table = schema.link_guess
    found = connection.scalar(
        select(func.count())
        .select_from(table)
        .where(
            table.c.incident_id == incident_id,
            table.c.person_id == person_id,
            table.c.at > earliest,
        )
    )
    return found or 0


def take_turn(connection: Connection, person_id: int) -> None:
    """Make others who guess for this person wait until the commit, so that each guess counts."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        table = schema.person
        row = select(table.c.id).where(table.c.id == person_id)
        connection.execute(row.with_for_update(key_share=True))


def add_guess(connection: Connection, incident_id: int, person_id: int, now: datetime) -> None:
    """Remember one wrong try, and forget those of a day before."""
    table = schema.link_guess
    connection.execute(
        table.delete().where(
            table.c.incident_id == incident_id,
            table.c.person_id == person_id,
            table.c.at <= now - timedelta(days=1),
        )
    )
    connection.execute(table.insert().values(incident_id=incident_id, person_id=person_id, at=now))


def known_devices(connection: Connection, person_id: int, now: datetime) -> list[KnownDevice]:
    """Return a person's devices that are believed now, the oldest first."""
    table = schema.trusted_device
    rows = connection.execute(
        select(table)
        .where(
            table.c.person_id == person_id, table.c.revoked_at.is_(None), table.c.expires_at > now
        )
        .order_by(table.c.id)
        .limit(1000)
    )
    return [KnownDevice(id=row.id, since=row.created_at, until=row.expires_at) for row in rows]


def revoke(connection: Connection, device_id: int, now: datetime) -> None:
    """Believe this device no more."""
    _revoke(connection, schema.trusted_device.c.id == device_id, now)


def revoke_all(connection: Connection, person_id: int, now: datetime) -> int:
    """Believe none of a person's devices any more (a lost phone); return how many that were."""
    return _revoke(connection, schema.trusted_device.c.person_id == person_id, now)


def _revoke(connection: Connection, which: ColumnElement[bool], now: datetime) -> int:
    table = schema.trusted_device
    result = connection.execute(
        table.update().where(which, table.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return result.rowcount
