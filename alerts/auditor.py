"""Watch the promise from outside: rules that must hold in the database, whatever the code did.

The auditor only says what is wrong. It never ends an incident and never sends.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, select

from alerts.retry import MOST_POSSIBLE_SENDS
from core.incidents import IncidentState
from core.notifications import AttemptResult, NotificationStatus
from store import schema


class Rule(StrEnum):
    """What must always hold."""

    DUE_TIME_PASSED = "due_time_passed"  #: an open incident waits longer than it may
    LEASE_PASSED = "lease_passed"  #: a message hangs with a sender that is gone
    SENT_TOO_OFTEN = "sent_too_often"  #: one message may have reached a phone three times
    TIMELINE_GAP = "timeline_gap"  #: an entry is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One broken rule and the row that breaks it."""

    rule: Rule
    row_id: int

    def to_json(self) -> dict[str, str | int]:
        """Return a JSON-ready copy."""
        return {"rule": self.rule.value, "row": self.row_id}


def audit(connection: Connection, now: datetime, *, patience_s: float) -> list[Problem]:
    """Return every broken rule; a due time may be over by *patience_s* seconds of service time."""
    late = now - timedelta(seconds=patience_s)
    incident, message = schema.incident, schema.notification
    attempt, timeline = schema.attempt, schema.timeline
    maybe_sent = (AttemptResult.ACCEPTED.value, AttemptResult.AMBIGUOUS.value)
    rules = {
        Rule.DUE_TIME_PASSED: select(incident.c.id).where(
            incident.c.state != IncidentState.CLOSED.value, incident.c.next_action_at < late
        ),
        Rule.LEASE_PASSED: select(message.c.id).where(
            message.c.status == NotificationStatus.SENDING.value, message.c.lease_until < late
        ),
        Rule.SENT_TOO_OFTEN: select(attempt.c.notification_id)
        .where(attempt.c.result.in_(maybe_sent))
        .group_by(attempt.c.notification_id)
        .having(func.count() > MOST_POSSIBLE_SENDS),
        Rule.TIMELINE_GAP: select(timeline.c.incident_id)
        .group_by(timeline.c.incident_id)
        .having(func.max(timeline.c.number) != func.count()),
    }
    return [
        Problem(rule=rule, row_id=row_id)
        for rule, statement in rules.items()
        for row_id in connection.scalars(statement)
    ]
