"""The shifted coordinates of China: against published points, and back again."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datums import SYSTEMS, from_bd09, from_gcj02, to_bd09, to_gcj02, to_wgs84
from core.places import Position, distance_m

Shift = Callable[[Position], Position]

in_china = st.builds(Position, st.floats(73.5, 135.1), st.floats(18.1, 53.6))
#: the edges of the rectangle itself, where a shifted point may lie outside it
in_the_rectangle = st.builds(Position, st.floats(72.004, 137.8347), st.floats(0.8293, 55.8271))
anywhere = st.builds(Position, st.floats(-180, 180), st.floats(-90, 90))


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        # the published test points of a public converter (lat, lon)
        ((31.1774276, 121.5272106), (31.17530398, 121.53154186)),
        ((22.543847, 113.912316), (22.54079613, 113.91717648)),
        ((39.911954, 116.377817), (39.91334546, 116.38404722)),
        # Haining and Yanguan
        ((30.5333, 120.6833), (30.5308347, 120.6875235)),
        ((30.4110, 120.5570), (30.4084243, 120.5611530)),
    ],
)
def test_gcj02_meets_known_points(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    """Known points come out within a centimetre."""
    shifted = to_gcj02(Position(lon=wgs[1], lat=wgs[0]))

    assert distance_m(Position(lon=gcj[1], lat=gcj[0]), shifted) < 0.01


@pytest.mark.parametrize(
    ("wgs", "bd", "within_m"),
    [
        # Haining and Yanguan
        ((30.5333, 120.6833), (30.5367902, 120.6940443), 0.01),
        ((30.4110, 120.5570), (30.4142655, 120.5677048), 0.01),
        # Baidu's own figures: the public formula is a fit
        ((29.19613161, 120.00877901), (29.199786, 120.019809), 11),
        ((29.20679575, 120.02538530), (29.210504, 120.036455), 42),
    ],
)
def test_bd09_meets_known_points(
    wgs: tuple[float, float], bd: tuple[float, float], within_m: float
) -> None:
    """Known points come out within a centimetre, Baidu's own within a house or two."""
    shifted = to_bd09(Position(lon=wgs[1], lat=wgs[0]))

    assert distance_m(Position(lon=bd[1], lat=bd[0]), shifted) < within_m


@given(in_china | in_the_rectangle)
@pytest.mark.parametrize(
    ("there", "back"), [(to_gcj02, from_gcj02), (to_bd09, from_bd09)], ids=["gcj02", "bd09"]
)
def test_there_and_back_is_the_same_place(there: Shift, back: Shift, place: Position) -> None:
    """Everywhere in China the way there and back ends within a tenth of a millimetre."""
    assert distance_m(place, back(there(place))) < 1e-4


@given(in_china)
def test_the_shift_is_far_more_than_a_house(place: Position) -> None:
    """Taking one system for another is off by more than a house, and by less than two kilometres.

    So a mistake is seen, and a shifted fix can leave a safe zone by itself.
    """
    assert 20 < distance_m(place, to_gcj02(place)) < 1000
    assert 200 < distance_m(place, to_bd09(place)) < 2000


@pytest.mark.parametrize(("lon", "lat"), [(2.35, 48.85), (72.0, 30.0), (120.0, 56.0), (-180, -90)])
@pytest.mark.parametrize("shift", [to_gcj02, from_gcj02, to_bd09, from_bd09])
def test_outside_china_nothing_is_shifted(shift: Shift, lon: float, lat: float) -> None:
    """Elsewhere maps use WGS-84 as it is, both ways."""
    assert Position(lon, lat) == shift(Position(lon, lat))


@given(anywhere)
def test_every_place_has_coordinates_in_every_system(place: Position) -> None:
    """No place on the globe breaks a conversion."""
    for system in SYSTEMS:
        to_wgs84(system, place)
    to_gcj02(place)
    to_bd09(place)


@given(in_china)
def test_a_system_is_asked_for_by_name(place: Position) -> None:
    """What a profile or a table calls its system is what is undone."""
    assert place == to_wgs84("wgs84", place)
    assert distance_m(place, to_wgs84("gcj02", to_gcj02(place))) < 1e-4
    assert distance_m(place, to_wgs84("bd09", to_bd09(place))) < 1e-4
