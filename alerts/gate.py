"""Look again just before waking someone: is this message still wanted? Pure."""

from datetime import datetime

from alerts.asking import UNANSWERED_STEP
from core.incidents import Incident, IncidentState
from core.notifications import Notification, Purpose
from core.people import Role

#: after an outage guardians and team are asked together, so a guardian's ask is good in RESCUE too
_ASKING = {
    Role.GUARDIAN: (IncidentState.GUARDIANS, IncidentState.RESCUE),
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
        return _why_not_ask(incident, message)
    if message.purpose is Purpose.ALARM:
        return _why_not_alarm(incident, message)
    if message.purpose is Purpose.REMIND and message.person_id not in incident.going():
        return "answered"
    return None


def _why_not_ask(incident: Incident, message: Notification) -> str | None:
    if message.round != incident.round:
        return "older_round"
    if message.person_id in {*incident.going(), *incident.declined()}:
        return "answered"
    both_wanted = incident.policy.rescue_at_once and message.role is Role.RESCUER
    if both_wanted and incident.state is IncidentState.ACCEPTED:
        return None  # by the water one volunteer is not enough
    if incident.state in _ASKING[message.role]:
        return None
    return "someone_goes" if incident.going() else "stage_over"


def _why_not_alarm(incident: Incident, message: Notification) -> str | None:
    if incident.state is not IncidentState.UNANSWERED:
        return "answered"
    if message.step < UNANSWERED_STEP + incident.step - 1:
        return "older_turn"  # the newer one says the same, and goes to whoever is next
    return None
