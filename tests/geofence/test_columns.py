"""Many at once, few at a time, compiled or not: the same judgement to the last digit."""

import math
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon

from core.clock import from_unix
from core.pings import Fix, FixSource, Ping
from core.places import Position
from core.zones import Circle, Zone, ZoneKind
from geofence import compiled, filtering
from geofence.beliefs import FRESH
from geofence.crowd import Crowd, Fixes
from geofence.engine import Case, judge
from geofence.figures import figures_of
from geofence.model import MODEL
from geofence.rows import FIX, FOUND, STATE, Rows, blanks
from geofence.tracks import KINDS, RULES
from tests.geofence.walks import HOME, START, circle, unhurried

_T0 = START.timestamp()


@st.composite
def fix_rows(draw: st.DrawFn) -> Rows:
    """Draw the fixes of one elder in time order, of every kind, as rows."""
    gaps = draw(st.lists(st.sampled_from([0, 1, 20, 40, 60, 300, 3000]), min_size=1, max_size=25))
    rows = np.zeros(len(gaps), FIX)
    for row, t in zip(rows, np.cumsum(gaps).tolist(), strict=True):
        row["t"] = _T0 + t
        row["lon"] = HOME.lon + draw(st.sampled_from([-0.003, 0.0, 0.0, 0.001, 0.003]))
        row["lat"] = HOME.lat + draw(st.sampled_from([0.0, 0.002]))
        row["accuracy_m"] = draw(st.sampled_from([2.0, 10.0, 40.0, 800.0]))
        row["beyond_m"] = draw(st.sampled_from([-100.0, -20.0, 5.0, 60.0, 200.0, math.nan]))
        row["ground"] = draw(st.sampled_from([7, 7, 7, 8]))
        row["fix_class"] = draw(st.integers(0, 3))
        row["radio"] = draw(st.integers(0, 2))
        row["by_wifi"] = draw(st.booleans())
        row["is_resting"] = draw(st.booleans())
    return rows


