"""Events for other systems: written with the timeline, sent later, kept with what became of them.

Of one incident a subscriber gets one event at a time, in their order: the next waits until the one
before was taken or given up.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from core.incidents import Incident, TimelineEntry
from core.relays import Relay, RelayEvent, RelayStatus, event_of
from store import schema

_UNFINISHED = (RelayStatus.WAITING.value, RelayStatus.SENDING.value)


def enqueue(
    connection: Connection, incident: Incident, entries: Iterable[TimelineEntry]
) -> list[int]:
    """Write down what every subscriber who wants it will be told; never of a virtual elder.

    Call it in the transaction of the timeline, after the incident itself was saved: that keeps the
    events of one incident in order.
    """
    happened = [(event, entry) for entry in entries if (event := event_of(entry)) is not None]
    if not happened:
        return []
    table, elder = schema.subscriber, schema.elder
    wanting = connection.execute(
        select(table.c.id, table.c.events)
        .select_from(table)
        .join(elder, elder.c.id == incident.elder_id)
        .where(
            elder.c.is_virtual.is_(False),
            table.c.removed_at.is_(None),
            or_(
                table.c.organisation_id.is_(None),
                table.c.organisation_id == elder.c.organisation_id,
            ),
        )
        .order_by(table.c.id)
    ).all()
    return [
        _insert(
            connection,
            subscriber_id=row.id,
            incident_id=incident.id,
            event=event,
            at=entry.at,
            facts=_facts(incident, entry),
        )
        for event, entry in happened
        for row in wanting
        if event.value in row.events
    ]


def enqueue_test(connection: Connection, subscriber_id: int, *, now: datetime) -> int:
    """Write down a test event for one subscriber; return its id."""
    return _insert(
        connection,
        subscriber_id=subscriber_id,
        incident_id=None,
        event=RelayEvent.TEST,
        at=now,
        facts={},
    )


def who_waits(connection: Connection, now: datetime) -> list[int]:
    """Return the subscribers that something is due for, who waits longest first; none paused."""
    table, subscriber = schema.relay, schema.subscriber
    rows = connection.execute(
        select(table.c.subscriber_id)
        .join(subscriber, subscriber.c.id == table.c.subscriber_id)
        .where(_is_due(now), subscriber.c.paused_at.is_(None))
        .group_by(table.c.subscriber_id)
        .order_by(func.min(table.c.next_try_at), table.c.subscriber_id)
    )
    return [row.subscriber_id for row in rows]


def due(connection: Connection, subscriber_id: int, now: datetime, *, limit: int) -> list[Relay]:
    """Return what can be sent to one subscriber now, the oldest first."""
    table = schema.relay
    earlier = table.alias("earlier")
    must_wait = exists().where(
        earlier.c.subscriber_id == table.c.subscriber_id,
        earlier.c.incident_id == table.c.incident_id,
        earlier.c.id < table.c.id,
        earlier.c.status.in_(_UNFINISHED),
    )
    rows = connection.execute(
        select(table)
        .where(table.c.subscriber_id == subscriber_id, _is_due(now), ~must_wait)
        .order_by(table.c.next_try_at, table.c.id)
        .limit(limit)
    )
    return [_relay(row) for row in rows]


def claim(
    connection: Connection, relay: Relay, *, body: dict[str, Any], lease_until: datetime
) -> int | None:
    """Mark as being sent, with the body it has from now on; return the number of the attempt.

    None when another worker was first.
    """
    table = schema.relay
    result = connection.execute(
        table.update()
        .where(
            table.c.id == relay.id,
            table.c.attempts == relay.attempts,
            table.c.status.in_(_UNFINISHED),
        )
        .values(
            status=RelayStatus.SENDING.value,
            attempts=relay.attempts + 1,
            lease_until=lease_until,
            body=body,
        )
    )
    return relay.attempts + 1 if result.rowcount == 1 else None


def record(
    connection: Connection,
    relay_id: int,
    number: int,
    *,
    status: RelayStatus,
    answer_code: int | None,
    reason: str,
    receipt: str,
    next_try_at: datetime | None,
    now: datetime,
) -> bool:
    """Write what attempt *number* came to; False when a later one took over meanwhile."""
    table = schema.relay
    values: dict[str, Any] = {
        "status": status.value,
        "answer_code": answer_code,
        "reason": reason[:120] or None,
        "lease_until": None,
    }
    if next_try_at is not None:
        values["next_try_at"] = next_try_at
    else:
        values["finished_at"] = now
    if receipt:
        values |= {"receipt": receipt[:200], "receipt_at": now}
    result = connection.execute(
        table.update()
        .where(
            table.c.id == relay_id,
            table.c.attempts == number,
            table.c.status == RelayStatus.SENDING.value,
        )
        .values(**values)
    )
    return result.rowcount == 1


def put_off(connection: Connection, relay_id: int, *, until: datetime) -> None:
    """Look at it again later: it could not even be prepared."""
    table = schema.relay
    connection.execute(
        table.update()
        .where(table.c.id == relay_id, table.c.status.in_(_UNFINISHED))
        .values(status=RelayStatus.WAITING.value, next_try_at=until, lease_until=None)
    )


def record_receipt(connection: Connection, relay_id: int, *, receipt: str, now: datetime) -> None:
    """Keep the number that the receiver gave it, which it may say later or anew."""
    table = schema.relay
    connection.execute(
        table.update().where(table.c.id == relay_id).values(receipt=receipt[:200], receipt_at=now)
    )


def finished_since(connection: Connection, subscriber_id: int, earliest: datetime) -> int:
    """Return how many events of one subscriber ended after *earliest*."""
    table = schema.relay
    count = connection.scalar(
        select(func.count()).where(
            table.c.subscriber_id == subscriber_id, table.c.finished_at > earliest
        )
    )
    return count or 0


def load(connection: Connection, relay_id: int) -> Relay | None:
    """Return one event, None when there is none with that id."""
    table = schema.relay
    row = connection.execute(select(table).where(table.c.id == relay_id)).first()
    return None if row is None else _relay(row)


def of_subscriber(connection: Connection, subscriber_id: int, *, limit: int) -> list[Relay]:
    """Return the newest events of one subscriber, the newest first."""
    table = schema.relay
    rows = connection.execute(
        select(table)
        .where(table.c.subscriber_id == subscriber_id)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return [_relay(row) for row in rows]


def _is_due(now: datetime) -> ColumnElement[bool]:
    table = schema.relay
    return or_(
        and_(table.c.status == RelayStatus.WAITING.value, table.c.next_try_at <= now),
        and_(table.c.status == RelayStatus.SENDING.value, table.c.lease_until <= now),
    )


def _insert(
    connection: Connection,
    *,
    subscriber_id: int,
    incident_id: int | None,
    event: RelayEvent,
    at: datetime,
    facts: dict[str, Any],
) -> int:
    table = schema.relay
    new_id = connection.scalar(
        table.insert()
        .values(
            subscriber_id=subscriber_id,
            incident_id=incident_id,
            event=event.value,
            at=at,
            facts=facts,
            status=RelayStatus.WAITING.value,
            next_try_at=at,
        )
        .returning(table.c.id)
    )
    assert new_id is not None
    return int(new_id)


def _facts(incident: Incident, entry: TimelineEntry) -> dict[str, Any]:
    """Return what is so at this instant and may be otherwise when the event goes out."""
    facts: dict[str, Any] = {
        "state": incident.state.value,
        "severity": incident.severity.name.lower(),
        "trigger": str(entry.detail.get("trigger") or incident.trigger.value),
        "opened_at": incident.opened_at.isoformat(),
        "is_drill": incident.is_drill,
    }
    if incident.outcome is not None:
        facts["outcome"] = incident.outcome.value
    return facts


def _relay(row: Any) -> Relay:
    return Relay(
        id=row.id,
        subscriber_id=row.subscriber_id,
        incident_id=row.incident_id,
        event=RelayEvent(row.event),
        at=row.at,
        facts=row.facts,
        body=row.body,
        status=RelayStatus(row.status),
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        answer_code=row.answer_code,
        reason=row.reason,
        receipt=row.receipt,
        receipt_at=row.receipt_at,
        finished_at=row.finished_at,
    )
