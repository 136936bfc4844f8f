"""Somebody shows that they are there: an arrival in an incident, or a visit at the door."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from alerts import crediting, desk
from alerts.check_in_codes import CheckInCode, Purpose
from core.errors import NotFound
from core.incidents import Incident, IncidentState
from core.people import Role
from store import credit_ledger, credit_sources, devices, incidents, registry
from store.credit_sources import CheckIn

#: what the timeline says of it
NOTE = "已到场签到（扫码） · Checked in on the spot by code"


class CheckedIn(StrEnum):
    """What came of a code that a volunteer used."""

    ARRIVED = "arrived"  #: in an incident that they had accepted
    VISIT = "visit"
    AGAIN = "again"  #: this code was used by them before: nothing is added
    NO_VOLUNTEER = "no_volunteer"  #: for guardians and the rescue team only


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a code leads to at this moment."""

    elder_id: int
    #: the incident in which somebody can arrive; None: nothing is wrong
    incident: Incident | None


def place_of(connection: Connection, code: CheckInCode) -> Place:
    """Return where a code was shown; NotFound when that is gone, or nobody's."""
    incident: Incident | None
    if code.purpose is Purpose.HANDOVER:
        incident = incidents.load(connection, code.subject_id)
        elder_id = incident.elder_id
    else:
        elder_id = code.subject_id
        incident = incidents.open_of(connection, elder_id)
    if registry.elder(connection, elder_id).is_virtual:
        raise NotFound("this code is not one of ours")
    is_search = (
        incident is not None
        and incident.is_open
        and not incident.is_drill
        and incident.state is not IncidentState.SUSPECT
    )
    return Place(elder_id=elder_id, incident=incident if is_search else None)


def check_in(
    connection: Connection, code: CheckInCode, person_id: int, *, now: datetime
) -> CheckedIn:
    """Take a good code from a volunteer, once; the caller commits.

    Who had said "I am going" arrives: the timeline says so, and the ledger. Anybody else was there
    for a visit. Where they are stays unknown: the code says it, no position is asked for.
    """
    person = registry.person(connection, person_id)
    if person.role not in (Role.GUARDIAN, Role.RESCUER):
        return CheckedIn.NO_VOLUNTEER
    devices.take_turn(connection, person_id)
    place = place_of(connection, code)
    incident = place.incident
    arrives = incident is not None and person_id in incident.going()
    incident_id = incident.id if incident is not None and arrives else None
    is_new = credit_sources.add_check_in(
        connection,
        person_id=person_id,
        elder_id=place.elder_id,
        purpose=code.purpose.value,
        window_no=code.window_no,
        incident_id=incident_id,
        at=now,
    )
    if not is_new:
        return CheckedIn.AGAIN
    elder = registry.elder(connection, place.elder_id)
    deed = crediting.of_check_in(
        CheckIn(
            person_id=person_id,
            elder_id=place.elder_id,
            incident_id=incident_id,
            organisation_id=person.organisation_id or elder.organisation_id,
            at=now,
        )
    )
    is_first = credit_ledger.write(connection, [deed], now=now) == 1
    if incident_id is not None and is_first:
        desk.note(connection, incident_id, text=NOTE, by=f"person:{person_id}", now=now)
    return CheckedIn.ARRIVED if arrives else CheckedIn.VISIT
