"""The live feed loses nothing and doubles nothing, however often the line breaks."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import Executable, select

from api.feed import MOST_ENTRIES
from core.clock import ManualClock
from store import map_views, schema
from store.database import reading
from tests.api.conftest import Serve, Site
from tests.api.world import BAND, HOME, STRAY, World

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    number: int | None
    data: Any


@contextmanager
def watching(
    client: httpx.Client,
    *,
    after: int | None = None,
    last_event_id: int | None = None,
    bbox: str | None = None,
) -> Iterator[Iterator[Event]]:
    """Open the feed and give its events as they come."""
    asked = {"after": after, "bbox": bbox}
    params = {name: str(value) for name, value in asked.items() if value is not None}
    headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    with client.stream("GET", "/live", params=params, headers=headers) as answer:
        assert 200 == answer.status_code
        assert "text/event-stream; charset=utf-8" == answer.headers["content-type"]
        yield events_in(answer.iter_lines())


def events_in(lines: Iterator[str]) -> Iterator[Event]:
    """Yield the events in a stream of lines."""
    said: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            said[name] = value
        elif "event" in said:
            number = int(said["id"]) if "id" in said else None
            yield Event(said["event"], number, json.loads(said["data"]))
            said = {}
        else:
            said = {}


def first(events: Iterator[Event], name: str) -> Event:
    """Return the next event of this name."""
    return next(event for event in events if event.name == name)


def cursors(world: World) -> list[int]:
    """Return every cursor of the timeline."""
    with reading(world.engine) as connection:
        return list(connection.scalars(select(schema.timeline.c.cursor).order_by("cursor")))


def test_a_new_viewer_begins_with_the_time(coordinator: httpx.Client) -> None:
    """The first event says what time it is and how fast time runs."""
    with watching(coordinator) as events:
        tick = next(events)

    assert Event("tick", None, {"now": "2026-11-23T04:00:00Z", "speed": 1.0}) == tick


def test_what_happens_is_told(coordinator: httpx.Client, world: World) -> None:
    """A timeline entry reaches the viewer with its cursor and in words."""
    with watching(coordinator) as events:
        next(events)
        incident_id = world.lose_elder()
        told = first(events, "incident")

    assert cursors(world)[0] == told.number == told.data["cursor"]
    assert (incident_id, "guardians") == (told.data["incident_id"], told.data["state"])
    assert "事件开始：走出安全区。" == told.data["text"]


def test_a_broken_line_loses_and_doubles_nothing(coordinator: httpx.Client, world: World) -> None:
    """While entries are written, a viewer cut off again and again still gets each exactly once."""
    incident_id = world.lose_elder()
    begun = cursors(world)[-1]

    def write() -> None:
        for number in range(60):
            world.note(incident_id, f"第 {number} 条")

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[int] = []
    while len(seen) < 60:
        with watching(coordinator, last_event_id=seen[-1] if seen else begun) as events:
            for _ in range(7):
                seen.append(first(events, "incident").number or 0)
                if len(seen) == 60:
                    break
    writer.join()

    assert cursors(world)[-60:] == seen


def test_the_header_is_newer_than_the_address(coordinator: httpx.Client, world: World) -> None:
    """A browser that reconnects by itself repeats the old address and adds where it was."""
    world.lose_elder()
    newest = cursors(world)[-1]
    with watching(coordinator, after=0, last_event_id=newest - 1) as events:
        told = first(events, "incident")

    assert newest == told.number


@pytest.mark.parametrize(
    "taken",
    [
        schema.account.update().values(disabled_at=LONG_AGO),
        schema.account_grant.delete().where(schema.account_grant.c.role == "coordinator"),
        schema.account_session.update().values(ended_at=LONG_AGO),
    ],
    ids=["account", "right", "session"],
)
def test_the_feed_ends_with_the_rights(
    coordinator: httpx.Client, world: World, taken: Executable
) -> None:
    """Who loses account, right or session is told nothing more by a feed that was open."""
    with watching(coordinator) as events:
        next(events)
        with world.engine.begin() as connection:
            connection.execute(taken)
        rest = [event.name for event in events]

    assert [] == rest


@pytest.mark.parametrize("missed", [MOST_ENTRIES + 5])
def test_a_very_old_place_begins_anew(coordinator: httpx.Client, world: World, missed: int) -> None:
    """Who missed too much is told to load the lists again, and where to go on from."""
    incident_id = world.lose_elder()
    last = cursors(world)[-1]
    with world.engine.begin() as connection:
        connection.execute(
            schema.timeline.insert(),
            [
                {
                    "incident_id": incident_id,
                    "number": 100 + n,
                    "at": world.clock.now(),
                    "kind": "note",
                    "state": "guardians",
                    "detail": {},
                }
                for n in range(missed)
            ],
        )
    with watching(coordinator, after=0) as events:
        told = first(events, "resync")

    assert last + missed == told.number == told.data["cursor"]


def test_a_cursor_of_another_database_begins_anew(coordinator: httpx.Client, world: World) -> None:
    """After a demo was started again an old page finds its way, instead of waiting for ever."""
    world.lose_elder()
    with watching(coordinator, after=9_000) as events:
        told = first(events, "resync")

    assert cursors(world)[-1] == told.number


def test_positions_are_told_without_a_number(
    coordinator: httpx.Client, world: World, clock: ManualClock
) -> None:
    """A band that moves is sent again, a band that does not is not."""
    told = []
    with watching(coordinator) as events:
        for device in (BAND, "hn-0002"):
            clock.advance(60)
            world.move_band(HOME.moved(north_m=900), device_id=device)
            told.append(first(events, "bands"))

    assert [[BAND], ["hn-0002"]] == [
        [f["properties"]["device"] for f in event.data["features"]] for event in told
    ]
    assert [None, None] == [event.number for event in told]


def test_a_box_narrows_the_bands(
    coordinator: httpx.Client, world: World, clock: ManualClock
) -> None:
    """Bands elsewhere are not told; one that leaves the box is told once more, and then no more."""
    away, home = HOME.moved(north_m=5000), HOME.moved(east_m=900)
    told = []
    with watching(coordinator, bbox="120.68,30.52,120.71,30.54") as events:
        first(events, "tick")
        for device, place in (
            ("hn-0002", away),  # leaves
            ("hn-0002", away.moved(north_m=50)),  # is elsewhere
            (STRAY, home),  # comes
            ("hn-0002", away.moved(north_m=90)),
            ("hn-0002", home),  # is back
        ):
            clock.advance(60)
            world.move_band(place, device_id=device)
            if device == STRAY or place in (away, home):
                told.append(first(events, "bands"))

    assert [["hn-0002"], [STRAY], ["hn-0002"]] == [
        [f["properties"]["device"] for f in event.data["features"]] for event in told
    ]


def test_the_feed_ends_with_the_service(site: Site, coordinator: httpx.Client) -> None:
    """When the service closes, open feeds end by themselves."""
    with watching(coordinator) as events:
        next(events)
        site.app.state.closing.set()
        rest = list(events)

    assert {"bands"} >= {event.name for event in rest}


def test_asking_instead_of_listening(coordinator: httpx.Client, world: World) -> None:
    """Who cannot listen asks, and gets the same entries and the same time."""
    world.lose_elder()
    news = coordinator.get("/live/since", params={"cursor": 0}).json()
    nothing = coordinator.get("/live/since", params={"cursor": news["cursor"]}).json()

    assert cursors(world) == [entry["cursor"] for entry in news["entries"]]
    assert (cursors(world)[-1], False, 1.0) == (news["cursor"], news["resync"], news["speed"])
    assert [] == nothing["entries"]


def test_opening_the_feed_is_on_record(coordinator: httpx.Client, world: World) -> None:
    """Watching the live map is one look at everyone, however often the line breaks."""
    for _ in range(3):
        with watching(coordinator) as events:
            next(events)
    with reading(world.engine) as connection:
        looks = connection.execute(
            select(schema.look).where(schema.look.c.purpose == "live map")
        ).all()

    assert [None] == [look.elder_id for look in looks]


def test_a_stranger_hears_nothing(serve: Serve, world: World) -> None:
    """Without a session the feed is a problem document, not a stream."""
    with serve(world).client() as client:
        answer = client.get("/live")

    assert 401 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]


def test_the_newest_cursor_of_nothing_is_zero(world: World) -> None:
    """Before anything happened the feed begins at zero."""
    with reading(world.engine) as connection:
        assert 0 == map_views.last_cursor(connection)
