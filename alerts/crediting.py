"""Volunteers' service becomes entries of the ledger, and is counted anew to see that it is so.

The service follows the timeline by its growing cursor: an incident that ended is read once, a
second reading adds nothing. What is derived here and what is computed anew come from the same pure
functions (core/credits.py) over the same records.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from core.clock import from_unix
from core.credits import CreditKind, Deed, arrival, deeds_of, ledger, monthly_check, totals, visit
from store import credit_ledger, credit_rules, credit_sources
from store.credit_ledger import Entry, Wanted
from store.database import reading

log = logging.getLogger(__name__)

_ENDED = "credits"
_PROVEN = "credits of codes"
#: ended incidents that are read in one transaction
_AT_ONCE = 50
#: codes are looked at again so long: a transaction may commit later than it says
_OVERLAP = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A person whose stored minutes are not what the records come to."""

    person_id: int
    stored_min: int
    counted_min: int


def derive_next(engine: Engine, now: datetime) -> int:
    """Write what volunteers did since the last time; return how many entries are new."""
    written = 0
    while _has_ended(engine):
        with engine.begin() as connection:
            start = credit_sources.take_cursor(connection, _ENDED)
            ended = credit_sources.ended_after(connection, start, limit=_AT_ONCE)
            if ended:
                ids = [incident_id for _cursor, incident_id in ended]
                written += credit_ledger.write(connection, _in_incidents(connection, ids), now=now)
                credit_sources.move_cursor(connection, _ENDED, ended[-1][0])
    with reading(engine) as connection:
        has_checks = bool(_unwritten_checks(connection))
    if has_checks:
        with engine.begin() as connection:
            credit_sources.take_cursor(connection, _PROVEN)
            checks = _unwritten_checks(connection)
            written += credit_ledger.write(connection, checks, now=now)
            newest = max((int(deed.at.timestamp()) for deed in checks), default=0)
            credit_sources.move_cursor(connection, _PROVEN, newest)
    if written:
        log.info(
            "%d entries of service were written.", written, extra={"action": "credits_written"}
        )
    return written


def recount(engine: Engine) -> list[Difference]:
    """Count everything anew from the records; return who has other minutes on the ledger.

    Entries whose incident or code was deleted since stand as they are: the ledger is kept longer.
    """
    with reading(engine) as connection:
        stored = _all_entries(connection)
        of_source = {one.source: one for one in stored}
        deeds = [_as_written(deed, of_source) for deed in _all_deeds(connection)]
        named = {deed.source for deed in deeds}
        rules = credit_rules.rules(connection, {deed.organisation_id for deed in deeds})
        incident_ids = {one.incident_id for one in stored if one.incident_id is not None}
        gone = credit_sources.gone_incidents(connection, incident_ids)
    corrections = [
        (one.person_id, one.minutes)
        for one in stored
        if one.kind is CreditKind.CORRECTION
        or (one.source not in named and _has_lost_its_source(one, gone))
    ]
    counted = totals(ledger(deeds, rules), corrections)
    kept: dict[int, int] = {}
    for one in stored:
        kept[one.person_id] = kept.get(one.person_id, 0) + one.minutes
    return [
        Difference(
            person_id=person_id,
            stored_min=kept.get(person_id, 0),
            counted_min=counted.get(person_id, 0),
        )
        for person_id in sorted({*kept, *counted})
        if kept.get(person_id, 0) != counted.get(person_id, 0)
    ]


def of_check_in(one: credit_sources.CheckIn) -> Deed:
    """Return what a check-in is: an arrival in an incident, or a visit."""
    if one.incident_id is not None:
        return arrival(
            incident_id=one.incident_id,
            person_id=one.person_id,
            organisation_id=one.organisation_id,
            at=one.at,
        )
    return visit(
        elder_id=one.elder_id,
        person_id=one.person_id,
        organisation_id=one.organisation_id,
        at=one.at,
    )


def _in_incidents(connection: Connection, incident_ids: Iterable[int]) -> list[Deed]:
    return [
        deed
        for said in credit_sources.said_in(connection, list(incident_ids))
        for deed in deeds_of(said, credit_sources.organisations_in(connection, said))
    ]


def _has_ended(engine: Engine) -> bool:
    """Say whether something ended since the last time; nobody waits for this."""
    with reading(engine) as connection:
        position = credit_sources.cursor_of(connection, _ENDED)
        return bool(credit_sources.ended_after(connection, position, limit=1))


def _unwritten_checks(connection: Connection) -> list[Deed]:
    position = credit_sources.cursor_of(connection, _PROVEN)
    since = from_unix(position) - _OVERLAP if position else None
    return credit_ledger.unwritten(connection, _checks(connection, since))


def _checks(connection: Connection, since: datetime | None) -> list[Deed]:
    found: dict[str, Deed] = {}
    for person_id, organisation_id, at in credit_sources.proven_since(connection, since):
        deed = monthly_check(person_id=person_id, organisation_id=organisation_id, at=at)
        found.setdefault(deed.source, deed)  # the first of the month
    return list(found.values())


def _all_deeds(connection: Connection) -> list[Deed]:
    deeds = []
    cursor = 0
    while ended := credit_sources.ended_after(connection, cursor, limit=_AT_ONCE):
        deeds += _in_incidents(connection, [incident_id for _cursor, incident_id in ended])
        cursor = ended[-1][0]
    first: dict[str, Deed] = {}
    for one in credit_sources.check_ins(connection):
        deed = of_check_in(one)
        first.setdefault(deed.source, deed)
    return [*deeds, *_checks(connection, None), *first.values()]


def _all_entries(connection: Connection) -> list[Entry]:
    found: list[Entry] = []
    while True:
        after = found[-1].id if found else 0
        more = credit_ledger.entries(connection, Wanted(), after_id=after, limit=1000)
        found += more
        if len(more) < 1000:
            return found


def _has_lost_its_source(one: Entry, gone: set[int]) -> bool:
    return one.kind is CreditKind.MONTHLY_CHECK or one.incident_id in gone


def _as_written(deed: Deed, of_source: dict[str, Entry]) -> Deed:
    """Return *deed* as it was when it was written down: people change their organisation."""
    known = of_source.get(deed.source)
    if known is None:
        return deed
    return replace(deed, organisation_id=known.organisation_id, at=known.at)
