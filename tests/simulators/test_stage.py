"""How a performance stands, and what the tables tell of it, by the service's own doors."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select

from alerts import desk
from alerts.triggers import Signal, SignalKind
from core.clock import ManualClock, from_unix
from core.incidents import Answer, IncidentState, Outcome, Trigger
from core.notifications import NotificationStatus
from simulators.observed import Observed, observe
from simulators.programme import programme
from simulators.registration import RegisteredTown, register
from simulators.stage import Performance, Standing, stand
from store import rosters, schema
from store.database import open_database

PROGRAMME = programme(seed=1, stories=("sos", "drift"), bands=4)
SOS, DRIFT = PROGRAMME.stories


class Scene:
    """A registered town and a clock that stands still."""

    def __init__(self, engine: Engine) -> None:
        """Register the town."""
        self.engine = engine
        self.clock = ManualClock(from_unix(1_795_000_000))
        self.began_at = self.clock.now()
        with engine.begin() as connection:
            self.town: RegisteredTown = register(connection, PROGRAMME.town, self.clock.now())
        self.performances = {
            story.name: Performance(
                story=story,
                elder_id=self.town.elder_ids[story.elder.device_id],
                starts_at=self.clock.now() + timedelta(seconds=5),
            )
            for story in PROGRAMME.stories
        }

    def standing(self, name: str) -> tuple[Standing, IncidentState | None]:
        """Return how a story stands now."""
        with self.engine.connect() as connection:
            progress = stand(connection, self.performances[name], self.clock.now())
        return progress.standing, progress.incident

    def signal(self, connection: Connection, name: str, kind: SignalKind, trigger: Trigger) -> int:
        """Tell the desk about the elder of a story; return the incident."""
        incident_id = desk.report(
            connection,
            Signal(
                elder_id=self.performances[name].elder_id,
                kind=kind,
                trigger=trigger,
                at=self.clock.now(),
                report_id="r-1",
                evidence={},
            ),
            ping_id=None,
            now=self.clock.now(),
        )
        assert incident_id is not None
        return incident_id

    def observed(self, connection: Connection) -> Observed:
        """Return what the tables tell of the whole scene."""
        return observe(connection, since=self.began_at, devices=self.town.elder_ids)

    def all_sent(self) -> None:
        """Let every message count as delivered."""
        with self.engine.begin() as connection:
            connection.execute(
                schema.notification.update().values(status=NotificationStatus.DELIVERED.value)
            )


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Return a scene on a fresh database."""
    engine = open_database(f"sqlite:///{tmp_path}/stage.db")
    schema.metadata.create_all(engine)
    yield Scene(engine)
    engine.dispose()


def test_a_story_is_over_when_everybody_was_told(scene: Scene) -> None:
    """Waiting, playing, closed, and over once the last message is out and it stayed quiet."""
    stood = [scene.standing("sos")]
    scene.clock.advance(10)
    with scene.engine.begin() as connection:
        incident_id = scene.signal(connection, "sos", SignalKind.ALARM, Trigger.SOS)
    stood.append(scene.standing("sos"))
    scene.clock.advance(60)
    guardian = scene.town.person_ids[SOS.number_of("guardian-1")]
    with scene.engine.begin() as connection:
        desk.take_answer(
            connection,
            incident_id,
            person_id=guardian,
            said=Answer.FOUND,
            channel="sms",
            now=scene.clock.now(),
        )
    scene.clock.advance(60)
    stood.append(scene.standing("sos"))
    scene.all_sent()
    stood.append(scene.standing("sos"))

    assert [
        (Standing.WAITING, None),
        (Standing.PLAYING, IncidentState.GUARDIANS),
        (Standing.PLAYING, IncidentState.CLOSED),
        (Standing.OVER, IncidentState.CLOSED),
    ] == stood


def test_a_story_nobody_ends_runs_out_of_time(scene: Scene) -> None:
    """An incident that stays open beyond the story's limit ends the waiting, not the incident."""
    scene.clock.advance(10)
    with scene.engine.begin() as connection:
        scene.signal(connection, "sos", SignalKind.ALARM, Trigger.SOS)
    scene.clock.advance(SOS.limit_s)

    assert (Standing.OUT_OF_TIME, IncidentState.GUARDIANS) == scene.standing("sos")


