"""Stays and usual places, found in good fixes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.false_alarms import PartOfDay
from core.pings import Doubt
from core.places import distance_m
from geofence.stays import good_fixes, places, stays
from tests.geofence.fortnight import HOME, Outing, days_of
from tests.geofence.walks import cell, ping, unhurried


def test_staying_is_being_near_for_a_while() -> None:
    """A quarter of an hour within reach is a stay, ten minutes are none."""
    long = good_fixes([ping(5.0 * n, 10 * n) for n in range(4)])
    short = good_fixes([ping(5.0 * n, 10 * n) for n in range(3)])

    assert ([4], []) == ([stay.fixes for stay in stays(long)], stays(short))


def test_walking_is_no_stay() -> None:
    """Somebody on the way is nowhere for long."""
    assert [] == stays(good_fixes([ping(5.0 * n, 200 * n) for n in range(20)]))


def test_a_silence_ends_a_stay() -> None:
    """Nobody knows where the elder was while the band was silent for hours."""
    fixes = good_fixes([ping(minute, 0) for minute in (0, 10, 20, 500, 510, 520)])

    assert [3, 3] == [stay.fixes for stay in stays(fixes)]


def test_only_good_fixes_teach() -> None:
    """Cells, vague and doubted fixes say nothing about where somebody stays."""
    assert [] == good_fixes(
        [cell(0, 0), ping(5, 0, accuracy_m=140), ping(10, 0, doubts=[Doubt.FROZEN_FIX])]
    )


def test_a_usual_place_is_found() -> None:
    """Mornings at the same place are one place, with its days and hours."""
    mornings = Outing(east_m=800, from_h=8, until_h=9.6, days=[2, 5, 9])
    home, market = places(stays(good_fixes(days_of(mornings))))

    assert 14 == len(home.days)
    assert 3 == len(market.days)
    assert PartOfDay.MORNING is market.part_of_day
    assert distance_m(HOME.moved(east_m=800), market.middle) < 30
    assert (480, 570) == (market.from_min, market.until_min)


@unhurried
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(-400, 400)), max_size=60))
def test_every_stay_has_one_place(track: list[tuple[int, int]]) -> None:
    """Stays do not overlap, last long enough, and each belongs to exactly one place."""
    found = stays(good_fixes([ping(minute, east_m) for minute, east_m in track]))
    made = places(found)

    assert all((stay.left_at - stay.arrived_at).total_seconds() >= 900 for stay in found)
    assert all(a.left_at < b.arrived_at for a, b in pairwise(found))
    assert sorted(stay.arrived_at for stay in found) == sorted(
        stay.arrived_at for place in made for stay in place.stays
    )
