"""Distances to the edge of zones, in metres on the ground."""

import math

import pytest
from shapely.geometry import Polygon

from core.places import Position
from core.zones import Zone, ZoneKind
from geofence.geometry import Reading, measure
from geofence.grounds import project
from tests.geofence.walks import HOME, circle

FAR_TOWN = Position(116.4, 39.9)


def square(middle: Position, half_m: float, *, zone_id: int = 1) -> Zone:
    """Return a square zone reaching *half_m* metres each way."""
    corners = [
        middle.moved(east_m=east * half_m, north_m=north * half_m)
        for east, north in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    shape = Polygon([(corner.lon, corner.lat) for corner in corners])
    return Zone(id=zone_id, elder_id=1, kind=ZoneKind.SAFE, name="yard", shape=shape)


def read(zones: tuple[Zone, ...], at: Position) -> Reading:
    """Return the reading of one position."""
    (reading,) = measure([(project(zones), at)], danger_within_m=300.0)
    return reading


@pytest.mark.parametrize("bearing_deg", [0, 37, 90, 180, 271])
def test_a_circle_is_a_true_disc(bearing_deg: float) -> None:
    """In every direction the edge of a circle is one radius away."""
    east, north = math.sin(math.radians(bearing_deg)), math.cos(math.radians(bearing_deg))
    at = HOME.moved(east_m=250 * east, north_m=250 * north)

    assert pytest.approx(150, abs=0.05) == read((circle(100),), at).beyond_m


@pytest.mark.parametrize("middle", [HOME, FAR_TOWN])
def test_a_polygon_is_measured_to_its_edge(middle: Position) -> None:
    """Outside a polygon the distance to its edge counts positive, inside negative."""
    yard = (square(middle, 80),)

    assert pytest.approx(20, abs=0.2) == read(yard, middle.moved(east_m=100)).beyond_m
    assert pytest.approx(-80, abs=0.2) == read(yard, middle).beyond_m
    assert pytest.approx(50, abs=0.2) == read(yard, middle.moved(east_m=110, north_m=120)).beyond_m


def test_zones_far_apart_are_each_exact() -> None:
    """A second home in another province does not distort the first."""
    zones = (circle(100), square(FAR_TOWN, 80, zone_id=2))

    assert pytest.approx(50, abs=0.05) == read(zones, HOME.moved(east_m=150)).beyond_m
    assert pytest.approx(20, abs=0.2) == read(zones, FAR_TOWN.moved(north_m=100)).beyond_m


def test_overlapping_zones_are_one_ground() -> None:
    """Where two zones meet there is no edge: depth is measured to the edge of their union."""
    zones = (circle(100), circle(100, zone_id=2, east_m=150))
    lens = math.sqrt(100**2 - 75**2)

    assert pytest.approx(-lens, abs=0.2) == read(zones, HOME.moved(east_m=75)).beyond_m


def test_touching_yard_and_circle_are_one_ground() -> None:
    """A circle drawn into a polygon does not make the polygon shallower."""
    zones = (square(HOME, 200), circle(50, zone_id=2))

    assert pytest.approx(-200, abs=0.5) == read(zones, HOME).beyond_m


def test_without_safe_zones_there_is_no_distance() -> None:
    """No safe zones: nothing to be beyond."""
    assert read((), HOME).beyond_m is None


def test_only_danger_zones_nearby_are_measured() -> None:
    """A danger zone more than 300 m away is not in the reading."""
    near = circle(50, zone_id=7, kind=ZoneKind.DANGER, east_m=100)
    far = circle(50, zone_id=8, kind=ZoneKind.DANGER, east_m=5000)

    reading = read((near, far), HOME)

    assert [7] == [zone_id for zone_id, _ in reading.dangers]
    assert pytest.approx(50, abs=0.05) == reading.dangers[0][1]


def test_a_crossed_polygon_is_still_a_zone() -> None:
    """A polygon drawn across itself is mended, not refused."""
    corners = [
        HOME.moved(east_m=e, north_m=n) for e, n in ((-80, -80), (80, 80), (80, -80), (-80, 80))
    ]
    shape = Polygon([(corner.lon, corner.lat) for corner in corners])
    zones = (
        Zone(id=1, elder_id=1, kind=ZoneKind.SAFE, name="bow", shape=shape),
        circle(50, zone_id=2),
    )

    beyond_m = read(zones, HOME.moved(east_m=-60)).beyond_m

    assert beyond_m is not None
    assert beyond_m < 0


def test_a_ground_is_projected_once() -> None:
    """Equal zones, even loaded anew, share one projected ground."""
    assert project((circle(), square(HOME, 80))) is project((circle(), square(HOME, 80)))
