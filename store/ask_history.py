"""What became of the steps that were fired and the people who were asked: read for the audit.

Everything is bounded to incidents that are open or ended lately, and to the newest rows, so that
years of closed incidents cost nothing.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Subquery, func, literal_column, or_, select

from core.ask_history import Ask, FiredStep, Standing, Waiting
from core.incidents import EntryKind, IncidentState, Outcome
from core.notifications import NotificationStatus, Purpose
from core.policies import Policies, Policy, Severity
from store import schema

#: incidents that ended lately are looked at up to so many
MOST_ENDED = 2000
#: of the growing tables so many newest rows are looked at
NEWEST_ROWS = 20_000
#: written out, not bound: only so can both databases use the index of open incidents
IS_OPEN = schema.incident.c.state != literal_column(f"'{IncidentState.CLOSED.value}'")
_AT_ONCE = 500


def open_or_ended(connection: Connection, *, since: datetime) -> list[int]:
    """Return the incidents that are open, and those that ended at or after *since*."""
    table = schema.incident
    ended = (
        select(table.c.id)
        .where(table.c.outcome.in_([o.value for o in Outcome]), table.c.closed_at >= since)
        .order_by(table.c.closed_at.desc())
        .limit(MOST_ENDED)
    )
    found = [*connection.scalars(select(table.c.id).where(IS_OPEN)), *connection.scalars(ended)]
    return sorted(set(found))


def waiting(connection: Connection) -> list[Waiting]:
    """Return every open incident with its due time, in order."""
    table = schema.incident
    # Sorted here: to give them in order SQLite would rather walk through all closed ones.
    rows = connection.execute(
        select(table.c.id, table.c.next_action_at, table.c.paused_until).where(IS_OPEN)
    )
    return sorted((Waiting(**row._mapping) for row in rows), key=lambda one: one.id)


def newest_attempts() -> Subquery:
    """Return the newest attempts as a table; the limit keeps both databases from reading all."""
    table = schema.attempt
    newest = select(
        table.c.id,
        table.c.notification_id,
        table.c.provider,
        table.c.requested_at,
        table.c.result,
    )
    return newest.order_by(table.c.id.desc()).limit(NEWEST_ROWS).subquery()


def fired_steps(
    connection: Connection, incident_ids: Sequence[int], *, since: datetime
) -> Iterator[FiredStep]:
    """Yield the steps that were taken at or after *since*."""
    table = schema.timeline
    for some in in_parts(incident_ids):
        rows = connection.execute(
            select(table.c.incident_id, table.c.at, table.c.detail).where(
                table.c.incident_id.in_(some),
                table.c.kind == EntryKind.STEP_STARTED.value,
                table.c.at >= since,
            )
        )
        for row in rows:
            yield FiredStep(
                incident_id=row.incident_id,
                stage=str(row.detail.get("stage", "")),
                number=int(row.detail.get("step", 0)),
                at=row.at,
            )


def asks(connection: Connection, incident_ids: Sequence[int], *, since: datetime) -> list[Ask]:
    """Return the asks made at or after *since*, in order."""
    table = schema.notification
    found: list[Ask] = []
    for some in in_parts(incident_ids):
        rows = connection.execute(
            select(
                table.c.id,
                table.c.incident_id,
                table.c.round,
                table.c.step,
                table.c.status,
                table.c.reason,
                table.c.created_at,
                table.c.next_try_at,
                table.c.lease_until,
                table.c.expires_at,
            ).where(
                table.c.incident_id.in_(some),
                table.c.purpose.in_((Purpose.ASK.value, Purpose.ALARM.value)),
                table.c.created_at >= since,
            )
        )
        for row in rows:
            status = NotificationStatus(row.status)
            expired = status is NotificationStatus.WITHHELD
            found.append(
                Ask(
                    id=row.id,
                    incident_id=row.incident_id,
                    round=row.round,
                    step=row.step,
                    status=status,
                    reason=row.reason or "",
                    created_at=row.created_at,
                    due_at=max(row.next_try_at, row.lease_until or row.next_try_at),
                    ended_at=row.expires_at if expired else row.next_try_at,
                )
            )
    return sorted(found, key=lambda ask: ask.id)


def last_words(connection: Connection, notification_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when each of these messages was last heard of by a provider's answer or receipt."""
    table = schema.attempt
    heard: dict[int, datetime] = {}
    for some in in_parts(notification_ids):
        rows = connection.execute(
            select(
                table.c.notification_id,
                func.max(table.c.finished_at).label("finished_at"),
                func.max(table.c.receipt_at).label("receipt_at"),
            )
            .where(table.c.notification_id.in_(some))
            .group_by(table.c.notification_id)
        )
        for row in rows:
            known = [at for at in (row.finished_at, row.receipt_at) if at is not None]
            if known:
                heard[row.notification_id] = max(known)
    return heard


def standings(connection: Connection, incident_ids: Sequence[int]) -> dict[int, Standing]:
    """Return where these incidents stand."""
    table = schema.incident
    return {
        row.id: Standing(
            id=row.id,
            state=IncidentState(row.state),
            is_drill=row.is_drill,
            policy=_policy(json.dumps(row.policy), row.severity),
            stage_at=row.stage_at,
            next_action_at=row.next_action_at,
            paused_until=row.paused_until,
            closed_at=row.closed_at,
        )
        for some in in_parts(incident_ids)
        for row in connection.execute(
            select(
                table.c.id,
                table.c.state,
                table.c.is_drill,
                table.c.policy,
                table.c.severity,
                table.c.stage_at,
                table.c.next_action_at,
                table.c.paused_until,
                table.c.closed_at,
            ).where(table.c.id.in_(some))
        )
    }


@lru_cache(maxsize=200)
def _policy(policies: str, severity: int) -> Policy:
    """Return the ladder; hundreds of incidents have the same."""
    return Policies.from_json(json.loads(policies)).at(Severity(severity))


def rearm(
    connection: Connection, incident_ids: Sequence[int], *, late: datetime, now: datetime
) -> dict[int, int]:
    """Make these due now, where they are open and without a due time or overdue since *late*.

    Returns the fences of those it touched; nothing but the due time changes.
    """
    table = schema.incident
    if not incident_ids:
        return {}
    rows = connection.execute(
        table.update()
        .where(
            table.c.id.in_(list(incident_ids)),
            IS_OPEN,
            or_(table.c.next_action_at.is_(None), table.c.next_action_at < late),
            or_(table.c.paused_until.is_(None), table.c.paused_until < late),
        )
        .values(next_action_at=now)
        .returning(table.c.id, table.c.fence)
    )
    return {row.id: row.fence for row in rows}


def unmoved(connection: Connection, fences: dict[int, int]) -> list[int]:
    """Return those of these open incidents that nobody changed since they had this fence."""
    table = schema.incident
    rows = connection.execute(
        select(table.c.id, table.c.fence).where(table.c.id.in_(list(fences)), IS_OPEN)
    )
    return sorted(row.id for row in rows if row.fence == fences[row.id])


def in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield *ids* in parts that a database takes at once."""
    for begin in range(0, len(ids), _AT_ONCE):
        yield ids[begin : begin + _AT_ONCE]
