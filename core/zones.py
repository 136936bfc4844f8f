"""A zone: a shape on the ground with a kind and a time in which it counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shapely.geometry import Polygon

from core.places import Position
from core.weekly_hours import WeeklyHours, borders, counts
from core.working_days import DayRule


class ZoneKind(StrEnum):
    """What being in the zone means."""

    SAFE = "safe"  #: where the elder is fine; the union of these is home ground
    DANGER = "danger"  #: water, railway: entering is an alarm of its own


class Urgency(StrEnum):
    """How hard entering a danger zone presses."""

    WATCH = "watch"  #: guardians are asked as for any crossing: a busy market, a bus station
    ALARM = "alarm"  #: life is in danger: the rescue team is asked at once, too


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
    """One version of one zone of one elder, or (elder_id None) a danger zone for everyone.

    It counts when all three agree: from *valid_from* to before *valid_until*, within *hours* (None:
    around the clock), and on the days of *days*.
    """

    id: int
    elder_id: int | None
    kind: ZoneKind
    name: str
    #: a circle, or a polygon in WGS-84 degrees, lon/lat order
    shape: Circle | Polygon
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: WeeklyHours | None = None
    days: DayRule = DayRule.EVERY
    #: of a danger zone; a safe one does not use it
    urgency: Urgency = Urgency.ALARM

    @property
    def is_timed(self) -> bool:
        """Say whether it depends on the time if the zone counts."""
        return self._is_weekly or self.valid_from is not None or self.valid_until is not None

    @property
    def _is_weekly(self) -> bool:
        return self.hours is not None or self.days is not DayRule.EVERY

    def counts_at(self, now: datetime) -> bool:
        """Say whether the zone is in force at *now* (aware)."""
        if self.valid_from is not None and now < self.valid_from:
            return False
        if self.valid_until is not None and now >= self.valid_until:
            return False
        if self.hours is None and self.days is DayRule.EVERY:  # asked of every zone, every ping
            return True
        return counts(self.hours, self.days, now)

    def next_change(self, after: datetime) -> datetime | None:
        """Return the first instant later than *after* from which the zone begins or ends to count.

        None: not in the next three years.
        """
        counted = self.counts_at(after)
        return next((at for at in self._borders(after) if self.counts_at(at) != counted), None)

    def _borders(self, after: datetime) -> Iterator[datetime]:
        """Yield, in order, each instant later than *after* at which the answer may change."""
        begun = after
        if self.valid_from is not None and self.valid_from > after:
            yield self.valid_from
            begun = self.valid_from
        if self._is_weekly:
            for at in borders(self.hours, self.days, begun):
                if self.valid_until is not None and at >= self.valid_until:
                    break
                yield at
        if self.valid_until is not None and self.valid_until > begun:
            yield self.valid_until


def next_change(zones: Iterable[Zone], after: datetime) -> datetime | None:
    """Return when the set of *zones* that count next changes after *after*; None: it does not."""
    return min((at for zone in zones if (at := zone.next_change(after)) is not None), default=None)
