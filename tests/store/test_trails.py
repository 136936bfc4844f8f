"""Trails in pages: each position once, in the order of time, whatever shares an instant."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from store import schema
from store.map_views import TrailPoint
from store.trails import trail_of_elder
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases

pytestmark = on_both_databases


def walk(connection: Connection, elder_id: int, minutes: list[int]) -> None:
    """Store a position at each of these minutes after noon."""
    connection.execute(
        insert(schema.ping),
        [
            {
                "device_id": "band-7",
                "elder_id": elder_id,
                "report_id": f"r-{number}",
                "received_at": NOON,
                "at": NOON + timedelta(minutes=minute),
                "lon": 120.69,
                "lat": 30.53,
                "alarms": [],
                "why": "timer",
                "is_backlog": False,
                "doubts": [],
                "raw": b"",
            }
            for number, minute in enumerate(minutes)
        ],
    )


def paged(connection: Connection, elder_id: int, limit: int) -> list[TrailPoint]:
    """Return a trail read page by page."""
    found: list[TrailPoint] = []
    after: tuple[datetime, int] | None = None
    while True:
        page = trail_of_elder(
            connection,
            elder_id,
            since=NOON,
            until=NOON + timedelta(hours=2),
            after=after,
            limit=limit,
        )
        found += page
        if len(page) < limit:
            return found
        after = (page[-1].at, page[-1].ping_id)


def test_pages_hold_each_position_once(town: Town) -> None:
    """Pages of any size add up to the same trail, from the first minute to before the last."""

    @settings(max_examples=30)
    @given(st.lists(st.integers(-2, 122), min_size=1, max_size=25), st.integers(1, 9))
    def check(minutes: list[int], limit: int) -> None:
        with town.engine.connect() as connection, connection.begin() as attempt:
            walk(connection, town.household.elder_id, minutes)
            found = paged(connection, town.household.elder_id, limit)
            attempt.rollback()

        times = [point.at for point in found]
        expected = sorted(minute for minute in minutes if 0 <= minute < 120)
        assert [NOON + timedelta(minutes=minute) for minute in expected] == times
        assert len({point.ping_id for point in found}) == len(found)

    check()