def ran(run: compiled.Run, tracks: Sequence[Rows]) -> tuple[bytes, ...]:
    """Return everything that *run* makes of *tracks*."""
    states, marked = blanks(len(tracks)), np.zeros(len(tracks), STATE)
    counts = np.array([len(track) for track in tracks], np.int64)
    fixes = np.concatenate(tracks)
    found = np.zeros(len(fixes), FOUND)
    run(states, fixes, counts, counts // 2, figures_of(MODEL), marked, found)
    return states.tobytes(), marked.tobytes(), found.tobytes()


def test_it_can_be_compiled() -> None:
    """Where numba is installed, as it is for these tests, the compiled filter is another one."""
    assert compiled.load() is not filtering.run


@unhurried
@given(st.lists(fix_rows(), min_size=1, max_size=4))
def test_compiled_and_interpreted_are_one(tracks: list[Rows]) -> None:
    """The compiled filter and the one that people read give the same to the last bit."""
    assert ran(filtering.run, tracks) == ran(compiled.load(), tracks)


@unhurried
@given(st.lists(fix_rows(), min_size=2, max_size=5))
def test_tracks_do_not_touch_each_other(tracks: list[Rows]) -> None:
    """Judged together, each track ends as it does alone."""
    together, *_ = ran(filtering.run, tracks)

    assert together == b"".join(ran(filtering.run, [track])[0] for track in tracks)


def square(zone_id: int, side_m: float, east_m: float) -> Zone:
    """Return a square zone around a place east of home."""
    corners = [
        HOME.moved(east_m=east_m + x * side_m / 2, north_m=y * side_m / 2)
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    shape = Polygon([(corner.lon, corner.lat) for corner in corners])
    return Zone(id=zone_id, elder_id=1, kind=ZoneKind.SAFE, name="square", shape=shape)


#: one circle; two that overlap; a square; a square over a circle; two far apart; none
GROUNDS: list[tuple[Zone, ...]] = [
    (circle(),),
    (circle(), circle(150, zone_id=2, east_m=180)),
    (square(3, 240, 20),),
    (circle(), square(4, 300, 150)),
    (circle(), circle(60, zone_id=5, east_m=900)),
    (),
]


@st.composite
def batches(draw: st.DrawFn) -> list[Fixes]:
    """Draw what the bands of six elders say, batch after batch; each elder's fixes move on."""
    made, t = [], _T0
    for _ in range(draw(st.integers(1, 4))):
        count = draw(st.integers(1, 12))
        elder = [draw(st.integers(0, len(GROUNDS) - 1)) for _ in range(count)]
        east = [draw(st.sampled_from([0, 20, 90, 150, 300, 900, 950])) for _ in range(count)]
        times = [t + draw(st.integers(0, 20)) * 30 + k * 0.001 for k in range(count)]
        source = [draw(st.sampled_from(["gnss", "wifi", "cell"])) for _ in range(count)]
        accuracy = [
            draw(st.sampled_from([math.nan, 0.0, 3.0, 12.0, 50.0, 400.0])) for _ in range(count)
        ]
        places = [HOME.moved(east_m=float(one)) for one in east]
        made.append(
            Fixes(
                elder=np.array(elder),
                t=np.array(times),
                lon=np.array([place.lon for place in places]),
                lat=np.array([place.lat for place in places]),
                accuracy_m=np.array(accuracy),
                by_wifi=np.array([one == "wifi" for one in source]),
                by_cell=np.array([one == "cell" for one in source]),
            )
        )
        t += 700
    return made


def pings_of(fixes: Fixes, elder: int) -> list[Ping]:
    """Return the pings of one elder in a batch."""
    pings = []
    for row in np.flatnonzero(fixes.elder == elder).tolist():
        source = FixSource.WIFI if fixes.by_wifi[row] else FixSource.GNSS
        accuracy_m = float(fixes.accuracy_m[row])
        at = from_unix(float(fixes.t[row]))
        pings.append(
            Ping(
                device_id=f"band {elder}",
                report_id=f"{at.timestamp():.6f}",
                measured_at=at,
                received_at=at + timedelta(seconds=1),
                fix=Fix(
                    position=Position(float(fixes.lon[row]), float(fixes.lat[row])),
                    accuracy_m=None if math.isnan(accuracy_m) else accuracy_m,
                    source=FixSource.CELL if fixes.by_cell[row] else source,
                ),
            )
        )
    return pings


@unhurried
@given(batches())
def test_a_crowd_is_judged_as_each_of_them_alone(said: list[Fixes]) -> None:
    """In columns or as objects, in one batch or one by one: the same changes and odds."""
    crowd = Crowd(GROUNDS)
    beliefs = [FRESH] * len(GROUNDS)
    for fixes in said:
        judged = crowd.judge(fixes)
        for elder, zones in enumerate(GROUNDS):
            rows = np.flatnonzero(fixes.elder == elder)
            order = rows[np.argsort(fixes.t[rows], kind="stable")]
            one_by_one = []
            for ping in sorted(pings_of(fixes, elder), key=lambda ping: ping.at):
                (alone,) = judge([Case(belief=beliefs[elder], zones=zones, pings=(ping,))])
                beliefs[elder] = alone.belief
                one_by_one.append(
                    (
                        [(change.kind, change.evidence.rule) for change in alone.changes],
                        alone.verdicts()[0].beyond_m,
                        alone.belief.probability_outside,
                    )
                )
            assert one_by_one == [
                (
                    [(KINDS[judged.kind[row]], RULES[judged.rule[row]])]
                    if judged.kind[row]
                    else [],
                    None if math.isnan(judged.beyond_m[row]) else judged.beyond_m[row],
                    None if math.isnan(judged.probability[row]) else judged.probability[row],
                )
                for row in order.tolist()
            ]


def test_late_fixes_are_named() -> None:
    """A fix older than what was judged of its elder is not judged here, and said to be late."""
    crowd = Crowd([(circle(),)])

    def one(t: float) -> Fixes:
        return Fixes(
            elder=np.array([0]),
            t=np.array([t]),
            lon=np.array([HOME.lon]),
            lat=np.array([HOME.lat]),
            accuracy_m=np.array([10.0]),
            by_wifi=np.array([False]),
            by_cell=np.array([False]),
        )

    late = [crowd.judge(one(t)).late.tolist() for t in (100.0, 90.0, 100.0, 110.0)]

    assert [[False], [True], [False], [False]] == late


def test_zones_with_hours_are_refused() -> None:
    """Zones that depend on the time are for the other door, and it says so."""
    timed = Zone(
        id=1,
        elder_id=1,
        kind=ZoneKind.SAFE,
        name="until noon",
        shape=Circle(HOME, 100),
        valid_until=START,
    )

    with pytest.raises(ValueError, match=r"geofence\.engine"):
        Crowd([(timed,)])
