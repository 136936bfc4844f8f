"""Noise that is honest about itself."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.pings import FixSource
from core.places import Position, distance_m
from simulators.days import Activity, Truth
from simulators.fixes import INDOORS, Receiver, Reception, Seen

HOME = Truth(position=Position(120.68, 30.53), activity=Activity.HOME)
WALK = Truth(position=Position(120.68, 30.53), activity=Activity.WALK, speed_mps=0.8)
START = datetime(2026, 11, 23, tzinfo=UTC)
ONLY = {
    FixSource.GNSS: Reception(gnss=1, wifi=0, cell=0),
    FixSource.WIFI: Reception(gnss=0, wifi=1, cell=0),
    FixSource.CELL: Reception(gnss=0, wifi=0, cell=1),
}


def looks(reception: Reception, truth: Truth, count: int = 6000) -> list[Seen | None]:
    """Return what a receiver sees every five minutes."""
    receiver = Receiver(random.Random(5), indoors=reception, outdoors=reception)
    return [receiver.look(truth, START + timedelta(seconds=300 * n)) for n in range(count)]


def errors_m(seen: list[Seen | None], truth: Truth) -> list[float]:
    """Return how far off each fix is."""
    return [distance_m(truth.position, one.position) for one in seen if one is not None]


def test_indoor_satellite_fixes_drift_as_measured() -> None:
    """Indoors half the satellite fixes are within about 8 m and 95 % within about 30 m."""
    p50, p95 = np.percentile(errors_m(looks(ONLY[FixSource.GNSS], HOME), HOME), [50, 95])

    assert pytest.approx(8, abs=2) == p50
    assert pytest.approx(30, abs=7) == p95


@pytest.mark.parametrize("source", list(ONLY))
def test_accuracy_is_honest(source: FixSource) -> None:
    """About 68 % of the true errors lie within the reported accuracy, whatever the source."""
    seen = [one for one in looks(ONLY[source], HOME) if one is not None]
    within = [distance_m(HOME.position, one.position) <= one.accuracy_m for one in seen]

    assert pytest.approx(0.68, abs=0.04) == sum(within) / len(within)


@pytest.mark.parametrize(
    ("source", "least_m", "most_m"),
    [(FixSource.WIFI, 30, 100), (FixSource.CELL, 400, 1500)],
)
def test_coarse_fixes_say_so(source: FixSource, least_m: float, most_m: float) -> None:
    """Wi-Fi and cell fixes claim what such fixes can."""
    claims = [one.accuracy_m for one in looks(ONLY[source], HOME) if one is not None]

    assert least_m <= min(claims)
    assert max(claims) <= most_m


def test_indoors_cells_and_gaps_are_rare() -> None:
    """At home one fix in a hundred is a cell's, and now and then there is none."""
    seen = looks(INDOORS, HOME)
    cells = sum(one is not None and one.source is FixSource.CELL for one in seen)

    assert 0.002 < cells / len(seen) < 0.02
    assert 0 < sum(one is None for one in seen) / len(seen) < 0.05


def test_outdoors_is_better() -> None:
    """Under the open sky 95 % of the fixes are within 20 m."""
    assert np.percentile(errors_m(looks(ONLY[FixSource.GNSS], WALK), WALK), 95) < 20


def test_drift_remembers_itself() -> None:
    """Fixes ten seconds apart err alike, fixes an hour apart do not."""
    receiver = Receiver(random.Random(2), indoors=ONLY[FixSource.WIFI])
    at, near, far = START, [], []
    for _ in range(400):
        pair = []
        for wait_s in (10, 3600):
            at += timedelta(seconds=wait_s)
            one = receiver.look(HOME, at)
            assert one is not None
            pair.append((one.position.lon - HOME.position.lon) / one.accuracy_m)
        near.append(pair[0])
        far.append(pair[1])

    # far[n] and near[n+1] are 10 s apart, near[n] and far[n] an hour.
    assert np.corrcoef(far[:-1], near[1:])[0, 1] > 0.8
    assert abs(np.corrcoef(near, far)[0, 1]) < 0.2


def test_the_same_seed_sees_the_same() -> None:
    """Noise comes from the seed alone."""
    assert looks(INDOORS, HOME, 50) == looks(INDOORS, HOME, 50)
