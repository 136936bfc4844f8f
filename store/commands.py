"""Orders to bands: queued in the transaction that wants them, sent by the ingest role.

    queued ──▶ sent ──▶ confirmed        the band said that it understood
      │          ├────▶ failed           the band, or its gateway, said that it cannot
      └──────────┴────▶ expired          nobody answered in time

An order is given again while it may have been lost: a broker that died forgets what it held.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, or_, select

from store import schema
from store.columns import Document

#: a band that does not hear an order for this long would do it too late
COMMAND_LIFE = timedelta(minutes=10)
#: an order without an answer is given again after this long, if the band was heard since
REPEAT_AFTER = timedelta(seconds=60)


class CommandState(StrEnum):
    """How far an order came."""

    QUEUED = "queued"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    EXPIRED = "expired"


#: nothing more will happen to an order in one of these
ENDED = (CommandState.CONFIRMED, CommandState.FAILED, CommandState.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One order, as it stands."""

    id: int
    device_id: str
    do: str
    args: dict[str, Any]
    state: CommandState
    created_at: datetime
    expires_at: datetime
    ordered_by: str
    error: str | None


def queue(
    connection: Connection,
    device_id: str,
    do: str,
    args: Mapping[str, Any],
    now: datetime,
    *,
    ordered_by: str = "",
) -> int:
    """Queue an order for a band and return its number; a queued one of the same kind gives way."""
    table = schema.command
    connection.execute(
        table.delete().where(
            table.c.device_id == device_id, table.c.do == do, table.c.state == CommandState.QUEUED
        )
    )
    inserted = connection.execute(
        table.insert()
        .values(
            device_id=device_id,
            do=do,
            args=dict(args),
            state=CommandState.QUEUED.value,
            created_at=now,
            expires_at=now + COMMAND_LIFE,
            ordered_by=ordered_by[:80],
        )
        .returning(table.c.id)
    )
    return int(inserted.scalar_one())


def put_off(
    connection: Connection,
    device_ids: Collection[str],
    do: str,
    *,
    until: datetime,
    now: datetime,
    anew: bool = True,
) -> None:
    """Queue this order for each band, for a later time; who has one under way gets no other.

    One that already waits for its time waits *anew*, or for the time that it has.
    """
    if anew:
        call_off(connection, device_ids, do)
    table = schema.command
    under_way = set(
        connection.scalars(
            select(table.c.device_id).where(
                table.c.device_id.in_(device_ids),
                table.c.do == do,
                table.c.state.in_((CommandState.QUEUED, CommandState.SENT)),
                table.c.expires_at > now,
            )
        )
    )
    rows = [
        {
            "device_id": device_id,
            "do": do,
            "args": {},
            "state": CommandState.QUEUED.value,
            "created_at": now,
            "expires_at": until + COMMAND_LIFE,
            "ordered_by": "",
            "not_before": until,
        }
        for device_id in sorted(set(device_ids) - under_way)
    ]
    if rows:
        connection.execute(table.insert(), rows)


def call_off(connection: Connection, device_ids: Collection[str], do: str) -> None:
    """Take back this order where it still waits for its time."""
    table = schema.command
    connection.execute(
        table.delete().where(
            table.c.device_id.in_(device_ids),
            table.c.do == do,
            table.c.state == CommandState.QUEUED,
            table.c.not_before.is_not(None),
        )
    )


def due(connection: Connection, now: datetime, limit: int = 200) -> list[Command]:
    """Return the orders to hand to the broker now, oldest first: new ones, and unanswered ones.

    An unanswered order is given again only to a band that was heard since: to a silent one it
    would only be one more message in the broker's queue.
    """
    table, latest = schema.command, schema.latest
    heard_since = (
        select(latest.c.device_id)
        .where(latest.c.device_id == table.c.device_id, latest.c.heard_at > table.c.sent_at)
        .exists()
    )
    rows = connection.execute(
        select(table)
        .where(
            table.c.expires_at > now,
            or_(
                and_(
                    table.c.state == CommandState.QUEUED,
                    or_(table.c.not_before.is_(None), table.c.not_before <= now),
                ),
                and_(
                    table.c.state == CommandState.SENT,
                    table.c.sent_at <= now - REPEAT_AFTER,
                    heard_since,
                ),
            ),
        )
        .order_by(table.c.id)
        .limit(limit)
    )
    return [_command(row) for row in rows]


