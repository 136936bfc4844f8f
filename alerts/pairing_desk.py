"""Guardians change, and everybody concerned hears of it in the same transaction.

The family is told first of all: if a stranger was bound, they are the ones to notice. Those who
become guardians and those who are no more are told as well. The caller commits.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from alerts.notices import NoticeKind, tell, tell_family, tell_operators
from core.accounts import Scope
from core.clock import LOCAL_ZONE
from core.languages import translations
from core.people import Language
from store import (
    absences,
    contact_points,
    family,
    guardian_changes,
    guardians,
    pairing,
    people,
    person_register,
    registry,
)
from store.pairing import Effect
from store.person_lists import RegisteredPerson
from store.person_numbers import Reach

#: so many elders are named to a guardian; a text has little room
_MOST_NAMED = 2


def approve(
    connection: Connection, change_ids: Iterable[int], *, by: str, now: datetime
) -> list[Effect]:
    """Let these changes come into force, all or none, and tell everybody."""
    effects = pairing.approve_many(connection, change_ids, by=by, now=now)
    tell_all(connection, effects, now)
    return effects


def approve_batch(connection: Connection, batch: str, *, by: str, now: datetime) -> list[Effect]:
    """Do the same with all that still waits of one file."""
    effects = pairing.approve_batch(connection, batch, by=by, now=now)
    tell_all(connection, effects, now)
    return effects


def archive_person(
    connection: Connection, person_id: int, *, scope: Scope, seen: int, by: str, now: datetime
) -> tuple[Effect, ...]:
    """Let somebody leave the service; the families of whom they guarded are told."""
    effects = person_register.archive(connection, person_id, scope=scope, seen=seen, by=by, now=now)
    tell_all(connection, effects, now)
    return effects


def update_person(
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
) -> None:
    """Edit somebody; when a guardian gets another number, the families of their elders are told."""
    before = person_register.person(connection, person_id)
    person_register.update(
        connection,
        person_id,
        name=name,
        numbers=numbers,
        language=language,
        organisation_id=organisation_id,
        on_duty=on_duty,
        seen=seen,
        by=by,
        now=now,
    )
    _tell_of_numbers(connection, before, now)


def change_number(
    connection: Connection, contact_point_id: int, number: str, *, by: str, now: datetime
) -> None:
    """Give one contact point another number, and tell the same people."""
    owner = contact_points.point(connection, contact_point_id).person_id
    before = person_register.person(connection, owner)
    person_register.change_number(connection, contact_point_id, number, by=by, now=now)
    _tell_of_numbers(connection, before, now)


def add_absence(
    connection: Connection,
    *,
    away_id: int | None,
    stand_in_id: int | None,
    from_at: datetime,
    until_at: datetime,
    by: str,
    now: datetime,
) -> int:
    """Write an absence down, see `store.absences`; families hear who stands in for a guardian.

    Nobody else need agree, because it must be possible in a hurry and ends by itself; so the
    families are the second pair of eyes.
    """
    absence_id = absences.add_absence(
        connection,
        away_id=away_id,
        stand_in_id=stand_in_id,
        from_at=from_at,
        until_at=until_at,
        by=by,
        now=now,
    )
    if away_id is None or stand_in_id is None:
        return absence_id
    names = {one.id: one.name for one in people.people(connection, (away_id, stand_in_id)).values()}
    for elder in registry.elders(connection, guardians.elders_of(connection, away_id)).values():
        values = {
            "name": elder.name,
            "came": names[stand_in_id],
            "went": names[away_id],
            "from": _day(from_at),
            "until": _day(until_at),
        }
        for contact in family.to_be_told(connection, elder.id):
            tell_family(
                connection,
                NoticeKind.GUARDIAN_STAND_IN,
                contact,
                f"absence {absence_id}",
                values,
                now,
            )
    return absence_id


def tell_all(connection: Connection, effects: Sequence[Effect], now: datetime) -> None:
    """Tell families, old and new guardians: one message each, however much has changed."""
    concerned = {one for e in effects for one in (e.old_id, e.new_id) if one is not None}
    names = {one.id: one.name for one in people.people(connection, concerned).values()}
    by_elder: dict[int, list[Effect]] = {}
    for effect in effects:
        by_elder.setdefault(effect.elder_id, []).append(effect)
    elders = registry.elders(connection, by_elder)
    untold = []
    for elder_id, changes in by_elder.items():
        if _tell_family(connection, elders[elder_id].name, changes, names, now) == 0:
            untold.append(elder_id)
    if untold:
        subject = f"change {effects[0].change_id}"
        values = {"elders": str(len(untold)), "elder": str(untold[0])}
        tell_operators(connection, NoticeKind.FAMILY_UNTOLD, subject, values, now)
    for kind, pairs in (
        (NoticeKind.GUARDIAN_RELEASED, [(e.old_id, e) for e in effects]),
        (NoticeKind.GUARDIAN_BOUND, [(e.new_id, e) for e in effects]),
    ):
        theirs: dict[int, list[Effect]] = {}
        for person_id, effect in pairs:
            if person_id is not None:
                theirs.setdefault(person_id, []).append(effect)
        for person_id, changes in theirs.items():
            language = registry.person(connection, person_id).language
            whose = list(dict.fromkeys(elders[effect.elder_id].name for effect in changes))
            values = {"name": _listed(whose, language)}
            tell(connection, kind, person_id, f"change {changes[0].change_id}", values, now)


def _tell_family(
    connection: Connection,
    elder_name: str,
    changes: Sequence[Effect],
    names: dict[int, str],
    now: datetime,
) -> int:
    """Tell an elder's family what has changed; return how many of them are told."""
    came = [names[one.new_id] for one in changes if one.new_id is not None]
    went = [names[one.old_id] for one in changes if one.old_id is not None]
    told = 0
    for contact in family.to_be_told(connection, changes[0].elder_id):
        separator = "、" if contact.language is Language.CHINESE else ", "
        values = {"name": elder_name, "came": separator.join(came), "went": separator.join(went)}
        subject = f"change {changes[0].change_id}"
        told += tell_family(connection, NoticeKind.GUARDIAN_CHANGED, contact, subject, values, now)
    for change in changes:
        guardian_changes.note_told(connection, change.change_id, told)
    return told


