"""What a second fix outside is worth: not every one that agrees has seen it with its own eyes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import FixSource, Ping
from geofence.changes import Rule
from geofence.engine import ChangeKind
from tests.geofence.walks import START, Watch, cell, ping, unhurried

LEFT = ChangeKind.LEFT

#: minutes after START until it is three in the morning by the sun where they live
NIGHT = (27 - (START.hour + START.minute / 60 + 120.68 / 15)) % 24 * 60


def at_home(minute: float = 0) -> list[Ping]:
    """Return three good fixes at home, the first at *minute*."""
    return [ping(minute + 5 * k, k) for k in range(3)]


def wifi(minute: float, east_m: float, *, accuracy_m: float = 30.0) -> Ping:
    """Return a fix that was found by access points."""
    return ping(minute, east_m, accuracy_m=accuracy_m, source=FixSource.WIFI)


def test_two_different_places_outside_are_enough() -> None:
    """Two good fixes outside, a minute apart and not the same: left, on both of them."""
    watch = Watch().see(*at_home(), ping(15, 260), ping(16, 300))

    (left,) = [change for change in watch.changes if change.kind is LEFT]

    assert (Rule.FIXES_IN_A_ROW, 2, 60.0) == (
        left.evidence.rule,
        left.evidence.fixes,
        left.evidence.span_s,
    )
    assert [160.0, 200.0] == [round(one.beyond_m) for one in left.evidence.witnesses]


def test_another_fix_of_the_same_second_is_no_witness() -> None:
    """Two fixes of one second disagree: evidence names the one outside, which was counted."""
    watch = Watch().see(*at_home())
    watch.see_together(ping(15, 20, accuracy_m=4.0), ping(15, 260, report_id="out"))

    watch.see(ping(16, 280), ping(17, 300))

    (left,) = [change for change in watch.changes if change.kind is LEFT]
    assert "out" == left.evidence.witnesses[0].report_id
    assert len(left.evidence.witnesses) == left.evidence.fixes


def test_the_same_coordinates_again_are_half_news() -> None:
    """A position repeated to the last digit is a cached answer; the third one is believed."""
    watch = Watch().see(*at_home(), ping(15, 300), ping(20, 300, report_id="again"))
    after_two = list(watch.crossings)

    watch.see(ping(25, 300, report_id="and again"))

    assert ([], [LEFT]) == (after_two, watch.crossings)
    assert 3 == watch.changes[-1].evidence.fixes


def test_a_second_fix_across_home_is_half_news() -> None:
    """East of home and then west of it is one spike after another, or a ride: the third tells."""
    watch = Watch().see(*at_home(), ping(15, 300), ping(20, -300))
    after_two = list(watch.crossings)

    watch.see(ping(25, -400))

    assert ([], [LEFT]) == (after_two, watch.crossings)


def test_a_walk_around_the_block_is_found() -> None:
    """Each fix near the one before: who walks round their home is outside with the second."""
    watch = Watch().see(*at_home(), ping(15, 130, north_m=50), ping(17, 20, north_m=150))

    assert [LEFT] == watch.crossings


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        (NIGHT, []),  # three in the morning: access points are wrong more often than elders walk
        (NIGHT + 12 * 60, [LEFT]),
    ],
)
def test_at_night_a_wifi_position_that_stays_is_half_news(
    minute: float, expected: list[ChangeKind]
) -> None:
    """By night a second Wi-Fi position within its own accuracy of the first does not wake."""
    watch = Watch().see(*at_home(minute - 20), wifi(minute, 300), wifi(minute + 5, 310))

    assert expected == watch.crossings


@pytest.mark.parametrize(
    "second",
    [
        wifi(NIGHT + 5, 345),  # it moved by more than it may err
        ping(NIGHT + 5, 305),  # satellites say the same
    ],
)
def test_at_night_a_walk_is_found_as_by_day(second: Ping) -> None:
    """By night, too, the second fix is enough when it shows a walk or comes from satellites."""
    watch = Watch().see(*at_home(NIGHT - 20), wifi(NIGHT, 300), second)

    assert [LEFT] == watch.crossings


def test_at_night_the_third_wifi_position_is_believed() -> None:
    """By night who stays outside is found one fix later."""
    watch = Watch().see(*at_home(NIGHT - 20), *(wifi(NIGHT + k, 300 + k) for k in range(3)))

    assert [LEFT] == watch.crossings


@unhurried
@given(st.lists(st.sampled_from([-400, -250, 250, 400]), min_size=6, max_size=6))
def test_nobody_stays_outside_unseen(places: list[int]) -> None:
    """Good fixes outside, wherever, are believed by the fifth at the latest."""
    outside = [ping(15 + 5 * k, east_m + k) for k, east_m in enumerate(places)]
    watch = Watch().see(*at_home(), *outside[:5])

    assert [LEFT] == watch.crossings


@unhurried
@given(
    st.sampled_from([2.0, 10.0, 30.0, None]),
    st.floats(min_value=45, max_value=1200),
    st.floats(min_value=180, max_value=2000),
)
def test_one_fix_alone_wakes_nobody(
    accuracy_m: float | None, after_s: float, east_m: float
) -> None:
    """However sure one fix outside is, the next one at home ends it."""
    spike = ping(15, east_m, accuracy_m=accuracy_m)
    home = replace(
        ping(15, 3), measured_at=spike.at + timedelta(seconds=after_s), report_id="home again"
    )
    watch = Watch().see(*at_home(), spike, home, ping(60, 5), ping(65, 2))

    assert [] == watch.crossings
    assert not watch.belief.suspicious


def test_one_fix_deep_inside_ends_it() -> None:
    """Back home for certain is one good fix deep inside; near the edge it takes another."""
    deep = Watch().see(*at_home(), ping(15, 300), ping(16, 320), ping(30, 5))
    edge = Watch().see(*at_home(), ping(15, 300), ping(16, 320), ping(30, 90))

    assert [LEFT, ChangeKind.RETURNED] == deep.crossings
    assert [LEFT] == edge.crossings


@pytest.mark.parametrize(
    ("pings", "expected"),
    [
        ([ping(0, 0), ping(5, 30)], False),  # drift
        ([ping(0, 0), ping(5, 70)], True),  # walks, still inside
        ([ping(0, 0, accuracy_m=60), ping(5, 70, accuracy_m=60)], False),  # may be the error
        ([ping(0, 0), ping(5, 70), ping(11, 75)], False),  # stands again
        ([ping(0, 0), ping(5, 200)], True),  # suspected
        ([ping(0, 0), ping(5, 200), ping(6, 250), ping(7, 300)], False),  # surely outside
        ([ping(0, 0), ping(5, 200), ping(6, 250), ping(7, 90)], True),  # perhaps back
    ],
)
def test_who_is_on_the_way_is_asked_more_often(pings: list[Ping], expected: bool) -> None:
    """More fixes are wanted of whoever moves, may be outside, or may be back."""
    assert expected is Watch().see(*pings).belief.wants_fixes


@pytest.mark.parametrize("interval", [1, 5])
def test_cells_between_hide_nobody(interval: float) -> None:
    """Every other fix from a cell that lies near home: the third good one outside is believed."""
    track = [at_home()[0]]
    for k in range(4):
        minute = 15 + 2 * interval * k
        track.append(ping(minute, 400 + 5 * k))
        track.append(cell(minute + interval, 60, accuracy_m=1000.0))

    watch = Watch().see(*track)

    assert [LEFT] == watch.crossings
    assert (Rule.FIXES_IN_ALL, 3) == (
        watch.changes[-1].evidence.rule,
        watch.changes[-1].evidence.fixes,
    )


def test_at_night_wifi_and_cells_are_believed_in_the_end() -> None:
    """A Wi-Fi position that stays, with cells between, by night: late, but not never."""
    track = at_home(NIGHT - 30)
    for k in range(8):
        track.append(wifi(NIGHT + 2 * k, 300 + k))
        track.append(cell(NIGHT + 2 * k + 1, 60, accuracy_m=1000.0))

    assert [LEFT] == Watch().see(*track).crossings


def test_another_band_may_use_the_same_report_ids() -> None:
    """After a change of band its reports count, though they are numbered as the old one's were."""
    watch = Watch().see(*(ping(k, 0, report_id=str(k)) for k in range(3)))

    watch.see(ping(10, 300, report_id="0"), ping(11, 320, report_id="1"))

    assert [LEFT] == watch.crossings
