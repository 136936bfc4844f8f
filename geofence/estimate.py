"""What is believed at one instant: all that the next fix is judged against."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.zones import Side
from geofence.observations import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
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

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {
            "log_odds": self.log_odds,
            "side": self.side.value,
            "suspicious": self.suspicious,
            "well_founded": self.well_founded,
            "supports": [at.isoformat() for at in self.supports],
            "in_a_row": self.in_a_row,
            "contradicted_at": self.contradicted_at.isoformat() if self.contradicted_at else None,
            "last": self.last.to_json() if self.last else None,
            "last_good": self.last_good.to_json() if self.last_good else None,
            "in_danger": list(self.in_danger),
            "leaving_danger": [[zone_id, at.isoformat()] for zone_id, at in self.leaving_danger],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Estimate":
        """Return the estimate that `to_json` wrote."""
        last, last_good = data["last"], data["last_good"]
        contradicted_at = data["contradicted_at"]
        return cls(
            log_odds=data["log_odds"],
            side=Side(data["side"]),
            suspicious=data["suspicious"],
            well_founded=data["well_founded"],
            supports=tuple(datetime.fromisoformat(at) for at in data["supports"]),
            in_a_row=data["in_a_row"],
            contradicted_at=datetime.fromisoformat(contradicted_at) if contradicted_at else None,
            last=Observation.from_json(last) if last else None,
            last_good=Observation.from_json(last_good) if last_good else None,
            in_danger=tuple(data["in_danger"]),
            leaving_danger=tuple(
                (zone_id, datetime.fromisoformat(at)) for zone_id, at in data["leaving_danger"]
            ),
        )
