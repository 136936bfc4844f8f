"""What a judgement was given comes back from its bytes as it was, to the last bit."""

import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon

from core.pings import Ping
from core.places import Position
from core.weekly_hours import WeeklyHours
from core.working_days import DayRule
from core.zones import Circle, Urgency, Zone, ZoneKind
from geofence.records import (
    pack_belief,
    pack_home,
    pack_zones,
    unpack_belief,
    unpack_home,
    unpack_zones,
)
from geofence.surroundings import UNLEARNED, Home
from tests.geofence.test_order import ZONES, tracks
from tests.geofence.walks import HOME, Watch, unhurried

_lons = st.floats(119, 122)
_lats = st.floats(29, 32)


@st.composite
def shapes(draw: st.DrawFn) -> Circle | Polygon:
    """Draw a circle or a triangle with a hole, anywhere in the region."""
    lon, lat = draw(_lons), draw(_lats)
    if draw(st.booleans()):
        return Circle(Position(lon, lat), draw(st.floats(10, 50_000)))
    size = draw(st.floats(0.001, 0.1))
    outer = [(lon, lat), (lon + size, lat), (lon, lat + size)]
    inner = [(x + (lon + size / 4 - x) * 0.7, y + (lat + size / 4 - y) * 0.7) for x, y in outer]
    return Polygon(outer, [inner])


@st.composite
def zones(draw: st.DrawFn) -> Zone:
    """Draw a zone with any of its fields."""
    instants = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
        lambda at: at.replace(tzinfo=UTC)
    )
    hours = st.none() | st.just(WeeklyHours(((480, 1020), (1920, 2460))))
    return Zone(
        id=draw(st.integers(1, 2**62)),
        elder_id=draw(st.none() | st.integers(1, 2**62)),
        kind=draw(st.sampled_from(ZoneKind)),
        name=draw(st.text(max_size=80)),
        shape=draw(shapes()),
        valid_from=draw(instants),
        valid_until=draw(instants),
        hours=draw(hours),
        days=draw(st.sampled_from(DayRule)),
        urgency=draw(st.sampled_from(Urgency)),
    )


@given(st.lists(zones(), max_size=4).map(tuple))
def test_zones_come_back(drawn: tuple[Zone, ...]) -> None:
    """Every field of every zone, every corner of its shape."""
    assert drawn == unpack_zones(pack_zones(drawn))


@unhurried
@given(tracks(minutes=120))
def test_beliefs_come_back(track: list[Ping]) -> None:
    """A belief with its window is the same after packing."""
    belief = Watch(zones=ZONES).see(*track).belief

    assert belief == unpack_belief(pack_belief(belief))


@given(st.frozensets(st.text(max_size=17)), st.frozensets(st.text(max_size=20)), st.booleans())
def test_homes_come_back(points: frozenset[str], cells: frozenset[str], charger: bool) -> None:
    """What was learned of a home is the same; equal homes are equal bytes."""
    home = Home(access_points=points, cells=cells, charger_tells=charger)
    again = Home(access_points=frozenset(sorted(points)), cells=cells, charger_tells=charger)

    assert home == unpack_home(pack_home(home))
    assert pack_home(home) == pack_home(again)
    assert unpack_home(pack_home(UNLEARNED)) is UNLEARNED


def test_a_zone_of_an_earlier_version_has_todays_defaults() -> None:
    """A field that was added since does not make an old decision unreadable."""
    zone = Zone(id=1, elder_id=1, kind=ZoneKind.SAFE, name="家", shape=Circle(HOME, 100.0))
    plain = zlib.decompress(pack_zones((zone,)))
    older = plain.replace(b"\xa7urgency\xa5alarm", b"").replace(b"\x91\x8a", b"\x91\x89")

    assert plain != older
    assert (zone,) == unpack_zones(zlib.compress(older))


@pytest.mark.parametrize("damaged", [b"", b"x", zlib.compress(b"\x01"), zlib.compress(b"\x91\x01")])
def test_other_bytes_are_refused(damaged: bytes) -> None:
    """Bytes that nobody packed are refused with one kind of error."""
    for unpack in (unpack_zones, unpack_home, unpack_belief):
        with pytest.raises(ValueError, match="not "):
            unpack(damaged)
