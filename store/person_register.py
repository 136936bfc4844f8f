"""Guardians, rescuers and operators on duty as operators register them: with numbers, versioned.

The caller commits. Numbers are kept in E.164; a history repeats only their last four digits.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.accounts import Scope
from core.errors import Conflict, Stale
from core.history import Subject, differences
from core.people import Language, Role
from core.worded import worded
from store import contact_points, devices, guardians, history, incidents, pairing, schema
from store.organisations import check_known
from store.person_lists import RegisteredPerson as RegisteredPerson
from store.person_lists import find_by_phone as find_by_phone
from store.person_lists import person as person
from store.person_numbers import Reach as Reach
from store.person_numbers import both_ways as both_ways
from store.person_numbers import checked, insert_point, numbers_changed, replace_points
from store.scoping import elder_ids

#: why a number of somebody who left is not used
LEFT = "left_service"


def add(
    connection: Connection,
    *,
    role: Role,
    name: str,
    numbers: Iterable[Reach],
    language: Language = Language.CHINESE,
    organisation_id: str | None = None,
    on_duty: bool = True,
    by: str,
    now: datetime,
) -> int:
    """Register somebody; return the id. BadInput when a number is none."""
    table = schema.person
    check_known(connection, organisation_id)
    wanted = checked(numbers)
    values = {
        "role": role.value,
        "name": name,
        "language": language.value,
        "organisation_id": organisation_id,
        "on_duty": on_duty,
    }
    person_id = int(
        connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one()
    )
    for channel, value in wanted:
        insert_point(connection, person_id, channel, value)
    _record(
        connection,
        person_id,
        1,
        {**differences({}, values), **numbers_changed([], wanted)},
        by,
        now,
    )
    return person_id


def update(
    connection: Connection,
    person_id: int,
    *,
    name: str,
    numbers: Iterable[Reach],
    language: Language,
    organisation_id: str | None,
    on_duty: bool,
    seen: int,
    by: str,
    now: datetime,
) -> int:
    """Edit somebody; return the new version, the old one where nothing changed.

    A number that changed is unverified again, and the person's devices are believed no more.
    Stale when *seen* is not the newest version; BadInput when the other guardian of an elder has
    the same number.
    """
    wanted = checked(numbers)
    check_known(connection, organisation_id)
    guardians.lock_elders_of(connection, person_id)
    before = person(connection, person_id)
    if before.version != seen:
        raise Stale(
            worded(
                "Person %(person)s was changed meanwhile (version %(now)s, not %(seen)s): read"
                " them again, and repeat your change.",
                person=person_id,
                now=before.version,
                seen=seen,
            )
        )
    if before.archived_at is not None:
        raise Conflict(
            worded(
                "Person %(person)s has left the service: take them back first.", person=person_id
            )
        )
    values = {
        "name": name,
        "language": language.value,
        "organisation_id": organisation_id,
        "on_duty": on_duty,
    }
    held = {**{key: getattr(before, key) for key in values}, "language": before.language.value}
    known = [(point.channel, point.value) for point in before.points]
    changes = {**differences(held, values), **numbers_changed(known, wanted)}
    if not changes:
        return seen
    _set(connection, person_id, seen, **values)
    if sorted(known) != sorted(wanted):
        replace_points(connection, person_id, before.points, wanted)
        devices.revoke_all(connection, person_id, now)
        guardians.check_numbers(connection, person_id)
    _record(connection, person_id, seen + 1, changes, by, now)
    return seen + 1


def change_number(
    connection: Connection, contact_point_id: int, number: str, *, by: str, now: datetime
) -> int:
    """Give one contact point another number, with all that an edit does; return the version."""
    point = contact_points.point(connection, contact_point_id)
    before = person(connection, point.person_id)
    numbers = [
        (one.channel, number if one.id == contact_point_id else one.value) for one in before.points
    ]
    return update(
        connection,
        before.id,
        name=before.name,
        numbers=numbers,
        language=before.language,
        organisation_id=before.organisation_id,
        on_duty=before.on_duty,
        seen=before.version,
        by=by,
        now=now,
    )


def archive(
    connection: Connection, person_id: int, *, scope: Scope, seen: int, by: str, now: datetime
) -> tuple[pairing.Effect, ...]:
    """Let somebody leave the service: nothing is sent to them, and they guard nobody any more.

    Returns which pairings ended, for those who must hear of it. Conflict while they are the only
    guardian of somebody who can be reached, or somebody they guard is being looked for; elders
    are named as far as *scope* reaches.
    """
    elders = guardians.lock_elders_of(connection, person_id)
    before = person(connection, person_id)
    if before.version != seen:
        raise Stale(
            worded(
                "Person %(person)s was changed meanwhile (version %(now)s, not %(seen)s): read"
                " them again, and repeat your change.",
                person=person_id,
                now=before.version,
                seen=seen,
            )
        )
    if before.archived_at is not None:
        raise Conflict(worded("Person %(person)s has left the service already.", person=person_id))
    searched = incidents.with_open_one(connection, elders)
    if searched:
        raise Conflict(
            worded(
                "%(elders)s: being looked for. Let the incident end first, or let somebody take the"
                " place of person %(person)s.",
                elders=_named(connection, searched, scope),
                person=person_id,
            )
        )
    alone = guardians.without_other(connection, person_id)
    if alone:
        raise Conflict(
            worded(
                "%(elders)s: nobody else could be reached. Let somebody take the place of person"
                " %(person)s first.",
                elders=_named(connection, alone, scope),
                person=person_id,
            )
        )
    effects = pairing.end_all(connection, person_id, by=by, now=now)
    point, push = schema.contact_point, schema.push_subscription
    connection.execute(
        point.update()
        .where(point.c.person_id == person_id, point.c.disabled_reason.is_(None))
        .values(disabled_reason=LEFT)
    )
    connection.execute(push.delete().where(push.c.person_id == person_id))
    devices.revoke_all(connection, person_id, now)
    _set(connection, person_id, seen, archived_at=now, on_duty=False)
    changes = {
        "archived_at": (None, now.isoformat()),
        **differences({"on_duty": before.on_duty}, {"on_duty": False}),
    }
    _record(connection, person_id, seen + 1, changes, by, now)
    return effects


def restore(connection: Connection, person_id: int, *, seen: int, by: str, now: datetime) -> int:
    """Take somebody back; return the version. Their numbers count as unverified."""
    before = person(connection, person_id)
    if before.version != seen:
        raise Stale(
            worded(
                "Person %(person)s was changed meanwhile (version %(now)s, not %(seen)s): read"
                " them again, and repeat your change.",
                person=person_id,
                now=before.version,
                seen=seen,
            )
        )
    if before.archived_at is None:
        raise Conflict(worded("Person %(person)s has not left the service.", person=person_id))
    point = schema.contact_point
    connection.execute(
        point.update()
        .where(point.c.person_id == person_id, point.c.disabled_reason == LEFT)
        .values(disabled_reason=None, verified_at=None, last_ok_at=None)
    )
    _set(connection, person_id, seen, archived_at=None)
    changes = {"archived_at": (before.archived_at.isoformat(), None)}
    _record(connection, person_id, seen + 1, changes, by, now)
    return seen + 1


def _set(connection: Connection, person_id: int, seen: int, **values: Any) -> None:
    table = schema.person
    done = connection.execute(
        table.update()
        .where(table.c.id == person_id, table.c.version == seen)
        .values(version=seen + 1, **values)
    )
    if done.rowcount != 1:
        raise Stale(worded("Somebody else has just changed person %(person)s.", person=person_id))


def _record(
    connection: Connection,
    person_id: int,
    version: int,
    changes: Mapping[str, tuple[Any, Any]],
    by: str,
    now: datetime,
) -> None:
    history.record(
        connection,
        subject=Subject.PERSON,
        subject_id=person_id,
        version=version,
        changes=changes,
        by=by,
        now=now,
    )


def _named(connection: Connection, elders: Iterable[int], scope: Scope) -> str:
    """Return the names of *elders* in *scope*, and how many others there are."""
    table, wanted = schema.elder, sorted(elders)
    rows = connection.execute(
        select(table.c.name, table.c.id)
        .where(table.c.id.in_(wanted), table.c.id.in_(elder_ids(scope)))
        .order_by(table.c.id)
    ).all()
    names = [f"{row.name} ({row.id})" for row in rows]
    elsewhere = len(wanted) - len(names)
    return ", ".join(names + ([f"{elsewhere} elsewhere"] if elsewhere else []))
