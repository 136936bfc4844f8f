"""Everything that is known of one volunteer or operator goes; what they did stays, by a number."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, update

from core.incidents import IncidentState
from core.notifications import NotificationStatus
from core.pairing_rules import ChangeState
from store import history, incident_texts, schema
from store.erasing_elder import ERASED, ERASURE
from store.mentions import needles

#: rows that go with the person
_DELETED: tuple[Table, ...] = (
    schema.push_subscription,
    schema.trusted_device,
    schema.quiet_hours,
    schema.rota_shift,
    schema.guardianship,
    schema.link_guess,
    schema.notice,
    schema.credit_ranking,
)


def numbers_of(connection: Connection, person_id: int) -> list[str]:
    """Return the numbers and addresses that this person has, or was reached at."""
    point, attempt, message = schema.contact_point, schema.attempt, schema.notification
    found = set(
        connection.scalars(select(point.c.value).where(point.c.person_id == person_id))
    ) | set(
        connection.scalars(
            select(attempt.c.address)
            .join(message, message.c.id == attempt.c.notification_id)
            .where(message.c.person_id == person_id, attempt.c.address.is_not(None))
        )
    )
    return sorted(found)


def searched_for(connection: Connection, person_id: int) -> tuple[str, ...]:
    """Return the name and numbers by which others may have written of this person."""
    table = schema.person
    name = connection.scalar(select(table.c.name).where(table.c.id == person_id))
    former = history.former_names(connection, _history_of(person_id))
    return needles([name or "", *former, *numbers_of(connection, person_id)])


def open_incident(connection: Connection, person_id: int) -> int | None:
    """Return an open incident that this person guards in, was asked in or answered in."""
    incident, pairing = schema.incident, schema.guardianship
    message, answer = schema.notification, schema.answer
    guarded = select(pairing.c.elder_id).where(pairing.c.person_id == person_id)
    asked = select(message.c.incident_id).where(
        message.c.person_id == person_id,
        message.c.status != NotificationStatus.WITHHELD.value,
    )
    answered = select(answer.c.incident_id).where(answer.c.person_id == person_id)
    found: int | None = connection.scalar(
        select(incident.c.id)
        .where(
            incident.c.state != IncidentState.CLOSED.value,
            or_(
                incident.c.elder_id.in_(guarded),
                incident.c.id.in_(asked),
                incident.c.id.in_(answered),
            ),
        )
        .limit(1)
    )
    return found


def delete_rows(connection: Connection, person_id: int) -> Counter[str]:
    """Delete or empty the rows that are about this person; return how many of each table."""
    gone: Counter[str] = Counter()
    numbers = numbers_of(connection, person_id)
    used, message, attempt = schema.phone_use, schema.notification, schema.attempt
    gone["phone_use"] = connection.execute(delete(used).where(used.c.address.in_(numbers))).rowcount
    own = select(message.c.id).where(message.c.person_id == person_id)
    gone["attempt"] = connection.execute(
        update(attempt)
        .where(
            attempt.c.notification_id.in_(own),
            or_(attempt.c.address.is_not(None), attempt.c.provider_id.is_not(None)),
        )
        .values(address=None, provider_id=None)
    ).rowcount
    gone += _arrivals(connection, person_id)
    point, code, away = schema.contact_point, schema.verification, schema.absence
    points = select(point.c.id).where(point.c.person_id == person_id)
    gone["verification"] = connection.execute(
        delete(code).where(or_(code.c.contact_point_id.in_(points), code.c.address.in_(numbers)))
    ).rowcount
    gone["contact_point"] = connection.execute(
        delete(point).where(point.c.person_id == person_id)
    ).rowcount
    gone["absence"] = connection.execute(
        delete(away).where(or_(away.c.away_id == person_id, away.c.stand_in_id == person_id))
    ).rowcount
    for table in _DELETED:
        gone[table.name] += connection.execute(
            delete(table).where(table.c.person_id == person_id)
        ).rowcount
    gone["guardian_change"] = _pairing_texts(connection, person_id)
    gone["credit_entry"] = _reasons(connection, person_id)
    gone["registry_change"] = _history(connection, person_id)
    entry = schema.credit_entry
    gone["credit_entry"] = connection.execute(
        update(entry).where(entry.c.person_id == person_id, entry.c.reason != "").values(reason="")
    ).rowcount
    gone["timeline"] = _timeline(connection, person_id)
    return +gone


def empty_row(connection: Connection, person_id: int, now: object) -> None:
    """Leave of the person's row a number, role and organisation, and that they were erased."""
    table = schema.person
    connection.execute(
        update(table)
        .where(table.c.id == person_id)
        .values(
            name=ERASED,
            language="zh",
            on_duty=False,
            archived_at=now,
            erased_at=now,
            version=table.c.version + 1,
        )
    )


def _arrivals(connection: Connection, person_id: int) -> Counter[str]:
    """Delete what came back from this person's link; what came from numbers goes by mention."""
    inbox = schema.inbox
    rows = connection.execute(select(inbox.c.id, inbox.c.body))
    mine: Sequence[int] = [row.id for row in rows if row.body.get("person_id") == person_id]
    return Counter(inbox=connection.execute(delete(inbox).where(inbox.c.id.in_(mine))).rowcount)


def _pairing_texts(connection: Connection, person_id: int) -> int:
    table = schema.guardian_change
    theirs = or_(table.c.person_id == person_id, table.c.replaces_id == person_id)
    connection.execute(
        update(table)
        .where(theirs, table.c.state == ChangeState.WAITING.value)
        .values(state=ChangeState.LAPSED.value)
    )
    return connection.execute(
        update(table)
        .where(
            theirs,
            or_(table.c.reason != "", table.c.answer != ""),
        )
        .values(reason="", answer="")
    ).rowcount


def _reasons(connection: Connection, person_id: int) -> int:
    table = schema.credit_entry
    return connection.execute(
        update(table).where(table.c.person_id == person_id, table.c.reason != "").values(reason="")
    ).rowcount


def _history_of(person_id: int) -> ColumnElement[bool]:
    table = schema.registry_change
    return and_(table.c.subject == "person", table.c.subject_id == str(person_id))


def _history(connection: Connection, person_id: int) -> int:
    table = schema.registry_change
    rows = connection.execute(
        select(table.c.id, table.c.changes).where(_history_of(person_id))
    ).all()
    full = [row.id for row in rows if set(row.changes) - {ERASURE}]
    connection.execute(update(table).where(table.c.id.in_(full)).values(changes={}))
    return len(full)


def _timeline(connection: Connection, person_id: int) -> int:
    table, changed = schema.timeline, 0
    rows = connection.execute(
        select(table.c.cursor, table.c.detail).where(table.c.person_id == person_id)
    ).all()
    for row in rows:
        kept = incident_texts.without_texts(row.detail)
        if kept != row.detail:
            connection.execute(
                update(table).where(table.c.cursor == row.cursor).values(detail=kept)
            )
            changed += 1
    return changed
