"""The audit finds each broken rule when rows are damaged behind everybody's back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, insert, text, update

from alerts.auditor import Problem, Rule, audit, rearm
from alerts.budget import Limits
from core.notifications import NotificationStatus
from store import schema
from store.database import reading
from tests.scenes import AlertsRole, Town, on_both_databases, permanent, rows

incident, message, attempt = schema.incident, schema.notification, schema.attempt
#: breaks something in the database
Damage = Callable[[Town, Connection], None]
LIMITS = Limits()


def problems(town: Town) -> list[Problem]:
    """Return what is broken, with a minute of patience."""
    with reading(town.engine) as connection:
        return audit(connection, town.clock.now(), patience_s=60, limits=LIMITS)


def _take_the_due_time_away(_town: Town, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        drop = "ALTER TABLE incident DROP CONSTRAINT ck_incident_open_has_due_time"
        connection.execute(text(drop))
        connection.execute(update(incident).values(next_action_at=None))
        return
    connection.execute(text("PRAGMA ignore_check_constraints = ON"))
    connection.execute(update(incident).values(next_action_at=None))
    connection.execute(text("PRAGMA ignore_check_constraints = OFF"))


def _forget_the_due_time(town: Town, connection: Connection) -> None:
    late = town.clock.now() - timedelta(seconds=61)
    connection.execute(update(incident).values(next_action_at=late))


def _lose_a_sender(town: Town, connection: Connection) -> None:
    late = town.clock.now() - timedelta(seconds=61)
    lost = update(message).where(message.c.id == 1)
    connection.execute(lost.values(status="sending", lease_until=late))


def _lose_a_sender_and_its_lease(_town: Town, connection: Connection) -> None:
    lost = update(message).where(message.c.id == 1)
    connection.execute(lost.values(status="sending", lease_until=None))


def _lose_the_asks(_town: Town, connection: Connection) -> None:
    connection.execute(delete(attempt))
    connection.execute(delete(message))


def _let_the_asks_lie(town: Town, connection: Connection) -> None:
    late = town.clock.now() - timedelta(seconds=61)
    connection.execute(update(message).values(status="ready", next_try_at=late))


def _attempts(town: Town, connection: Connection, *results: str | None) -> None:
    connection.execute(
        insert(attempt).values(
            [
                {
                    "notification_id": 1,
                    "number": number,
                    "provider": "x",
                    "requested_at": town.clock.now(),
                    "result": result,
                }
                for number, result in enumerate(results, start=2)
            ]
        )
    )


def _send_three_times(town: Town, connection: Connection) -> None:
    _attempts(town, connection, "ambiguous", "ambiguous")


def _begin_a_third_send(town: Town, connection: Connection) -> None:
    _attempts(town, connection, "accepted", None)


def _ask_after_the_end(town: Town, connection: Connection) -> None:
    closed = town.clock.now() - timedelta(seconds=30)
    connection.execute(
        update(incident).values(
            state="closed", outcome="found", closed_at=closed, next_action_at=None
        )
    )
    _attempts(town, connection, "accepted")


def _write_to_a_number_all_day(town: Town, connection: Connection) -> None:
    connection.execute(delete(schema.phone_use))
    uses = [
        {"id": n, "address": "+8613800000001", "channel": "sms", "used_at": town.clock.now()}
        for n in range(1, LIMITS.sms_per_day + 2)
    ]
    connection.execute(insert(schema.phone_use).values(uses))


def _call_a_number_six_times(town: Town, connection: Connection) -> None:
    connection.execute(delete(schema.phone_use))
    uses = [
        {"id": n, "address": "+8613800000001", "channel": "voice", "used_at": town.clock.now()}
        for n in range(1, LIMITS.calls_per_hour + 2)
    ]
    connection.execute(insert(schema.phone_use).values(uses))


def _fail_with_nothing_to_follow(town: Town, connection: Connection) -> None:
    connection.execute(update(message).values(status="failed"))
    far = town.clock.now() + timedelta(hours=5)
    connection.execute(update(incident).values(next_action_at=far))


def _tear_the_timeline(_town: Town, connection: Connection) -> None:
    connection.execute(delete(schema.timeline).where(schema.timeline.c.number == 2))


def _cut_off_the_timeline_s_beginning(_town: Town, connection: Connection) -> None:
    connection.execute(delete(schema.timeline).where(schema.timeline.c.number == 1))


@pytest.mark.parametrize(
    ("damage", "rule", "row_ids"),
    [
        (_take_the_due_time_away, Rule.NO_DUE_TIME, [1]),
        (_forget_the_due_time, Rule.DUE_TIME_PASSED, [1]),
        (_lose_a_sender, Rule.LEASE_PASSED, [1]),
        (_lose_a_sender_and_its_lease, Rule.LEASE_PASSED, [1]),
        (_lose_the_asks, Rule.STEP_WITHOUT_ASK, [1]),
        (_let_the_asks_lie, Rule.STEP_WITHOUT_ASK, [1]),
        (_send_three_times, Rule.SENT_TOO_OFTEN, [1]),
        (_begin_a_third_send, Rule.SENT_TOO_OFTEN, [1]),
        (_ask_after_the_end, Rule.ASKED_AFTER_END, [1]),
        (_write_to_a_number_all_day, Rule.BUDGET_EXCEEDED, [LIMITS.sms_per_day + 1]),
        (_call_a_number_six_times, Rule.BUDGET_EXCEEDED, [LIMITS.calls_per_hour + 1]),
        (_fail_with_nothing_to_follow, Rule.NO_SUCCESSOR, [1, 2, 3, 4]),
        (_tear_the_timeline, Rule.TIMELINE_GAP, [1]),
        (_cut_off_the_timeline_s_beginning, Rule.TIMELINE_GAP, [1]),
    ],
)
@on_both_databases
def test_each_broken_rule_is_found(
    town: Town, damage: Damage, rule: Rule, row_ids: list[int]
) -> None:
    """A healthy database has no problem; each damage is named with the rows it is in."""
    town.sos()
    AlertsRole(town.engine, town.clock).tick()
    town.clock.advance(61)
    assert [] == problems(town)

    with town.engine.begin() as connection:
        damage(town, connection)

    assert [Problem(rule=rule, row_id=row_id) for row_id in row_ids] == problems(town)


@on_both_databases
def test_an_ordinary_day_has_no_finding(town: Town) -> None:
    """Nobody answers, a number is dead, somebody goes, finds, it ends: every look is clean."""
    town.wanders_off()
    first, second = town.household.guardians
    role = AlertsRole(town.engine, town.clock, sms=[permanent()])
    role.limits = LIMITS
    seen = []
    for _ in range(60):
        role.pass_time(30)
        seen += problems(town)
    town.texts(second, "1")
    for _ in range(30):
        role.pass_time(60)
        seen += problems(town)
    town.texts(first, "3")
    for _ in range(10):
        role.pass_time(600)
        seen += problems(town)

    assert [] == seen
    assert "closed" == town.incident(1).state


def test_a_little_late_is_not_broken(town: Town) -> None:
    """Within the patience a due time may be over: somebody is about to do it."""
    town.sos()
    town.clock.advance(59)

    assert [] == problems(town)


def test_a_paused_incident_is_late_when_the_pause_is_over(town: Town) -> None:
    """A pause keeps due times and asks as they are; a minute after its end they are overdue."""
    town.sos()
    AlertsRole(town.engine, town.clock).tick()
    until = town.clock.now() + timedelta(hours=2)
    with town.engine.begin() as connection:
        connection.execute(update(incident).values(paused_until=until))
        connection.execute(update(message).values(status="ready"))
    town.clock.advance(7200)
    assert [] == problems(town)
    town.clock.advance(61)

    assert Problem(rule=Rule.DUE_TIME_PASSED, row_id=1) in problems(town)


def test_a_closed_incident_is_never_late(town: Town) -> None:
    """What is closed waits for nothing."""
    town.sos()
    town.arrives("order", {"do": "close", "incident_id": 1, "by": "x", "outcome": "false_alarm"})
    town.handles_arrivals()
    town.clock.advance(99_999)

    assert [] == [p for p in problems(town) if p.rule is Rule.DUE_TIME_PASSED]


def test_without_budgets_no_number_is_used_too_often(town: Town) -> None:
    """A limit of 0, and no limits at all, let a number be used as often as needed."""
    with town.engine.begin() as connection:
        _write_to_a_number_all_day(town, connection)
        unlimited = Limits(sms_per_day=0, calls_per_hour=0, calls_per_day=0)
        now = town.clock.now()

        assert [] == audit(connection, now, patience_s=60, limits=unlimited)
        assert [] == audit(connection, now, patience_s=60)


@on_both_databases
def test_rearming_makes_due_and_changes_nothing_else(town: Town) -> None:
    """An open incident that nobody would look at is due now; its state and version stay."""
    town.sos()
    with town.engine.begin() as connection:
        _take_the_due_time_away(town, connection)
    (before,) = rows(town.engine, incident, "state", "fence", "step", "round")
    found = problems(town)
    now = town.clock.now()
    with town.engine.begin() as connection:
        fences = rearm(connection, found, now, patience_s=60)

    assert {1: before[1]} == fences
    assert [now] == rows(town.engine, incident, "next_action_at")
    assert [before] == rows(town.engine, incident, "state", "fence", "step", "round")
    assert [] == problems(town)


def test_what_is_closed_or_paused_is_not_rearmed(town: Town) -> None:
    """Whatever the audit is told, a closed incident stays closed and a pause stays a pause."""
    town.sos()
    town.clock.advance(99)
    late = [Problem(rule=Rule.DUE_TIME_PASSED, row_id=1)]
    pause = town.clock.now() + timedelta(hours=1)
    with town.engine.begin() as connection:
        connection.execute(update(incident).values(paused_until=pause))
        assert {} == rearm(connection, late, town.clock.now(), patience_s=60)
        connection.execute(
            update(incident).values(state="closed", paused_until=None, next_action_at=None)
        )
        assert {} == rearm(connection, late, town.clock.now(), patience_s=60)

    assert [("closed", None)] == rows(town.engine, incident, "state", "next_action_at")


def test_a_failed_ask_that_expired_counts_as_failed(town: Town) -> None:
    """An ask withheld because it was too old reached nobody: something must follow it."""
    town.sos()
    AlertsRole(town.engine, town.clock).tick()
    town.clock.advance(61)
    with town.engine.begin() as connection:
        _fail_with_nothing_to_follow(town, connection)
        expired = {"status": NotificationStatus.WITHHELD.value, "reason": "expired"}
        connection.execute(update(message).values(**expired))

    assert {Rule.NO_SUCCESSOR} == {problem.rule for problem in problems(town)}


def test_a_problem_is_plain_json() -> None:
    """The page that shows problems gets words and a row's number."""
    found = Problem(rule=Rule.LEASE_PASSED, row_id=7)

    assert {"rule": "lease_passed", "row": 7} == found.to_json()
