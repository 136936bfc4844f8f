"""What a zone must be to be registered, and what is allowed but unwise."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from shapely.geometry import Polygon

from core.clock import LOCAL_ZONE
from core.places import Position
from core.working_days import DayRule
from core.zone_limits import ZoneWarning, check_zone, polygon_of, zone_warnings
from core.zones import Circle, Zone, ZoneKind

HOME = Position(120.68, 30.53)
SMALL, SLIVER = ZoneWarning.SMALL, ZoneWarning.SLIVER

Corners = Iterable[tuple[float, float]]


def box(west_m: float, south_m: float, east_m: float, north_m: float) -> Corners:
    """Return the corners of a rectangle, metres from home."""
    return ((west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m))


def polygon(corners: Corners, *holes: Corners) -> Polygon:
    """Return a polygon by its corners in metres from home."""

    def degrees(ring: Corners) -> list[tuple[float, float]]:
        places = (HOME.moved(east_m=east_m, north_m=north_m) for east_m, north_m in ring)
        return [(place.lon, place.lat) for place in places]

    return Polygon(degrees(corners), [degrees(hole) for hole in holes])


def zone(shape: Circle | Polygon) -> Zone:
    """Return a zone of this shape."""
    return Zone(id=1, elder_id=1, kind=ZoneKind.SAFE, name="公园", shape=shape)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Circle(HOME, 100), ()),
        (Circle(HOME, 99), (SMALL,)),
        (Circle(HOME, 15), (SMALL,)),
        (polygon(box(0, 0, 30, 30)), (SMALL,)),
        (polygon(box(0, 0, 210, 210)), ()),
        (polygon(box(0, 0, 190, 190)), (SMALL,)),
        (polygon(box(0, 0, 1000, 60)), (SMALL,)),
        (polygon(box(0, 0, 1000, 10)), (SMALL, SLIVER)),
        (polygon(((0, 0), (700, 700), (710, 690), (10, -10))), (SMALL, SLIVER)),
        (polygon(box(0, 0, 300, 300), box(110, 110, 190, 190)), (SMALL,)),
        (polygon(box(0, 0, 500, 500), box(210, 210, 290, 290)), ()),
        (polygon(box(0, 0, 300, 300), box(10, 10, 290, 290)), (SMALL, SLIVER)),  # a ring only
        (Circle(HOME, 30_000), (ZoneWarning.BEYOND_HAINING,)),
        (polygon(box(0, 0, 20_000, 300)), (ZoneWarning.BEYOND_HAINING,)),
        (Circle(Position(120.55, 30.30), 300), (ZoneWarning.BEYOND_HAINING,)),  # the far bank
    ],
)
def test_what_is_unwise_is_named_and_allowed(
    shape: Circle | Polygon, expected: tuple[ZoneWarning, ...]
) -> None:
    """Small, narrow and far-off zones pass, with each doubt named; holes count as outside."""
    check_zone(zone(shape))

    assert expected == zone_warnings(zone(shape))


def test_a_zone_that_never_counts_is_named() -> None:
    """Days off between a Monday and a Friday without a holiday: the zone is never in force."""
    monday = datetime(2026, 3, 2, tzinfo=LOCAL_ZONE)
    working_week = replace(
        zone(Circle(HOME, 100)),
        days=DayRule.OFF,
        valid_from=monday,
        valid_until=monday + timedelta(days=5),
    )

    assert (ZoneWarning.NEVER_COUNTS,) == zone_warnings(working_week)
    assert () == zone_warnings(replace(working_week, days=DayRule.WORKING))


@pytest.mark.parametrize(
    ("shape", "advice"),
    [
        (polygon(((0, 0), (100, 100), (100, 0), (0, 100))), "crosses itself"),
        (polygon(((0, 0), (100, 0), (100, 100), (50, 0), (0, 100))), "touches itself"),
        (polygon(box(0, 0, 300, 300), box(400, 400, 500, 500)), "a hole lies outside"),
        (
            polygon(box(0, 0, 300, 300), box(50, 50, 250, 250), box(100, 100, 200, 200)),
            "a hole lies in another",
        ),
        (
            polygon(box(0, 0, 300, 300), ((0, 150), (150, 140), (300, 150), (150, 160))),
            "cut it into pieces",
        ),
        (polygon(box(0, 0, 5, 5)), "at least 50 m², not 25.0"),
        (polygon(box(0, 0, 200_000, 200)), "at most 100 km, not 200"),
        (Polygon([(30.5, 120.6), (30.6, 120.6), (30.6, 120.7)]), "longitude, then latitude"),
        (Polygon([(120.6, 30.5, 9), (120.7, 30.5, 9), (120.7, 30.6, 9)]), "two numbers"),
        (Polygon(), "two numbers"),
        (polygon((n, n % 2) for n in range(5001)), "5000 corners"),
    ],
)
def test_what_cannot_be_meant_is_refused(shape: Polygon, advice: str) -> None:
    """A shape with a fault is refused with a sentence and never mended silently."""
    with pytest.raises(ValueError, match=advice):
        check_zone(zone(shape))


def test_names_and_dates_are_checked() -> None:
    """A zone has a name that fits on a page, and ends after it begins."""
    good, noon = zone(Circle(HOME, 100)), datetime(2026, 3, 2, 12, tzinfo=LOCAL_ZONE)

    for bad, advice in (
        (replace(good, name=" "), "1 to 80 letters"),
        (replace(good, name="园" * 81), "1 to 80 letters"),
        (replace(good, valid_from=noon, valid_until=noon), "ends after it begins"),
    ):
        with pytest.raises(ValueError, match=advice):
            check_zone(bad)


def test_rings_become_a_polygon_with_holes() -> None:
    """The first ring is the edge, the others are holes; corners stay as they are."""
    edge = [(120.0, 30.0), (121.0, 30.0), (121.0, 31.0), (120.0, 30.0)]
    hole = [(120.7, 30.2), (120.8, 30.2), (120.8, 30.3), (120.7, 30.2)]

    assert Polygon(edge, [hole]) == polygon_of([edge, hole])


@pytest.mark.parametrize(
    ("rings", "advice"),
    [
        ([], "at least one ring"),
        ([[(0, 0), (1, 0), (0, 0)]], "at least three corners"),
        ([[(0, 0), (1, 0), (1, 1), (0, 1)]], "repeat the first corner"),
        ([[(0, 0, 5), (1, 0, 5), (1, 1, 5), (0, 0, 5)]], "two numbers"),
    ],
)
def test_rings_that_are_none_are_refused(rings: list[list[tuple[float, ...]]], advice: str) -> None:
    """An open ring is not closed for whoever drew it: perhaps a corner is missing."""
    with pytest.raises(ValueError, match=advice):
        polygon_of(rings)
