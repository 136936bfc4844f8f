"""The radio of the home is learned from certain pings only, and forgotten when it changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pings import Doubt, FixSource, Ping
from core.zones import ZoneKind
from geofence.knowing import FEWEST_PINGS, OUTSIDE, known_from
from geofence.learning import NOTHING_LEARNED, Learned, learning_day, read, write
from geofence.surroundings import UNLEARNED
from geofence.tallies import MOST_CELLS, MOST_POINTS, MOST_TODAY, Tally
from tests.geofence.airs import (
    BEDROOM,
    DAWN,
    HOME_CELL,
    HOTSPOT,
    MARKET,
    NEIGHBOUR,
    ROUTER,
    TOWN_CELL,
    Pupil,
    day_at_home,
    hearing,
    mac,
)
from tests.geofence.walks import HOME_ZONE, circle, ping, unhurried

#: each replays a whole day
few = settings(unhurried, max_examples=15)

# -- learned ---------------------------------------------------------------------------------------


def test_a_day_teaches_the_home() -> None:
    """After a day at home its access points and cells are known, and a phone's hotspot is not."""
    pupil = Pupil().hear(day_at_home(ROUTER, BEDROOM, HOTSPOT, cells=[HOME_CELL]))

    assert UNLEARNED is pupil.home

    pupil.wake_on_day(1)

    assert {ROUTER, BEDROOM} == pupil.home.access_points
    assert {HOME_CELL} == pupil.home.cells


def test_within_a_day_nothing_changes() -> None:
    """What was learned stays as it is until the next learning day, at four in the morning."""
    pupil = Pupil().hear(day_at_home(ROUTER)).wake_on_day(1)
    before = pupil.home

    pupil.hear([*day_at_home(NEIGHBOUR, day=1)][:100])

    assert before == pupil.home


@pytest.mark.parametrize(
    ("hour_utc", "days"),
    [
        (19, 0),  # 03:59 in Haining belongs to the evening before
        (20, 1),
    ],
)
def test_the_day_begins_at_four(hour_utc: int, days: int) -> None:
    """The learning day is a day of Haining that begins at four in the morning."""
    noon = datetime(2026, 3, 1, 4, tzinfo=UTC)

    later = noon.replace(hour=hour_utc) + timedelta(minutes=59 if hour_utc == 19 else 0)

    assert days == learning_day(later) - learning_day(noon)


def test_what_is_heard_seldom_is_not_home() -> None:
    """An access point in fewer than a fifth of the certain lists is somebody's who passed by."""
    day = [*day_at_home(ROUTER)]
    day[::6] = [hearing(one, ROUTER, NEIGHBOUR) for one in day[::6]]

    assert {ROUTER} == Pupil().hear(day).wake_on_day(1).home.access_points


# -- off until learned -----------------------------------------------------------------------------


@given(pings=st.integers(0, 143))
@few
def test_nothing_counts_before_a_day(pings: int) -> None:
    """With fewer than 100 certain pings, or less than 20 hours of them, nothing is known."""
    pupil = Pupil().hear([*day_at_home(ROUTER)][:pings], at_once=20).wake_on_day(1)

    assert (pings >= 115) == bool(pupil.home.access_points)  # 115 of them span 20 hours


def test_many_pings_of_one_hour_are_no_day() -> None:
    """A band that reports each half minute has not been at home for a day after an hour."""
    hour = [*day_at_home(ROUTER, every_min=0.5)][:120]

    assert len(hour) > FEWEST_PINGS
    assert UNLEARNED is Pupil().hear(hour, at_once=30).wake_on_day(1).home


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: replace(one, doubts=frozenset({Doubt.RESOLVED})),  # found by what it heard
        lambda one: replace(one, fix=replace(one.fix, accuracy_m=800.0)),
        lambda one: replace(one, fix=replace(one.fix, accuracy_m=120.0)),  # its disc reaches out
        lambda one: replace(one, fix=replace(one.fix, is_current=False)),
        lambda one: replace(one, fix=None),
        lambda one: replace(one, doubts=frozenset({Doubt.FROZEN_FIX})),
    ],
    ids=["resolved", "coarse", "wide", "not current", "no fix", "frozen"],
)
def test_only_certain_pings_teach(spoil: Callable[[Any], Ping]) -> None:
    """A ping whose place is not certain by its own fix teaches nothing."""
    pupil = Pupil().hear((spoil(one) for one in day_at_home(ROUTER)), at_once=20).wake_on_day(1)

    assert UNLEARNED is pupil.home
    assert {} == pupil.learned.past


