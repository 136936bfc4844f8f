"""What an alarm was, and which exits were missed: small tracks with a known answer."""

from pathlib import Path

import pytest

from evaluation.assessing import Plan, assess
from evaluation.reading import read_folder
from evaluation.replaying import Outcome
from evaluation.rules import OURS
from evaluation.scoring import Tally, local_hour, score, within
from evaluation.streams import Stream, stream_of
from tests.evaluation.folders import Track, at, every_minute, write

SIZES = ("z100", "z200")
#: at home, ten minutes out to 500 m, home again
WALK = Track(
    name="walk",
    fixes=every_minute(*[5] * 20, *[300, 400, 500, 500, 500, 500, 500, 500, 400, 300], *[5] * 20),
    inside=(("annotated", 0, 19), ("annotated", 30, 49)),
    exits=((19, 20, 30, "sure"),),
)


def stream(folder: Path, track: Track, zone: str = "z100") -> Stream:
    """Return the stream of one written track."""
    (recording,) = read_folder(write(folder, track), zone).recordings
    return stream_of(recording)


def count(folder: Path, track: Track, *alarms: float, until: float | None = None) -> Tally:
    """Return the tally of alarms at these minutes; outside from each to *until*, or half a minute.

    Every fix of the track was used.
    """
    given = stream(folder, track)
    outcome = Outcome(used=list(range(len(given.reports))))
    for minute in alarms:
        outcome.alarms.append(at(minute))
        outcome.outside.append((at(minute), at(minute + 0.5 if until is None else until)))
    return score(given, outcome)


def test_an_alarm_at_a_noted_time_at_home_is_false(tmp_path: Path) -> None:
    """Where the recorders noted that the bearer was in, an alarm is false, and no detection."""
    tally = count(tmp_path, WALK, 10)

    assert (1, 0, 0) == (tally.false_annotated, tally.detections, tally.ambiguous)
    assert (1, 1) == (tally.exits, tally.missed)


def test_the_kinds_of_false_alarm_are_counted_apart(tmp_path: Path) -> None:
    """An alarm at night inside a time known by hindsight counts in both, once in all."""
    track = Track(
        name="t", fixes=every_minute(*[5] * 9), inside=(("hindsight", 0, 8), ("nights", 2, 6))
    )
    tally = count(tmp_path, track, 1, 3)

    assert (0, 2, 1, 2) == (
        tally.false_annotated,
        tally.false_hindsight,
        tally.false_nights,
        tally.false_any,
    )


def test_the_first_alarm_in_an_exit_detects_and_the_next_repeats(tmp_path: Path) -> None:
    """One alarm an exit is wanted; its delay counts from the crossing and from the own fix."""
    tally = count(tmp_path, WALK, 22, 25)

    assert (1, 1, 0) == (tally.detections, tally.repeats, tally.missed)
    assert [120.0] == tally.from_crossing_s
    assert [120.0] == tally.from_first_outside_fix_s


def test_a_minute_after_the_return_still_notices(tmp_path: Path) -> None:
    """An alarm up to 60 s after the return belongs to the exit, one later to nobody knows what."""
    track = Track(name="t", fixes=WALK.fixes, exits=WALK.exits)

    assert (1, 0) == (count(tmp_path, track, 31).detections, count(tmp_path, track, 31).ambiguous)
    assert (0, 1) == (count(tmp_path, track, 32).detections, count(tmp_path, track, 32).ambiguous)


def test_an_alarm_where_nothing_is_known_is_ambiguous(tmp_path: Path) -> None:
    """Outside of all that is known an alarm is neither right nor wrong."""
    track = Track(name="t", fixes=WALK.fixes, exits=((19, 20, 30, "ambiguous"),))
    tally = count(tmp_path, track, 25)

    assert (1, 0, 0) == (tally.ambiguous, tally.exits, tally.detections)


def test_an_exit_without_an_alarm_is_missed(tmp_path: Path) -> None:
    """Silence over a certain exit is a miss."""
    tally = count(tmp_path, WALK)

    assert (1, 1, 0) == (tally.exits, tally.missed, tally.still_out)


def test_who_is_believed_outside_cannot_leave_again(tmp_path: Path) -> None:
    """Without a new alarm, because the old one never ended, an exit is still out, not missed."""
    tally = count(tmp_path, WALK, 10, until=48)

    assert (0, 1) == (tally.missed, tally.still_out)
    assert [18 * 60.0] == tally.clear_s


def test_an_alarm_after_the_limit_is_late_and_the_exit_missed(tmp_path: Path) -> None:
    """An hour after the crossing an alarm detects nothing in time."""
    track = Track(name="t", fixes=every_minute(5, *[500] * 120), exits=((0, 1, None, "sure"),))
    tally = count(tmp_path, track, 62)

    assert (1, 1, 1) == (tally.detections, tally.late, tally.missed)
    assert 0 == count(tmp_path, track, 60).missed


