"""What the pages read: bands, trails, incidents and who was asked, the timeline. Only reads."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, and_, func, or_, select

from core.accounts import Scope
from core.incidents import EntryKind, IncidentState
from core.places import Position
from core.zones import Side
from store import schema
from store.accounts import shown_names
from store.scoping import elder_ids, within

_View = TypeVar("_View")


@dataclass(frozen=True, slots=True, kw_only=True)
class BandView:
    """The newest we know of one band, registered or not."""

    device_id: str
    is_registered: bool
    elder_id: int | None
    elder_name: str | None
    expected_interval_s: int | None
    first_heard_at: datetime
    heard_at: datetime
    reports: int
    position: Position | None
    position_at: datetime | None
    accuracy_m: float | None
    source: str | None
    side: Side
    battery_pct: int | None
    charging: bool | None
    worn: bool | None
    online: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPoint:
    """One stored position of a band."""

    ping_id: int
    at: datetime
    received_at: datetime
    position: Position
    accuracy_m: float | None
    source: str | None
    is_backlog: bool
    is_current: bool | None
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One timeline entry with the name of the person in it."""

    cursor: int
    incident_id: int
    number: int
    at: datetime
    kind: EntryKind
    state: IncidentState
    person_id: int | None
    person_name: str | None
    detail: dict[str, Any]
    #: how others read the name of the account that did it, None when none did
    account_name: str | None = None


#: what `band_view` reads; of `latest` not all, for one column is a document
BAND_COLUMNS = (
    *(schema.latest.c[field.name] for field in fields(BandView) if field.name in schema.latest.c),
    schema.latest.c.lon,
    schema.latest.c.lat,
    schema.band.c.device_id.label("registered"),
    schema.band.c.expected_interval_s,
    schema.elder.c.name.label("elder_name"),
)


def bands(
    connection: Connection,
    *,
    scope: Scope,
    heard_from: datetime | None = None,
    only_unregistered: bool = False,
    device_id: str | None = None,
    wearers: Iterable[int] | None = None,
    limit: int = 200_000,
) -> list[BandView]:
    """Return bands ever heard, those heard at or after *heard_from*, the longest unheard first.

    Bands that nobody registered are in no organisation: a narrower scope sees them only where they
    are asked for (*only_unregistered*), to claim them, and not on the map.
    """
    latest, band, elder = schema.latest, schema.band, schema.elder
    theirs = within(scope, elder.c.organisation_id)
    if only_unregistered:
        theirs = or_(elder.c.id.is_(None), theirs)
    statement = (
        select(*BAND_COLUMNS)
        .select_from(latest)
        .outerjoin(band, and_(band.c.device_id == latest.c.device_id, band.c.retired_at.is_(None)))
        .outerjoin(elder, elder.c.id == latest.c.elder_id)
        .where(or_(elder.c.id.is_(None), ~elder.c.is_virtual))  # the canary is nobody
        .where(theirs)
        .order_by(latest.c.heard_at, latest.c.device_id)
        .limit(limit)
    )
    if heard_from is not None:
        statement = statement.where(latest.c.heard_at >= heard_from)
    if only_unregistered:
        statement = statement.where(band.c.device_id.is_(None))
    if device_id is not None:
        statement = statement.where(latest.c.device_id == device_id)
    if wearers is not None:
        statement = statement.where(latest.c.elder_id.in_(list(wearers)))
    return [band_view(row) for row in connection.execute(statement)]


def registered_bands(connection: Connection, *, scope: Scope) -> int:
    """Return how many bands are registered on an elder."""
    table, elder = schema.band, schema.elder
    return int(
        connection.scalar(
            select(func.count())
            .select_from(table.join(elder, elder.c.id == table.c.elder_id))
            .where(~elder.c.is_virtual, within(scope, elder.c.organisation_id))
        )
        or 0
    )


def trail(
    connection: Connection, device_id: str, *, scope: Scope, since: datetime, limit: int = 500
) -> list[TrailPoint]:
    """Return the newest stored positions of a band since *since*, oldest first.

    Whoever wore it before, elsewhere, is not shown.
    """
    table = schema.ping
    statement = (
        select(table)
        .where(table.c.device_id == device_id, table.c.at >= since, table.c.lon.is_not(None))
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(limit)
    )
    if not scope.everywhere:
        statement = statement.where(table.c.elder_id.in_(elder_ids(scope)))
    rows = connection.execute(statement)
    return [trail_point(row) for row in rows][::-1]


