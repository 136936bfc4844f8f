"""What is believed at one instant: all that the next fix is judged against."""

import math
from datetime import datetime

from msgspec import Struct

from core.zones import Side
from geofence.observations import Observation


class Estimate(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Everything the next fix is judged against."""

    #: ln P(outside) / P(inside); None before the first fix
    log_odds: float | None = None
    side: Side = Side.UNSURE
    suspicious: bool = False
    #: a good fix well outside supports the suspicion
    well_founded: bool = False
    #: times of the good, independent fixes outside since the last good one inside
    supports: tuple[datetime, ...] = ()
    #: how many of them came last, with no other fix between
    in_a_row: int = 0
    #: when a good fix inside last spoke against such a fix
    contradicted_at: datetime | None = None
    last: Observation | None = None
    last_good: Observation | None = None
    in_danger: tuple[int, ...] = ()
    #: (danger zone, first good fix out of it): on the way out
    leaving_danger: tuple[tuple[int, datetime], ...] = ()

    @property
    def probability_outside(self) -> float | None:
        """Return the probability of being outside; None before the first fix."""
        return None if self.log_odds is None else 1 / (1 + math.exp(-self.log_odds))
