"""Who can be asked for an elder at a moment, and how they are reached.

Rules for rota, absences and quiet hours are in `core/rota.py` and `core/quiet.py`; whatever they
say, a group of which anybody can be reached by phone is never empty.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from core.absences import Absence
from core.incidents import IncidentState
from core.people import PHONE, Channel, Role, Roster
from core.quiet import who_can_come
from core.rota import Turnout, asked_of_team
from store import push_subscriptions, quiet, rota, schema
from store.absences import absences_between, stand_ins


def roster(connection: Connection, elder_id: int, now: datetime) -> Roster:
    """Return who can be asked for one elder at the instant *now*."""
    elder = connection.execute(_ELDER, {"elder": elder_id}).first()
    paired = list(connection.scalars(_GUARDIANS, {"elder": elder_id}))
    duty: Sequence[Any] = ()
    if elder is not None and not elder.is_virtual:  # nobody on duty may ever hear of the canary's
        duty = connection.execute(_DUTY).all()
    absences = absences_between(connection, now, now)
    reachable = _reachable(
        connection, elder_id, [*paired, *(p.id for p in duty), *stand_ins(absences)]
    )
    able = {person_id for person_id, channel in reachable if channel in PHONE}

    guardians, despite = who_can_come(paired, absences, now, able=able)
    rescuers = [p for p in duty if p.role == Role.RESCUER.value]
    team_id = elder.team_id if elder is not None else None
    turnout = _team(connection, rescuers, team_id, absences, now, able)
    operators, despite_too = who_can_come(
        [p.id for p in duty if p.role == Role.OPERATOR.value], absences, now, able=able
    )
    return Roster(
        guardians=guardians,
        rescuers=turnout.people,
        operators=operators,
        reachable=reachable,
        standing_by=tuple(p.id for p in rescuers if p.id not in turnout.people),
        quiet=quiet.quiet_at(connection, [*guardians, *turnout.people, *operators], now),
        asked_despite_quiet=despite | despite_too | turnout.despite_absence,
        has_rota_gap=turnout.is_gap,
    )


def _team(
    connection: Connection,
    everyone: Sequence[Any],
    team_id: str | None,
    absences: Sequence[Absence],
    now: datetime,
    able: set[int],
) -> Turnout:
    """Return whom to ask of *everyone* who is a rescuer.

    That is the elder's own team where one is named and can be reached, else every team.
    """
    own = [p for p in everyone if team_id is not None and p.organisation_id == team_id]
    members = own if {p.id for p in own} & able else everyone
    teams: dict[str | None, list[int]] = {}
    for person in members:
        teams.setdefault(person.organisation_id, []).append(person.id)
    known = {p.id for p in everyone}
    rotas = rota.rotas_of(connection, teams, absences)
    turnouts = [
        asked_of_team(rotas[name], people, now, able=able & known) for name, people in teams.items()
    ]
    return Turnout(
        people=tuple(sorted({person for turnout in turnouts for person in turnout.people})),
        despite_absence=frozenset().union(*(turnout.despite_absence for turnout in turnouts)),
        is_gap=any(turnout.is_gap for turnout in turnouts),
    )


def _reachable(
    connection: Connection, elder_id: int, people: Iterable[int]
) -> frozenset[tuple[int, Channel]]:
    """Return the usable channels of *people*, and of whoever was told of the open incident.

    Whoever was asked and is off duty since must hear the end, or goes on searching.
    """
    usable = connection.execute(_USABLE, {"people": list(people), "elder": elder_id})
    found = {(row.person_id, Channel(row.channel)) for row in usable}
    with_browser = push_subscriptions.usable(connection, {*people, *(one for one, _ in found)})
    return frozenset(found | {(person_id, Channel.PUSH) for person_id in with_browser})


# Asked with every step of an incident; building such a statement takes longer than running it.

_ELDER = (
    select(schema.elder.c.is_virtual, schema.rescue_area.c.team_id)
    .outerjoin(
        schema.rescue_area, schema.rescue_area.c.organisation_id == schema.elder.c.organisation_id
    )
    .where(schema.elder.c.id == bindparam("elder"))
)
_GUARDIANS = (
    select(schema.guardianship.c.person_id)
    .where(schema.guardianship.c.elder_id == bindparam("elder"))
    .order_by(schema.guardianship.c.position)
)
_DUTY = (
    select(schema.person.c.id, schema.person.c.role, schema.person.c.organisation_id)
    .where(
        schema.person.c.on_duty.is_(True),
        schema.person.c.role.in_([Role.RESCUER.value, Role.OPERATOR.value]),
    )
    .order_by(schema.person.c.id)
)
_TOLD = (
    select(schema.notification.c.person_id)
    .join(schema.incident, schema.incident.c.id == schema.notification.c.incident_id)
    .where(
        schema.incident.c.elder_id == bindparam("elder"),
        schema.incident.c.state != IncidentState.CLOSED.value,
    )
)
_USABLE = select(schema.contact_point.c.person_id, schema.contact_point.c.channel).where(
    or_(
        schema.contact_point.c.person_id.in_(bindparam("people", expanding=True)),
        schema.contact_point.c.person_id.in_(_TOLD),
    ),
    schema.contact_point.c.disabled_reason.is_(None),
)
