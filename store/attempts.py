"""Every provider call made for a message, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, exists, select

from core.notifications import AttemptResult, SendResult
from store import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One provider call: where it went and what came of it; `result` is None while it is made."""

    number: int
    provider: str
    address: str
    requested_at: datetime
    result: AttemptResult | None

    @property
    def may_have_arrived(self) -> bool:
        """Say whether this call reached, or may have reached, a phone."""
        return self.result in (None, AttemptResult.ACCEPTED, AttemptResult.AMBIGUOUS)


def attempts_of(connection: Connection, notification_id: int) -> list[Attempt]:
    """Return every call made for a message, in order."""
    table = schema.attempt
    rows = connection.execute(
        select(table).where(table.c.notification_id == notification_id).order_by(table.c.number)
    )
    return [
        Attempt(
            number=row.number,
            provider=row.provider,
            address=row.address or "",
            requested_at=row.requested_at,
            result=None if row.result is None else AttemptResult(row.result),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One provider call, as a receipt finds it."""

    id: int
    notification_id: int
    number: int
    provider: str
    address: str
    receipt: str | None


def attempt_of(connection: Connection, notification_id: int, number: int) -> AttemptRow | None:
    """Return one attempt by its token (message and number)."""
    table = schema.attempt
    row = connection.execute(
        select(table).where(table.c.notification_id == notification_id, table.c.number == number)
    ).first()
    if row is None:
        return None
    return AttemptRow(
        id=row.id,
        notification_id=row.notification_id,
        number=row.number,
        provider=row.provider,
        address=row.address or "",
        receipt=row.receipt,
    )


def record_receipt(
    connection: Connection, attempt: AttemptRow, *, receipt: str, provider_id: str, now: datetime
) -> None:
    """Write what the provider said last about an attempt, and adopt its id.

    Not an id that another attempt has (a provider that gave it twice): what it says counts still.
    """
    table = schema.attempt
    connection.execute(
        table.update()
        .where(table.c.id == attempt.id)
        .values(receipt=receipt[:20], receipt_at=now, provider_id=_adopted(provider_id))
    )


def record_result(
    connection: Connection, notification_id: int, number: int, sent: SendResult, now: datetime
) -> None:
    """Write what one provider call came to; always, also when it is late.

    A receipt may have been faster, and named the id: it stays where the call itself names none.
    """
    table = schema.attempt
    connection.execute(
        table.update()
        .where(table.c.notification_id == notification_id, table.c.number == number)
        .values(
            result=sent.result.value,
            provider_id=_adopted(sent.provider_id),
            reason=sent.reason[:120] or None,
            finished_at=now,
        )
    )


def _adopted(provider_id: str | None) -> ColumnElement[str | None]:
    """Return the id that an attempt has from now on: *provider_id*, unless another one has it."""
    table = schema.attempt
    if provider_id is None:
        return table.c.provider_id
    other = table.alias()
    is_taken = exists().where(
        other.c.provider == table.c.provider,
        other.c.provider_id == provider_id,
        other.c.id != table.c.id,
    )
    return case((is_taken, table.c.provider_id), else_=provider_id)