def _tell_of_numbers(connection: Connection, before: RegisteredPerson, now: datetime) -> None:
    """Tell families that a guardian is reached otherwise: whoever has the number gets the alerts.

    A stranger's number at a known name is as bad as a stranger, and needs no second person.
    """
    after = person_register.person(connection, before.id)
    held = {(point.channel, point.value) for point in before.points}
    holds = {(point.channel, point.value) for point in after.points}
    gone = {value for _channel, value in held - holds}
    come = {value for _channel, value in holds - held}
    if not come:
        return
    elders = registry.elders(connection, guardians.elders_of(connection, before.id))
    subject = f"number {after.id}/{after.version}"
    for elder in elders.values():
        for contact in family.to_be_told(connection, elder.id):
            values = {
                "name": elder.name,
                "came": _with_digits(after.name, come, contact.language),
                "went": _with_digits(before.name, gone, contact.language),
            }
            tell_family(connection, NoticeKind.GUARDIAN_CHANGED, contact, subject, values, now)


def _with_digits(name: str, numbers: Iterable[str], language: Language) -> str:
    """Return a name with the ends of its numbers; empty without any."""
    ends = sorted(number[-4:] for number in numbers)
    if not ends:
        return ""
    gettext = translations(language).gettext
    return gettext("%(name)s (number ending %(digits)s)") % {
        "name": name,
        "digits": "/".join(ends[:2]),
    }


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(LOCAL_ZONE):%m-%d %H:%M}"


def _listed(names: Sequence[str], language: Language) -> str:
    """Return *names* as one text, short enough for a variable of an approved text."""
    if len(names) <= _MOST_NAMED:
        return ("、" if language is Language.CHINESE else ", ").join(names)
    gettext = translations(language).gettext
    return gettext("%(name)s and %(others)s others") % {
        "name": names[0],
        "others": len(names) - 1,
    }
