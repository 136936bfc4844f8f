"""A made-up past of one elder, so that the demo has something to learn from.

Every afternoon at a neighbour's, just beyond the edge of the home zone; three times somebody was
woken for it, and said that it was a false alarm. Written into the store: the past cannot be played.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.clock import LOCAL_ZONE
from core.incidents import (
    EntryKind,
    Incident,
    IncidentState,
    Outcome,
    TimelineEntry,
    Trigger,
)
from core.pings import Fix, FixSource, Ping
from core.policies import DEFAULT_POLICIES, Severity
from simulators.registration import RegisteredTown
from simulators.town import TownElder
from store import incidents, pings, timeline

_DAYS = 14
_EVERY = timedelta(minutes=5)
#: local hours of the visits, and how far beyond the edge of home, metres
_FROM_H, _UNTIL_H = 13, 15
_BEYOND_M = 55.0
#: how many days ago people were woken for a visit
_FALSE_ALARMS = (9, 6, 3)


def remember_visits(
    connection: Connection, elders: Sequence[TownElder], registered: RegisteredTown, now: datetime
) -> str | None:
    """Give the last elder with a plain home a fortnight of visits; return their device id.

    None when nobody's home is plain. The caller commits.
    """
    plain = [elder for elder in elders if elder.way_zone is None and elder.day_care is None]
    if not plain:
        return None
    elder = plain[-1]
    elder_id = registered.elder_ids[elder.device_id]
    guardian_id = registered.person_ids[elder.guardians[0].number]
    said = list(_visits(elder, now))
    pings.add(connection, said, {elder.device_id: elder_id})
    for days_ago in _FALSE_ALARMS:
        began_at = _at(now, days_ago, _FROM_H) + 2 * _EVERY
        _close(connection, elder_id, guardian_id, began_at)
    return elder.device_id


def _at(now: datetime, days_ago: int, hour: int) -> datetime:
    local = now.astimezone(LOCAL_ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)
    return (local - timedelta(days=days_ago)).astimezone(now.tzinfo)


def _visits(elder: TownElder, now: datetime) -> Iterator[Ping]:
    chance = random.Random(f"past/{elder.device_id}")
    first = now - timedelta(days=_DAYS)
    for n in range((now - first) // _EVERY):
        at = first + n * _EVERY
        is_out = _FROM_H <= at.astimezone(LOCAL_ZONE).hour < _UNTIL_H
        where = elder.home.moved(
            east_m=chance.gauss(0, 8) + (elder.home_radius_m + _BEYOND_M if is_out else 0.0),
            north_m=chance.gauss(0, 8),
        )
        yield Ping(
            device_id=elder.device_id,
            report_id=f"past-{n}",
            measured_at=at,
            received_at=at,
            fix=Fix(position=where, accuracy_m=12.0, source=FixSource.GNSS),
            worn=True,
            why="timer",
        )


def _close(connection: Connection, elder_id: int, guardian_id: int, began_at: datetime) -> None:
    """Write an incident that a guardian called a false alarm after twenty minutes."""
    closed_at = began_at + timedelta(minutes=20)
    incident_id = incidents.insert(
        connection,
        Incident(
            id=0,
            elder_id=elder_id,
            trigger=Trigger.CROSSING,
            severity=Severity.NORMAL,
            state=IncidentState.CLOSED,
            policies=DEFAULT_POLICIES,
            opened_at=began_at,
            stage_at=began_at,
            next_action_at=None,
            closed_at=closed_at,
            outcome=Outcome.FALSE_ALARM,
        ),
        trigger_ping_id=None,
    )
    said = TimelineEntry(
        kind=EntryKind.CLOSED,
        at=closed_at,
        person_id=guardian_id,
        detail={"outcome": Outcome.FALSE_ALARM.value, "by": "guardian"},
    )
    timeline.append(connection, incident_id, [said], state=IncidentState.CLOSED)
