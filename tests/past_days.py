"""An elder's past fortnight, put into the database as it would be there by now."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from core.false_alarms import PastIncident
from core.incidents import EntryKind, Incident, IncidentState, TimelineEntry, Trigger
from core.pings import Ping
from core.policies import DEFAULT_POLICIES, Severity
from store import incidents, pings, schema, timeline


def remember(
    connection: Connection,
    *,
    elder_id: int,
    device_id: str,
    said: Iterable[Ping] = (),
    happened: Iterable[PastIncident] = (),
    closed_by: int | None = None,
) -> list[int]:
    """Store what a band *said* and what *happened*; return the ids of the incidents.

    *closed_by* is the person who closed them; None: the console.
    """
    pings.add(
        connection,
        [replace(ping, device_id=device_id) for ping in said],
        {device_id: elder_id},
    )
    return [_close(connection, elder_id, one, closed_by) for one in happened]


def _close(connection: Connection, elder_id: int, past: PastIncident, closed_by: int | None) -> int:
    is_open = past.closed_at is None
    incident = Incident(
        id=0,
        elder_id=elder_id,
        trigger=Trigger.CROSSING,
        severity=Severity.NORMAL,
        state=IncidentState.GUARDIANS if is_open else IncidentState.CLOSED,
        policies=DEFAULT_POLICIES,
        opened_at=past.opened_at,
        stage_at=past.opened_at,
        next_action_at=past.opened_at if is_open else None,
        closed_at=past.closed_at,
        outcome=past.outcome,
    )
    incident_id = incidents.insert(connection, incident, trigger_ping_id=None)
    if past.closed_at is not None and past.outcome is not None:
        closing = TimelineEntry(
            kind=EntryKind.CLOSED,
            at=past.closed_at,
            person_id=closed_by,
            detail={
                "outcome": past.outcome.value,
                "by": "guardian" if closed_by else "coordinator",
            },
        )
        timeline.append(connection, incident_id, [closing], state=IncidentState.CLOSED)
    return incident_id


def forget_pings(connection: Connection, elder_id: int) -> None:
    """Delete what an elder's bands said."""
    connection.execute(schema.ping.delete().where(schema.ping.c.elder_id == elder_id))
