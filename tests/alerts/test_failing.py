"""A row that keeps failing rests alone, and a person hears of it at the third time."""

import logging

import pytest
from sqlalchemy import text, update

from alerts.failing import MOST_FAILURES, FailingRows
from alerts.ticker import Ticker
from core.incidents import IncidentState
from store import schema
from store.migrate import wanted_version
from store.schema_guard import SchemaGuard
from tests.scenes import AlertsRole, Town, on_both_databases, register_household, rows


def ticker_of(role: AlertsRole) -> Ticker:
    """Return a ticker that looks at once where a service would wait."""
    return Ticker(
        role.engine,
        role.clock,
        role.outbox(),
        tick_s=0.01,
        worker="tests",
        failing=FailingRows(rest_s=0.0),
        schema=SchemaGuard(role.engine, check_every_s=0.0),
    )


def test_a_row_rests_and_the_others_do_not() -> None:
    """After a failure that row alone is left in peace; success forgets what was."""
    failing = FailingRows()
    assert [False, False, True] == [failing.failed(1) for _ in range(MOST_FAILURES)]
    assert [True, False] == [failing.rests(1), failing.rests(2)]
    failing.worked(1)

    assert not failing.rests(1)
    assert not failing.failed(1)


def test_a_rest_ends() -> None:
    """A row is tried again when its rest is over."""
    failing = FailingRows(rest_s=0.0)
    failing.failed(1)

    assert not failing.rests(1)


@on_both_databases
def test_a_step_that_fails_three_times_is_told(town: Town) -> None:
    """An incident nobody can read stops no other; at the third failure operators hear of it."""
    broken = town.sos()
    with town.engine.begin() as connection:
        register_household(connection, "band-2", now=town.clock.now())
    other = town.sos("sos-2", device_id="band-2")
    with town.engine.begin() as connection:
        change = update(schema.incident).where(schema.incident.c.id == broken)
        connection.execute(change.values(policy={}))
    town.clock.advance(200)
    ticker = ticker_of(AlertsRole(town.engine, town.clock))

    told = []
    for _ in range(4):
        ticker.tick()
        told.append(len(rows(town.engine, schema.notice, "id", kind="step_failed")))
    ticker.stop()

    assert [0, 0, 1, 1] == told
    assert [str(broken)] == rows(town.engine, schema.notice, "subject")
    assert IncidentState.RESCUE is town.incident(other).state


@on_both_databases
def test_a_worker_under_a_migration_does_nothing(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """With another schema nothing is claimed, the beat says so; with the own one it goes on."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    ticker = ticker_of(role)

    def migrate_to(version: str | None) -> None:
        with town.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})

    migrate_to("9999")
    ticker.tick()
    assert [] == role.sent
    assert not ticker.schema_fits
    (detail,) = rows(town.engine, schema.worker_beat, "detail")
    assert {"schema_found": "9999", "schema_wanted": wanted_version()} == detail

    migrate_to(wanted_version())
    ticker.tick()
    ticker.stop()
    assert ticker.schema_fits
    assert 4 == len(role.sent)
    assert [logging.ERROR] == [r.levelno for r in caplog.records if r.levelno >= logging.ERROR]


@on_both_databases
def test_a_message_that_cannot_be_prepared_three_times_is_told(town: Town) -> None:
    """A row nobody can read is put off each time; at the third, operators hear of its incident."""
    incident_id = town.sos()
    with town.engine.begin() as connection:
        broken = update(schema.person).where(schema.person.c.id == town.household.guardians[0])
        connection.execute(broken.values(language="??"))
    role = AlertsRole(town.engine, town.clock)
    outbox = role.outbox()

    told = []
    for _ in range(3):
        outbox.deliver_due()
        outbox.wait_for_calls()
        told.append(len(rows(town.engine, schema.notice, "id", kind="step_failed")))
        town.clock.advance(31)
    outbox.finish()

    assert [0, 0, 1] == told
    assert [str(incident_id)] == rows(town.engine, schema.notice, "subject")
    assert {"sms", "voice"} == {sent.channel.value for sent in role.sent}  # the other guardian's