def test_nothing_is_learned_under_suspicion() -> None:
    """While the elder may be outside, no fix teaches what home sounds like."""
    out = [hearing(ping(minute, 400), MARKET) for minute in range(0, 20, 2)]
    back = hearing(ping(20, 3, accuracy_m=None), MARKET)

    pupil = Pupil().hear([*out, back])

    assert {OUTSIDE} == set(pupil.learned.today)


# -- what travels ----------------------------------------------------------------------------------


def outing(*points: str, minute: float = 1440 - 90, fixes: int = 10, **more: object) -> list[Ping]:
    """Return a walk well outside, hearing these."""
    return [
        hearing(replace(ping(DAWN + minute + n, 300 + 40 * n), **more), *points)  # type: ignore[arg-type]
        for n in range(fixes)
    ]


def test_what_comes_along_is_no_evidence() -> None:
    """An access point that is also heard on the way is none of the home's."""
    day = [*day_at_home(ROUTER, NEIGHBOUR)][:130]

    pupil = Pupil().hear(day).hear(outing(NEIGHBOUR, MARKET)).wake_on_day(1)

    assert {ROUTER} == pupil.home.access_points


@given(
    inside=st.integers(100, 3000),
    outside=st.integers(0, 100),
    others=st.integers(0, 500),
)
def test_few_sightings_outside_make_no_traveller(inside: int, outside: int, others: int) -> None:
    """It takes more than one, and more than 3 % of all or than a fifth of what is heard there."""
    there = Tally(scans=outside + others, access_points={ROUTER: outside})
    at_home = Tally(pings=inside, hours=30, scans=inside, access_points={ROUTER: inside})

    known = known_from({OUTSIDE: there, 1: at_home})

    is_some = outside > 0.03 * (inside + outside) or outside > 0.2 * (outside + others)
    travels = outside > 1 and is_some
    assert (set() if travels else {ROUTER}) == known.zones[1].access_points


def test_one_wrong_place_is_no_outing() -> None:
    """A receiver that is far off now and then makes no traveller of the home's router."""
    day = [*day_at_home(ROUTER)]
    for n in range(20, len(day), 10):
        day[n] = hearing(ping(DAWN + n * 10, 700), ROUTER)

    pupil = Pupil().hear(day).wake_on_day(1)

    assert {ROUTER} == pupil.home.access_points


def test_a_place_worked_out_from_wifi_makes_no_traveller() -> None:
    """Where Wi-Fi positions go wrong the home's own router is heard: that is no outing."""
    wrong = [
        replace(one, fix=replace(one.fix, source=FixSource.WIFI, accuracy_m=60.0))  # type: ignore[type-var]
        for one in outing(ROUTER)
    ]

    home = Pupil().hear([*day_at_home(ROUTER)][:130]).hear(wrong).wake_on_day(1).home

    assert {ROUTER} == home.access_points


# -- zones -----------------------------------------------------------------------------------------


def test_each_zone_has_its_own_air() -> None:
    """What is heard in one safe zone counts while that zone does, and goes with it."""
    centre = circle(zone_id=2, east_m=2000)
    there = [
        hearing(ping(DAWN + 1440 + n * 10, 2003, report_id=f"there {n}"), NEIGHBOUR)
        for n in range(144)
    ]
    pupil = Pupil(zones=(HOME_ZONE, centre, circle(zone_id=3, kind=ZoneKind.DANGER, north_m=900)))
    pupil.hear(day_at_home(ROUTER)).hear(there).wake_on_day(2)

    assert {ROUTER, NEIGHBOUR} == pupil.home.access_points

    pupil.zones = (HOME_ZONE,)

    assert {ROUTER} == pupil.home.access_points

    pupil.wake_on_day(3)

    assert {1, OUTSIDE} == set(pupil.learned.past)


def test_an_edited_zone_is_learned_anew() -> None:
    """An edited zone has a new id, and nothing is known of it."""
    pupil = Pupil().hear(day_at_home(ROUTER)).wake_on_day(1)

    pupil.zones = (circle(120.0, zone_id=9),)

    assert UNLEARNED is pupil.home


# -- forgetting ------------------------------------------------------------------------------------


