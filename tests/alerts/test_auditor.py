"""The audit finds each broken rule when rows are damaged behind everybody's back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from alerts.auditor import Problem, Rule, audit
from store import schema
from store.database import reading
from tests.scenes import AlertsRole, Town, on_both_databases

incident, message, attempt = schema.incident, schema.notification, schema.attempt


def problems(town: Town) -> list[Problem]:
    """Return what is broken, with a minute of patience."""
    with reading(town.engine) as connection:
        return audit(connection, town.clock.now(), patience_s=60)


def _forget_the_due_time(town: Town) -> Any:
    late = town.clock.now() - timedelta(seconds=61)
    return update(incident).values(next_action_at=late)


def _lose_a_sender(town: Town) -> Any:
    late = town.clock.now() - timedelta(seconds=61)
    return update(message).where(message.c.id == 1).values(status="sending", lease_until=late)


def _send_three_times(town: Town) -> Any:
    return insert(attempt).values(
        [
            {
                "notification_id": 1,
                "number": number,
                "provider": "x",
                "requested_at": town.clock.now(),
                "result": "ambiguous",
            }
            for number in (2, 3)
        ]
    )


def _tear_the_timeline(_town: Town) -> Any:
    return delete(schema.timeline).where(schema.timeline.c.number == 2)


def _cut_off_the_timeline_s_beginning(_town: Town) -> Any:
    return delete(schema.timeline).where(schema.timeline.c.number == 1)


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (_forget_the_due_time, Rule.DUE_TIME_PASSED),
        (_lose_a_sender, Rule.LEASE_PASSED),
        (_send_three_times, Rule.SENT_TOO_OFTEN),
        (_tear_the_timeline, Rule.TIMELINE_GAP),
        (_cut_off_the_timeline_s_beginning, Rule.TIMELINE_GAP),
    ],
)
@on_both_databases
def test_each_broken_rule_is_found(town: Town, damage: Callable[[Town], Any], rule: Rule) -> None:
    """A healthy database has no problem; each damage is named with the row it is in."""
    town.sos()
    AlertsRole(town.engine, town.clock).tick()
    assert [] == problems(town)

    with town.engine.begin() as connection:
        connection.execute(damage(town))

    assert [Problem(rule=rule, row_id=1)] == problems(town)


def test_a_little_late_is_not_broken(town: Town) -> None:
    """Within the patience a due time may be over: somebody is about to do it."""
    town.sos()
    town.clock.advance(59)

    assert [] == problems(town)


def test_a_closed_incident_is_never_late(town: Town) -> None:
    """What is closed waits for nothing."""
    town.sos()
    town.arrives("order", {"do": "close", "incident_id": 1, "by": "x", "outcome": "false_alarm"})
    town.handles_arrivals()
    town.clock.advance(99_999)

    assert [] == [p for p in problems(town) if p.rule is Rule.DUE_TIME_PASSED]


def test_a_problem_is_plain_json() -> None:
    """The page that shows problems gets words and a row's number."""
    found = Problem(rule=Rule.LEASE_PASSED, row_id=7)

    assert {"rule": "lease_passed", "row": 7} == found.to_json()
