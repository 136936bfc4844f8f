"""Links with which a relative sees who looked: made by an operator, ended by time or by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.errors import Conflict, NotFound
from store import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyLink:
    """One link. What opens it is kept nowhere."""

    id: int
    elder_id: int
    contact_id: int
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None

    def is_good_at(self, now: datetime) -> bool:
        """Say whether it still opens the page."""
        return self.revoked_at is None and now < self.expires_at


def add(
    connection: Connection,
    *,
    elder_id: int,
    contact_id: int,
    expires_at: datetime,
    by: str,
    now: datetime,
) -> FamilyLink:
    """Write down a new link and return it."""
    table = schema.family_link
    link_id = connection.execute(
        table.insert()
        .values(
            elder_id=elder_id,
            contact_id=contact_id,
            made_by=by,
            made_at=now,
            expires_at=expires_at,
        )
        .returning(table.c.id)
    ).scalar_one()
    return link(connection, int(link_id))


def link(connection: Connection, link_id: int) -> FamilyLink:
    """Return one link; NotFound without, also when it is long over."""
    table = schema.family_link
    row = connection.execute(select(table).where(table.c.id == link_id)).first()
    if row is None:
        raise NotFound(f"There is no link {link_id}.")
    return _link(row)


def links_of(connection: Connection, elder_id: int, *, limit: int = 100) -> list[FamilyLink]:
    """Return the newest links to one elder."""
    table = schema.family_link
    rows = connection.execute(
        select(table).where(table.c.elder_id == elder_id).order_by(table.c.id.desc()).limit(limit)
    )
    return [_link(row) for row in rows]


def revoke(
    connection: Connection, elder_id: int, link_id: int, *, by: str, now: datetime
) -> FamilyLink:
    """End a link now; NotFound when it is not of this elder, Conflict when it is over."""
    found = link(connection, link_id)
    if found.elder_id != elder_id:
        raise NotFound(f"There is no link {link_id} to elder {elder_id}.")
    if not found.is_good_at(now):
        raise Conflict(f"Link {link_id} is over already.")
    table = schema.family_link
    connection.execute(
        table.update().where(table.c.id == link_id).values(revoked_by=by, revoked_at=now)
    )
    return link(connection, link_id)


def _link(row: Any) -> FamilyLink:
    return FamilyLink(**row._mapping)
