"""Whole nights on a clock the test moves: who hears what, when, and nothing else."""

from collections.abc import Iterable

from sqlalchemy import update

from alerts.auditor import audit
from core.incidents import IncidentState, Outcome
from store import schema
from store.database import reading
from tests.scenes import AlertsRole, Town, on_both_databases, phone_of, register_household, rows

Line = tuple[int, int, str]


def each(second: int, people: Iterable[int], *channels: str) -> list[Line]:
    """Return one line for each of *people* on each of *channels*, in sorted order."""
    return [(second, person, channel) for person in sorted(people) for channel in sorted(channels)]


def audited(town: Town) -> list[object]:
    """Return what the audit finds broken now."""
    with reading(town.engine) as connection:
        return list(audit(connection, town.clock.now(), patience_s=60))


@on_both_databases
def test_the_night_on_which_nobody_answers(town: Town) -> None:
    """Left home, and nobody answers: exactly these calls, at these seconds, and nobody else's."""
    incident_id = town.wanders_off()
    guardians, team = town.household.guardians, town.team.rescuers
    operator, *_ = town.team.operators
    role = AlertsRole(town.engine, town.clock)

    role.pass_time(3300)

    unexpected = list(role.told())
    for line in (
        each(0, guardians, "sms")
        + each(60, guardians, "voice")
        + each(180, guardians, "sms", "voice")
        + each(300, guardians, "sms")  # the team was asked
        + each(300, team, "sms", "voice")
        + each(420, team, "voice")
        + each(540, team, "sms", "voice")
        + each(660, team, "voice")
        + each(780, team, "sms", "voice")
        + each(900, [operator], "sms", "voice")
        + each(1500, team[:1], "sms", "voice")
        + each(2100, team[1:], "sms", "voice")
        + each(2700, guardians[:1], "sms", "voice")
        + each(3300, guardians[1:], "sms", "voice")
    ):
        unexpected.remove(line)
    assert [] == unexpected
    assert IncidentState.UNANSWERED is town.incident(incident_id).state
    assert [] == audited(town)


def test_the_night_on_which_a_guardian_goes(town: Town) -> None:
    """A yes after a minute and a half, found after ten: the others hear both, nobody hears more."""
    incident_id = town.wanders_off()
    first, second = town.household.guardians
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(90)
    town.texts(second, "1")
    role.pass_time(600)
    town.texts(second, "3")

    role.pass_time(24 * 3600)

    assert (
        each(0, (first, second), "sms")
        + each(60, (first, second), "voice")
        + each(90, (first, second), "sms")  # "… is going" and "you are registered"
        + each(690, (first, second), "sms")  # closed, thank you
    ) == role.told()
    assert Outcome.FOUND is town.incident(incident_id).outcome
    assert [] == audited(town)


def test_a_night_with_a_worker_that_is_away(town: Town) -> None:
    """Workers that die and sleep for minutes cost time, not a step: the team is asked."""
    town.sos()
    role = AlertsRole(town.engine, town.clock, sms=[SystemExit()] * 2, voice=[SystemExit()] * 2)
    role.tick()
    town.clock.advance(700)  # nobody at work

    role.pass_time(10)

    assert {*town.household.guardians, *town.team.rescuers} <= {
        person for _, person, _ in role.told(since_s=700)
    }
    assert [] == audited(town)


def test_an_answer_on_record_is_heard_before_anybody_is_asked(town: Town) -> None:
    """A yes that was kept while nobody was at work is heard before time asks anyone else."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    first, second = town.household.guardians
    town.arrives("reply", {"from": phone_of(first), "text": "1"})
    town.clock.advance(500)  # the window of 180 s would be over

    role.tick()

    assert IncidentState.ACCEPTED is town.incident(1).state
    assert each(500, (first, second), "sms") == role.told(since_s=1)


@on_both_databases
def test_a_second_worker_adds_nothing(town: Town) -> None:
    """Two workers that look at every instant send what one would send."""
    town.wanders_off()
    role, other = AlertsRole(town.engine, town.clock), AlertsRole(town.engine, town.clock)

    for _ in range(8):
        role.tick()
        other.tick()
        town.clock.advance(60)

    seen = sorted(role.told() + other.told())
    assert len(set(seen)) == len(seen)
    assert 2 + 2 + 4 + (2 + 4) + 2 == len(seen)


def test_a_broken_incident_does_not_stop_the_ladder_of_another(town: Town) -> None:
    """One incident that cannot be advanced is left alone; the next one climbs on time."""
    broken = town.sos()
    with town.engine.begin() as connection:
        other = register_household(connection, "band-2", now=town.clock.now())
        connection.execute(
            update(schema.incident).where(schema.incident.c.id == broken).values(policy={})
        )
    climbing = town.sos("sos-2", device_id="band-2")
    role = AlertsRole(town.engine, town.clock)
    town.clock.advance(180)

    ticker = role.ticker()
    ticker.tick()
    ticker.stop()

    assert IncidentState.RESCUE is town.incident(climbing).state
    assert other.guardians != town.household.guardians


def test_the_ticker_says_that_it_lives(town: Town) -> None:
    """Each worker leaves a beat; with the schema it needs there is nothing more to say."""
    role = AlertsRole(town.engine, town.clock)

    role.tick()

    assert [("worker-of-tests", "alerts", town.clock.now(), {})] == rows(
        town.engine, schema.worker_beat, "worker", "role", "beat_at", "detail"
    )


def test_a_running_ticker_wakes_stops_and_finishes(town: Town) -> None:
    """Started in its thread and rung, the ticker sends what is due and ends when told."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    ticker = role.ticker()

    ticker.start()
    ticker.wake()
    role.sent_at_least(4)
    ticker.stop()

    assert 4 == len(role.sent)
    assert {"sent"} == set(rows(town.engine, schema.notification, "status"))
