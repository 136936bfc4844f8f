"""Save what the lifecycle decided: the incident, its messages, what others hear, the timeline."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from alerts import drills, watching
from alerts.lifecycle import Move
from core.incidents import Incident, IncidentState, Trigger
from store import incidents, notifications, relays, timeline


def save(
    connection: Connection,
    before: Incident,
    move: Move,
    now: datetime,
    *,
    trigger_ping_id: int | None = None,
) -> None:
    """Save a move from the version *before*; Conflict when somebody changed it since.

    *trigger_ping_id* names the ping that made people be asked, where this move is due to one.
    """
    move = drills.bounded(move)
    incidents.save(connection, before, move.incident, trigger_ping_id=trigger_ping_id)
    if before.is_drill:
        keep(connection, before.id, move, now)
        return  # its band is not told anything
    if before.trigger is Trigger.SOS and _is_taken(move.incident) and not _is_taken(before):
        watching.say_sos_is_taken(connection, before.elder_id, now)
    if before.is_open and not move.incident.is_open:
        watching.end(connection, before.elder_id, now)
    keep(connection, before.id, move, now)


def _is_taken(incident: Incident) -> bool:
    """Say whether a person is going, or settled it."""
    return incident.state in (
        IncidentState.ACCEPTED,
        IncidentState.RESCUE_ACCEPTED,
        IncidentState.CLOSED,
    )


def keep(connection: Connection, incident_id: int, move: Move, now: datetime) -> None:
    """Write what a move wants beside the incident: messages, news for others, the timeline."""
    incident = replace(move.incident, id=incident_id)
    notifications.add(connection, incident, move.orders, now)
    relays.enqueue(connection, incident, move.entries)
    timeline.append(connection, incident_id, move.entries, state=move.incident.state)
