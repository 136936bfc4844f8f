"""What elders or their families agreed to. A consent is never edited: withdrawn, and given anew."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from core import elder_rules
from core.elders import Consent, ConsentBy, ConsentScope
from core.errors import Conflict, NotFound
from core.history import Subject
from store import elder_versions, history, schema
from store.elder_versions import refuse, today_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedConsent(Consent):
    """A consent, and who wrote it down."""

    id: int
    recorded_at: datetime
    recorded_by: str
    withdrawn_by: str | None


def consents_of(connection: Connection, elder_id: int) -> list[RecordedConsent]:
    """Return all consents of an elder, also those that are over, the newest first."""
    table = schema.elder_consent
    rows = connection.execute(
        select(table).where(table.c.elder_id == elder_id).order_by(table.c.id.desc())
    )
    return [_consent(row) for row in rows]


def scopes_in_force(connection: Connection, elder_id: int, on: date) -> frozenset[ConsentScope]:
    """Return what is agreed to on this day."""
    held = consents_of(connection, elder_id)
    return frozenset(scope for scope in ConsentScope if any(one.holds(scope, on) for one in held))


def add(connection: Connection, elder_id: int, consent: Consent, *, by: str, now: datetime) -> int:
    """Write a consent down; return its id. BadInput says what to mend."""
    refuse(elder_rules.check_consent(consent, today=today_of(now)))
    elder_versions.locked(connection, elder_id)
    scopes = [scope.value for scope in ConsentScope if scope in consent.scopes]
    table = schema.elder_consent
    consent_id = int(
        connection.execute(
            table.insert()
            .values(
                elder_id=elder_id,
                given_by=consent.given_by.value,
                giver_name=consent.giver_name.strip(),
                relation=consent.relation.strip(),
                given_on=consent.given_on,
                scopes=scopes,
                until=consent.until,
                note=consent.note.strip(),
                recorded_at=now,
                recorded_by=by,
            )
            .returning(table.c.id)
        ).scalar_one()
    )
    said = {
        "scopes": (None, scopes),
        "given_by": (None, consent.given_by.value),
        "given_on": (None, consent.given_on.isoformat()),
    }
    _note(connection, elder_id, consent_id, 1, said, by, now)
    return consent_id


def withdraw(
    connection: Connection, elder_id: int, consent_id: int, *, by: str, now: datetime
) -> None:
    """End a consent today; Conflict when it is withdrawn already."""
    table = schema.elder_consent
    row = connection.execute(
        select(table)
        .where(table.c.id == consent_id, table.c.elder_id == elder_id)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound(f"Elder {elder_id} has no consent {consent_id}.")
    if row.withdrawn_at is not None:
        raise Conflict(f"The consent {consent_id} is withdrawn already.")
    connection.execute(
        table.update().where(table.c.id == consent_id).values(withdrawn_at=now, withdrawn_by=by)
    )
    _note(connection, elder_id, consent_id, 2, {"scopes": (row.scopes, None)}, by, now)


def _consent(row: Any) -> RecordedConsent:
    return RecordedConsent(
        id=row.id,
        given_by=ConsentBy(row.given_by),
        giver_name=row.giver_name,
        relation=row.relation,
        given_on=row.given_on,
        scopes=tuple(ConsentScope(one) for one in row.scopes),
        until=row.until,
        note=row.note,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
    )


def _note(
    connection: Connection,
    elder_id: int,
    consent_id: int,
    version: int,
    changes: dict[str, tuple[Any, Any]],
    by: str,
    now: datetime,
) -> None:
    history.record(
        connection,
        subject=Subject.CONSENT,
        subject_id=consent_id,
        version=version,
        changes=changes,
        by=by,
        now=now,
        elder_id=elder_id,
    )
