"""The rules we compare ourselves with: what other systems do, each in a few lines.

A rule says of one fix whether it is outside; so many in a row raise the alarm, one that is not
outside by the same test ends it. It alarms at the transition only. Before the first fix everybody
counts as inside: our engine, too, alarms on someone it never saw at home.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.recordings import Floats

#: what a fix says: outside, inside, nothing
OUTSIDE, INSIDE, NOTHING = 1, -1, 0
Says = NDArray[np.int8]

#: taken by "distance - accuracy" where a fix claims none: an ordinary satellite fix
UNCLAIMED_M = 15.0


class Rule(Protocol):
    """A rule of thumb."""

    @property
    def in_a_row(self) -> int:
        """Return how many fixes outside in a row raise the alarm."""
        ...

    def says(self, beyond_m: Floats, accuracy_m: Floats) -> Says:
        """Return what each fix says: `OUTSIDE`, `INSIDE` or `NOTHING`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PointOutside:
    """The point alone. With one fix it is Traccar's rule.

    Traccar 9e5c458ad, `GeofenceEventHandler` and `GeofenceCircle.containsPoint`: a position that
    is in other zones than the one before raises enter and exit; its filters are off by default.
    """

    in_a_row: int = 1
    #: as far beyond the edge, metres
    margin_m: float = 0.0

    def says(self, beyond_m: Floats, accuracy_m: Floats) -> Says:  # noqa: ARG002
        """Return outside for every point beyond the edge."""
        return np.where(beyond_m > self.margin_m, OUTSIDE, INSIDE).astype(np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccurateOnly:
    """The point alone, of fixes that claim to be good. A fix without a claim counts.

    The limit that Home Assistant's integrations and Traccar's `filter.accuracy` let a user set.
    """

    limit_m: float = 50.0
    in_a_row: int = 1

    def says(self, beyond_m: Floats, accuracy_m: Floats) -> Says:
        """Return outside for every good point beyond the edge, nothing for the others."""
        said = np.where(beyond_m > 0, OUTSIDE, INSIDE)
        return np.where(accuracy_m > self.limit_m, NOTHING, said).astype(np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceLessAccuracy:
    """The whole disc is outside. With one fix it is Home Assistant's rule.

    Home Assistant, `homeassistant/components/zone`: in a zone when distance - accuracy < radius.
    """

    in_a_row: int = 1
    #: this part of the claimed accuracy is taken off
    share: float = 1.0

    def says(self, beyond_m: Floats, accuracy_m: Floats) -> Says:
        """Return outside for every disc that does not touch the zone."""
        less_m = self.share * np.where(np.isnan(accuracy_m), UNCLAIMED_M, accuracy_m)
        return np.where(beyond_m - less_m >= 0, OUTSIDE, INSIDE).astype(np.int8)


OURS = "ours"
#: by the name that the command and the report use
BASELINES: Mapping[str, Rule] = {
    "naive": PointOutside(),
    "two_in_a_row": PointOutside(in_a_row=2),
    "three_in_a_row": PointOutside(in_a_row=3),
    "accuracy_50": AccurateOnly(),
    "less_accuracy": DistanceLessAccuracy(),
    "less_accuracy_twice": DistanceLessAccuracy(in_a_row=2),
}
#: what people know it as
TITLES: Mapping[str, str] = {
    OURS: "ours",
    "naive": "naive (Traccar)",
    "two_in_a_row": "two in a row",
    "three_in_a_row": "three in a row",
    "accuracy_50": "accuracy ≤ 50 m",
    "less_accuracy": "distance − accuracy (Home Assistant)",
    "less_accuracy_twice": "distance − accuracy, twice",
}