def incident_ids(connection: Connection, *, scope: Scope, closed_since: datetime) -> list[int]:
    """Return the open incidents and those closed at or after *closed_since*, newest first.

    Without drills, which have pages of their own: what is on the map is serious.
    """
    table = schema.incident
    is_open = table.c.state != IncidentState.CLOSED.value
    return list(
        connection.scalars(
            select(table.c.id)
            .join(schema.elder, schema.elder.c.id == table.c.elder_id)
            .where(
                is_open | (table.c.closed_at >= closed_since),
                ~schema.elder.c.is_virtual,
                table.c.is_drill.is_(False),
                within(scope, schema.elder.c.organisation_id),
            )
            .order_by(table.c.id.desc())
        )
    )


def trigger_fix(connection: Connection, incident_id: int) -> TrailPoint | None:
    """Return the position that opened or confirmed an incident, None when a timer did."""
    table, incident = schema.ping, schema.incident
    row = connection.execute(
        select(table)
        .join(incident, incident.c.trigger_ping_id == table.c.id)
        .where(incident.c.id == incident_id, table.c.lon.is_not(None))
    ).first()
    return None if row is None else trail_point(row)


def entries_after(
    connection: Connection, cursor: int, limit: int, *, scope: Scope
) -> list[EntryView]:
    """Return what happened after *cursor*, over all incidents in *scope*, in order."""
    table, incident, elder = schema.timeline, schema.incident, schema.elder
    statement = (
        _entry_columns()
        .join(incident, incident.c.id == table.c.incident_id)
        .join(elder, elder.c.id == incident.c.elder_id)
        .where(table.c.cursor > cursor, ~elder.c.is_virtual, incident.c.is_drill.is_(False))
        .where(within(scope, elder.c.organisation_id))
        .order_by(table.c.cursor)
        .limit(limit)
    )
    return _entries(connection, statement)


def entries_of(
    connection: Connection, incident_id: int, *, after: int = 0, limit: int | None = None
) -> list[EntryView]:
    """Return the timeline of one incident, in order, from beyond the number *after*."""
    table = schema.timeline
    theirs = (table.c.incident_id == incident_id, table.c.number > after)
    return _entries(
        connection, _entry_columns().where(*theirs).order_by(table.c.number).limit(limit)
    )


def last_cursor(connection: Connection) -> int:
    """Return the newest cursor of the timeline, 0 when nothing ever happened."""
    return int(connection.scalar(select(func.max(schema.timeline.c.cursor))) or 0)


def organisations_of_elders(connection: Connection, *, scope: Scope) -> dict[int, tuple[str, str]]:
    """Return by elder id the Chinese and English name of the street that registered them."""
    elder, organisation = schema.elder, schema.organisation
    rows = connection.execute(
        select(elder.c.id, organisation.c.name_zh, organisation.c.name_en)
        .join(organisation, organisation.c.id == elder.c.organisation_id)
        .where(~elder.c.is_virtual, within(scope, organisation.c.id))
    )
    return {row.id: (row.name_zh, row.name_en) for row in rows}


def _entry_columns() -> Select[Any]:
    table, person = schema.timeline, schema.person
    return (
        select(table, person.c.name.label("person_name"))
        .select_from(table)
        .outerjoin(person, person.c.id == table.c.person_id)
    )


def _entries(connection: Connection, statement: Select[Any]) -> list[EntryView]:
    rows = connection.execute(statement).all()
    by = {str(row.detail["by"]) for row in rows if row.person_name is None and row.detail.get("by")}
    shown = shown_names(connection, by)
    return [
        from_row(
            EntryView,
            row,
            kind=EntryKind(row.kind),
            state=IncidentState(row.state),
            account_name=shown.get(str(row.detail.get("by", ""))),
        )
        for row in rows
    ]


def band_view(row: Any) -> BandView:
    """Return a band from a row with the columns that `bands` selects."""
    has_position = row.lon is not None and row.lat is not None
    return from_row(
        BandView,
        row,
        is_registered=row.registered is not None,
        position=Position(row.lon, row.lat) if has_position else None,
        side=Side(row.side),
    )


def trail_point(row: Any) -> TrailPoint:
    """Return a stored position from a row of the table of pings."""
    return from_row(
        TrailPoint,
        row,
        ping_id=row.id,
        position=Position(row.lon, row.lat),
        doubts=tuple(row.doubts),
    )


def from_row(view: type[_View], row: Any, /, **changed: Any) -> _View:
    """Return a view with columns named like its fields; *changed* says where they differ."""
    names: tuple[str, ...] = vars(view)["__slots__"]
    return view(**{name: getattr(row, name) for name in names if name not in changed}, **changed)