def test_a_new_router_is_learned_within_days() -> None:
    """After a fortnight with one router another is home in two days, and in fifteen it alone is."""
    pupil = Pupil()
    for day in range(14):
        pupil.hear(day_at_home(ROUTER, day=day, every_min=30), at_once=12)
    entered = None
    for day in range(14, 45):
        pupil.hear(day_at_home(BEDROOM, day=day, every_min=30), at_once=12).wake_on_day(day + 1)
        if entered is None and BEDROOM in pupil.home.access_points:
            entered = day - 13
        if ROUTER not in pupil.home.access_points:
            break

    assert (2, 15) == (entered, day - 13)


def test_long_silence_fades_what_was_learned() -> None:
    """Two months without the elder at home, and nothing of it counts any more."""
    pupil = Pupil().hear(day_at_home(ROUTER))

    assert UNLEARNED is pupil.wake_on_day(60).home


# -- sums ------------------------------------------------------------------------------------------


@st.composite
def days_with_much(draw: st.DrawFn) -> list[Ping]:
    """Draw certain pings of one day, here and there, hearing a little of everything."""
    points = st.lists(st.integers(0, 40).map(mac), max_size=12)
    cells = st.lists(st.sampled_from([HOME_CELL, TOWN_CELL]), max_size=2)
    pings = []
    for n in range(draw(st.integers(1, 25))):
        one = ping(DAWN + 5 + n, draw(st.floats(-20, 20)), report_id=f"{n}")
        some = replace(one, steps=draw(st.none() | st.integers(0, 9)), charging=draw(st.booleans()))
        pings.append(hearing(some, *draw(points), cells=draw(cells)))
    return pings


@given(day=days_with_much(), data=st.data())
@few
def test_order_does_not_matter(day: list[Ping], data: st.DataObject) -> None:
    """The same pings in any order, in batches of any size, teach the same."""
    known = Pupil().hear([ping(DAWN, 3)])
    other = Pupil(belief=known.belief, learned=known.learned)

    known.hear(day, at_once=data.draw(st.integers(1, 25)))
    other.hear(data.draw(st.permutations(day)), at_once=data.draw(st.integers(1, 25)))

    assert known.learned == other.learned


@given(
    seed=st.integers(0, 1000), batches=st.integers(1, 12), outside=st.booleans(), many=st.booleans()
)
@few
def test_sums_are_bounded(seed: int, batches: int, outside: bool, many: bool) -> None:
    """However much a band hears, what is kept of it stays small."""
    pupil = Pupil().hear(day_at_home(ROUTER, every_min=60), at_once=24)
    for batch in range(batches):
        passing = []
        for n in range(30):
            number = seed + batch * 30 + n
            street = f"00:00:5e:{number >> 8 & 255:02x}:{number & 255:02x}"
            points = [f"{street}:{k:02x}" for k in range(32 if many else 3)]
            cells = [f"460-0-{number}-{k}" for k in range(16)]
            minute = DAWN + 1500 + batch * 30 + n
            one = ping(minute, 900 if outside else 3, report_id=f"{batch}/{n}")
            passing.append(hearing(one, *points, cells=cells))
        pupil.hear(passing, at_once=30)
        for tally in pupil.learned.today.values():
            assert len(tally.access_points) <= MOST_TODAY
            assert len(tally.cells) <= MOST_TODAY
    pupil.wake_on_day(2)

    for tally in pupil.learned.past.values():
        assert len(tally.access_points) <= MOST_POINTS
        assert len(tally.cells) <= MOST_CELLS
    assert len(write(pupil.learned)) < 6_000


def test_what_stays_is_kept_among_many_that_pass() -> None:
    """On a busy street the router is still the one that is heard most often."""
    day = [
        hearing(one, ROUTER, *(f"00:00:5e:11:{n:02x}:{k:02x}" for k in range(7)))
        for n, one in enumerate(day_at_home(ROUTER))
    ]

    assert {ROUTER} == Pupil().hear(day).wake_on_day(1).home.access_points


# -- kept ------------------------------------------------------------------------------------------


@given(day=days_with_much())
@unhurried
def test_it_is_written_and_read(day: list[Ping]) -> None:
    """What was learned survives as bytes."""
    learned = Pupil().hear(day, at_once=5).wake_on_day(1).hear(day).learned

    assert learned == read(write(learned))


def test_of_no_bytes_nothing_is_learned() -> None:
    """What was erased is like what never was."""
    assert NOTHING_LEARNED is read(b"")


@pytest.mark.parametrize("data", [b"\xc1", b"{}", write(Learned(form=99))])
def test_other_bytes_are_refused(data: bytes) -> None:
    """Bytes of no form, or of a newer one, are an error and not a guess."""
    with pytest.raises(ValueError, match="learned"):
        read(data)
