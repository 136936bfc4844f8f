"""Bands, answers, timers and senders, all at the same moment: nobody loses anything."""

import logging
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from alerts.auditor import audit
from alerts.inbox import process_pending
from core.accounts import EVERYWHERE
from core.incidents import IncidentState
from store import map_views, schema
from store.database import reading
from tests.conftest import NOON
from tests.scenes import (
    AlertsRole,
    Household,
    Town,
    message,
    on_both_databases,
    phone_of,
    register_household,
    report,
    rows,
    take,
)

_HOUSEHOLDS = 6


@on_both_databases
def test_everybody_at_once(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """With every part at work at once, each SOS is asked about, each answer counts, once."""
    engine = town.engine
    with engine.begin() as connection:
        homes = [
            register_household(connection, f"home-{number}", now=NOON)
            for number in range(_HOUSEHOLDS)
        ]
    role = AlertsRole(engine, town.clock)
    rounds = 4

    def press(home: Household) -> None:
        for number in range(rounds):
            said = report(f"s-{number}", at=NOON, alarms=["sos"])
            take(engine, message(home.device_id, said, at=NOON))

    def tick() -> None:
        for _ in range(rounds):
            ticker = role.ticker()
            ticker.tick()
            ticker.stop()

    def answer(home: Household) -> None:
        for person in home.guardians:
            town.arrives("reply", {"from": phone_of(person), "text": "1"})
            process_pending(engine, town.clock)

    caplog.set_level(logging.ERROR)
    _at_once(
        *[lambda home=home: press(home) for home in homes],
        tick,
        tick,
    )
    _at_once(*[lambda home=home: answer(home) for home in homes], tick, tick)
    role.tick()

    assert [] == [record.getMessage() for record in caplog.records]
    assert {home.elder_id: 1 for home in homes} == Counter(
        rows(engine, schema.incident, "elder_id")
    )
    for incident_id in rows(engine, schema.incident, "id"):
        incident = town.incident(incident_id)
        assert IncidentState.ACCEPTED is incident.state
        assert 2 == len(incident.going())
    tokens = Counter(sent.message.token for sent in role.sent)
    assert {1} == set(tokens.values())
    with reading(engine) as connection:
        assert [] == audit(connection, NOON, patience_s=60)
        cursors = [
            entry.cursor
            for entry in map_views.entries_after(connection, 0, 10_000, scope=EVERYWHERE)
        ]
    assert sorted(cursors) == cursors


def _at_once(*works: Callable[[], None]) -> None:
    barrier = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001  raised below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
