"""The audit's own thread: what it finds is logged, told and made due, whatever the ticks do."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text, update

from alerts.guard import Guard
from core.audit import Problem, Rule
from store import schema
from tests.scenes import AlertsRole, Town, on_both_databases, rows
from tests.servers import until

DUE = Problem(rule=Rule.DUE_TIME_PASSED, row_id=1)


def make_late(town: Town) -> None:
    """Let the town's incident wait for more than the patience."""
    late = town.clock.now() - timedelta(seconds=61)
    with town.engine.begin() as connection:
        connection.execute(update(schema.incident).values(next_action_at=late))


def guard_of(town: Town) -> Guard:
    """Return the guard of a worker that has just started."""
    return Guard(town.engine, town.clock, worker="tests", every_s=0.01)


@on_both_databases
def test_what_is_found_is_made_due_and_told_once_an_hour(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """An overdue incident is due now, an operator hears of the rule once, the beat has it."""
    town.sos()
    make_late(town)
    guard = guard_of(town)

    first = guard.look()
    make_late(town)
    guard.look()

    assert (DUE,) == first
    assert [town.clock.now()] == rows(town.engine, schema.incident, "next_action_at")
    told = rows(town.engine, schema.notice, "kind", "subject", "person_id")
    assert [("audit_failed", "due_time_passed", town.team.operators[0])] == told
    (beat,) = rows(town.engine, schema.worker_beat, "role", "detail")
    assert "guard" == beat[0]
    assert [DUE.to_json()] == beat[1]["problems"]
    assert {"audit"} == {getattr(r, "action", "") for r in caplog.records if r.levelname == "ERROR"}


def test_another_hour_it_is_told_again(town: Town) -> None:
    """What is still broken an hour later is told once more."""
    town.sos()
    guard = guard_of(town)
    for _ in range(2):
        make_late(town)
        guard.look()
        town.clock.advance(3601)

    assert 2 == len([s for s in rows(town.engine, schema.notice, "subject") if "due" in s])


def test_made_due_is_not_mended(town: Town) -> None:
    """An incident that was made due and is not looked at stays a finding, until somebody does."""
    town.sos()
    make_late(town)
    guard = guard_of(town)
    guard.look()
    town.clock.advance(30)

    assert (DUE,) == guard.look()
    AlertsRole(town.engine, town.clock).tick()
    assert () == guard.look()


def test_it_looks_on_while_a_tick_hangs_in_its_transaction(town: Town) -> None:
    """A worker that hangs with the database's only writer in hand hides nothing."""
    town.sos()
    make_late(town)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        with town.engine.begin():
            hangs.set()
            goes_on.wait(30)

    stuck = threading.Thread(target=hang)
    stuck.start()
    hangs.wait(30)
    guard = guard_of(town)
    guard.start()
    try:
        until(lambda: guard.looked is not None, "the audit looks")
        found = None if guard.looked is None else guard.looked.problems
    finally:
        goes_on.set()
        stuck.join()
        guard.stop()

    assert (DUE,) == found


@on_both_databases
def test_an_audit_that_fails_is_a_finding(town: Town) -> None:
    """Without its tables the audit says so, instead of saying nothing."""
    guard = guard_of(town)
    with town.engine.begin() as connection:
        connection.execute(text("ALTER TABLE attempt RENAME TO hidden"))

    found = guard.look()

    assert (Problem(rule=Rule.AUDIT_FAILED, row_id=0),) == found
    assert ["audit_failed"] == rows(town.engine, schema.notice, "subject")


def test_a_worker_that_may_not_work_only_says_so(town: Town) -> None:
    """Under another schema the rows are not judged and not touched; operators hear of it."""
    town.sos()
    make_late(town)
    before = rows(town.engine, schema.incident, "next_action_at")
    guard = guard_of(town)
    guard.schema_fits = lambda: False

    assert (Problem(rule=Rule.OTHER_SCHEMA, row_id=0),) == guard.look()
    assert before == rows(town.engine, schema.incident, "next_action_at")
    assert ["other_schema"] == rows(town.engine, schema.notice, "subject")


def test_a_running_guard_looks_again_and_again(town: Town) -> None:
    """Started, it audits and beats by itself, and ends when told."""
    guard = guard_of(town)
    guard.start()
    until(lambda: bool(rows(town.engine, schema.worker_beat)), "the guard beats")
    guard.stop()

    assert guard.looked is not None
    assert () == guard.looked.problems


def _break_many(connection: Connection) -> None:
    connection.execute(update(schema.notification).values(status="sending", lease_until=None))


def test_a_flood_of_findings_is_named_in_part(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """Of one rule twenty rows are logged and kept; the count is whole all the same."""
    town.sos()
    with town.engine.begin() as connection:
        one = dict(connection.execute(schema.notification.select()).first()._mapping)  # type: ignore[union-attr]
        connection.execute(
            schema.notification.insert(),
            [{**one, "id": n, "key": f"k{n}"} for n in range(100, 130)],
        )
        _break_many(connection)
    found = guard_of(town).look()

    assert len([p for p in found if p.rule is Rule.LEASE_PASSED]) > 30
    assert 20 == len([r for r in caplog.records if getattr(r, "rule", "") == "lease_passed"])
