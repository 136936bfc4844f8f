"""What the tables say of the service as a whole: what waits, what is open, what is wrong. Reads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from core.bands import Trouble
from core.incidents import IncidentState
from core.notifications import NotificationStatus
from core.pings import RejectReason
from store import inbox, schema
from store.commands import CommandState

#: more rows of one hour are not counted
MOST_COUNTED = 500_000
_ASKING = (
    IncidentState.GUARDIANS.value,
    IncidentState.RESCUE.value,
    IncidentState.UNANSWERED.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits, by the instant since which the oldest of each kind does; None: nothing does."""

    message_due_at: datetime | None
    arrival_at: datetime | None
    order_at: datetime | None
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncidents:
    """The open incidents about real people."""

    total: int
    unanswered: int
    #: when the oldest opened about which people are still being asked
    asked_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came from bands in a span of time."""

    pings: int
    rejects: int
    failed_messages: int


def backlog(connection: Connection, now: datetime) -> Backlog:
    """Return what should have been done already."""
    message, order = schema.notification, schema.command
    since = func.coalesce(order.c.not_before, order.c.created_at)
    waiting = (order.c.state == CommandState.QUEUED.value) & (since <= now)
    return Backlog(
        message_due_at=connection.scalar(
            select(func.min(message.c.next_try_at)).where(
                message.c.status == NotificationStatus.READY.value, message.c.next_try_at <= now
            )
        ),
        arrival_at=inbox.oldest_waiting(connection),
        order_at=connection.scalar(select(func.min(since)).where(waiting)),
        orders=_count(connection, order, waiting),
    )


def open_incidents(connection: Connection) -> OpenIncidents:
    """Return how many incidents are open, without the canary's and without drills."""
    incident, elder = schema.incident, schema.elder
    virtual = select(elder.c.id).where(elder.c.is_virtual)
    real = incident.c.elder_id.not_in(virtual) & incident.c.is_drill.is_(False)
    is_open = (incident.c.state != IncidentState.CLOSED.value) & real
    unanswered = (incident.c.state == IncidentState.UNANSWERED.value) & real
    return OpenIncidents(
        total=_count(connection, incident, is_open),
        unanswered=_count(connection, incident, unanswered),
        asked_since=connection.scalar(
            select(func.min(incident.c.opened_at)).where(incident.c.state.in_(_ASKING), real)
        ),
    )


def heard_since(connection: Connection, since: datetime) -> Heard:
    """Return how many reports were stored since *since*, and how many could not be used."""
    ping, reject = schema.ping, schema.reject
    recent = _newest(reject) & (reject.c.received_at >= since)
    return Heard(
        pings=_count(connection, ping, _newest(ping) & (ping.c.received_at >= since)),
        rejects=_count(connection, reject, recent),
        failed_messages=_count(
            connection, reject, recent & (reject.c.reason == RejectReason.FAILED.value)
        ),
    )


def silent_bands(connection: Connection) -> tuple[int, int]:
    """Return how many bands are silent alone, and how many times many are at once."""
    task = schema.band_task
    rows = connection.execute(
        select(task.c.trouble, func.count().label("n"))
        .where(task.c.ended_at.is_(None))
        .group_by(task.c.trouble)
    )
    counts = {row.trouble: int(row.n) for row in rows}
    return counts.get(Trouble.SILENT.value, 0), counts.get(Trouble.MASS_SILENCE.value, 0)


def age_s(since: datetime | None, now: datetime) -> float | None:
    """Return how long ago *since* was, seconds, not less than 0; None for None."""
    return None if since is None else max(timedelta(0), now - since).total_seconds()


def _newest(table: Any) -> ColumnElement[bool]:
    """Say whether a row is among the newest, so that a year of them need not be read."""
    newest = select(func.max(table.c.id)).scalar_subquery()
    among: ColumnElement[bool] = table.c.id > newest - MOST_COUNTED
    return among


def _count(connection: Connection, table: Any, condition: ColumnElement[bool]) -> int:
    return int(connection.scalar(select(func.count()).select_from(table).where(condition)) or 0)
