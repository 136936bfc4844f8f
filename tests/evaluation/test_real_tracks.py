"""The measuring itself holds on real recordings: a few phones at rest and on trips.

The recordings are not ours to redistribute; they lie beside the checkout where they are available.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evaluation.assessing import TOTAL, Plan, assess
from evaluation.reading import read_folder
from evaluation.replaying import Pace
from evaluation.rules import OURS

TRACKS = Path(__file__).parents[2].parent / "shared" / "data" / "tracks"
pytestmark = pytest.mark.skipif(
    not TRACKS.is_dir(), reason="the real tracks are not on this machine"
)


@cache
def found(
    kind: str, pace: Pace | None = None, harm: tuple[str, ...] = (), *, every_s: float = 300.0
) -> dict[str, Any]:
    """Return the figures on phones, a fix every so often unless they keep a pace.

    Harm is done to every third one: each injection runs five times.
    """
    recordings = [
        one
        for one in read_folder(TRACKS, "z100", only=kind).recordings
        if one.dataset == "mobilitynet"
    ]
    plan = Plan(resample_s=None if pace else every_s, pace=pace, injections=harm)
    return assess(recordings[::3] if harm else recordings, plan)


def test_resting_phones_wake_the_naive_and_not_us() -> None:
    """Over three weeks of phones lying at home the point alone alarms twenty times, ours never."""
    rules = found("stationary")["datasets"]["mobilitynet at rest"]["rules"]

    assert 3.15 == pytest.approx(rules[OURS]["band_weeks"]["annotated"], abs=0.01)
    assert 0 == rules[OURS]["false_alarms"]["annotated"]
    assert 20 <= rules["naive"]["false_alarms"]["annotated"] <= 25


def test_asking_under_suspicion_is_quicker() -> None:
    """On noted trips, asking every minute while suspicious halves the delay and misses nothing."""
    fixed = found("trips")["datasets"]["mobilitynet trips"]["rules"][OURS]
    asked = found("trips", Pace())["datasets"]["mobilitynet trips"]["rules"][OURS]

    assert (0, 0) == (asked["missed"], asked["false_alarms"]["any"])
    assert asked["delay_s"]["from_crossing"]["p50"] <= 170
    assert asked["delay_s"]["from_crossing"]["p50"] < 0.5 * fixed["delay_s"]["from_crossing"]["p50"]


def test_a_fix_a_minute_finds_noted_trips() -> None:
    """A fix a minute: no false alarm, none missed, and the engine takes one more fix to be sure."""
    ours = found("trips", every_s=60.0)["datasets"]["mobilitynet trips"]["rules"][OURS]

    assert (0, 0) == (ours["missed"], ours["false_alarms"]["any"])
    assert ours["still_out"] <= 0.05 * ours["exits"]
    assert ours["delay_s"]["from_first_outside_fix"]["p50"] <= 65


def test_harm_on_the_way_wakes_nobody() -> None:
    """Lost, repeated, late, old and converted fixes add no false alarm on resting phones."""
    names = ("gcj02", "drop", "duplicate", "late", "cached", "cached_unmarked")
    said = found("stationary", harm=names)["injections"]

    ours = {one["injection"]: one for one in said if (one["rule"], one["dataset"]) == (OURS, TOTAL)}
    assert set(names) == set(ours)
    assert [] == [name for name, one in ours.items() if one["added_most"] > 0]
