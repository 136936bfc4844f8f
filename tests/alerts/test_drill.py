"""The canary's incident: its own person is asked, its message says so, and it ends by itself."""

from dataclasses import replace

import pytest

from alerts import desk
from alerts.triggers import Signal, SignalKind
from alerts.wording import SIGNATURE, compose, speak
from core.incidents import Incident, IncidentState, Outcome, Trigger
from core.notifications import Purpose
from core.people import Language, Role
from store import canary, canary_cast, incidents, schema
from store.canary_cast import DEVICE_ID, Cast
from store.database import reading
from tests.alerts.test_wording import FACTS
from tests.scenes import Town, on_both_databases, rows

NUMBER = "+15005550199"


def lose_canary(town: Town) -> tuple[Cast, int]:
    """Register the canary's cast and let its elder leave; return the incident, too."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        cast = canary_cast.ensure(connection, number=NUMBER, key_mark=None, now=now)
        signal = Signal(
            elder_id=cast.elder_id,
            kind=SignalKind.ALARM,
            trigger=Trigger.CROSSING,
            at=now,
            report_id="r",
            evidence={},
        )
        incident_id = desk.report(connection, signal, ping_id=None, now=now)
    assert incident_id is not None
    return cast, incident_id


def load(town: Town, incident_id: int) -> Incident:
    """Return an incident as it is stored."""
    with reading(town.engine) as connection:
        return incidents.load(connection, incident_id)


@on_both_databases
def test_only_its_own_person_ever_hears_of_it(town: Town) -> None:
    """Left alone for hours, a drill climbs to nobody: the canary may be dead, people sleep on."""
    cast, incident_id = lose_canary(town)
    for _ in range(60):
        now = town.clock.advance(120)
        with town.engine.begin() as connection:
            desk.advance(connection, incident_id, now)

    assert {cast.person_id} == set(rows(town.engine, schema.notification, "person_id"))
    assert load(town, incident_id).is_open


@on_both_databases
def test_the_canary_ends_it_and_tells_nobody(town: Town) -> None:
    """A drill is closed with an outcome of its own, without a message about its end, once."""
    cast, incident_id = lose_canary(town)
    with town.engine.begin() as connection:
        connection.execute(schema.attempt.insert().values(_accepted(town)))
        closed = [desk.end_drill(connection, cast.elder_id, now=town.clock.now()) for _ in range(2)]

    assert [incident_id, None] == closed
    ended = load(town, incident_id)
    assert (IncidentState.CLOSED, Outcome.DRILL) == (ended.state, ended.outcome)
    assert {cast.person_id} == ended.woken
    assert {Purpose.ASK.value} == set(rows(town.engine, schema.notification, "purpose"))


def _accepted(town: Town) -> dict[str, object]:
    return {
        "notification_id": rows(town.engine, schema.notification, "id")[0],
        "number": 1,
        "provider": "recording",
        "requested_at": town.clock.now(),
        "result": "accepted",
    }


def test_nobody_else_is_ended_so(town: Town) -> None:
    """An incident about a real person is never closed as a drill."""
    with town.engine.begin() as connection, pytest.raises(ValueError, match="no canary"):
        desk.end_drill(connection, town.household.elder_id, now=town.clock.now())


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("purpose", Purpose)
def test_its_messages_say_that_they_are_tests(purpose: Purpose, language: Language) -> None:
    """Whatever goes to the test number is short, names nobody and asks for nothing."""
    facts = replace(FACTS, is_test=True, link="https://121.example.org/a/x")
    written = compose(purpose, "", Role.GUARDIAN, facts, language)
    spoken = speak(purpose, "", Role.GUARDIAN, facts, language)

    assert SIGNATURE + spoken == written
    assert ("测试121号" in written) == (language is Language.CHINESE)
    assert FACTS.elder_name not in written
    assert "http" not in written
    assert 70 >= len(written) or language is Language.ENGLISH


@on_both_databases
def test_old_drills_leave_no_trace(town: Town) -> None:
    """With a round that is old enough goes all that it left; newer ones and real people stay."""
    cast, incident_id = lose_canary(town)
    now = town.clock.now()
    with town.engine.begin() as connection:
        connection.execute(schema.attempt.insert().values(_accepted(town)))
        desk.end_drill(connection, cast.elder_id, now=now)
        canary.begin(connection, now)
    for _ in range(2):
        with town.engine.begin() as connection:
            canary.begin(connection, town.clock.advance(300))
            canary.forget_old(connection, elder_id=cast.elder_id, device_id=DEVICE_ID, keep=2)

    left = {
        table.name
        for table in schema.metadata.sorted_tables
        if "incident_id" in table.c and rows(town.engine, table, incident_id=incident_id)
    }
    assert set() == left
    assert [] == rows(town.engine, schema.incident) == rows(town.engine, schema.command)
    assert 2 == len(rows(town.engine, schema.canary_round))
    assert 2 == len(rows(town.engine, schema.elder))


def test_whatever_points_to_an_incident_is_removed_with_it() -> None:
    """A new table with a key to incidents or messages must be named in `canary.forget_old`.

    Not where nothing of a virtual elder is ever written: nobody practises for them, nobody is told.
    """
    pointing = {
        table.name
        for table in schema.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in ("incident", "notification", "timeline", "answer", "ping")
    }

    never_of_a_virtual_elder = {"drill", "relay"}
    removed = {"timeline", "notification", "answer", "attempt", "link_guess"}
    assert removed == pointing - never_of_a_virtual_elder
