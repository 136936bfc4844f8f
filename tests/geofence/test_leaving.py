"""When an elder is believed to have left, and when not."""

from datetime import timedelta

import pytest

from core.pings import FixSource
from core.zones import Side
from geofence.engine import ChangeKind, Rule
from tests.geofence.walks import START, Watch, cell, circle, ping

SUSPECTED, DROPPED = ChangeKind.SUSPECTED, ChangeKind.SUSPICION_DROPPED
LEFT, RETURNED = ChangeKind.LEFT, ChangeKind.RETURNED


def test_two_good_fixes_outside_are_leaving() -> None:
    """The first good fix outside raises a suspicion, the second confirms it."""
    watch = Watch().see(ping(0, 0), ping(1, 5), ping(2, 180), ping(3, 250))

    assert [SUSPECTED, LEFT] == watch.kinds
    assert Side.OUTSIDE == watch.belief.side


def test_leaving_carries_its_evidence() -> None:
    """A "left" names its rule, fix, distance, accuracy and how many fixes over what time."""
    watch = Watch().see(ping(0, 0), ping(1, 180), ping(2, 250))
    left = watch.changes[-1]

    assert (START + timedelta(minutes=2), "2/250/10.0") == (left.at, left.report_id)
    assert (Rule.FIXES_IN_A_ROW, 2, 60.0) == (
        left.evidence.rule,
        left.evidence.fixes,
        left.evidence.span_s,
    )
    assert (150.0, 10.0) == (left.evidence.beyond_m, left.evidence.accuracy_m)
    assert left.evidence.probability_outside >= 0.95


def test_first_fixes_already_outside_alarm() -> None:
    """A band that is switched on outside alarms too: the state counts, not the crossing."""
    watch = Watch().see(ping(0, 400), ping(1, 410))

    assert [SUSPECTED, LEFT] == watch.kinds


def test_fixes_of_one_moment_are_one() -> None:
    """Many fixes within seconds share their error and do not confirm each other."""
    watch = Watch().see(ping(0, 0), *(ping(1 + i / 60, 300) for i in range(30)))

    assert [SUSPECTED] == watch.kinds


def test_one_episode_is_reported_once() -> None:
    """However long the elder stays outside, "left" is reported once until "returned"."""
    watch = Watch().see(ping(0, 0), *(ping(i, 300 + 10 * i) for i in range(1, 60)))

    assert [LEFT] == watch.crossings


def test_leaving_again_is_reported_again() -> None:
    """After a return the next departure is an episode of its own."""
    watch = Watch().see(ping(0, 0), ping(1, 300), ping(2, 320), ping(3, 0), ping(4, 5))
    watch.see(ping(5, 300), ping(6, 320))

    assert [LEFT, RETURNED, LEFT] == watch.crossings


def test_a_band_that_reports_hourly_is_heard() -> None:
    """Two good fixes outside confirm each other over an hour when nothing lies between."""
    watch = Watch().see(ping(0, 0), ping(60, 400), ping(120, 900))

    assert [LEFT] == watch.crossings


def test_supporting_fixes_expire() -> None:
    """A fix outside, three silent hours, and another one: the first proves nothing any more."""
    watch = Watch().see(ping(0, 0), ping(1, 400), ping(181, 400))

    assert [] == watch.crossings


@pytest.mark.parametrize("accuracy_m", [200.0, 800.0, 3000.0])
def test_coarse_fixes_alone_never_alarm(accuracy_m: float) -> None:
    """However many coarse fixes lie outside: a suspicion, nothing more."""
    watch = Watch().see(ping(0, 0), *(cell(i, 4000, accuracy_m=accuracy_m) for i in range(1, 90)))

    assert [] == watch.crossings
    assert watch.belief.suspicious


