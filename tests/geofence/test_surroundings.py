"""Radio and rest shift the odds of leaving, and never hide somebody who is well outside."""

from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import FixSource, Ping
from geofence.beliefs import FRESH, Belief
from geofence.engine import Case, Change, ChangeKind, judge
from geofence.surroundings import UNLEARNED, Home
from tests.geofence.airs import MARKET, NEIGHBOUR, ROUTER, hearing
from tests.geofence.walks import HOME_ZONE, ping, unhurried

KNOWN = Home(access_points=frozenset({ROUTER}), charger_tells=True, steps_tell=True)


WALKING_M_S = 0.8
#: of `HOME_ZONE`
RADIUS_M = 100


class Listener:
    """One elder with a *home*, judged ping by ping."""

    def __init__(self, home: Home) -> None:
        """Nothing is believed yet."""
        self.home = home
        self.belief: Belief = FRESH
        self.changes: list[Change] = []

    def see(self, *pings: Ping) -> "Listener":
        """Judge *pings* one after the other."""
        for one in pings:
            case = Case(belief=self.belief, zones=(HOME_ZONE,), pings=(one,), home=self.home)
            (judgement,) = judge([case])
            self.belief = judgement.belief
            self.changes.extend(judgement.changes)
        return self

    @property
    def left_after(self) -> list[str]:
        """Return the reports by which they were believed to have left."""
        return [one.report_id for one in self.changes if one.kind is ChangeKind.LEFT]


def at_home(*points: str) -> list[Ping]:
    """Return half an hour of good fixes at home, hearing these."""
    return [hearing(ping(minute, 3), *points) for minute in range(0, 30, 5)]


def wifi(minute: float, east_m: float) -> Ping:
    """Return a place worked out from Wi-Fi, claimed good to 40 m."""
    return ping(minute, east_m, accuracy_m=40.0, source=FixSource.WIFI)


#: ways in which a receiver at home is wrong, with pings before and after it at home
DRIFTS = {
    "two wrong Wi-Fi places": [wifi(35, 260), wifi(40, 290)],
    "three wrong Wi-Fi places": [wifi(35, 260), wifi(40, 290), wifi(46, 270)],
    "a spike": [ping(35, 600)],
    "two fixes not far out": [ping(35, 190), ping(40, 200)],
    "a spike and a wrong Wi-Fi place": [ping(35, 600), wifi(40, 260)],
}


@pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS.keys())
def test_drift_at_home_wakes_nobody(drift: list[Ping]) -> None:
    """Where the home's router is heard, places that are wrong are not believed."""
    listener = Listener(KNOWN).see(*at_home(ROUTER))

    listener.see(*(hearing(one, ROUTER) for one in drift), hearing(ping(50, 3), ROUTER))

    assert [] == listener.left_after


@pytest.mark.parametrize("drift", [DRIFTS["two wrong Wi-Fi places"]])
def test_without_radio_the_same_drift_is_believed(drift: list[Ping]) -> None:
    """It is the router that makes the difference."""
    assert [drift[1].report_id] == Listener(KNOWN).see(*at_home(), *drift).left_after


@pytest.mark.parametrize("resting", [False, True])
@pytest.mark.parametrize("accuracy_m", [10.0, None], ids=["claimed", "no accuracy"])
def test_two_good_fixes_well_outside_always_count(accuracy_m: float | None, resting: bool) -> None:
    """An access point that travels along, and a band on its charger, hide nobody who is far out."""
    walk = [
        replace(
            hearing(ping(minute, east_m, accuracy_m=accuracy_m), ROUTER),
            charging=resting,
        )
        for minute, east_m in ((35, 120), (37, 220), (39, 310), (41, 400), (43, 490))
    ]
    plain = [replace(one, network=None, charging=None) for one in walk]

    with_radio = Listener(KNOWN).see(*at_home(ROUTER), *walk)
    without = Listener(UNLEARNED).see(*at_home(), *plain)

    assert 1 == len(with_radio.left_after)
    assert with_radio.left_after[0] in [one.report_id for one in walk[:4]]
    assert 1 == len(without.left_after)


