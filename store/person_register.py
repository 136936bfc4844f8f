"""Guardians, rescuers and operators on duty as operators register them: with numbers, versioned.

The caller commits. Numbers are kept in E.164; a history repeats only their last four digits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.accounts import Scope
from core.contact_points import ContactPoint
from core.errors import BadInput, Conflict, Stale
from core.history import HIDDEN, Subject, differences
from core.people import PHONE, Channel, Language, Role
from core.phone_numbers import is_mobile, normalised
from store import contact_points, devices, guardians, history, incidents, pairing, schema
from store.organisations import check_known
from store.person_lists import RegisteredPerson as RegisteredPerson
from store.person_lists import find_by_phone as find_by_phone
from store.person_lists import person as person
from store.scoping import elder_ids

#: why a number of somebody who left is not used
LEFT = "left_service"
_MOST_NUMBERS = 8

#: a way to reach somebody: the channel, and a number (E.164)
Reach = tuple[Channel, str]


def both_ways(number: str) -> tuple[Reach, ...]:
    """Return SMS and calls to one number, as written by people; only calls to a landline.

    BadInput says what to write when it is no number.
    """
    plain = _plain(number)
    channels = PHONE if is_mobile(plain) else (Channel.VOICE,)
    return tuple((channel, plain) for channel in channels)


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
    wanted = _checked(numbers)
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
        _insert_point(connection, person_id, channel, value)
    _record(
        connection,
        person_id,
        1,
        {**differences({}, values), **_numbers_changed([], wanted)},
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
    wanted = _checked(numbers)
    check_known(connection, organisation_id)
    guardians.lock_elders_of(connection, person_id)
    before = person(connection, person_id)
    if before.version != seen:
        raise Stale(f"Person {person_id} is at version {before.version} by now, not {seen}.")
    if before.archived_at is not None:
        raise Conflict(f"Person {person_id} has left the service: take them back first.")
    values = {
        "name": name,
        "language": language.value,
        "organisation_id": organisation_id,
        "on_duty": on_duty,
    }
    held = {**{key: getattr(before, key) for key in values}, "language": before.language.value}
    known = [(point.channel, point.value) for point in before.points]
    changes = {**differences(held, values), **_numbers_changed(known, wanted)}
    if not changes:
        return seen
    _set(connection, person_id, seen, **values)
    if sorted(known) != sorted(wanted):
        _replace_points(connection, person_id, before.points, wanted)
        devices.revoke_all(connection, person_id, now)
        guardians.check_numbers(connection, person_id)
    _record(connection, person_id, seen + 1, changes, by, now)
    return seen + 1


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
        raise Stale(f"Person {person_id} is at version {before.version} by now, not {seen}.")
    if before.archived_at is not None:
        raise Conflict(f"Person {person_id} has left the service already.")
    searched = incidents.with_open_one(connection, elders)
    if searched:
        raise Conflict(
            f"{_named(connection, searched, scope)}: being looked for. Let the incident end first,"
            f" or let somebody take the place of person {person_id}."
        )
    alone = guardians.without_other(connection, person_id)
    if alone:
        raise Conflict(
            f"{_named(connection, alone, scope)}: nobody else could be reached. Let somebody take"
            f" the place of person {person_id} first."
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
        raise Stale(f"Person {person_id} is at version {before.version} by now, not {seen}.")
    if before.archived_at is None:
        raise Conflict(f"Person {person_id} has not left the service.")
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


def _checked(numbers: Iterable[Reach]) -> list[Reach]:
    found = list(dict.fromkeys((channel, _plain(number)) for channel, number in numbers))
    if len(found) > _MOST_NUMBERS:
        raise BadInput(
            f"A person has at most {_MOST_NUMBERS} numbers.", {"numbers": "are too many"}
        )
    if any(channel not in PHONE for channel, _number in found):
        raise BadInput("A number is for sms or voice.", {"numbers": "sms or voice"})
    return found


def _plain(number: str) -> str:
    try:
        return normalised(number)
    except ValueError as error:
        raise BadInput(str(error), {"numbers": str(error)}) from None


def _replace_points(
    connection: Connection, person_id: int, held: Sequence[ContactPoint], wanted: Sequence[Reach]
) -> None:
    """Keep what stays, change what has a successor on its channel, remove and add the rest."""
    fresh = [reach for reach in wanted if reach not in {(p.channel, p.value) for p in held}]
    gone = [point for point in held if (point.channel, point.value) not in set(wanted)]
    for point in gone:
        follower = next((reach for reach in fresh if reach[0] is point.channel), None)
        if follower is None:
            _remove_point(connection, point.id)
            continue
        fresh.remove(follower)
        contact_points.change_number(connection, point.id, follower[1])
    for channel, value in fresh:
        _insert_point(connection, person_id, channel, value)


def _insert_point(connection: Connection, person_id: int, channel: Channel, value: str) -> None:
    connection.execute(
        schema.contact_point.insert().values(
            person_id=person_id, channel=channel.value, value=value
        )
    )


def _remove_point(connection: Connection, point_id: int) -> None:
    code, point = schema.verification, schema.contact_point
    connection.execute(code.delete().where(code.c.contact_point_id == point_id))
    connection.execute(point.delete().where(point.c.id == point_id))


def _set(connection: Connection, person_id: int, seen: int, **values: Any) -> None:
    table = schema.person
    done = connection.execute(
        table.update()
        .where(table.c.id == person_id, table.c.version == seen)
        .values(version=seen + 1, **values)
    )
    if done.rowcount != 1:
        raise Stale(f"Somebody else has just changed person {person_id}.")


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


def _numbers_changed(before: Sequence[Reach], after: Sequence[Reach]) -> dict[str, tuple[Any, Any]]:
    if sorted(before) == sorted(after):
        return {}
    old, new = _last_digits(before), _last_digits(after)
    return {"numbers": (old, new) if old != new else (HIDDEN, HIDDEN)}


def _last_digits(numbers: Sequence[Reach]) -> list[str]:
    return sorted(f"{channel.value} {HIDDEN}{number[-4:]}" for channel, number in numbers)


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
