"""The same day of pings, in any order and with some said twice, ends in the same records."""

import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from core.clock import ManualClock
from ingest.subscriber import Subscriber
from ingest.topics import report_topic
from tests.conftest import NOON
from tests.ingest.wire import Wire
from tests.journeys.days import (
    FALLS,
    PRESSES,
    RETURNS,
    STAYS,
    STEP,
    WANDERS,
    Said,
    day_of,
    outcome,
    register,
    repeated,
)
from tests.journeys.ledger import count_stored
from tests.scenes import message, take
from tests.servers import Mosquitto, until

_numbers = itertools.count(1)
#: what arrives in each step, the first one first
Arrivals = Sequence[Sequence[Said]]


def through_the_broker(engine: Engine, broker: Mosquitto, arrivals: Arrivals) -> None:
    """Have ingest hear *arrivals* from a real broker, and the clock move on after each step."""
    name = f"any-order-{next(_numbers)}"
    clock = ManualClock(NOON)
    subscriber = Subscriber(
        engine, clock, broker_url=broker.url, client_id=name, prefix=f"121/{name}"
    )
    subscriber.start()
    until(subscriber.connected.is_set, "ingest is connected")
    heard: set[str] = set()
    try:
        with Wire(broker) as band:
            for step in arrivals:
                clock.advance(STEP.total_seconds())
                for said in step:
                    band.say(report_topic(f"121/{name}", said.device_id), said.body)
                    heard.add(said.body["id"])
                until(
                    lambda: count_stored(engine) >= len(heard),
                    f"the step is stored, {len(heard)} reports in all",
                    progress=lambda: count_stored(engine),
                )
    finally:
        subscriber.stop()
        Wire(broker, client_id=name).close()


def through_the_pipeline(engine: Engine, arrivals: Arrivals) -> None:
    """Take *arrivals* step by step."""
    now = NOON
    for step in arrivals:
        now += STEP
        for said in step:
            take(engine, message(said.device_id, said.body, at=now))


def in_time(day: Iterable[Said], steps: int) -> list[list[Said]]:
    """Return each step's reports in the order in which they were made."""
    arrivals: list[list[Said]] = [[] for _ in range(steps)]
    for said in day:
        arrivals[_step_of(said)].append(said)
    return arrivals


def disturbed(day: Sequence[Said], steps: int, rng: random.Random) -> list[list[Said]]:
    """Return the same with some a step late, some twice, and each step in any order."""
    arrivals: list[list[Said]] = [[] for _ in range(steps)]
    for said in day:
        step = _step_of(said)
        arrivals[min(step + (rng.random() < 0.4), steps - 1)].append(said)
        if rng.random() < 0.2:
            arrivals[rng.randrange(step, steps)].append(said)
    for step_arrivals in arrivals:
        rng.shuffle(step_arrivals)
    return arrivals


def _step_of(said: Said) -> int:
    return int((said.at - NOON) / STEP)


def test_small_delays_change_nothing(fresh_sqlite: Callable[[], Engine]) -> None:
    """Eight hours with reports up to ten minutes late: the same positions and incidents."""
    bands, steps = (STAYS, PRESSES, FALLS, RETURNS, WANDERS), 96
    day = day_of(bands, NOON, steps=steps, seed=1)
    found = []
    for arrivals in (in_time(day, steps), disturbed(day, steps, random.Random(1))):
        engine = fresh_sqlite()
        register(engine, bands, NOON)
        through_the_pipeline(engine, arrivals)
        found.append(outcome(engine))
        engine.dispose()

    _, _, incidents = found[0]
    assert found[0] == found[1]
    assert {PRESSES, FALLS, RETURNS, WANDERS} == {band for band, _, _ in incidents}


def test_small_delays_change_nothing_on_a_real_broker(
    fresh_sqlite: Callable[[], Engine], broker: Mosquitto
) -> None:
    """The same, heard from Mosquitto."""
    bands, steps = (STAYS, PRESSES, FALLS, RETURNS, WANDERS), 30
    day = day_of(bands, NOON, steps=steps, seed=4)
    found = []
    for arrivals in (in_time(day, steps), disturbed(day, steps, random.Random(4))):
        engine = fresh_sqlite()
        register(engine, bands, NOON)
        through_the_broker(engine, broker, arrivals)
        found.append(outcome(engine))
        engine.dispose()

    assert found[0] == found[1]


def test_a_day_from_memory_in_any_order(
    database: Engine, fresh_sqlite: Callable[[], Engine], broker: Mosquitto
) -> None:
    """Bands without network all day empty their memories, wildly mixed: the same records."""
    bands, steps = (STAYS, PRESSES, FALLS, WANDERS), 288
    yesterday = NOON - timedelta(days=1)
    day = [_from_memory(said) for said in day_of(bands, yesterday, steps=steps, seed=5)]
    reference = fresh_sqlite()
    register(reference, bands, NOON)
    register(database, bands, NOON)

    through_the_broker(reference, broker, [day])
    through_the_broker(database, broker, [repeated(day, random.Random(5), share=0.2)])

    _, _, incidents = outcome(reference)
    assert outcome(reference) == outcome(database)
    assert {PRESSES, FALLS, WANDERS} == {band for band, _, _ in incidents}
    assert len(day) == count_stored(database)
    reference.dispose()


def _from_memory(said: Said) -> Said:
    body: dict[str, Any] = said.body | {"why": "backlog"}
    return Said(said.device_id, said.at, body)
