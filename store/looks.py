"""Every look at a person's position is on record: who looked, at whom, what for, when.

With it goes what the viewer was then, and for which part of the town: a family reads that without
names, and a look at everybody on a map is a look at each elder of that part. A page that refreshes
itself is one look a minute, not one each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select

from core.accounts import AccountRole, Scope
from store import schema
from store.scoping import elder_ids

#: the same viewer, elder and purpose within this time is one look
SAME_LOOK = timedelta(seconds=60)
#: stands for all organisations
EVERYWHERE = "*"
#: only these see positions; what else an account may do is no reason for a look
_SEEING = (AccountRole.OPERATOR.value, AccountRole.COORDINATOR.value)
#: of looks at many so many are read at once
_CHUNK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look on record."""

    id: int
    at: datetime
    viewer: str
    #: None: everybody in *organisations*
    elder_id: int | None
    purpose: str
    incident_id: int | None
    #: what the viewer was then, and where; empty: it was not written down
    roles: tuple[str, ...]
    organisations: tuple[str, ...]


def record(
    connection: Connection,
    viewer: str,
    elder_id: int | None,
    purpose: str,
    now: datetime,
    *,
    scope: Scope | None = None,
    incident_id: int | None = None,
) -> None:
    """Write down one look; *elder_id* None means everyone the viewer may see.

    *scope* is what they may see there; without it all that their account's rights come to.
    """
    table = schema.look
    lately = connection.scalar(
        select(table.c.id)
        .where(
            table.c.at > now - SAME_LOOK,
            table.c.viewer == viewer,
            table.c.elder_id.is_(None) if elder_id is None else table.c.elder_id == elder_id,
            table.c.purpose == purpose,
            table.c.incident_id.is_(None)
            if incident_id is None
            else table.c.incident_id == incident_id,
        )
        .limit(1)
    )
    if lately is not None:
        return
    roles, organisations = _what_they_are(connection, viewer)
    if scope is not None:
        organisations = [EVERYWHERE] if scope.everywhere else sorted(scope.organisations)
    connection.execute(
        table.insert().values(
            at=now,
            viewer=viewer,
            elder_id=elder_id,
            purpose=purpose,
            incident_id=incident_id,
            roles=roles,
            organisations=organisations,
        )
    )


def looks(
    connection: Connection,
    *,
    elder_id: int | None = None,
    viewer: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    scope: Scope | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Look]:
    """Return looks as they were written down, the newest first; *until* is not included.

    With *scope* only those at elders within it, and those at many.
    """
    table = schema.look
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if elder_id is not None:
        statement = statement.where(table.c.elder_id == elder_id)
    if viewer is not None:
        statement = statement.where(table.c.viewer == viewer)
    if scope is not None and not scope.everywhere:
        statement = statement.where(
            table.c.elder_id.is_(None) | table.c.elder_id.in_(elder_ids(scope))
        )
    return [_look(row) for row in connection.execute(_within(statement, since, until, before_id))]


def looks_at(
    connection: Connection,
    elder_id: int,
    *,
    viewer: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Look]:
    """Return who looked at this elder, alone or among many, the newest first.

    The elder counts where they are now: nobody writes down who moved from street to street.
    """
    table = schema.look
    organisation = connection.scalar(
        select(schema.elder.c.organisation_id).where(schema.elder.c.id == elder_id)
    )
    found: list[Look] = []
    last = before_id
    while len(found) < limit:
        statement = (
            select(table)
            .where((table.c.elder_id == elder_id) | table.c.elder_id.is_(None))
            .order_by(table.c.id.desc())
            .limit(_CHUNK)
        )
        if viewer is not None:
            statement = statement.where(table.c.viewer == viewer)
        chunk = connection.execute(_within(statement, since, until, last)).all()
        found += [
            look
            for look in map(_look, chunk)
            if look.elder_id == elder_id
            # of old looks at many it is not known at whom: better said too much than too little
            or not look.organisations
            or EVERYWHERE in look.organisations
            or organisation in look.organisations
        ]
        if len(chunk) < _CHUNK:
            break
        last = chunk[-1].id
    return found[:limit]


def _within(
    statement: Select[Any], since: datetime | None, until: datetime | None, before_id: int | None
) -> Select[Any]:
    table = schema.look
    if since is not None:
        statement = statement.where(table.c.at >= since)
    if until is not None:
        statement = statement.where(table.c.at < until)
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    return statement


def _what_they_are(connection: Connection, viewer: str) -> tuple[list[str], list[str]]:
    """Return roles and organisations of a viewer by the name that records know them by."""
    if viewer.startswith("person:") and viewer.removeprefix("person:").isdecimal():
        person = schema.person
        row = connection.execute(
            select(person.c.role, person.c.organisation_id).where(
                person.c.id == int(viewer.removeprefix("person:"))
            )
        ).first()
        if row is None:
            return [], []
        return [row.role], [row.organisation_id] if row.organisation_id else []
    account, grant = schema.account, schema.account_grant
    rows: Sequence[Any] = connection.execute(
        select(grant.c.role, grant.c.organisation_id)
        .join(account, account.c.id == grant.c.account_id)
        .where(account.c.name == viewer, grant.c.role.in_(_SEEING))
    ).all()
    organisations = {
        EVERYWHERE if one.organisation_id is None else one.organisation_id for one in rows
    }
    return sorted({one.role for one in rows}), sorted(organisations)


def _look(row: Any) -> Look:
    return Look(
        id=row.id,
        at=row.at,
        viewer=row.viewer,
        elder_id=row.elder_id,
        purpose=row.purpose,
        incident_id=row.incident_id,
        roles=tuple(row.roles or ()),
        organisations=tuple(row.organisations or ()),
    )
