"""Counts made comparable, and a fair word on who is better."""

from typing import Any

import pytest

from evaluation.figures import dominated_by, figures, quantiles, rate
from evaluation.scoring import Tally


def rule(*, noted: int = 0, hindsight: int = 0, missed: int = 0, out: int = 0) -> dict[str, Any]:
    """Return the figures of a rule with these counts, over a week of each kind of time."""
    return figures(
        Tally(
            annotated_h=168,
            hindsight_h=168,
            false_annotated=noted,
            false_hindsight=hindsight,
            exits=10,
            missed=missed,
            still_out=out,
        )
    )


def test_a_rate_carries_its_interval() -> None:
    """Two alarms in four weeks are 0.5 a week, and the truth may be 0.06 to 1.81."""
    found = rate(2, 4.0)

    assert found is not None
    assert (0.5, 0.0606, 1.8062) == (found["rate"], found["low"], found["high"])
    assert rate(0, 0.0) is None


def test_each_kind_of_false_alarm_has_its_own_weeks() -> None:
    """Alarms at noted times are divided by noted weeks, not by all there are."""
    found = figures(Tally(annotated_h=84, hindsight_h=1680, false_annotated=1, false_hindsight=1))

    assert 2.0 == found["per_band_week"]["annotated"]["rate"]
    assert 0.1 == found["per_band_week"]["hindsight"]["rate"]
    assert found["per_band_week"]["nights"] is None


def test_quantiles_of_nothing_are_not_zero() -> None:
    """No detection has no delay."""
    assert {"n": 0, "p50": None, "p90": None, "p95": None} == quantiles([])
    assert {"n": 3, "p50": 2.0, "p90": 2.8, "p95": 2.9} == quantiles([1, 2, 3])


@pytest.mark.parametrize(
    ("ours", "other", "both", "one"),
    [
        # fewer of both
        (rule(noted=2, missed=2), rule(noted=1, missed=1), True, False),
        # fewer of one, as many of the other
        (rule(noted=2, missed=2), rule(noted=2, missed=1), False, True),
        # still out counts as a miss
        (rule(noted=2, out=2), rule(noted=1, missed=1), True, False),
        # a trade is no defeat, and neither is a draw
        (rule(noted=2, missed=2), rule(noted=9, missed=0), False, False),
        (rule(noted=2, missed=2), rule(noted=2, missed=2), False, False),
    ],
)
def test_who_beats_us(ours: dict[str, Any], other: dict[str, Any], both: bool, one: bool) -> None:
    """A rule beats ours by fewer false alarms and fewer misses; less than that is named apart."""
    found = dominated_by({"ours": ours, "other": other}, "ours")["certain"]

    assert (both, one) == ("other" in found["both"], "other" in found["one"])


def test_each_yardstick_judges_alone() -> None:
    """By hindsight a rule may beat ours that does not at noted times."""
    found = dominated_by(
        {"ours": rule(hindsight=3, missed=1), "other": rule(noted=1, hindsight=1)}, "ours"
    )

    assert [] == found["certain"]["both"]
    assert ["other"] == found["hindsight"]["both"]
