"""Distances and directions on the ground, against known values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from core.places import Position, bearing_deg, distance_m, haining_outline, offset_m

STATION = Position(120.6886, 30.5266)  # Haining, by the old town


@pytest.mark.parametrize(
    ("a", "b", "expected_m"),
    [
        # one degree of latitude on a sphere of 6 371 008.8 m
        (Position(120.0, 30.0), Position(120.0, 31.0), 111_195.1),
        # one thousandth of a degree of longitude at 30.5 degrees north
        (Position(120.0, 30.5), Position(120.001, 30.5), 95.8),
        (STATION, STATION, 0.0),
    ],
)
def test_known_distances(a: Position, b: Position, expected_m: float) -> None:
    """Metres agree with the sphere's arithmetic."""
    assert pytest.approx(expected_m, rel=1e-3, abs=1e-9) == distance_m(a, b)


def _great_circle_m(a: Position, b: Position) -> float:
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b.lon - a.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(chord))


@given(st.floats(-30_000, 30_000), st.floats(-30_000, 30_000))
def test_over_thirty_kilometres_the_flat_earth_is_good_to_a_thousandth(
    east_m: float, north_m: float
) -> None:
    """Around Haining the fast distance and the great circle differ by less than 0.1 %."""
    there = STATION.moved(east_m=east_m, north_m=north_m)

    assert pytest.approx(_great_circle_m(STATION, there), rel=1e-3, abs=0.01) == distance_m(
        STATION, there
    )


@given(st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_moving_and_measuring_agree(east_m: float, north_m: float) -> None:
    """What was moved by so many metres lies that far away."""
    east, north = offset_m(STATION, STATION.moved(east_m=east_m, north_m=north_m))

    assert pytest.approx((east_m, north_m), rel=2e-3, abs=0.01) == (east, north)


@pytest.mark.parametrize(
    ("east_m", "north_m", "expected"),
    [(0, 100, 0), (100, 100, 45), (100, 0, 90), (0, -100, 180), (-100, 0, 270), (-100, 100, 315)],
)
def test_directions_are_clockwise_from_north(
    east_m: float, north_m: float, expected: float
) -> None:
    """North is 0, east 90, as on a compass."""
    there = STATION.moved(east_m=east_m, north_m=north_m)

    assert pytest.approx(expected, abs=0.1) == bearing_deg(STATION, there)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(181, 0), (-181, 0), (0, 91), (0, -91), (math.nan, 0), (0, math.nan), (math.inf, 0)],
)
def test_what_is_not_on_the_globe_is_no_position(lon: float, lat: float) -> None:
    """A position is refused at birth unless it is on the globe."""
    with pytest.raises(ValueError, match="globe"):
        Position(lon, lat)


def test_the_outline_is_that_of_haining() -> None:
    """The service area holds the town and not the neighbours."""
    outline = haining_outline()

    assert outline.contains(Point(STATION.lon, STATION.lat))
    assert not outline.contains(Point(120.15, 30.28))  # Hangzhou
    assert not outline.contains(Point(120.75, 30.75))  # Jiaxing
    area_km2 = outline.area * 111.195**2 * math.cos(math.radians(30.5))
    assert pytest.approx(863, rel=0.02) == area_km2
