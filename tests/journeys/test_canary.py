"""The canary on real servers: its alarm comes through, nobody else hears it, faults are named."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from aihuijia.serving import RoleName
from aihuijia.status_command import look
from alerts import promise
from alerts.promise import Reason, Subject
from core.canary import WHOLE, Result, Round, Stage
from core.incidents import IncidentState, Outcome
from store import schema
from store.canary_cast import DEVICE_ID, NAME
from store.database import open_database
from store.migrate import migrate
from tests.accounts import bearer, staff_token
from tests.journeys.canary_service import NUMBER, CanaryService
from tests.journeys.role_process import RoleProcess
from tests.processes import production_settings
from tests.scenes import rows
from tests.servers import Mosquitto, PostgreSQL, until

#: five past three in Haining
NIGHT = datetime(2026, 11, 22, 19, 5, tzinfo=UTC)
#: makes a service from an engine, its address and a broker; further words go to `CanaryService`
Fly = Callable[..., CanaryService]


@pytest.fixture
def fly(breakage: ExitStack, tmp_path: Path) -> Fly:
    """Give a maker of services, each at work when it is given and ended after the test."""

    def make(
        engine: Engine,
        database_url: str,
        broker: Mosquitto,
        *,
        without: tuple[RoleName, ...] = (),
        **more: Any,
    ) -> CanaryService:
        service = CanaryService(
            engine=engine,
            database_url=database_url,
            broker=broker,
            folder=tmp_path,
            without=without,
            **more,
        )
        breakage.callback(service.throw_away)
        service.start()
        return service

    return make


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQL]:
    """Give a database server that this test may stop."""
    server = PostgreSQL()
    server.start()
    yield server
    server.throw_away()


@pytest.fixture
def own_broker() -> Iterator[Mosquitto]:
    """Give a broker that this test may stop."""
    server = Mosquitto()
    server.start()
    yield server
    server.throw_away()


def wait_for(service: CanaryService, result: Result, *, after: int = 0) -> Round:
    """Wait for a round that ended so, after the first *after* rounds; return the first such."""

    def found() -> list[Round]:
        return [one for one in service.rounds()[after:] if one.result is result]

    until(lambda: bool(found()), f"a {result.value} round ends", within_s=60)
    return found()[0]


def test_a_round_comes_through_and_nobody_else_hears(
    database: Engine, database_url: str, broker: Mosquitto, fly: Fly
) -> None:
    """A virtual band leaves, the test number is written to, the drill closes, no page shows it."""
    service = fly(database, database_url, broker)
    played = wait_for(service, Result.GOOD)

    spans = played.spans_s()
    assert {"arrived", "stored", "triggered", "handed_over", WHOLE} <= set(spans)
    outcomes = rows(database, schema.incident, "outcome", id=played.incident_id)
    assert [Outcome.DRILL.value] == outcomes
    assert {NUMBER} == {number for number, _ in service.told()}
    assert all("测试" in text for _, text in service.told())
    headers = bearer(staff_token(service.engine, service.clock.now()))
    with httpx.Client(base_url=service.settings.public_url, headers=headers) as coordinator:
        pages = [
            coordinator.get(path)
            for path in ("/api/bands", "/api/incidents", "/api/band-tasks", "/live/since?cursor=0")
        ]
        metrics = coordinator.get("/metrics").text
    assert [200] * len(pages) == [page.status_code for page in pages]
    assert [] == [page.text for page in pages if DEVICE_ID in page.text or NAME in page.text]
    assert [] == pages[3].json()["entries"]
    assert 'aihuijia_canary_seconds{stage="whole"}' in metrics
    state = look(service.settings, service.engine, service.clock.now())
    points = {point.subject: point.is_well for point in promise.judge(state)}
    assert (True, True) == (points[Subject.CANARY], points[Subject.ROLES])
    assert 0 == state.open_incidents


def test_the_canary_goes_on_for_rounds(
    sqlite_database: Engine, sqlite_url: str, broker: Mosquitto, fly: Fly
) -> None:
    """Round after round comes through: going home makes it ready to leave again."""
    service = fly(sqlite_database, sqlite_url, broker)
    until(lambda: len(service.rounds()) >= 3, "three rounds end", within_s=60)

    assert [Result.GOOD] * 3 == [one.result for one in service.rounds()[:3]]


def test_a_broker_that_is_down_is_named(
    sqlite_database: Engine,
    sqlite_url: str,
    own_broker: Mosquitto,
    fly: Fly,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The round fails at the broker, is logged once, and the next one after it is back is good."""
    service = fly(sqlite_database, sqlite_url, own_broker)
    wait_for(service, Result.GOOD)
    own_broker.stop()
    failed = wait_for(service, Result.FAILED)
    logged = [
        record
        for record in caplog.records
        if getattr(record, "action", "") == "canary_failed"
        and getattr(record, "stage", "") == failed.problem
    ]
    rounds = len(service.rounds())
    own_broker.start()

    assert Stage.PUBLISHED is failed.problem
    assert rounds - 1 >= len(logged) >= 1
    assert Result.GOOD is wait_for(service, Result.GOOD, after=rounds).result
    assert {NUMBER} == {number for number, _ in service.told()}


