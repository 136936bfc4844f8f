"""The shift that Chinese map services use, against published points, and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.datum import from_gcj02, to_gcj02
from core.places import Position, distance_m


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
def test_the_shift_meets_known_points(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    """Known points come out within a centimetre."""
    shifted = to_gcj02(Position(lon=wgs[1], lat=wgs[0]))

    assert distance_m(Position(lon=gcj[1], lat=gcj[0]), shifted) < 0.01


@given(st.floats(120.2, 121.0), st.floats(30.2, 30.7))
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    """Around Haining the way there and back ends within a tenth of a millimetre."""
    place = Position(lon, lat)

    assert distance_m(place, from_gcj02(to_gcj02(place))) < 1e-4


@pytest.mark.parametrize(("lon", "lat"), [(2.35, 48.85), (72.0, 30.0), (120.0, 56.0)])
def test_outside_china_nothing_is_shifted(lon: float, lat: float) -> None:
    """Elsewhere the maps use WGS-84 as it is."""
    assert Position(lon, lat) == to_gcj02(Position(lon, lat))
