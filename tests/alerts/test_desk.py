"""Where all doors meet: one open incident per elder, nothing dropped, the band watched."""

import threading

import pytest
from sqlalchemy import Engine

from alerts import desk
from alerts.triggers import Signal, SignalKind
from core.clock import ManualClock
from core.errors import Conflict
from core.incidents import Answer, EntryKind, IncidentState, Trigger
from store import commands, incidents, schema
from store.database import reading
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases, rows


def signal(town: Town, kind: SignalKind, trigger: Trigger = Trigger.CROSSING) -> Signal:
    """Return a signal about the town's elder."""
    return Signal(
        elder_id=town.household.elder_id,
        kind=kind,
        trigger=trigger,
        at=town.clock.now(),
        report_id="r",
        evidence={"probability_outside": 0.97},
    )


def tell(
    town: Town, kind: SignalKind, trigger: Trigger = Trigger.CROSSING, ping_id: int | None = None
) -> int | None:
    """Report a signal and commit."""
    with town.engine.begin() as connection:
        return desk.report(
            connection, signal(town, kind, trigger), ping_id=ping_id, now=town.clock.now()
        )


def orders(town: Town) -> list[tuple[str, object]]:
    """Return what the band is to be told."""
    with reading(town.engine) as connection:
        return [(o.do, o.args) for o in commands.due(connection, town.clock.now())]


@on_both_databases
def test_an_alarm_opens_asks_and_watches_the_band(town: Town) -> None:
    """An alarm opens an incident, orders messages and makes the band report often."""
    incident_id = tell(town, SignalKind.ALARM, Trigger.SOS, ping_id=41)

    assert 1 == incident_id
    assert 4 == len(rows(town.engine, schema.notification))
    assert [("interval", {"s": 20}), ("locate", {})] == orders(town)
    assert [41] == rows(town.engine, schema.incident, "trigger_ping_id")
    assert [EntryKind.OPENED, EntryKind.STEP_STARTED] == town.timeline(1)


def test_a_weak_suspicion_only_asks_the_band(town: Town) -> None:
    """A weak fix outside opens nothing: the band is asked where it is."""
    assert None is tell(town, SignalKind.WEAK_SUSPICION)

    assert [] == rows(town.engine, schema.incident)
    assert [("locate", {})] == orders(town)


def test_a_second_alarm_never_opens_a_second_incident(town: Town) -> None:
    """While an incident is open, every further cause is an entry on it."""
    first = tell(town, SignalKind.ALARM)
    again = tell(town, SignalKind.ALARM, Trigger.SOS)

    assert first == again
    assert 1 == len(rows(town.engine, schema.incident))


@pytest.mark.parametrize(
    ("trigger", "wait_s"),
    [
        (Trigger.CROSSING, 360),  # the band's interval of 300 s and a minute
        (Trigger.STRAP_REMOVED, 180),
    ],
)
def test_a_suspicion_waits_for_one_ordinary_report(
    town: Town, trigger: Trigger, wait_s: int
) -> None:
    """A suspected crossing waits until the band should have spoken once more."""
    tell(town, SignalKind.SUSPICION, trigger)

    (due_at,) = rows(town.engine, schema.incident, "next_action_at")
    assert wait_s == (due_at - town.clock.now()).total_seconds()


def test_the_ping_that_confirmed_is_the_one_that_made_people_be_asked(town: Town) -> None:
    """When a second fix confirms a suspicion, the incident names that fix."""
    tell(town, SignalKind.SUSPICION, ping_id=1)
    tell(town, SignalKind.ALARM, ping_id=2)
    tell(town, SignalKind.ALARM, Trigger.SOS, ping_id=3)

    assert [2] == rows(town.engine, schema.incident, "trigger_ping_id")
    assert IncidentState.GUARDIANS is town.incident(1).state


