"""Watch the promise from outside: rules that must hold in the database, whatever the code did.

The audit only says what is wrong, and `rearm` makes an open incident due that nobody would look at
any more. It never ends an incident and never sends. Every query is bounded to what is open or
recent: years of closed incidents cost nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from alerts import unheard
from alerts.budget import DAY, HOUR, Limits
from alerts.retry import MOST_POSSIBLE_SENDS
from core.ask_history import Waiting
from core.audit import Problem, Rule
from core.notifications import AttemptResult, NotificationStatus, Purpose
from core.people import Channel
from store import ask_history, schema

__all__ = ["Problem", "Rule", "audit", "rearm"]

#: an incident that ended is looked at for so long, and a step that was fired
RECENT = timedelta(hours=1)
#: a claim and a closing on two machines within this share of the patience were at the same moment
_SAME_MOMENT = 1 / 12
#: uses of numbers in a day
_MOST_USES = 200_000


#: mended by making the incident due now
REARMED = frozenset({Rule.NO_DUE_TIME, Rule.DUE_TIME_PASSED})


def audit(
    connection: Connection, now: datetime, *, patience_s: float, limits: Limits | None = None
) -> list[Problem]:
    """Return every broken rule; a due time may be over by *patience_s* seconds of service time.

    *limits*: how often a number may be used, None where there is no budget to be kept.
    """
    late, since = now - timedelta(seconds=patience_s), now - RECENT
    looked_at = ask_history.open_or_ended(connection, since=since)
    waiting = ask_history.waiting(connection)
    same_moment = timedelta(seconds=patience_s * _SAME_MOMENT)
    rules: dict[Rule, Iterator[int]] = {
        Rule.NO_DUE_TIME: (one.id for one in waiting if one.next_action_at is None),
        Rule.DUE_TIME_PASSED: (one.id for one in waiting if _is_late(one, late)),
        Rule.LEASE_PASSED: _found(connection, _lease_passed(late)),
        Rule.SENT_TOO_OFTEN: _found(connection, _sent_too_often()),
        Rule.ASKED_AFTER_END: _asked_after_end(connection, since=since, same_moment=same_moment),
        Rule.BUDGET_EXCEEDED: _over_budget(connection, limits, now),
        Rule.TIMELINE_GAP: _gaps(connection, looked_at),
        **_unheard(connection, looked_at, patience_s=patience_s, now=now),
    }
    return [Problem(rule=rule, row_id=row_id) for rule, found in rules.items() for row_id in found]


def rearm(
    connection: Connection, problems: list[Problem], now: datetime, *, patience_s: float
) -> dict[int, int]:
    """Make overdue incidents due now, so that they are no longer behind all others.

    Returns their fences: an incident whose fence stays was not looked at for all that.
    """
    ids = sorted({problem.row_id for problem in problems if problem.rule in REARMED})
    late = now - timedelta(seconds=patience_s)
    return ask_history.rearm(connection, ids, late=late, now=now)


# -- the rules -------------------------------------------------------------------------------------


def _found(connection: Connection, statement: Select[int]) -> Iterator[int]:
    yield from connection.scalars(statement)


def _is_late(incident: Waiting, late: datetime) -> bool:
    """A paused incident keeps its due time, and is looked at when the pause is over."""
    is_paused = incident.paused_until is not None and incident.paused_until >= late
    return not is_paused and incident.next_action_at is not None and incident.next_action_at < late


def _lease_passed(late: datetime) -> Select[int]:
    message = schema.notification
    return select(message.c.id).where(
        message.c.status == NotificationStatus.SENDING.value,
        or_(message.c.lease_until.is_(None), message.c.lease_until < late),
    )


def _sent_too_often() -> Select[int]:
    """Attempts of one message lie close together, so the newest rows show any that is too many."""
    attempt = ask_history.newest_attempts()
    return (
        select(attempt.c.notification_id)
        .where(_may_have_arrived(attempt))
        .group_by(attempt.c.notification_id)
        .having(func.count() > MOST_POSSIBLE_SENDS)
    )


def _asked_after_end(
    connection: Connection, *, since: datetime, same_moment: timedelta
) -> Iterator[int]:
    """Look at new attempts: whatever asks about something that ended long ago is one, too."""
    attempt = ask_history.newest_attempts()
    message, incident = schema.notification, schema.incident
    asks = (Purpose.ASK.value, Purpose.ALARM.value)
    rows = connection.execute(
        select(attempt.c.notification_id, attempt.c.requested_at, incident.c.closed_at)
        .join(message, message.c.id == attempt.c.notification_id)
        .join(incident, incident.c.id == message.c.incident_id)
        .where(
            attempt.c.requested_at >= since,
            _may_have_arrived(attempt),
            message.c.purpose.in_(asks),
            incident.c.closed_at < attempt.c.requested_at,
        )
    )
    late = {row.notification_id for row in rows if row.requested_at > row.closed_at + same_moment}
    yield from sorted(late)


def _over_budget(connection: Connection, limits: Limits | None, now: datetime) -> Iterator[int]:
    """Yield the last use of each number that was used too often; the number itself is no id."""
    if limits is None:
        return
    use, found = schema.phone_use, set()
    newest = select(func.max(use.c.id)).scalar_subquery()
    for channel, most, span in (
        (Channel.SMS, limits.sms_per_day, DAY),
        (Channel.VOICE, limits.calls_per_day, DAY),
        (Channel.VOICE, limits.calls_per_hour, HOUR),
    ):
        if most:
            found |= set(
                connection.scalars(
                    select(func.max(use.c.id))
                    .where(
                        use.c.id > newest - _MOST_USES,
                        use.c.channel == channel.value,
                        use.c.used_at > now - span,
                    )
                    .group_by(use.c.address)
                    .having(func.count() > most)
                )
            )
    yield from sorted(found)


def _gaps(connection: Connection, incident_ids: list[int]) -> Iterator[int]:
    timeline = schema.timeline
    for some in ask_history.in_parts(incident_ids):
        yield from connection.scalars(
            select(timeline.c.incident_id)
            .where(timeline.c.incident_id.in_(some))
            .group_by(timeline.c.incident_id)
            .having(
                or_(func.max(timeline.c.number) != func.count(), func.min(timeline.c.number) < 1)
            )
            .order_by(timeline.c.incident_id)
        )


def _unheard(
    connection: Connection, incident_ids: list[int], *, patience_s: float, now: datetime
) -> dict[Rule, Iterator[int]]:
    """Follow the steps and asks of these incidents: what was fired, and what came of it."""
    since, patience = now - RECENT, timedelta(seconds=patience_s)
    # An ask pulled forward is older than its step.
    asks = ask_history.asks(connection, incident_ids, since=since - RECENT)
    steps = list(ask_history.fired_steps(connection, incident_ids, since=since))
    failed = [ask for ask in asks if unheard.failed(ask)]
    standings = ask_history.standings(
        connection,
        sorted({step.incident_id for step in steps} | {ask.incident_id for ask in failed}),
    )
    return {
        Rule.STEP_WITHOUT_ASK: unheard.steps_without_ask(
            steps, asks, standings, late=now - patience
        ),
        Rule.NO_SUCCESSOR: unheard.failures_without_successor(
            asks,
            standings,
            last_words=ask_history.last_words(connection, [ask.id for ask in failed]),
            patience=patience,
            now=now,
        ),
    }


def _may_have_arrived(attempt: Any) -> ColumnElement[bool]:
    maybe = (AttemptResult.ACCEPTED.value, AttemptResult.AMBIGUOUS.value)
    return or_(attempt.c.result.is_(None), attempt.c.result.in_(maybe))
