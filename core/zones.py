"""A zone: a shape on the ground with a kind and a time in which it counts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shapely.geometry import Polygon

from core.places import Position


class ZoneKind(StrEnum):
    """What being in the zone means."""

    SAFE = "safe"  #: where the elder is fine; the union of these is home ground
    DANGER = "danger"  #: water, railway: entering is an alarm of its own


class Side(StrEnum):
    """Where an elder stands to the union of the safe zones, as far as we believe."""

    INSIDE = "inside"
    UNSURE = "unsure"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Circle:
    """A disc on the ground: WGS-84 centre, radius in metres (10 to 50 000)."""

    centre: Position
    radius_m: float

    def __post_init__(self) -> None:
        if not 10 <= self.radius_m <= 50_000:
            raise ValueError(f"a circle's radius is 10 to 50 000 m, not {self.radius_m!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone of one elder, or (elder_id None) a danger zone for everyone."""

    id: int
    elder_id: int | None
    kind: ZoneKind
    name: str
    #: a circle, or a polygon in WGS-84 degrees, lon/lat order
    shape: Circle | Polygon
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def counts_at(self, now: datetime) -> bool:
        """Say whether the zone is in force at *now*."""
        started = self.valid_from is None or self.valid_from <= now
        return started and (self.valid_until is None or now < self.valid_until)