def test_seldom_sampled_tracks_have_two_hours(tmp_path: Path) -> None:
    """Where the typical track has a fix less often than every ten minutes the limit is doubled."""
    track = Track(
        name="t",
        fixes=tuple((20.0 * i, 5 if i == 0 else 500, 10) for i in range(9)),
        exits=((0, 20, None, "sure"),),
        interval_s=1200,
    )

    assert 0 == count(tmp_path, track, 100).missed
    assert 1 == count(tmp_path, track, 160).missed


def test_an_exit_that_no_used_fix_shows_is_not_missed(tmp_path: Path) -> None:
    """A phone that sent nothing from outside gave no rule a chance."""
    track = Track(name="t", fixes=every_minute(*[5] * 20), exits=((9, 10, 15, "sure"),))
    tally = count(tmp_path, track)

    assert (0, 0, 1) == (tally.exits, tally.missed, tally.unseen)


def test_an_exit_after_a_gap_is_told_apart(tmp_path: Path) -> None:
    """`sure_gap` counts as an exit, and once more apart."""
    track = Track(name="t", fixes=WALK.fixes, exits=((19, 20, 30, "sure_gap"),))
    tally = count(tmp_path, track)

    assert (1, 1, 1, 1) == (tally.exits, tally.gap_exits, tally.missed, tally.gap_missed)


def test_clearing_is_timed_from_the_return(tmp_path: Path) -> None:
    """The family is told of the return so many seconds after it."""
    tally = count(tmp_path, WALK, 22, until=33)

    assert [180.0] == tally.clear_s
    assert (1, 0) == (tally.returns, tally.not_cleared)
    assert [0.0] == count(tmp_path, WALK, 22, until=30).clear_s


def test_a_return_that_is_never_noticed_is_counted(tmp_path: Path) -> None:
    """To believe someone outside until the end is not a clearing time but a failure."""
    tally = count(tmp_path, WALK, 22, until=float("inf"))

    assert ([], 1, 1) == (tally.clear_s, tally.returns, tally.not_cleared)


@pytest.mark.parametrize(
    ("at_s", "spans", "is_within"),
    [
        (5.0, ((0.0, 10.0),), True),
        (10.0, ((0.0, 10.0),), True),
        (10.5, ((0.0, 10.0), (11.0, 12.0)), False),
        (11.0, ((0.0, 10.0), (11.0, 12.0)), True),
        (-1.0, ((0.0, 10.0),), False),
        (1.0, (), False),
    ],
)
def test_an_interval_holds_both_its_ends(
    at_s: float, spans: tuple[tuple[float, float], ...], is_within: bool
) -> None:
    """Both ends of an interval belong to it."""
    assert is_within is within(spans, at_s)


def test_nights_are_local() -> None:
    """In Haining 16:00 UTC is midnight; in California 08:00 is."""
    assert 0 == local_hour(16 * 3600, 120.7)
    assert 0 == local_hour(8 * 3600, -122.1)


@pytest.mark.parametrize("zone", SIZES)
def test_every_rule_on_a_plain_walk(tmp_path: Path, zone: str) -> None:
    """A walk to 500 m with good fixes is noticed once by everybody, and by nobody at home."""
    write(tmp_path, WALK)
    found = assess(read_folder(tmp_path, zone).recordings, Plan())

    rules = found["datasets"]["made"]["rules"]
    assert {OURS, "naive", "less_accuracy_twice"} < set(rules)
    for rule in rules.values():
        assert (1, 0, 0) == (rule["exits"], rule["missed"], rule["repeats"])
        assert 0 == rule["false_alarms"]["annotated"]
        assert 1 == rule["clear_s"]["n"]
    assert 0 == rules["naive"]["delay_s"]["from_crossing"]["p50"]
    assert 60 == rules["two_in_a_row"]["delay_s"]["from_crossing"]["p50"]
    assert 120 == rules["three_in_a_row"]["delay_s"]["from_crossing"]["p50"]


@pytest.mark.parametrize("zone", SIZES)
def test_coarse_fixes_at_home_wake_the_naive_only(tmp_path: Path, zone: str) -> None:
    """A cell 700 m off with an accuracy of 800 m is a false alarm of the point alone, not ours."""
    fixes = [
        (float(i), 700.0 if i % 10 >= 7 else 5.0, 800.0 if i % 10 >= 7 else 10.0) for i in range(60)
    ]
    track = Track(name="t", fixes=tuple(fixes), inside=(("annotated", 0, 59),))
    write(tmp_path, track)
    rules = assess(read_folder(tmp_path, zone).recordings, Plan())["datasets"]["made"]["rules"]

    assert 6 == rules["naive"]["false_alarms"]["annotated"]
    assert 6 == rules["three_in_a_row"]["false_alarms"]["annotated"]
    assert [0, 0, 0] == [
        rules[name]["false_alarms"]["annotated"] for name in (OURS, "accuracy_50", "less_accuracy")
    ]