@pytest.mark.parametrize(
    ("suspicions", "dropped", "is_open"),
    [
        ([Trigger.CROSSING], [Trigger.CROSSING], False),
        ([Trigger.STRAP_REMOVED], [Trigger.STRAP_REMOVED], False),
        ([Trigger.CROSSING], [Trigger.STRAP_REMOVED], True),
        ([Trigger.CROSSING, Trigger.STRAP_REMOVED], [Trigger.STRAP_REMOVED], True),
        ([Trigger.CROSSING, Trigger.STRAP_REMOVED], [Trigger.CROSSING], True),
        ([Trigger.STRAP_REMOVED, Trigger.CROSSING], [Trigger.STRAP_REMOVED], True),
        (
            [Trigger.CROSSING, Trigger.STRAP_REMOVED],
            [Trigger.STRAP_REMOVED, Trigger.CROSSING],
            False,
        ),
    ],
)
@on_both_databases
def test_dropping_one_suspicion_does_not_drop_the_other(
    town: Town, suspicions: list[Trigger], dropped: list[Trigger], is_open: bool
) -> None:
    """An incident of several suspicions ends only when the last of them proved wrong."""
    for trigger in suspicions:
        tell(town, SignalKind.SUSPICION, trigger)

    for trigger in dropped:
        tell(town, SignalKind.SUSPICION_DROPPED, trigger)

    assert is_open == town.incident(1).is_open


def test_coming_back_does_not_close(town: Town) -> None:
    """A fix inside an open incident asks for confirmation."""
    tell(town, SignalKind.ALARM)

    tell(town, SignalKind.RETURNED)

    assert town.incident(1).is_open
    assert EntryKind.SEEMS_BACK in town.timeline(1)


def test_signals_about_nothing_open_change_nothing(town: Town) -> None:
    """Coming back or being inside, with no incident open, is no news."""
    assert None is tell(town, SignalKind.RETURNED)
    assert None is tell(town, SignalKind.SUSPICION_DROPPED)

    assert [] == rows(town.engine, schema.timeline)


def test_after_the_end_the_band_reports_as_usual_again(town: Town) -> None:
    """Closing gives the band its ordinary interval back."""
    tell(town, SignalKind.ALARM)
    town.arrives("order", {"do": "close", "incident_id": 1, "by": "x", "outcome": "false_alarm"})
    town.handles_arrivals()

    assert ("interval", {"s": 300}) in orders(town)
    assert ("interval", {"s": 20}) not in orders(town)


def test_a_band_hears_that_its_sos_was_taken(town: Town) -> None:
    """Once a person goes, the band is told, once; a crossing tells it nothing."""
    tell(town, SignalKind.ALARM, Trigger.SOS)
    assert ("sos_taken", {}) not in orders(town)

    town.texts(town.household.guardians[0], "1")
    town.texts(town.household.guardians[0], "3")

    assert 1 == orders(town).count(("sos_taken", {}))


@on_both_databases
def test_who_read_an_older_version_is_too_late(town: Town) -> None:
    """A change of an incident that somebody else changed meanwhile is refused."""
    tell(town, SignalKind.ALARM)
    old = town.incident(1)
    town.texts(town.household.guardians[0], "1")

    with pytest.raises(Conflict), town.engine.begin() as connection:
        incidents.save(connection, old, old)


def test_a_timer_that_lost_gives_up(town: Town) -> None:
    """Advancing an incident that is not due does nothing and says so."""
    tell(town, SignalKind.ALARM)

    with town.engine.begin() as connection:
        assert not desk.advance(connection, 1, town.clock.now())


def test_alarms_at_the_same_moment_open_one_incident(postgresql_database: Engine) -> None:
    """Two workers that open at once end with one incident and two causes."""
    town = Town(postgresql_database, ManualClock(NOON))
    barrier = threading.Barrier(2)
    touched: list[int | None] = []

    def work(trigger: Trigger) -> None:
        barrier.wait()
        touched.append(tell(town, SignalKind.ALARM, trigger))

    workers = [
        threading.Thread(target=work, args=(trigger,))
        for trigger in (Trigger.SOS, Trigger.DANGER_ZONE)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [1, 1] == touched
    assert [("danger_zone", 3)] == rows(town.engine, schema.incident, "trigger", "severity")


def test_an_answer_needs_no_roster(town: Town) -> None:
    """Somebody who was asked and left the roster since may still answer, in their own role."""
    tell(town, SignalKind.ALARM)
    first, _ = town.household.guardians
    with town.engine.begin() as connection:
        connection.execute(
            schema.guardianship.delete().where(schema.guardianship.c.person_id == first)
        )
        after = desk.take_answer(
            connection,
            1,
            person_id=first,
            said=Answer.GOING,
            channel="page",
            now=town.clock.now(),
        )

    assert IncidentState.ACCEPTED is after.state
