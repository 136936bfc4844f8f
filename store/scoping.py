"""Nobody reads beyond their scope: every query about elders is narrowed here.

What lies outside is answered like what does not exist, so that nobody learns who is registered
elsewhere. The canary's elder is in nobody's scope.
"""

from sqlalchemy import ColumnElement, Connection, Select, false, func, or_, select, true

from core.accounts import Scope
from core.canary import ORGANISATION_ID as CANARY
from core.errors import NotFound
from core.worded import worded
from store import schema


def within(scope: Scope, column: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Return the condition that the organisation in *column* is in *scope*."""
    if scope.everywhere:
        return true()
    if not scope.organisations:
        return false()
    return column.in_(sorted(scope.organisations))


def elder_ids(scope: Scope) -> Select[tuple[int]]:
    """Return a query for the ids of all elders in *scope*, for use as `….in_(elder_ids(scope))`."""
    table = schema.elder
    return select(table.c.id).where(
        ~table.c.is_virtual, table.c.erased_at.is_(None), within(scope, table.c.organisation_id)
    )


def person_ids(scope: Scope) -> Select[tuple[int]]:
    """Return a query for the people of *scope*: of its organisations, or guardians of its elders.

    The canary's people are in nobody's scope.
    """
    table, guardianship = schema.person, schema.guardianship
    guardians = select(guardianship.c.person_id).where(
        guardianship.c.elder_id.in_(elder_ids(scope))
    )
    return select(table.c.id).where(
        table.c.organisation_id.is_distinct_from(CANARY),
        or_(within(scope, table.c.organisation_id), table.c.id.in_(guardians)),
    )


def check_person(connection: Connection, person_id: int, scope: Scope) -> None:
    """Raise NotFound unless this person exists and is in *scope*."""
    if connection.scalar(person_ids(scope).where(schema.person.c.id == person_id)) is None:
        raise NotFound(
            worded("There is no person %(id)s among those that you look after.", id=person_id)
        )


def check_contact_point(connection: Connection, point_id: int, scope: Scope) -> None:
    """Raise NotFound unless this number exists and its owner is in *scope*."""
    table = schema.contact_point
    found = connection.scalar(
        select(table.c.id).where(table.c.id == point_id, table.c.person_id.in_(person_ids(scope)))
    )
    if found is None:
        raise NotFound(
            worded("There is no contact point %(id)s among those that you look after.", id=point_id)
        )


def check_shift(connection: Connection, shift_id: int, scope: Scope) -> None:
    """Raise NotFound unless this shift of the rota exists and is somebody's in *scope*."""
    table = schema.rota_shift
    found = connection.scalar(
        select(table.c.id).where(table.c.id == shift_id, table.c.person_id.in_(person_ids(scope)))
    )
    if found is None:
        raise NotFound(
            worded("There is no shift %(id)s among those that you look after.", id=shift_id)
        )


def check_absence(connection: Connection, absence_id: int, scope: Scope) -> None:
    """Raise NotFound unless this absence exists and is somebody's in *scope*."""
    table = schema.absence
    whose = func.coalesce(table.c.away_id, table.c.stand_in_id)
    found = connection.scalar(
        select(table.c.id).where(table.c.id == absence_id, whose.in_(person_ids(scope)))
    )
    if found is None:
        raise NotFound(
            worded("There is no absence %(id)s among those that you look after.", id=absence_id)
        )


def check_elder(connection: Connection, elder_id: int, scope: Scope) -> None:
    """Raise NotFound unless this elder exists and is in *scope*."""
    if connection.scalar(elder_ids(scope).where(schema.elder.c.id == elder_id)) is None:
        raise NotFound(
            worded("There is no elder %(id)s among those that you look after.", id=elder_id)
        )


def check_incident(connection: Connection, incident_id: int, scope: Scope) -> int:
    """Return the elder of this incident; NotFound unless it is in *scope*."""
    table = schema.incident
    elder_id = connection.scalar(
        select(table.c.elder_id).where(
            table.c.id == incident_id, table.c.elder_id.in_(elder_ids(scope))
        )
    )
    if elder_id is None:
        raise NotFound(
            worded("There is no incident %(id)s among those that you look after.", id=incident_id)
        )
    return int(elder_id)


def check_band(connection: Connection, device_id: str, scope: Scope) -> int | None:
    """Return who wears the band, None on the shelf; NotFound unless it is in *scope*.

    A band on the shelf belongs to nobody's organisation, so that any operator may hand it out.
    """
    table = schema.band
    row = connection.execute(select(table.c.elder_id).where(table.c.device_id == device_id)).first()
    known = row is not None and (
        row.elder_id is None
        or connection.scalar(elder_ids(scope).where(schema.elder.c.id == row.elder_id)) is not None
    )
    if row is None or not known:
        raise NotFound(
            worded("There is no band %(id)s among those that you look after.", id=device_id)
        )
    return None if row.elder_id is None else int(row.elder_id)


def check_organisation(organisation_id: str | None, scope: Scope) -> None:
    """Raise NotFound unless this organisation is in *scope*."""
    if not scope.covers(organisation_id):
        raise NotFound(
            worded("There is no organisation %(id)s that you look after.", id=organisation_id)
        )
