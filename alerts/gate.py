"""Look again just before waking someone: is this message still wanted? Pure."""

from datetime import datetime

from core.incidents import Incident, IncidentState
from core.notifications import Notification, Purpose
from core.people import Role

_ASKING = {
    Role.GUARDIAN: (IncidentState.GUARDIANS,),
    Role.RESCUER: (IncidentState.GUARDIANS, IncidentState.RESCUE),
    Role.OPERATOR: (IncidentState.UNANSWERED,),
}


def why_withhold(incident: Incident, message: Notification, now: datetime) -> str | None:
    """Return the named reason to withhold *message* now, None when it should go out."""
    if message.expires_at <= now:
        return "expired"
    if message.purpose is Purpose.CLOSING:
        return None
    if not incident.is_open:
        return "incident_closed"
    if message.purpose is Purpose.ASK:
        if message.round != incident.round:
            return "older_round"
        if message.person_id in {*incident.going(), *incident.declined()}:
            return "answered"
        if incident.state not in _ASKING[message.role]:
            return "someone_goes"
    if message.purpose is Purpose.ALARM and incident.state is not IncidentState.UNANSWERED:
        return "answered"
    if message.purpose is Purpose.REMIND and message.person_id not in incident.going():
        return "answered"
    return None
