"""What goes wrong on the way: each injection does what it says, and wakes nobody at home."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import Refused
from core.places import distance_m
from evaluation.assessing import TOTAL, Plan, assess
from evaluation.injections import ALL, find
from evaluation.reading import read_folder
from evaluation.recordings import beyond_m
from evaluation.rules import OURS
from evaluation.streams import Stream, stream_of
from tests.evaluation.folders import Track, every_minute, write

#: eighteen hours at home, some fixes by Wi-Fi and coarse
DAY = Track(
    name="day",
    fixes=tuple(
        (5.0 * i, (i * 7) % 40 - 20.0, 10.0 if i % 3 else 60.0 + i % 5 * 40) for i in range(216)
    ),
    inside=(("annotated", 0, 1080),),
    source="made/wifi",
)


@pytest.fixture
def day(tmp_path: Path) -> Stream:
    """Give the day as a stream."""
    (recording,) = read_folder(write(tmp_path, DAY), "z100").recordings
    return stream_of(recording)


def test_three_of_ten_are_dropped(day: Stream) -> None:
    """About a third fewer arrive, in order, and the same ones for the same seed."""
    some, again = find("drop").apply(day, 1), find("drop").apply(day, 1)

    assert 0.6 < len(some.reports) / len(day.reports) < 0.8
    assert some.reports.number.tolist() == again.reports.number.tolist()
    assert some.reports.number.tolist() != find("drop").apply(day, 2).reports.number.tolist()


def test_duplicates_are_the_same_reports(day: Stream) -> None:
    """One of ten comes twice: same number, same time of measuring, later arrival."""
    reports = find("duplicate").apply(day, 1).reports
    numbers, counts = np.unique(reports.number, return_counts=True)

    assert len(day.reports) == len(numbers)
    assert 0.05 < np.mean(counts == 2) < 0.16
    assert np.all(np.diff(reports.arrived_s) >= 0)


def test_a_shuffle_keeps_times_and_delays_arrival(day: Stream) -> None:
    """Nothing is more than ten minutes late, and some overtake others."""
    reports = find("shuffle").apply(day, 1).reports
    late_s = reports.arrived_s - reports.at_s

    assert np.all((late_s >= 0) & (late_s <= 600))
    assert np.all(np.diff(reports.arrived_s) >= 0)
    assert np.any(np.diff(reports.at_s) < 0)


def test_a_late_batch_comes_after_a_newer_report(day: Stream) -> None:
    """Two hours are held back, flagged, and delivered oldest first behind the next report."""
    reports = find("late").apply(day, 1).reports
    stored = np.flatnonzero(reports.is_backlog)

    assert len(stored)
    assert reports.at_s[stored[0] - 1] > reports.at_s[stored[0]]
    assert np.all(reports.arrived_s[stored] > reports.at_s[stored])
    span_s = np.ptp(reports.at_s[reports.arrived_s == reports.arrived_s[stored[0]]])
    assert span_s <= 2 * 3600


def test_a_cached_fix_is_a_week_old_and_outside(day: Stream) -> None:
    """It comes amid the others, marked as old or with its old time alone."""
    for name, is_marked in (("cached", True), ("cached_unmarked", False)):
        reports = find(name).apply(day, 1).reports
        added = reports.number >= len(day.sources)

        assert 1 == np.sum(added)
        assert np.all(reports.arrived_s[added] - reports.at_s[added] == 7 * 86_400)
        assert reports.beyond_m[added] == pytest.approx(200, abs=2)
        assert is_marked is bool(reports.is_stale[added][0])


def test_spikes_lie_200_m_outside_and_are_sure(day: Stream) -> None:
    """As many as asked for, claiming 2 m."""
    reports = find("spikes:0.05").apply(day, 1).reports
    hit = reports.accuracy_m == 2

    assert 0.02 < np.mean(hit) < 0.09
    assert reports.beyond_m[hit] == pytest.approx(200, abs=2)
    assert np.all(reports.beyond_m[~hit] < 0)
    assert reports.beyond_m == pytest.approx(
        beyond_m(day.circles, reports.lon, reports.lat), abs=0.01
    )


def test_gcj02_declared_loses_nothing(day: Stream) -> None:
    """There and back again through the door's own conversion, no fix moves by a millimetre."""
    there = find("gcj02").apply(day, 1)

    assert there.reports.beyond_m == pytest.approx(day.reports.beyond_m, abs=0.2)
    assert distance_m(there.circles[0].centre, day.circles[0].centre) < 100


def test_no_injection_wakes_anybody_at_home(tmp_path: Path) -> None:
    """A good day stays a good day, whatever goes wrong on the way."""
    write(tmp_path, DAY)
    recordings = read_folder(tmp_path, "z100").recordings
    names = tuple(name for name in ALL if not name.startswith("spikes"))
    found = assess(recordings, Plan(injections=names, rules=(OURS,)))["injections"]

    assert set(names) == {one["injection"] for one in found}
    assert {"made", TOTAL} == {one["dataset"] for one in found}
    assert [] == [one for one in found if one["added_most"] > 0]


def test_a_spike_wakes_the_naive(tmp_path: Path) -> None:
    """The naive rule alarms on single wrong fixes, each seed its own; ours does not."""
    write(
        tmp_path, Track(name="t", fixes=every_minute(*[5] * 300), inside=(("annotated", 0, 300),))
    )
    recordings = read_folder(tmp_path, "z200").recordings
    plan = Plan(injections=("spikes:0.01",), rules=(OURS, "naive"))
    by_rule = {
        one["rule"]: one
        for one in assess(recordings, plan)["injections"]
        if one["dataset"] == TOTAL
    }

    assert 5 == len(by_rule["naive"]["false_alarms_by_seed"])
    assert 0 < by_rule["naive"]["added_mean"]
    assert 0 == by_rule[OURS]["added_most"]


@pytest.mark.parametrize("name", ["rain", "spikes:none", "spikes:2", ""])
def test_an_unknown_injection_is_refused(name: str) -> None:
    """The sentence lists what there is."""
    with pytest.raises(Refused, match="gcj02, drop, shuffle"):
        find(name)
