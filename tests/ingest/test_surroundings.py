"""What is learned around an elder is remembered between batches, written seldom, counted once."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from core.errors import Outdated
from geofence import learning
from geofence.tallies import Tally
from ingest.memory import Memory
from ingest.messages import Message
from ingest.pipeline import process
from store import surroundings
from store.database import reading
from tests.conftest import NOON
from tests.scenes import HOME, PREFIX, Town, message, on_both_databases, report

ROUTER = "00:00:5e:00:53:01"


class Worker:
    """A worker that takes one report after the other and remembers."""

    def __init__(self, engine: Engine) -> None:
        """Nothing is remembered yet."""
        self.engine = engine
        self.memory = Memory()

    def take(self, *messages: Message) -> None:
        """Take these as one batch, and commit."""
        now = max(one.received_at for one in messages)
        with self.engine.begin() as connection:
            batch = process(connection, messages, prefix=PREFIX, now=now, memory=self.memory)
        self.memory.keep(batch.shown, batch.judged, batch.learned)

    def stored(self, elder_id: int) -> tuple[int, Tally]:
        """Return the version that is stored, and the sums over the only zone's pings in it."""
        with reading(self.engine) as connection:
            found = surroundings.load(connection, [elder_id])[elder_id]
        (tally,) = learning.read(found.learned).today.values()
        return found.version, tally


def at_home(minute: float) -> Message:
    """Return a report from home that hears the router."""
    at = NOON + timedelta(minutes=minute)
    wifi = [{"mac": ROUTER, "dbm": -50}]
    return message("band-1", report(f"r-{minute}", at=at, position=HOME, wifi=wifi), at=at)


@on_both_databases
def test_sums_are_written_seldom(town: Town) -> None:
    """The first one at once, then no more often than every 15 minutes, nothing lost meanwhile."""
    worker, elder_id = Worker(town.engine), town.household.elder_id
    seen = []
    for minute in range(0, 35, 5):
        worker.take(at_home(minute))
        version, tally = worker.stored(elder_id)
        seen.append((version, tally.access_points[ROUTER]))

    assert [(1, 1), (1, 1), (1, 1), (2, 4), (2, 4), (2, 4), (3, 7)] == seen


@on_both_databases
def test_a_new_day_is_written_at_once(town: Town) -> None:
    """What counts as learned from four in the morning on is what is stored."""
    worker, elder_id = Worker(town.engine), town.household.elder_id
    for minute in range(0, 2 * 24 * 60, 10):
        worker.take(at_home(minute))
    with reading(town.engine) as connection:
        found = surroundings.load(connection, [elder_id])[elder_id]

    (air,) = learning.read(found.learned).known.zones.values()
    assert {ROUTER} == air.access_points


@on_both_databases
def test_a_report_teaches_once(town: Town) -> None:
    """A duplicate teaches nothing, and neither does a batch that was not committed."""
    worker, elder_id = Worker(town.engine), town.household.elder_id
    worker.take(at_home(0), at_home(0))
    for _ in range(3):
        with town.engine.connect() as connection, connection.begin() as failing:
            now = NOON + timedelta(minutes=20)
            process(connection, [at_home(20)], prefix=PREFIX, now=now, memory=worker.memory)
            failing.rollback()
    worker.take(at_home(0), at_home(20))

    assert 2 == worker.stored(elder_id)[1].pings


@on_both_databases
def test_a_worker_goes_on_where_another_ended(town: Town) -> None:
    """After a restart what was written counts on."""
    elder_id = town.household.elder_id
    Worker(town.engine).take(at_home(0))
    restarted = Worker(town.engine)
    restarted.take(at_home(20))

    assert (2, 2) == (restarted.stored(elder_id)[0], restarted.stored(elder_id)[1].pings)


@on_both_databases
def test_what_was_erased_is_forgotten_by_the_worker(town: Town) -> None:
    """A worker that still remembers it learns of it when it next writes, and begins anew."""
    worker, elder_id = Worker(town.engine), town.household.elder_id
    worker.take(at_home(0))
    with town.engine.begin() as connection:
        surroundings.erase(connection, elder_id, NOON)

    with pytest.raises(Outdated):
        worker.take(at_home(20))
    worker.memory.forget()
    worker.take(at_home(20))

    assert (3, 1) == (worker.stored(elder_id)[0], worker.stored(elder_id)[1].pings)


@on_both_databases
def test_what_cannot_be_read_is_learned_anew(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """Sums that cannot be read stop nothing: learning begins anew, and the log says so."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        broken = surroundings.StoredSurroundings(
            elder_id=elder_id, version=0, learned=b"\xc1", updated_at=NOON - timedelta(hours=1)
        )
        surroundings.save(connection, [broken])

    with caplog.at_level(logging.ERROR):
        worker = Worker(town.engine)
        worker.take(at_home(0))

    assert (2, 1) == (worker.stored(elder_id)[0], worker.stored(elder_id)[1].pings)
    assert ["surroundings_unreadable"] == [record.action for record in caplog.records]  # type: ignore[attr-defined]