@pytest.mark.parametrize(
    ("missing", "stuck"),
    [(RoleName.INGEST, Stage.STORED), (RoleName.ALERTS, Stage.HANDED_OVER)],
)
def test_a_role_that_is_gone_is_named(
    sqlite_database: Engine,
    sqlite_url: str,
    broker: Mosquitto,
    fly: Fly,
    missing: RoleName,
    stuck: Stage,
) -> None:
    """Without ingest nothing is stored, without alerts nothing is sent: the round says which."""
    service = fly(sqlite_database, sqlite_url, broker, without=(missing,))
    failed = wait_for(service, Result.FAILED)

    assert stuck is failed.problem
    assert [] == service.told()
    late = look(service.settings, service.engine, service.clock.now() + timedelta(hours=1))
    assert Subject.CANARY in {p.subject for p in promise.judge(late) if not p.is_well}


def test_at_night_the_answer_must_come_back(
    database: Engine, database_url: str, broker: Mosquitto, fly: Fly
) -> None:
    """The test number answers, the answer comes through the provider's door, the loop is closed."""
    service = fly(database, database_url, broker, begins=NIGHT, answer_within_s=120)
    until(lambda: bool(service.told()), "the test number is written to", within_s=60)
    number = NUMBER.replace("+", "%2B")
    address = f"{service.settings.twilio_api_url}/phones/{number}/reply"
    httpx.post(address, json={"text": "1"}).raise_for_status()
    played = wait_for(service, Result.GOOD)
    wait_for(service, Result.GOOD, after=1)

    assert played.is_nightly
    assert "answered" in played.spans_s()
    assert [True, False] == rows(database, schema.canary_round, "is_nightly")[:2]
    state = look(service.settings, service.engine, service.clock.now())
    assert state.canary.nightly is not None
    assert Subject.CANARY not in {p.subject for p in promise.judge(state) if not p.is_well}
    assert [] == rows(database, schema.notice)


def test_a_night_without_an_answer_is_told(
    sqlite_database: Engine, sqlite_url: str, broker: Mosquitto, fly: Fly
) -> None:
    """Nobody answers in time: the round failed there, an operator hears it, the status has it."""
    service = fly(sqlite_database, sqlite_url, broker, begins=NIGHT, answer_within_s=1)
    failed = wait_for(service, Result.FAILED)
    good = wait_for(service, Result.GOOD)

    assert (True, Stage.ANSWERED) == (failed.is_nightly, failed.problem)
    assert failed.handed_over_at is not None
    assert not good.is_nightly
    told = rows(sqlite_database, schema.notice, "kind", "subject", "said")
    assert [("canary_failed", "nightly", {"stage": "answer"})] == told
    state = look(service.settings, service.engine, service.clock.now())
    (line,) = [p for p in promise.judge(state) if p.subject is Subject.CANARY]
    assert Reason.NIGHT_FAILED is line.reason


def test_kill_nine_and_a_database_that_restarts(
    own_postgresql: PostgreSQL, broker: Mosquitto, breakage: ExitStack, tmp_path: Path
) -> None:
    """Killed with its incident open, the canary ends both at its next start, and flies again.

    So it does after the database was away.
    """
    url = own_postgresql.create_database("aihuijia")
    engine = open_database(url)
    migrate(engine)
    settings = production_settings(database_url=url, broker_url=broker.url, speed=60) | {
        "MQTT_CLIENT_ID": "ingest-killed-canary",
        "TOPIC_PREFIX": "121/killed-canary",
        "CANARY_NUMBER": NUMBER,
        "CANARY_EVERY_S": "240",
    }
    names = ("phone-network", "ingest", "alerts", "api", "canary")
    processes = {name: RoleProcess(name, settings, tmp_path) for name in names}
    breakage.callback(engine.dispose)
    for process in processes.values():
        process.start()
        breakage.callback(process.throw_away)

    def open_states() -> list[str]:
        states = rows(engine, schema.incident, "state")
        return [state for state in states if state != IncidentState.CLOSED.value]

    def results() -> list[str | None]:
        return rows(engine, schema.canary_round, "result")

    until(lambda: bool(open_states()), "the canary's incident opens", within_s=60)
    processes["canary"].kill()
    assert [None] == results()
    assert 1 == len(open_states())

    processes["canary"].start()
    until(lambda: results()[:1] == ["interrupted"], "the round left open is ended", within_s=60)
    assert [Outcome.DRILL.value] == rows(engine, schema.incident, "outcome")[:1]
    until(lambda: "good" in results(), "a round comes through", within_s=60)

    own_postgresql.stop()
    own_postgresql.start()
    flown = results().count("good")
    until(lambda: results().count("good") > flown, "another comes through", within_s=90)
    assert "failed" not in results()
    assert {"canary-1"} == set(rows(engine, schema.latest, "device_id"))
