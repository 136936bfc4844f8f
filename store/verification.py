"""Codes that went to numbers, and the numbers they proved.

The code itself is kept nowhere: the row has a salt to compute it from and a digest to compare with.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.people import Channel
from store import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCode:
    """One code that went out, as stored."""

    id: int
    contact_point_id: int
    address: str
    channel: Channel
    salt: str
    digest: str
    started_at: datetime
    expires_at: datetime
    tries: int


def start(
    connection: Connection,
    *,
    contact_point_id: int,
    address: str,
    salt: str,
    digest: str,
    by: str,
    now: datetime,
    expires_at: datetime,
) -> int:
    """Keep a new code; those sent there before are good no more. Return its id."""
    table = schema.verification
    connection.execute(
        table.update()
        .where(table.c.contact_point_id == contact_point_id, table.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    result = connection.execute(
        table.insert()
        .values(
            contact_point_id=contact_point_id,
            address=address,
            salt=salt,
            digest=digest,
            started_by=by[:80],
            started_at=now,
            expires_at=expires_at,
        )
        .returning(table.c.id)
    )
    return int(result.scalar_one())


def load(connection: Connection, verification_id: int) -> SentCode | None:
    """Return one code, None when there is none with that id."""
    found = _codes(connection, schema.verification.c.id == verification_id)
    return found[0] if found else None


def waiting_for(connection: Connection, contact_point_id: int) -> SentCode | None:
    """Return the code that a contact point was sent and that was not used yet.

    None as well when the number has changed since.
    """
    table = schema.verification
    found = _codes(
        connection, table.c.contact_point_id == contact_point_id, table.c.ended_at.is_(None)
    )
    return found[-1] if found else None


def waiting_at(connection: Connection, address: str) -> list[SentCode]:
    """Return the codes that number *address* was sent and that were not used yet, newest first."""
    table = schema.verification
    return _codes(connection, table.c.address == address, table.c.ended_at.is_(None))[::-1]


def sent_since(connection: Connection, address: str, earliest: datetime) -> list[datetime]:
    """Return when codes went to number *address* since *earliest*, in order."""
    table = schema.verification
    return list(
        connection.scalars(
            select(table.c.started_at)
            .where(table.c.address == address, table.c.started_at >= earliest)
            .order_by(table.c.started_at)
        )
    )


def count_try(connection: Connection, code: SentCode) -> bool:
    """Count one wrong code; False when another worker counted meanwhile: look again."""
    table = schema.verification
    result = connection.execute(
        table.update()
        .where(table.c.id == code.id, table.c.tries == code.tries)
        .values(tries=code.tries + 1)
    )
    return result.rowcount == 1


def prove(connection: Connection, code: SentCode, now: datetime) -> None:
    """The code came back: the number is the person's, whatever channel it is used on.

    That a channel works is another thing, and proven only for the one the code went by.
    """
    table, point = schema.verification, schema.contact_point
    connection.execute(table.update().where(table.c.id == code.id).values(ended_at=now))
    whose = select(point.c.person_id).where(point.c.id == code.contact_point_id).scalar_subquery()
    connection.execute(
        point.update()
        .where(point.c.person_id == whose, point.c.value == code.address)
        .values(verified_at=now)
    )
    connection.execute(
        point.update()
        .where(point.c.id == code.contact_point_id)
        .values(last_ok_at=now, disabled_reason=None)
    )


def _codes(connection: Connection, *which: Any) -> list[SentCode]:
    table, point = schema.verification, schema.contact_point
    rows = connection.execute(
        select(table, point.c.channel)
        .join(point, point.c.id == table.c.contact_point_id)
        .where(*which, point.c.value == table.c.address)
        .order_by(table.c.id)
    )
    return [
        SentCode(
            id=row.id,
            contact_point_id=row.contact_point_id,
            address=row.address,
            channel=Channel(row.channel),
            salt=row.salt,
            digest=row.digest,
            started_at=row.started_at,
            expires_at=row.expires_at,
            tries=row.tries,
        )
        for row in rows
    ]
