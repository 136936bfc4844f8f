"""Rings around the place where somebody was last known."""

import pytest

from core.places import Position
from rescue.rings import Country, rings, walkable

START = Position(120.69, 30.53)


@pytest.mark.parametrize("country", list(Country))
def test_more_are_found_farther_out(country: Country) -> None:
    """There are four rings around the start; each holds more people than the one inside it."""
    found = rings(START, country)

    assert [25, 50, 75, 95] == [ring.percent for ring in found]
    assert sorted({ring.radius_m for ring in found}) == [ring.radius_m for ring in found]
    assert {START} == {ring.centre for ring in found}


def test_walking_takes_time_and_ends() -> None:
    """Half an hour is two kilometres; a week is no farther than nearly everybody was found."""
    half_hour, week = walkable(START, 1800), walkable(START, 7 * 86_400)

    assert half_hour is not None
    assert week is not None
    assert (2000, 12_600) == (round(half_hour.radius_m), round(week.radius_m))
    assert walkable(START, 5) is None