def mark_sent(connection: Connection, command_ids: Collection[int], now: datetime) -> None:
    """Record that these orders were handed to the broker; one answered meanwhile stays so."""
    table = schema.command
    connection.execute(
        table.update()
        .where(
            table.c.id.in_(command_ids),
            table.c.state.in_((CommandState.QUEUED, CommandState.SENT)),
        )
        .values(state=CommandState.SENT.value, sent_at=now, times_sent=table.c.times_sent + 1)
    )


def mark_answered(
    connection: Connection, device_id: str, command_id: int, *, error: str | None, now: datetime
) -> bool:
    """Record a band's answer; False when that order was never given to that band.

    An answer counts also after the order's time: it was done. The second answer changes nothing.
    """
    table = schema.command
    state = CommandState.FAILED if error else CommandState.CONFIRMED
    result = connection.execute(
        table.update()
        .where(
            table.c.id == command_id,
            table.c.device_id == device_id,
            table.c.state.not_in((CommandState.CONFIRMED, CommandState.FAILED)),
        )
        .values(
            state=state.value,
            error=(error or None) and str(error)[:80],
            answered_at=now,
            args=_without_numbers(),
        )
    )
    return result.rowcount == 1


def expire(connection: Connection, now: datetime) -> int:
    """Mark orders that nobody answered in time; return how many."""
    table = schema.command
    result = connection.execute(
        table.update()
        .where(
            table.c.state.in_((CommandState.QUEUED, CommandState.SENT)), table.c.expires_at <= now
        )
        .values(state=CommandState.EXPIRED.value, args=_without_numbers())
    )
    return result.rowcount


def recent(
    connection: Connection, *, device_id: str | None = None, limit: int = 50
) -> Sequence[Command]:
    """Return the newest orders, optionally of one band."""
    table = schema.command
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if device_id is not None:
        statement = statement.where(table.c.device_id == device_id)
    return [_command(row) for row in connection.execute(statement)]


def newest_intervals(connection: Connection, device_ids: Collection[str]) -> dict[str, Command]:
    """Return the newest `interval` order of each of these bands."""
    table = schema.command
    newest = (
        select(func.max(table.c.id))
        .where(table.c.do == "interval", table.c.device_id.in_(device_ids))
        .group_by(table.c.device_id)
    )
    rows = connection.execute(select(table).where(table.c.id.in_(newest)))
    return {row.device_id: _command(row) for row in rows}


def lost_intervals(connection: Connection, limit: int = 200) -> list[str]:
    """Return bands heard again after their newest `interval` order had expired."""
    table, latest = schema.command, schema.latest
    newer = table.alias("newer")
    superseded = (
        select(newer.c.id)
        .where(
            newer.c.device_id == table.c.device_id,
            newer.c.do == "interval",
            newer.c.id > table.c.id,
        )
        .exists()
    )
    return list(
        connection.scalars(
            select(table.c.device_id)
            .join(latest, latest.c.device_id == table.c.device_id)
            .where(
                table.c.do == "interval",
                table.c.state == CommandState.EXPIRED,
                latest.c.heard_at > table.c.expires_at,
                ~superseded,
            )
            .order_by(table.c.id)
            .limit(limit)
        )
    )


def _without_numbers() -> Any:
    """Forget phone numbers as soon as the band has them, or will not get them."""
    table = schema.command
    return case((table.c.do == "contacts", literal({}, Document)), else_=table.c.args)


def _command(row: Any) -> Command:
    return Command(
        id=row.id,
        device_id=row.device_id,
        do=row.do,
        args=row.args,
        state=CommandState(row.state),
        created_at=row.created_at,
        expires_at=row.expires_at,
        ordered_by=row.ordered_by,
        error=row.error,
    )
