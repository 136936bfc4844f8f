"""What pages read of the messages of an incident, each with its last provider call. Only reads."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from store import schema
from store.map_views import from_row


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationView:
    """One message to one person, with its last provider call."""

    id: int
    person_id: int
    person_name: str
    role: str
    channel: str
    purpose: str
    topic: str
    status: str
    reason: str | None
    round: int
    step: int
    created_at: datetime
    attempts: int
    result: str | None
    receipt: str | None
    receipt_at: datetime | None


def notifications_of(connection: Connection, incident_id: int) -> list[NotificationView]:
    """Return every message of an incident with its last attempt, in the order of asking."""
    table, person, attempt = schema.notification, schema.person, schema.attempt
    statement = (
        select(
            table,
            person.c.name.label("person_name"),
            attempt.c.result,
            attempt.c.receipt,
            attempt.c.receipt_at,
        )
        .join(person, person.c.id == table.c.person_id)
        .outerjoin(
            attempt,
            and_(attempt.c.notification_id == table.c.id, attempt.c.number == table.c.attempts),
        )
        .where(table.c.incident_id == incident_id)
        .order_by(table.c.id)
    )
    return [from_row(NotificationView, row) for row in connection.execute(statement)]
