"""How far a small count can be trusted."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.poisson import at_most, interval


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        # published tables of the exact 95 % interval (Garwood 1936)
        (0, 0.0, 3.6889),
        (1, 0.0253, 5.5716),
        (2, 0.2422, 7.2247),
        (5, 1.6235, 11.6683),
        (10, 4.7954, 18.3904),
        (50, 37.1110, 65.9188),
        (100, 81.3639, 121.6270),
    ],
)
def test_the_interval_is_the_published_one(count: int, low: float, high: float) -> None:
    """The exact interval of a count is that of the tables."""
    assert (low, high) == pytest.approx(interval(count), abs=1e-3)


def test_none_seen_bounds_the_mean_by_a_logarithm() -> None:
    """With none seen the upper end is -ln(0.025), whatever the search does."""
    assert -math.log(0.025) == pytest.approx(interval(0)[1])


@given(st.integers(min_value=0, max_value=3000), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_ends_leave_half_the_doubt_each(count: int, confidence: float) -> None:
    """At the upper end so few are as improbable as so many at the lower end."""
    low, high = interval(count, confidence)
    tail = (1 - confidence) / 2

    assert low <= count <= high
    assert tail == pytest.approx(at_most(count, high), rel=1e-3)
    if count:
        assert 1 - tail == pytest.approx(at_most(count - 1, low), rel=1e-3)


def test_a_negative_count_is_refused() -> None:
    """Nothing is seen less than never."""
    with pytest.raises(ValueError, match="not negative"):
        interval(-1)
