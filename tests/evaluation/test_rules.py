"""The rules we compare ourselves with do what their sources say."""

import math

import numpy as np
import pytest

from evaluation.rules import BASELINES, INSIDE, NOTHING, OUTSIDE, TITLES

BEYOND = np.array([-50.0, 1.0, 40.0, 40.0, 40.0, 500.0])
ACCURACY = np.array([10.0, 10.0, 30.0, 60.0, math.nan, 600.0])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("naive", [INSIDE, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE]),
        ("accuracy_50", [INSIDE, OUTSIDE, OUTSIDE, NOTHING, OUTSIDE, NOTHING]),
        # unclaimed accuracy is taken as 15 m
        ("less_accuracy", [INSIDE, INSIDE, OUTSIDE, INSIDE, OUTSIDE, INSIDE]),
    ],
)
def test_what_a_fix_says(name: str, says: list[int]) -> None:
    """Each rule reads a fix in its own way."""
    assert says == BASELINES[name].says(BEYOND, ACCURACY).tolist()


def test_every_rule_has_a_title() -> None:
    """What the report names, people can read."""
    assert set(BASELINES) < set(TITLES)
