"""The canary's rounds, what the tables say of the one under way, and how its traces are removed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from core.canary import Result, Round, Sight, Stage
from core.incidents import IncidentState
from core.notifications import AttemptResult, Purpose
from core.zones import Side
from store import schema

#: so many rounds are kept with all they left in other tables: a week of one every five minutes
KEPT_ROUNDS = 2016
_NOBODY_ASKED = (IncidentState.SUSPECT.value, IncidentState.CLOSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the rounds so far come to."""

    newest: Round | None
    last_good: Round | None
    #: failed rounds since there is a canary
    failures: int


def begin(connection: Connection, started_at: datetime) -> int:
    """Store that a round began; return its number."""
    table = schema.canary_round
    so_far = select(table.c.failures).order_by(table.c.id.desc()).limit(1)
    failures = connection.scalar(so_far) or 0
    result = connection.execute(
        table.insert().values(started_at=started_at, failures=failures).returning(table.c.id)
    )
    return int(result.scalar_one())


def finish(connection: Connection, round_id: int, ended: Round) -> None:
    """Store how a round went."""
    table = schema.canary_round
    assert ended.result is not None
    failed = ended.result is Result.FAILED
    connection.execute(
        table.update()
        .where(table.c.id == round_id)
        .values(
            published_at=ended.published_at,
            arrived_at=ended.arrived_at,
            stored_at=ended.stored_at,
            triggered_at=ended.triggered_at,
            handed_over_at=ended.handed_over_at,
            receipt_at=ended.receipt_at,
            answered_at=ended.answered_at,
            is_nightly=ended.is_nightly,
            ended_at=ended.ended_at,
            incident_id=ended.incident_id,
            result=ended.result.value,
            problem=None if ended.problem is None else ended.problem.value,
            failures=table.c.failures + int(failed),
        )
    )


def end_left_open(connection: Connection, now: datetime) -> int:
    """End rounds whose canary was killed; return how many. They count as neither good nor bad."""
    table = schema.canary_round
    result = connection.execute(
        table.update()
        .where(table.c.ended_at.is_(None))
        .values(ended_at=now, result=Result.INTERRUPTED.value)
    )
    return result.rowcount


def standing(connection: Connection) -> Standing:
    """Return the newest round that ended, the last good one, and how many failed ever."""
    table = schema.canary_round
    ended = select(table).where(table.c.ended_at.is_not(None)).order_by(table.c.id.desc()).limit(1)
    newest = connection.execute(ended).first()
    good = connection.execute(ended.where(table.c.result == Result.GOOD.value)).first()
    failures = connection.scalar(select(func.max(table.c.failures)))
    return Standing(
        newest=None if newest is None else _round(newest),
        last_good=None if good is None else _round(good),
        failures=failures or 0,
    )


