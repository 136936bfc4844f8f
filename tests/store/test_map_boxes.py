"""Boxes of the map: every band once, page by page or cell by cell, and only who may be seen."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, insert, text

from core.accounts import EVERYWHERE, Scope
from core.feature_queries import Box
from core.places import Position
from store import map_boxes, registry, schema
from store.database import reading
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases

HAINING = Box(west=120.3, south=30.2, east=121.0, north=30.7)
#: anywhere in the box, and on lines where cells meet
PLACES = st.builds(
    Position,
    st.floats(HAINING.west, HAINING.east) | st.sampled_from([120.5859375, 120.76171875, 120.9375]),
    st.floats(HAINING.south, HAINING.north) | st.sampled_from([30.234375, 30.41015625, 30.5859375]),
)
#: a street that the town's own elder does not live in
ELSEWHERE = Scope(organisations=frozenset({"elsewhere"}))


def hear(
    connection: Connection,
    places: Sequence[Position],
    *,
    elder_id: int | None = None,
    side: str = "inside",
    minutes_ago: float = 0,
    worn: bool | None = None,
    name: str = "t",
) -> None:
    """Let a band be heard at each of these places."""
    connection.execute(
        insert(schema.latest),
        [
            {
                "device_id": f"{name}-{number:05d}",
                "elder_id": elder_id,
                "first_heard_at": NOON,
                "heard_at": NOON - timedelta(minutes=minutes_ago),
                "position_at": NOON,
                "lon": place.lon,
                "lat": place.lat,
                "side": side,
                "worn": worn,
            }
            for number, place in enumerate(places)
        ],
    )


def paged(connection: Connection, box: Box, limit: int, scope: Scope = EVERYWHERE) -> list[str]:
    """Return the bands in a box, read page by page."""
    found: list[str] = []
    while True:
        after = found[-1] if found else None
        page = map_boxes.bands_in(connection, box, scope=scope, after=after, limit=limit)
        found += [band.device_id for band in page]
        if len(page) < limit:
            return found


def counted(connection: Connection, box: Box, across: int) -> list[map_boxes.Cell]:
    """Return the cells of a box."""
    return map_boxes.cells_in(
        connection,
        box,
        scope=EVERYWHERE,
        size_deg=map_boxes.cell_size_deg(box, across),
        now=NOON,
        missed=3,
        unknown_interval_s=300,
    )


def scattered(count: int) -> list[Position]:
    """Return *count* places all over the town, some on the very edges of the box."""
    east, north = HAINING.east - HAINING.west, HAINING.north - HAINING.south
    return [
        Position(
            HAINING.west + east * (n * 37 % count) / (count - 1),
            HAINING.south + north * (n * 61 % count) / (count - 1),
        )
        for n in range(count)
    ]


@on_both_databases
def test_pages_and_cells_agree(town: Town) -> None:
    """Each band in the box is on exactly one page, and the cells add up to them."""
    with town.engine.begin() as connection:
        hear(connection, [*scattered(101), Position(121.5, 30.4), Position(120.5, 31)])
    with reading(town.engine) as connection:
        whole = paged(connection, HAINING, 1000)
        by_pages = paged(connection, HAINING, 7)
        cells = counted(connection, HAINING, 16)
        few = map_boxes.count_in(connection, HAINING, scope=EVERYWHERE, most=5)
        devices = map_boxes.devices_in(connection, HAINING, scope=EVERYWHERE)

    assert 101 == len(whole) == sum(cell.bands for cell in cells)
    assert whole == by_pages == sorted(devices)
    assert 1 < len(cells) <= 17 * 17
    assert 5 == few


@on_both_databases
def test_no_band_is_lost_at_the_edge_of_a_cell(town: Town) -> None:
    """Wherever bands stand, cells of any size count each of them once, and so do pages."""

    @settings(max_examples=40)
    @given(places=st.lists(PLACES, min_size=1, max_size=30), across=st.integers(4, 64))
    def check(places: list[Position], across: int) -> None:
        with town.engine.connect() as connection, connection.begin() as attempt:
            hear(connection, places)
            cells = counted(connection, HAINING, across)
            pages = paged(connection, HAINING, 4)
            attempt.rollback()

        assert len(places) == len(pages) == sum(cell.bands for cell in cells)

    check()


@on_both_databases
def test_a_cell_tells_how_its_bands_are(town: Town) -> None:
    """Sides, bands off the wrist and silent ones are counted apart."""
    here = [Position(120.70, 30.50)]
    with town.engine.begin() as connection:
        hear(connection, here * 3, name="a")
        hear(connection, here * 2, name="b", side="outside", minutes_ago=16)
        hear(connection, here, name="c", side="unsure", worn=False, minutes_ago=14)
    with reading(town.engine) as connection:
        (cell,) = counted(connection, HAINING, 4)

    assert (6, 3, 1, 2, 1, 2) == (
        cell.bands,
        cell.inside,
        cell.unsure,
        cell.outside,
        cell.not_worn,
        cell.silent,
    )
    assert cell.west <= 120.70 < cell.west + cell.size_deg
    assert cell.south <= 30.50 < cell.south + cell.size_deg


@on_both_databases
def test_a_narrow_scope_sees_its_own(town: Town) -> None:
    """Bands of others, of nobody and of the canary are not in the box of one street."""
    with town.engine.begin() as connection:
        registry.add_organisation(
            connection, "elsewhere", kind="street", name_zh="海昌街道", name_en="Haichang Street"
        )
        theirs = registry.add_elder(
            connection, organisation_id="elsewhere", name="甲", birth_year=1940, sex="f"
        )
        canary = registry.add_elder(
            connection, organisation_id="elsewhere", name="乙", birth_year=1940, sex="f"
        )
        connection.execute(
            schema.elder.update().where(schema.elder.c.id == canary).values(is_virtual=True)
        )
        here = [Position(120.70, 30.50)]
        hear(connection, here, name="own", elder_id=theirs)
        hear(connection, here, name="other", elder_id=town.household.elder_id)
        hear(connection, here, name="nobodys")
        hear(connection, here, name="canary", elder_id=canary)
    with reading(town.engine) as connection:
        everyone = paged(connection, HAINING, 10)
        narrow = paged(connection, HAINING, 10, ELSEWHERE)

    assert ["nobodys-00000", "other-00000", "own-00000"] == everyone
    assert ["own-00000"] == narrow


@on_both_databases
@pytest.mark.parametrize("question", ["bands", "cells"])
def test_a_box_is_found_by_an_index(town: Town, question: str) -> None:
    """Among many bands a small box is not found by reading all of them."""
    small = Box(west=120.70, south=30.50, east=120.701, north=30.501)
    with town.engine.begin() as connection:
        hear(connection, scattered(5000))
        connection.execute(text("ANALYZE"))
    with reading(town.engine) as connection:
        plan = _plan(connection, small, question)

    assert "ix_latest_geom" in plan or "ix_latest_lon_lat" in plan, plan


def _plan(connection: Connection, box: Box, question: str) -> str:
    """Return how the database finds a box, in its own words."""
    asked: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, *rest: Any) -> None:
        asked.append((statement, rest[0]))

    event.listen(connection, "before_cursor_execute", listen)
    if question == "bands":
        map_boxes.bands_in(connection, box, scope=EVERYWHERE, limit=100)
    else:
        counted(connection, box, 16)
    event.remove(connection, "before_cursor_execute", listen)
    explain = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    statement, values = asked[-1]
    rows = connection.exec_driver_sql(explain + statement, values)
    return "\n".join(str(row) for row in rows)


@given(
    west=st.floats(-180, 179),
    south=st.floats(-90, 89),
    wide=st.floats(1e-6, 1),
    high=st.floats(1e-6, 1),
    across=st.integers(4, 64),
)
def test_cells_are_neither_too_many_nor_too_few(
    west: float, south: float, wide: float, high: float, across: int
) -> None:
    """Cells stand still when the map moves: each size is half of the next; enough fit the box."""
    box = Box(west=west, south=south, east=west + wide, north=south + high)
    size = map_boxes.cell_size_deg(box, across)
    longest = max(box.east - box.west, box.north - box.south)

    assert longest / size <= across + 1e-9
    assert longest / size > across / 2 - 1e-9 or size <= 360 / 2**26
    assert 0 == (360 / size) % 1
