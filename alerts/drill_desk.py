"""Begin a drill: only where nothing is serious, and not too often."""

from datetime import datetime

from sqlalchemy import Connection

from alerts import drills
from alerts.saving import keep
from core.errors import Conflict
from store import drills as drill_rows
from store import incidents, registry, rosters
from store.policies import policies_for


def start_drill(
    connection: Connection, elder_id: int, *, with_rescue: bool, by: str, now: datetime
) -> int:
    """Let the elder's people practise; return the incident's id. The caller commits.

    Conflict when something real goes on about the elder, or they practised a short while ago.
    """
    elder = registry.elder(connection, elder_id)
    if elder.is_virtual:
        raise Conflict(f"elder {elder_id} is the canary's: nobody would be asked")
    if elder.archived_at is not None:
        raise Conflict(f"elder {elder_id} is archived: nobody looks after them here")
    if incidents.open_of(connection, elder_id) is not None:
        raise Conflict(f"elder {elder_id} has an open incident: practise another time")
    last = drill_rows.last_began_at(connection, elder_id)
    if last is not None and now - last < drills.ONCE_IN:
        raise Conflict(f"elder {elder_id}: the last drill is less than 12 h ago; spare the numbers")
    move = drills.start(
        elder_id=elder_id,
        with_rescue=with_rescue,
        by=by,
        roster=rosters.roster(connection, elder_id, now),
        policies=policies_for(connection, elder_id),
        now=now,
    )
    incident_id = incidents.insert(connection, move.incident, trigger_ping_id=None)
    drill_rows.add(connection, incident_id, by=by)
    keep(connection, incident_id, move, now)
    return incident_id
