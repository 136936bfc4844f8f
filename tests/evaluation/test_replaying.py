"""Reports are judged in order of arrival, with nothing known of what comes later."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.reading import read_folder
from evaluation.replaying import Pace, replay_ours, replay_rule
from evaluation.rules import BASELINES
from evaluation.streams import Reports, Stream, last_of_each, sampled, stream_of
from tests.evaluation.folders import Track, at, every_minute, write


def stream(folder: Path, *metres: float) -> Stream:
    """Return the stream of a track with a fix a minute."""
    (recording,) = read_folder(
        write(folder, Track(name="t", fixes=every_minute(*metres))), "z100"
    ).recordings
    return stream_of(recording)


def minutes(outcome_times: list[float]) -> list[float]:
    """Return instants as minutes of the track."""
    return [(time - at(0)) / 60 for time in outcome_times]


def test_a_rule_alarms_once_until_it_clears(tmp_path: Path) -> None:
    """One alarm per transition: outside again after a fix inside is a new one."""
    walk = stream(tmp_path, 5, 300, 300, 300, 5, 300, 300)
    outcome = replay_rule(BASELINES["two_in_a_row"], walk)

    assert [2, 6] == minutes(outcome.alarms)
    assert [(at(2), at(4)), (at(6), float("inf"))] == outcome.outside


def test_a_report_older_than_the_newest_changes_no_rule(tmp_path: Path) -> None:
    """What comes late from before is passed over, so that no rule alarms on the past."""
    walk = stream(tmp_path, 5, 300, 5, 5)
    swapped = walk.with_reports(walk.reports.take(np.array([0, 2, 1, 3])))

    assert [] == replay_rule(BASELINES["naive"], swapped).alarms


def test_suspicion_asks_for_the_next_fix_sooner(tmp_path: Path) -> None:
    """Every five minutes in calm, every minute once a fix lies outside and it is not decided."""
    walk = stream(tmp_path, *[5] * 10, *[300] * 10)
    ours = replay_ours([walk], pace=Pace())[0]
    twice = replay_rule(BASELINES["two_in_a_row"], walk, pace=Pace())

    assert [0, 5, 10, 11] == ours.used[:4]
    assert [0, 5, 10, 11, 16] == twice.used
    assert [11] == minutes(twice.alarms)


def test_many_tracks_at_once_are_judged_as_one_by_one(tmp_path: Path) -> None:
    """What happens to one band says nothing about another, even in the same call."""
    shapes = [[5.0] * 5 + [300.0] * 9, [5.0] * 12, [300.0] * 4, [5.0, 400.0, 5.0]]
    streams = [stream(tmp_path / str(i), *metres) for i, metres in enumerate(shapes)]
    together = replay_ours(streams)

    assert together == [replay_ours([one])[0] for one in streams]
    assert [1, 0, 1, 0] == [len(outcome.alarms) for outcome in together]


def test_the_last_report_of_each_bin_is_kept(tmp_path: Path) -> None:
    """Bins lie on whole multiples of the step; the last fix of each is what a slower band sends."""
    walk = stream(tmp_path, *range(12))
    start = int(at(0)) // 60

    kept = sampled([walk], 300.0)[0].reports.number.tolist()
    assert [i for i in range(12) if i == 11 or (start + i + 1) % 5 == 0] == kept
    assert sampled([walk], None)[0] is walk


@given(st.lists(st.integers(0, 5000), max_size=40).map(sorted), st.sampled_from([60.0, 300.0]))
def test_resampling_keeps_one_of_each_bin(times: list[int], step_s: float) -> None:
    """No bin is lost and none is kept twice."""
    n = len(times)
    zeros = np.zeros(n)
    reports = Reports(
        at_s=np.array(times, dtype=float),
        arrived_s=np.array(times, dtype=float),
        lon=zeros,
        lat=zeros,
        accuracy_m=zeros,
        beyond_m=zeros,
        number=np.arange(n),
        is_backlog=zeros.astype(bool),
        is_stale=zeros.astype(bool),
    )
    kept = last_of_each(reports, step_s).at_s.tolist()

    assert {t // step_s for t in times} == {t // step_s for t in kept}
    assert len(kept) == len({t // step_s for t in kept})