def test_the_quiet_story_is_over_when_its_evening_is(scene: Scene) -> None:
    """Where nobody may be woken the story ends with its time, unless a suspicion is open."""
    scene.clock.advance(DRIFT.plays_s)
    stood = [scene.standing("drift")]
    scene.clock.advance(10)
    stood.append(scene.standing("drift"))
    with scene.engine.begin() as connection:
        scene.signal(connection, "drift", SignalKind.SUSPICION, Trigger.CROSSING)
    stood.append(scene.standing("drift"))
    with scene.engine.begin() as connection:
        scene.signal(connection, "drift", SignalKind.SUSPICION_DROPPED, Trigger.CROSSING)
    stood.append(scene.standing("drift"))

    assert [
        (Standing.PLAYING, None),
        (Standing.OVER, None),
        (Standing.PLAYING, IncidentState.SUSPECT),
        (Standing.OVER, IncidentState.CLOSED),
    ] == stood


def test_the_tables_tell_what_happened(scene: Scene) -> None:
    """States in order without repetition, when asking began, and who would be asked how."""
    scene.clock.advance(10)
    with scene.engine.begin() as connection:
        scene.signal(connection, "sos", SignalKind.SUSPICION, Trigger.CROSSING)
    scene.clock.advance(20)
    asked_at = scene.clock.now()
    with scene.engine.begin() as connection:
        scene.signal(connection, "sos", SignalKind.ALARM, Trigger.SOS)
    with scene.engine.connect() as connection:
        observed = scene.observed(connection)
    (incident,) = observed.incidents

    assert (IncidentState.SUSPECT, IncidentState.GUARDIANS) == incident.states
    assert (asked_at, False, None) == (
        incident.asked_at,
        incident.by_silence,
        incident.requested_at,
    )
    assert {"sms.ask.ready": 2, "voice.ask.ready": 2} == observed.notifications
    assert (0, 0, 0) == (observed.pings, observed.rejects, observed.bands)


def test_a_dropped_suspicion_asked_nobody(scene: Scene) -> None:
    """A suspicion that proved wrong has no instant of asking."""
    scene.clock.advance(10)
    with scene.engine.begin() as connection:
        scene.signal(connection, "drift", SignalKind.SUSPICION, Trigger.CROSSING)
    with scene.engine.begin() as connection:
        scene.signal(connection, "drift", SignalKind.SUSPICION_DROPPED, Trigger.CROSSING)
    with scene.engine.connect() as connection:
        (incident,) = scene.observed(connection).incidents

    assert (None, Outcome.NOT_CONFIRMED) == (incident.asked_at, incident.outcome)
    assert (IncidentState.SUSPECT, IncidentState.CLOSED) == incident.states


def test_silence_is_told_from_a_ping(scene: Scene) -> None:
    """An incident the timer raised says so."""
    scene.clock.advance(10)
    with scene.engine.begin() as connection:
        incident_id = scene.signal(connection, "sos", SignalKind.SUSPICION, Trigger.STRAP_REMOVED)
    scene.clock.advance(3600)
    with scene.engine.begin() as connection:
        desk.advance(connection, incident_id, scene.clock.now())
    with scene.engine.connect() as connection:
        (incident,) = scene.observed(connection).incidents

    assert incident.by_silence
    assert scene.clock.now() == incident.asked_at


def test_what_came_before_the_play_is_not_part_of_it(scene: Scene) -> None:
    """Played against a service with a past, the report speaks of the play alone."""
    with scene.engine.begin() as connection:
        scene.signal(connection, "sos", SignalKind.ALARM, Trigger.SOS)
    scene.clock.advance(10)
    with scene.engine.connect() as connection:
        later = observe(connection, since=scene.clock.now(), devices=scene.town.elder_ids)

    assert ((), {}, ()) == (later.incidents, later.notifications, later.attempts)


def test_a_town_can_be_registered_again(scene: Scene) -> None:
    """The same people are found, nobody is registered twice."""
    with scene.engine.begin() as connection:
        again = register(connection, PROGRAMME.town, scene.clock.now())
        people = connection.scalar(select(func.count()).select_from(schema.person))
        zones = connection.scalar(select(func.count()).select_from(schema.zone))
    expected_zones = 1 + sum(
        1 + (e.way_zone is not None) + (e.day_care is not None) for e in PROGRAMME.town.elders
    )

    assert scene.town == again
    assert len(scene.town.person_ids) == people
    assert expected_zones == zones


def test_another_cast_joins_the_same_team(scene: Scene) -> None:
    """Another seed brings other bands; the rescue team stays six people."""
    other = programme(seed=2, stories=("sos",), bands=1).town
    with scene.engine.begin() as connection:
        joined = register(connection, other, scene.clock.now())
        elder_id = joined.elder_ids[other.elders[0].device_id]
        rescuers = rosters.roster(connection, elder_id, scene.clock.now()).rescuers

    assert 6 == len(rescuers)
    assert elder_id not in scene.town.elder_ids.values()
