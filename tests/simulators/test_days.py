"""Ordinary days."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from shapely.geometry import Point
from shapely.ops import unary_union

from core.clock import LOCAL_ZONE
from core.places import distance_m
from simulators.days import Activity, DailyLife
from simulators.town import TownElder, build_town
from simulators.walks import WALKING_MPS, loop

TOWN = build_town(seed=7, elder_count=400)


def local(hour: float) -> datetime:
    """Return an instant of a Monday, by the local clock."""
    midnight = datetime(2026, 11, 23, tzinfo=LOCAL_ZONE).astimezone(UTC)
    return midnight + timedelta(hours=hour)


def life_of(elder: TownElder) -> DailyLife:
    """Return the ordinary life of *elder*."""
    return DailyLife(home=elder.home, way=elder.way, seed=elder.device_id)


@pytest.mark.parametrize("hour", [7 + step / 2 for step in range(28)] + [20.9])
def test_somebody_is_always_on_their_feet(hour: float) -> None:
    """Between 07 and 21 h at least a dozen of 400 elders are out walking."""
    moving = sum(life_of(elder).truth(local(hour)).moving for elder in TOWN.elders)

    assert moving >= 12


@pytest.mark.parametrize("hour", [0.5, 3, 5.9, 22, 23.9])
def test_everybody_is_home_at_night(hour: float) -> None:
    """At night every elder is at home, indoors."""
    truths = [life_of(elder).truth(local(hour)) for elder in TOWN.elders]

    assert {Activity.HOME} == {truth.activity for truth in truths}


def test_after_lunch_people_nap() -> None:
    """At one o'clock most elders at home lie down."""
    truths = [life_of(elder).truth(local(13)) for elder in TOWN.elders]

    assert sum(truth.activity is Activity.NAP for truth in truths) > 250


def test_ordinary_walks_stay_on_safe_ground() -> None:
    """Whatever the hour, the true position lies in the home circle or along the way."""
    for elder in TOWN.elders[::10]:
        life = life_of(elder)
        for minute in range(6 * 60, 22 * 60, 5):
            place = life.truth(local(minute / 60)).position
            at_home = distance_m(elder.home, place) <= elder.home_radius_m
            zone = elder.way_zone

            assert at_home or (zone and unary_union(zone).contains(Point(place.lon, place.lat)))


def test_nobody_jumps() -> None:
    """From one minute to the next an elder gets no further than they walk (or mill about)."""
    life = life_of(TOWN.elders[3])
    places = [life.truth(local(6 + minute / 60)).position for minute in range(16 * 60)]
    steps_m = [distance_m(a, b) for a, b in itertools.pairwise(places)]

    assert max(steps_m) <= WALKING_MPS * 60 + 12.5


def test_the_same_seed_lives_the_same_day() -> None:
    """Two lives of one seed agree, another seed differs."""
    elder = TOWN.elders[0]
    one, same = life_of(elder), life_of(elder)
    other = DailyLife(home=elder.home, way=elder.way, seed="another")
    day = local(12).date()

    assert one.outings(day) == same.outings(day)
    assert one.outings(day) != other.outings(day)


def test_changes_are_foreseen() -> None:
    """Just after each foreseen change the elder moves, and just before the next they still do."""
    life = life_of(TOWN.elders[1])
    begins = life.next_change(local(6))
    assert begins is not None
    ends = life.next_change(begins)
    assert ends is not None

    assert not life.truth(begins - timedelta(seconds=1)).moving
    assert life.truth(begins + timedelta(seconds=1)).moving
    assert life.truth(ends - timedelta(seconds=1)).moving
    assert not life.truth(ends + timedelta(seconds=1)).moving


def test_a_day_has_an_end() -> None:
    """After the last walk nothing is foreseen for the day."""
    life = DailyLife(home=TOWN.elders[0].home, way=loop(TOWN.elders[0].home, radius_m=50), seed="x")

    assert life.next_change(local(23)) is None
