"""A fast clock that waits for a slow machine."""

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.clock import ManualClock, from_unix
from simulators.pacing import TOLERATED_S, Pace, PacedClock, behind_s
from store import schema
from store.database import open_database

NOON = from_unix(1_795_000_000)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Return an empty database without the rules that bind rows together."""
    one = open_database(f"sqlite:///{tmp_path}/pace.db")
    schema.metadata.create_all(one)
    yield one
    one.dispose()


def test_time_neither_jumps_nor_runs_backwards() -> None:
    """Whatever another thread does to the speed, instants only grow, no faster than they may."""
    clock = PacedClock(speed=1000, anchor=NOON)
    done = threading.Event()

    def fiddle() -> None:
        while not done.is_set():
            clock.set_speed(1)
            clock.set_speed(1000)

    thread = threading.Thread(target=fiddle)
    thread.start()
    instants = [clock.now() for _ in range(20_000)]
    done.set()
    thread.join()
    steps_s = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(instants)]

    assert min(steps_s) >= 0
    assert instants[-1] - instants[0] < timedelta(seconds=1000)


def test_wall_time_is_known_over_changes_of_speed() -> None:
    """The wall seconds between two instants add up over slow and fast stretches."""
    clock = PacedClock(speed=10, anchor=NOON)
    begin = clock.now()
    clock.set_speed(100)
    middle = clock.now()
    later = middle + timedelta(seconds=50)

    assert pytest.approx(0.5, abs=0.05) == clock.wall_s(middle, later)
    assert clock.wall_s(begin, later) >= clock.wall_s(middle, later)
    assert pytest.approx(-0.5, abs=0.05) == clock.wall_s(begin, begin - timedelta(seconds=5))


def test_a_clock_needs_a_speed() -> None:
    """Standing still or running backwards is refused."""
    with pytest.raises(ValueError, match="positive"):
        PacedClock(speed=0, anchor=NOON)
    clock = PacedClock(speed=1, anchor=NOON)
    with pytest.raises(ValueError, match="positive"):
        clock.set_speed(-1)


def test_being_behind_slows_time_down_and_catching_up_restores_it() -> None:
    """The speed falls while the service is late, stays in between, and recovers to no more."""
    clock = PacedClock(speed=40, anchor=NOON)
    pace = Pace(clock)
    speeds = []
    for late_s in (TOLERATED_S + 1, TOLERATED_S + 1, TOLERATED_S - 1, 0):
        pace.adjust(late_s)
        speeds.append(round(clock.speed, 2))
    for _ in range(30):
        pace.adjust(0)

    assert [24.0, 14.4, 14.4, 16.56] == speeds
    assert clock.speed == 40


def test_time_never_stands_still() -> None:
    """However late the service is, a tenth of the speed remains."""
    clock = PacedClock(speed=40, anchor=NOON)
    pace = Pace(clock)
    for _ in range(50):
        pace.adjust(1e6)

    assert clock.speed == 4


def test_nothing_due_is_nothing_late(engine: Engine) -> None:
    """An empty service is not behind."""
    with engine.connect() as connection:
        assert behind_s(connection, NOON) == 0


def test_the_longest_due_counts(engine: Engine) -> None:
    """What waits longest says how late the service is; what is done or to come does not."""
    clock = ManualClock(NOON)
    command = {
        "device_id": "hn-0001",
        "do": "locate",
        "args": {},
        "expires_at": NOON,
    }
    with engine.begin() as connection:
        connection.execute(
            schema.command.insert(),
            [
                {**command, "state": "queued", "created_at": NOON, "not_before": None},
                {
                    **command,
                    "state": "sent",
                    "created_at": NOON - timedelta(hours=1),
                    "not_before": None,
                },
                {
                    **command,
                    "state": "queued",
                    "created_at": NOON - timedelta(hours=1),
                    "not_before": NOON + timedelta(minutes=1),
                },
            ],
        )
        connection.execute(
            schema.inbox.insert(),
            [
                {
                    "source": "twilio",
                    "event_key": "1",
                    "kind": "reply",
                    "body": {},
                    "received_at": NOON - timedelta(seconds=5),
                    "processed_at": None,
                },
                {
                    "source": "twilio",
                    "event_key": "2",
                    "kind": "reply",
                    "body": {},
                    "received_at": NOON - timedelta(seconds=500),
                    "processed_at": NOON,
                },
            ],
        )
    clock.advance(3)
    with engine.connect() as connection:
        late_s = behind_s(connection, clock.now())

    assert late_s == 8