def last_nightly(connection: Connection) -> Round | None:
    """Return the newest nightly round that ended well or badly; None before the first."""
    table = schema.canary_round
    row = connection.execute(
        select(table)
        .where(
            table.c.is_nightly,
            table.c.ended_at.is_not(None),
            table.c.result.in_((Result.GOOD.value, Result.FAILED.value)),
        )
        .order_by(table.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _round(row)


def ended_since(connection: Connection, since: datetime) -> list[Round]:
    """Return the rounds that ended at or after *since*, the oldest first."""
    table = schema.canary_round
    rows = connection.execute(
        select(table).where(table.c.ended_at >= since).order_by(table.c.id).limit(KEPT_ROUNDS)
    )
    return [_round(row) for row in rows]


def sight(
    connection: Connection, *, elder_id: int, device_id: str, report_ids: Collection[str]
) -> Sight:
    """Return how far the service is with the fixes *report_ids* from outside."""
    ping, latest, incident = schema.ping, schema.latest, schema.incident
    side = connection.scalar(select(latest.c.side).where(latest.c.device_id == device_id))
    stored = {
        row.id: row
        for row in connection.execute(
            select(ping.c.id, ping.c.report_id, ping.c.received_at).where(
                ping.c.device_id == device_id, ping.c.report_id.in_(list(report_ids))
            )
        )
    }
    found = connection.execute(
        select(incident.c.id, incident.c.trigger_ping_id).where(
            incident.c.elder_id == elder_id, incident.c.state != IncidentState.CLOSED.value
        )
    ).first()
    triggered_at = handed_over_at = receipt_at = answered_at = None
    trigger = None
    if found is not None:
        triggered_at = _asked_at(connection, found.id)
        trigger = stored.get(found.trigger_ping_id)
        handed_over_at, receipt_at = _sent_at(connection, found.id)
        answer = schema.answer
        first = select(func.min(answer.c.at)).where(answer.c.incident_id == found.id)
        answered_at = connection.scalar(first)
    return Sight(
        is_home=side == Side.INSIDE.value,
        arrived_at=max((row.received_at for row in stored.values()), default=None),
        incident_id=None if found is None else found.id,
        trigger_report_id=None if trigger is None else trigger.report_id,
        trigger_arrived_at=None if trigger is None else trigger.received_at,
        triggered_at=triggered_at,
        handed_over_at=handed_over_at,
        receipt_at=receipt_at,
        answered_at=answered_at,
    )


def forget_old(
    connection: Connection, *, elder_id: int, device_id: str, keep: int = KEPT_ROUNDS
) -> None:
    """Remove all but the newest *keep* rounds, and what those before left in other tables.

    The newest rows stay, so that no number of a table is ever given twice.
    """
    table = schema.canary_round
    oldest = connection.execute(
        select(table.c.id, table.c.started_at).order_by(table.c.id.desc()).offset(keep - 1).limit(1)
    ).first()
    if oldest is None:
        return
    incident, message, answer = schema.incident, schema.notification, schema.answer
    gone = select(incident.c.id).where(
        incident.c.elder_id == elder_id,
        incident.c.state == IncidentState.CLOSED.value,
        incident.c.closed_at < oldest.started_at,
    )
    incident_ids: Sequence[int] = list(connection.scalars(gone))
    if incident_ids:
        sent = select(message.c.id).where(message.c.incident_id.in_(incident_ids))
        attempt = schema.attempt
        connection.execute(attempt.delete().where(attempt.c.notification_id.in_(sent)))
        for traces in (message, answer, schema.timeline, schema.link_guess):
            connection.execute(traces.delete().where(traces.c.incident_id.in_(incident_ids)))
        connection.execute(incident.delete().where(incident.c.id.in_(incident_ids)))
    ping, command, decision = schema.ping, schema.command, schema.decision
    before = oldest.started_at
    for old in (
        decision.delete().where(decision.c.elder_id == elder_id, decision.c.decided_at < before),
        ping.delete().where(ping.c.device_id == device_id, ping.c.received_at < before),
        command.delete().where(command.c.device_id == device_id, command.c.created_at < before),
    ):
        connection.execute(old)
    connection.execute(table.delete().where(table.c.id < oldest.id))


def _asked_at(connection: Connection, incident_id: int) -> datetime | None:
    table = schema.timeline
    return connection.scalar(
        select(table.c.at)
        .where(table.c.incident_id == incident_id, table.c.state.not_in(_NOBODY_ASKED))
        .order_by(table.c.number)
        .limit(1)
    )


def _sent_at(connection: Connection, incident_id: int) -> tuple[datetime | None, datetime | None]:
    """Return when the provider took the first message, and first said what became of it."""
    message, attempt = schema.notification, schema.attempt
    row = connection.execute(
        select(attempt.c.finished_at, attempt.c.receipt_at)
        .join(message, message.c.id == attempt.c.notification_id)
        .where(
            message.c.incident_id == incident_id,
            message.c.purpose == Purpose.ASK.value,
            attempt.c.result == AttemptResult.ACCEPTED.value,
        )
        .order_by(attempt.c.finished_at)
        .limit(1)
    ).first()
    return (None, None) if row is None else (row.finished_at, row.receipt_at)


def _round(row: Any) -> Round:
    return Round(
        started_at=row.started_at,
        published_at=row.published_at,
        arrived_at=row.arrived_at,
        stored_at=row.stored_at,
        triggered_at=row.triggered_at,
        handed_over_at=row.handed_over_at,
        receipt_at=row.receipt_at,
        answered_at=row.answered_at,
        is_nightly=row.is_nightly,
        ended_at=row.ended_at,
        incident_id=row.incident_id,
        result=None if row.result is None else Result(row.result),
        problem=None if row.problem is None else Stage(row.problem),
    )
