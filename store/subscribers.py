"""Other systems that want to be told: agencies' webhooks, and the team's chat rooms."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text

from core.errors import NotFound
from core.relays import ALL_EVENTS, RelayEvent, RelayStatus, Subscriber, SubscriberKind
from store import schema

#: any number, but always the same: PostgreSQL's name for "makes the rooms those of the settings"
_ROOMS_LOCK = 121_003


def add(
    connection: Connection,
    *,
    kind: SubscriberKind,
    name: str,
    address: str,
    organisation_id: str | None = None,
    events: Collection[RelayEvent] = ALL_EVENTS,
    with_position: bool = False,
    by: str,
    now: datetime,
) -> Subscriber:
    """Register another system and return it; NotFound for an organisation that is none."""
    if organisation_id is not None:
        table = schema.organisation
        if connection.scalar(select(table.c.id).where(table.c.id == organisation_id)) is None:
            raise NotFound(f"there is no organisation {organisation_id!r}")
    new_id = connection.scalar(
        schema.subscriber.insert()
        .values(
            kind=kind.value,
            name=name,
            address=address,
            organisation_id=organisation_id,
            events=sorted(event.value for event in events),
            with_position=with_position,
            added_at=now,
            added_by=by,
        )
        .returning(schema.subscriber.c.id)
    )
    assert new_id is not None
    return load(connection, new_id)


def load(connection: Connection, subscriber_id: int) -> Subscriber:
    """Return one that was not removed; NotFound when there is none."""
    held = load_any(connection, subscriber_id)
    if held.removed_at is not None:
        raise NotFound(f"there is no subscriber {subscriber_id}")
    return held


def load_any(connection: Connection, subscriber_id: int) -> Subscriber:
    """Return one, also when it was removed; NotFound when there never was one."""
    table = schema.subscriber
    row = connection.execute(select(table).where(table.c.id == subscriber_id)).first()
    if row is None:
        raise NotFound(f"there is no subscriber {subscriber_id}")
    return _subscriber(row)


def all_of(connection: Connection, kind: SubscriberKind | None = None) -> list[Subscriber]:
    """Return those that were not removed, in the order of their ids."""
    table = schema.subscriber
    statement = select(table).where(table.c.removed_at.is_(None)).order_by(table.c.id)
    if kind is not None:
        statement = statement.where(table.c.kind == kind.value)
    return [_subscriber(row) for row in connection.execute(statement)]


def set_paused(
    connection: Connection, subscriber_id: int, *, paused: bool, now: datetime
) -> Subscriber:
    """Stop or go on sending; events keep being written down, and are sent after the pause."""
    held = load(connection, subscriber_id)
    if paused and held.paused_at is not None:
        return held
    return _change(connection, subscriber_id, paused_at=now if paused else None)


def rotate(connection: Connection, subscriber_id: int, *, now: datetime) -> Subscriber:
    """Give it its next secret; the one before is used beside it for a while."""
    held = load(connection, subscriber_id)
    return _change(connection, subscriber_id, generation=held.generation + 1, rotated_at=now)


def remove(connection: Connection, subscriber_id: int, *, now: datetime) -> None:
    """Tell it nothing any more; what was sent stays on record, what was not is dropped."""
    load(connection, subscriber_id)
    table = schema.subscriber
    connection.execute(
        table.update().where(table.c.id == subscriber_id).values(removed_at=now, paused_at=None)
    )
    relay = schema.relay
    connection.execute(
        relay.update()
        .where(
            relay.c.subscriber_id == subscriber_id,
            relay.c.status.in_([RelayStatus.WAITING.value, RelayStatus.SENDING.value]),
        )
        .values(
            status=RelayStatus.DROPPED.value,
            reason="subscriber_removed",
            lease_until=None,
            finished_at=now,
        )
    )


def keep_rooms(connection: Connection, rooms: Mapping[str, str], *, now: datetime) -> None:
    """Make the registered rooms those of the settings (digest: name); others are removed."""
    if connection.dialect.name == "postgresql":
        # Roles that start together take turns, or each would add the same room.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ROOMS_LOCK})
    known = {room.address: room for room in all_of(connection, SubscriberKind.ROOM)}
    for digest, room in known.items():
        if digest not in rooms:
            remove(connection, room.id, now=now)
    for digest, name in rooms.items():
        if digest not in known:
            add(
                connection,
                kind=SubscriberKind.ROOM,
                name=name,
                address=digest,
                by="settings",
                now=now,
            )


def _change(connection: Connection, subscriber_id: int, **values: Any) -> Subscriber:
    table = schema.subscriber
    connection.execute(table.update().where(table.c.id == subscriber_id).values(**values))
    return load(connection, subscriber_id)


def _subscriber(row: Any) -> Subscriber:
    return Subscriber(
        id=row.id,
        kind=SubscriberKind(row.kind),
        name=row.name,
        address=row.address,
        organisation_id=row.organisation_id,
        events=frozenset(RelayEvent(event) for event in row.events),
        with_position=row.with_position,
        generation=row.generation,
        rotated_at=row.rotated_at,
        paused_at=row.paused_at,
        removed_at=row.removed_at,
        added_at=row.added_at,
        added_by=row.added_by,
    )
