"""Messages that belong to no incident: to operators about the service, codes to a new number.

The same discipline as the outbox: a row is claimed with a lease, the call is made outside the
transaction, its result is written after. There is one row for all attempts: what is kept of an
attempt is that of the last one, and how many may have reached a phone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, or_, select

from core.notifications import AttemptResult, NotificationStatus, SendResult
from core.people import Channel, Language, Role
from store import schema
from store.upsert import insert_new

#: these calls have certainly not reached a phone
_CLEARLY_NOT = (
    AttemptResult.TEMPORARY,
    AttemptResult.PERMANENT,
    AttemptResult.ELSEWHERE,
    AttemptResult.NOT_SENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message without an incident, as stored."""

    id: int
    kind: str
    subject: str
    #: None: to somebody of the family of *elder_id*, at *address*
    person_id: int | None
    elder_id: int | None
    #: of a text to a family; None: the person's
    language: Language | None
    channel: Channel
    said: dict[str, str]
    status: NotificationStatus
    attempts: int
    possible_sends: int
    created_at: datetime
    next_try_at: datetime
    expires_at: datetime
    #: where it must go; None: the person's usable number
    address: str | None
    provider: str | None
    requested_at: datetime | None
    receipt: str | None


def add(
    connection: Connection,
    *,
    key: str,
    kind: str,
    subject: str,
    person_id: int | None,
    channel: Channel,
    said: Mapping[str, str],
    address: str | None = None,
    elder_id: int | None = None,
    language: Language | None = None,
    now: datetime,
    expires_at: datetime,
) -> int | None:
    """Put one message into the queue; return its id, None when *key* is there already.

    Without a person it goes to *address*, to somebody of the family of *elder_id*.
    """
    row = {
        "key": key[:200],
        "kind": kind,
        "subject": subject[:80],
        "person_id": person_id,
        "elder_id": elder_id,
        "language": None if language is None else language.value,
        "channel": channel.value,
        "said": dict(said),
        "status": NotificationStatus.READY.value,
        "created_at": now,
        "next_try_at": now,
        "expires_at": expires_at,
        "address": address,
    }
    added = insert_new(connection, schema.notice, [row], "id")
    return added[0] if added else None


def was_told_since(connection: Connection, kind: str, subject: str, earliest: datetime) -> bool:
    """Say whether somebody was told of *kind* about *subject* after *earliest*."""
    table = schema.notice
    found = connection.scalar(
        select(table.c.id)
        .where(
            table.c.kind == kind,
            table.c.subject == subject[:80],
            table.c.created_at > earliest,
        )
        .limit(1)
    )
    return found is not None


def operators_on_duty(connection: Connection) -> list[int]:
    """Return the ids of the operators on duty."""
    table = schema.person
    return list(
        connection.scalars(
            select(table.c.id)
            .where(table.c.role == Role.OPERATOR.value, table.c.on_duty.is_(True))
            .order_by(table.c.id)
        )
    )


def due(connection: Connection, now: datetime, limit: int) -> list[Notice]:
    """Return what is due, or was claimed by a sender that died; the oldest first."""
    table = schema.notice
    is_due = or_(
        and_(table.c.status == NotificationStatus.READY.value, table.c.next_try_at <= now),
        and_(table.c.status == NotificationStatus.SENDING.value, table.c.lease_until <= now),
    )
    rows = connection.execute(
        select(table).where(is_due).order_by(table.c.next_try_at, table.c.id).limit(limit)
    )
    return [_notice(row) for row in rows]


def load(connection: Connection, notice_id: int) -> Notice | None:
    """Return one notice, None if there is none with that id."""
    table = schema.notice
    row = connection.execute(select(table).where(table.c.id == notice_id)).first()
    return None if row is None else _notice(row)


def claim(
    connection: Connection,
    notice: Notice,
    *,
    address: str,
    provider: str,
    now: datetime,
    lease_until: datetime,
) -> int | None:
    """Mark as being sent; return the attempt's number, None when another worker was first.

    The call counts as one that may have reached a phone until a clear refusal takes that back.
    """
    table = schema.notice
    result = connection.execute(
        table.update()
        .where(table.c.id == notice.id, table.c.attempts == notice.attempts)
        .values(
            status=NotificationStatus.SENDING.value,
            lease_until=lease_until,
            attempts=notice.attempts + 1,
            possible_sends=table.c.possible_sends + 1,
            address=address,
            provider=provider,
            provider_id=None,
            requested_at=now,
            finished_at=None,
        )
    )
    return notice.attempts + 1 if result.rowcount == 1 else None


def record(
    connection: Connection, notice_id: int, number: int, sent: SendResult, now: datetime
) -> Notice | None:
    """Write what attempt *number* came to; return the notice if that attempt is still its last."""
    table = schema.notice
    clearly_not = sent.result in _CLEARLY_NOT
    connection.execute(
        table.update()
        .where(table.c.id == notice_id)
        .values(
            possible_sends=table.c.possible_sends - (1 if clearly_not else 0),
            **{
                name: case((table.c.attempts == number, value), else_=table.c[name])
                for name, value in (
                    ("provider_id", sent.provider_id),
                    ("reason", sent.reason[:120] or None),
                    ("finished_at", now),
                )
            },
        )
    )
    notice = load(connection, notice_id)
    if notice is None or notice.attempts != number:
        return None
    return notice if notice.status is NotificationStatus.SENDING else None


def set_status(
    connection: Connection,
    notice_id: int,
    status: NotificationStatus,
    *,
    reason: str | None = None,
    next_try_at: datetime | None = None,
) -> None:
    """Move a notice on; *next_try_at* for one that is to be tried again."""
    values: dict[str, Any] = {"status": status.value, "lease_until": None}
    if reason is not None:
        values["reason"] = reason[:120]
    if next_try_at is not None:
        values["next_try_at"] = next_try_at
    table = schema.notice
    connection.execute(table.update().where(table.c.id == notice_id).values(**values))


def put_off(connection: Connection, notice_id: int, *, until: datetime) -> None:
    """Look at a notice again later; what it is does not change."""
    table = schema.notice
    connection.execute(
        table.update()
        .where(table.c.id == notice_id)
        .values(
            next_try_at=until,
            lease_until=case((table.c.lease_until.is_not(None), until), else_=None),
        )
    )


def record_receipt(
    connection: Connection, notice_id: int, *, receipt: str, provider_id: str, now: datetime
) -> None:
    """Write what the provider said last about a notice, and adopt its id."""
    table = schema.notice
    connection.execute(
        table.update()
        .where(table.c.id == notice_id)
        .values(receipt=receipt[:20], receipt_at=now, provider_id=provider_id[:80])
    )


def _notice(row: Any) -> Notice:
    return Notice(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        person_id=row.person_id,
        elder_id=row.elder_id,
        language=None if row.language is None else Language(row.language),
        channel=Channel(row.channel),
        said=row.said,
        status=NotificationStatus(row.status),
        attempts=row.attempts,
        possible_sends=row.possible_sends,
        created_at=row.created_at,
        next_try_at=row.next_try_at,
        expires_at=row.expires_at,
        address=row.address,
        provider=row.provider,
        requested_at=row.requested_at,
        receipt=row.receipt,
    )
