"""Paths and corridors."""

import random

import pytest
from shapely.geometry import Point

from core.places import Position, distance_m
from simulators.walks import Path, astray, bent, corridor, loop, straight

HOME = Position(120.68, 30.53)


def test_a_walker_is_where_the_distance_says() -> None:
    """Half the way along a bent line is measured along the line, not across."""
    path = Path((HOME, HOME.moved(east_m=100), HOME.moved(east_m=100, north_m=100)))

    assert pytest.approx(200, abs=0.1) == path.length_m
    assert pytest.approx(0, abs=0.1) == distance_m(path.at(150), HOME.moved(east_m=100, north_m=50))


@pytest.mark.parametrize(("walked_m", "end"), [(-5, 0), (1e6, -1)])
def test_the_ends_hold(walked_m: float, end: int) -> None:
    """Before the start is the start, beyond the end is the end."""
    path = straight(HOME, bearing_deg=30, length_m=300)

    assert path.points[end] == path.at(walked_m)


def test_a_path_needs_two_points() -> None:
    """One point is no path."""
    with pytest.raises(ValueError, match="two points"):
        Path((HOME,))


def test_someone_astray_walks_as_far_as_told() -> None:
    """The wandering path has the length asked for, and ends well away from home."""
    path = astray(HOME, bearing_deg=45, length_m=1000, rng=random.Random(1))

    assert pytest.approx(1000, abs=1) == path.length_m
    assert distance_m(HOME, path.points[-1]) > 800


def test_a_corridor_holds_its_path_and_its_width() -> None:
    """Points beside the way are inside up to the half width and outside beyond."""
    path = straight(HOME, bearing_deg=90, length_m=400)
    ground = corridor(path, half_width_m=120)
    beside = path.at(200).moved(north_m=110)
    beyond = path.at(200).moved(north_m=130)

    assert ground.contains(Point(beside.lon, beside.lat))
    assert not ground.contains(Point(beyond.lon, beyond.lat))


def test_a_round_stays_near() -> None:
    """A loop ends where it began and keeps to its radius."""
    way = loop(HOME, radius_m=60)

    assert way.points[0] == way.points[-1]
    assert max(distance_m(HOME, point) for point in way.points) < 60.1


def test_a_bent_way_keeps_its_ends() -> None:
    """Corners are added, the ends stay."""
    end = HOME.moved(east_m=500)
    way = bent(HOME, end, random.Random(3))

    assert (HOME, end) == (way.points[0], way.points[-1])
    assert 500 < way.length_m < 700
