"""The ping to the outside leaves only while the promise is kept."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from alerts.dead_man import DeadMan, Silence, Vitals, any_works, why_silent
from alerts.guard import Guard
from core.clock import monotonic
from simulators.heartbeat_receiver import HeartbeatReceiver
from simulators.phone_network import BackgroundServer
from store import providers, schema, workers
from store.providers import MOST_FAILURES, ProviderState
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases
from tests.servers import until

KEYS = ("twilio/sms", "twilio/voice")
WELL = Vitals(
    audit_age_s=3.0,
    problems=0,
    tick_age_s=1.0,
    schema_fits=True,
    hears_bands=True,
    provider_works=True,
)


@dataclass
class Pulse:
    """A ticker as the dead-man sees it."""

    ticked_at: float
    schema_fits: bool = True


class Service:
    """A guard, a pulse and a dead-man on a town, all well at first."""

    def __init__(self, town: Town, url: str) -> None:
        """Ping *url*."""
        self.town = town
        self.pulse = Pulse(ticked_at=monotonic())
        self.guard = Guard(town.engine, town.clock, worker="tests")
        self.dead_man = DeadMan(
            town.engine, town.clock, self.guard, self.pulse, url=url, provider_keys=KEYS
        )
        self.guard.more = self.dead_man.figures
        self.hear()
        self.guard.look()

    def hear(self) -> None:
        """Let the ingest role say that it has the broker."""
        now = self.town.clock.now()
        detail = {"listening_since": now.isoformat()}
        with self.town.engine.begin() as connection:
            workers.beat(connection, "i", role="ingest", detail=detail, now=now)

    def fail(self, *keys: str) -> None:
        """Let providers fail so often that they rest."""
        with self.town.engine.begin() as connection:
            for key in keys * MOST_FAILURES:
                providers.note_failure(
                    connection, key, reason="x", is_out=False, speed=1, now=self.town.clock.now()
                )

    def work(self, key: str) -> None:
        """Let a provider take something."""
        with self.town.engine.begin() as connection:
            providers.note_success(connection, key, self.town.clock.now())


@pytest.fixture
def receiver(town: Town) -> Iterator[tuple[HeartbeatReceiver, str]]:
    """Give the outside receiver and the address of a check."""
    stand_in = HeartbeatReceiver(town.clock)
    server = BackgroundServer(stand_in.app)
    server.start()
    yield stand_in, f"{server.url}/ping/a-secret-name"
    server.stop()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"problems": 1}, Silence.AUDIT),
        ({"audit_age_s": None}, Silence.NO_AUDIT),
        ({"audit_age_s": 101.0}, Silence.NO_AUDIT),
        ({"tick_age_s": 61.0}, Silence.TICK),
        ({"schema_fits": False}, Silence.SCHEMA),
        ({"hears_bands": False}, Silence.BROKER),
        ({"provider_works": False}, Silence.PROVIDERS),
    ],
)
def test_each_thing_that_is_wrong_silences(changed: dict[str, Any], reason: Silence) -> None:
    """With all well there is no reason to be silent; each thing alone is one."""
    assert () == why_silent(WELL)
    assert (reason,) == why_silent(replace(WELL, **changed))


def test_a_provider_is_not_believed_at_the_end_of_its_rest() -> None:
    """One that rested counts as out for ten minutes more, unless something went through."""
    rested = ProviderState(
        provider=KEYS[0], failures=5, resting_until=NOON, reason="", last_ok_at=None
    )
    well = replace(rested, resting_until=None)
    soon, later = NOON + timedelta(seconds=599), NOON + timedelta(seconds=600)

    assert not any_works(KEYS[:1], {KEYS[0]: rested}, soon, speed=1)
    assert any_works(KEYS[:1], {KEYS[0]: rested}, later, speed=1)
    assert any_works(KEYS, {KEYS[0]: rested}, soon, speed=1)
    assert any_works(KEYS[:1], {KEYS[0]: well}, soon, speed=1)


@on_both_databases
def test_it_stops_for_each_reason_and_resumes(
    town: Town, receiver: tuple[HeartbeatReceiver, str]
) -> None:
    """The receiver hears nothing while something is wrong, and hears again when it is mended."""
    outside, url = receiver
    service = Service(town, url)
    beat = service.dead_man.beat
    assert () == beat()
    assert 1 == len(outside.heard)

    town.sos()
    late = town.clock.now() - timedelta(seconds=61)
    with town.engine.begin() as connection:
        connection.execute(update(schema.incident).values(next_action_at=late))
    service.guard.look()
    assert (Silence.AUDIT,) == beat()
    with town.engine.begin() as connection:
        connection.execute(
            update(schema.incident).values(
                state="closed", outcome="found", closed_at=late, next_action_at=None
            )
        )
    service.guard.look()
    assert () == beat()

    service.pulse.ticked_at -= 61
    assert (Silence.TICK,) == beat()
    service.pulse.ticked_at += 61
    assert () == beat()

    town.clock.advance(31)
    assert (Silence.BROKER,) == beat()
    service.hear()
    assert () == beat()

    service.fail(*KEYS)
    assert (Silence.PROVIDERS,) == beat()
    service.work(KEYS[1])
    assert () == beat()

    assert 5 == len(outside.heard)
    assert {("GET", "/ping/a-secret-name")} == {(h.method, h.path) for h in outside.heard}
    assert town.clock.now().isoformat() == service.dead_man.figures()["heartbeat_at"]


def test_no_database_no_ping(town: Town, receiver: tuple[HeartbeatReceiver, str]) -> None:
    """Where nothing can be read, nothing is said."""
    outside, url = receiver
    service = Service(town, url)
    with town.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE worker_beat RENAME TO hidden")

    assert (Silence.DATABASE,) == service.dead_man.beat()
    assert [] == outside.heard


def test_a_receiver_that_refuses_is_logged_without_its_address(
    town: Town, receiver: tuple[HeartbeatReceiver, str], caplog: pytest.LogCaptureFixture
) -> None:
    """The check's name opens it: no log has it, whether the receiver refuses or is away."""
    outside, url = receiver
    outside.status = 404
    service = Service(town, url)
    service.dead_man.beat()
    away = Service(town, "http://127.0.0.1:1/ping/a-secret-name")
    away.dead_man.beat()

    failed = [r for r in caplog.records if getattr(r, "action", "") == "heartbeat_failed"]
    assert 2 == len(failed)
    assert "HTTP 404" in failed[0].getMessage()
    assert "a-secret-name" not in caplog.text
    assert service.dead_man.figures()["heartbeat_at"] is None


def test_a_running_dead_man_pings_by_itself(
    town: Town, receiver: tuple[HeartbeatReceiver, str]
) -> None:
    """Started, it pings again and again, and ends when told."""
    outside, url = receiver
    service = Service(town, url)
    dead_man = DeadMan(town.engine, town.clock, service.guard, service.pulse, url=url, every_s=0.01)
    dead_man.start()
    until(lambda: len(outside.heard) >= 2, "two pings arrive")
    dead_man.stop()

    assert 2 <= len(outside.heard)