def test_weak_fixes_raise_a_suspicion_that_silence_does_not_confirm() -> None:
    """A suspicion on coarse fixes says that silence after it proves nothing."""
    watch = Watch().see(*(cell(10 * i, 4000) for i in range(6)))

    assert SUSPECTED == watch.changes[0].kind
    assert Rule.ODDS_OUTSIDE == watch.changes[0].evidence.rule
    assert {False} == {change.silence_confirms for change in watch.changes}


@pytest.mark.parametrize(
    ("source", "accuracy_m"),
    [(FixSource.GNSS, 10.0), (FixSource.WIFI, 60.0), (FixSource.GNSS, None)],
)
def test_silence_confirms_a_good_fix_well_outside(
    source: FixSource, accuracy_m: float | None
) -> None:
    """One good fix well outside, then silence: that may be believed."""
    watch = Watch().see(ping(0, 0), ping(1, 500, source=source, accuracy_m=accuracy_m))

    assert [True] == [change.silence_confirms for change in watch.changes]


def test_a_suspicion_is_reported_again_when_it_becomes_well_founded() -> None:
    """Weak suspicion first, a good fix well outside later: others hear of both."""
    watch = Watch().see(*(cell(10 * i, 4000) for i in range(6)), ping(60, 500))

    assert [SUSPECTED, SUSPECTED] == watch.kinds
    assert [False, True] == [change.silence_confirms for change in watch.changes]


def test_a_good_fix_inside_drops_the_suspicion() -> None:
    """One wrong fix, then home again: the suspicion is taken back."""
    watch = Watch().see(ping(0, 0), ping(1, 300), ping(2, 3))

    assert [SUSPECTED, DROPPED] == watch.kinds
    assert (Side.INSIDE, False) == (watch.belief.side, watch.belief.suspicious)


def test_a_coarse_fix_never_drops_the_suspicion() -> None:
    """Cells that point home do not calm anyone."""
    watch = Watch().see(ping(0, 0), ping(1, 300), *(cell(i, 0) for i in range(2, 40)))

    assert [SUSPECTED] == watch.kinds


def test_a_coarse_fix_never_returns() -> None:
    """After leaving, cells that point home do not end the episode, however many."""
    watch = Watch(zones=(circle(1000),)).see(ping(0, 0), ping(1, 1300), ping(2, 1400))
    watch.see(*(cell(i, 0, accuracy_m=200.0) for i in range(3, 300)))

    assert [LEFT] == watch.crossings
    assert Side.OUTSIDE == watch.belief.side


def test_good_fixes_inside_return() -> None:
    """Good fixes at home end the episode."""
    watch = Watch().see(ping(0, 0), ping(1, 300), ping(2, 320), ping(3, 10), ping(4, 5))

    assert [LEFT, RETURNED] == watch.crossings
    assert watch.changes[-1].evidence.probability_outside <= 0.15


def test_without_safe_zones_nobody_leaves() -> None:
    """No safe zones: the side stays unsure and nothing is reported."""
    watch = Watch(zones=()).see(*(ping(i, 1000 * i) for i in range(9)))

    assert ([], Side.UNSURE) == (watch.changes, watch.belief.side)


def test_zone_edit_is_judged_anew() -> None:
    """When the zones change so that the elder is outside now, that is an alarm."""
    watch = Watch().see(*(ping(i, 10) for i in range(5)))
    watch.zones = (circle(100, east_m=2000),)

    watch.see(ping(5, 10), ping(6, 12))

    assert [LEFT] == watch.crossings


def test_a_zone_counts_only_in_its_time() -> None:
    """A zone that has ended does not keep anyone safe."""
    ended = circle(5000, zone_id=2)
    ended = type(ended)(
        id=2,
        elder_id=1,
        kind=ended.kind,
        name="holiday",
        shape=ended.shape,
        valid_until=START + timedelta(minutes=10),
    )
    watch = Watch(zones=(circle(), ended)).see(*(ping(i, 900) for i in range(10)))
    during = list(watch.crossings)

    watch.see(ping(10, 900), ping(11, 905))

    assert ([], [LEFT]) == (during, watch.crossings)