@given(
    gaps_s=st.lists(st.sampled_from([60, 120, 300]), min_size=12, max_size=12),
    heard=st.lists(
        st.sampled_from([(), (ROUTER,), (MARKET,), (ROUTER, MARKET)]), min_size=12, max_size=12
    ),
    charging=st.lists(st.booleans(), min_size=12, max_size=12),
)
@unhurried
def test_no_radio_hides_who_is_well_outside(
    gaps_s: list[int], heard: list[tuple[str, ...]], charging: list[bool]
) -> None:
    """Whatever comes along, the second good fix over 150 m outside is believed."""
    east_m = [WALKING_M_S * passed_s for passed_s in accumulate(gaps_s)]
    walk = [
        replace(hearing(ping(30 + at_m / WALKING_M_S / 60, at_m), *points), charging=is_charging)
        for at_m, points, is_charging in zip(east_m, heard, charging, strict=True)
    ]
    second = [one for one, at_m in zip(walk, east_m, strict=True) if at_m > RADIUS_M + 150][1]

    listener = Listener(KNOWN).see(*at_home(ROUTER), *walk)

    assert 1 == len(listener.left_after)
    assert listener.changes[-1].at <= second.at


def test_a_real_exit_is_as_fast_as_ever() -> None:
    """Out of reach of the router nothing is slower than without radio."""
    walk = [ping(35 + n, 60 + 48 * n) for n in range(8)]
    heard = [hearing(one, *([ROUTER] if n == 0 else [MARKET])) for n, one in enumerate(walk)]

    with_radio = Listener(KNOWN).see(*at_home(ROUTER), *heard)
    without = Listener(UNLEARNED).see(*at_home(), *walk)

    assert without.left_after == with_radio.left_after
    assert 1 == len(without.left_after)


def test_nothing_learned_changes_nothing() -> None:
    """Before anything is learned, pings that hear much are judged like pings that hear nothing."""
    track = [*(ping(minute, 3) for minute in range(0, 30, 5)), wifi(35, 260), wifi(40, 290)]
    loud = [replace(hearing(one, ROUTER, MARKET), charging=True, steps=0) for one in track]

    hearing_all = Listener(UNLEARNED).see(*loud)
    hearing_none = Listener(UNLEARNED).see(*track)

    assert hearing_none.belief == hearing_all.belief
    assert hearing_none.changes == hearing_all.changes


def odds(home: Home, *pings: Ping) -> float:
    """Return the log-odds of being outside after *pings*."""
    log_odds = Listener(home).see(*pings).belief.now.log_odds
    assert log_odds is not None
    return log_odds


def coarse(minute: float) -> Ping:
    """Return a cell position that says little."""
    return ping(minute, 110, accuracy_m=400.0, source=FixSource.CELL)


def test_strange_radio_three_times_speaks_for_outside() -> None:
    """One strange scan is nothing, three in a row raise the odds."""
    home = at_home(ROUTER)
    scans = [coarse(minute) for minute in (40, 50, 60)]
    strange = [hearing(one, MARKET, NEIGHBOUR) for one in scans]

    assert odds(KNOWN, *home, *scans[:2]) == odds(KNOWN, *home, *strange[:2])
    assert odds(KNOWN, *home, *scans) < odds(KNOWN, *home, *strange)


@pytest.mark.parametrize("said", [{"charging": True}, {"steps": 0}])
def test_rest_speaks_against_leaving(said: dict[str, int]) -> None:
    """A band on its charger, or a night without a step, lowers the odds."""
    night = 13 * 60
    home = [ping(night + minute, 3) for minute in range(0, 30, 5)]
    outside = ping(night + 35, 150, accuracy_m=40.0)

    assert odds(KNOWN, *home, replace(outside, **said)) < odds(KNOWN, *home, outside)  # type: ignore[arg-type]


@unhurried
@given(
    st.lists(st.sampled_from(["wifi", "cell", "none"]), min_size=8, max_size=8),
    st.sampled_from([2.0, 5.0]),
)
def test_vague_fixes_between_hide_nobody(between: list[str], gap: float) -> None:
    """Good fixes well outside count, whatever weaker ones hear between them."""
    listener, minute = Listener(KNOWN).see(*at_home(ROUTER)), 35.0
    for kind in between:
        minute += gap
        listener.see(hearing(ping(minute, 300 + 48 * (minute - 35)), ROUTER))
        minute += gap
        if kind == "wifi":
            listener.see(hearing(wifi(minute, 300 + 48 * (minute - 35)), ROUTER))
        elif kind == "cell":
            listener.see(hearing(coarse(minute), ROUTER))

    assert listener.left_after
