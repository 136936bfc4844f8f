"""A zone as a program sends it, checked before anything is done with it."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator
from shapely.geometry import Polygon

from core.hours_text import MOST_LETTERS, parse_hours
from core.places import Position
from core.weekly_hours import WeeklyHours
from core.working_days import DayRule
from core.zone_limits import check_polygon, polygon_of
from core.zones import Circle, Zone, ZoneKind

#: what somebody draws by hand has fewer corners
MOST_CORNERS = 500

#: what both databases can hold
Id = Annotated[int, Field(ge=1, le=2**53)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Ring = Annotated[list[tuple[Lon, Lat]], Field(max_length=MOST_CORNERS)]


class DrawnZone(BaseModel):
    """A circle (centre and radius) or a polygon (rings, the first one outside), WGS-84 lon, lat."""

    elder: Id
    kind: ZoneKind = ZoneKind.SAFE
    centre: tuple[Lon, Lat] | None = None
    radius_m: Annotated[float, Field(ge=10, le=50_000)] | None = None
    rings: Annotated[list[Ring], Field(max_length=20)] | None = None
    #: as in "Mon-Fri 08:00-17:00"; None: around the clock
    hours: Annotated[str, Field(max_length=MOST_LETTERS)] | None = None
    days: DayRule = DayRule.EVERY
    #: the zone that it would take the place of
    replaces: Id | None = None

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        """Refuse what is neither a circle nor a polygon, and what cannot be a zone."""
        if (self.centre is None) != (self.radius_m is None):
            raise ValueError("a circle has a centre and a radius")
        if (self.centre is None) == (self.rings is None):
            raise ValueError("a zone is a circle (centre, radius_m) or a polygon (rings)")
        if self.rings is not None:
            check_polygon(polygon_of(self.rings))
        if self.hours is not None:
            parse_hours(self.hours)
        return self

    def zone(self) -> Zone:
        """Return the zone, with the id of the one it would replace, or 0."""
        return Zone(
            id=self.replaces or 0,
            elder_id=self.elder,
            kind=self.kind,
            name="",
            shape=self._shape(),
            hours=self._hours(),
            days=self.days,
        )

    def _shape(self) -> Circle | Polygon:
        if self.centre is not None and self.radius_m is not None:
            return Circle(Position(*self.centre), self.radius_m)
        assert self.rings is not None
        return polygon_of(self.rings)

    def _hours(self) -> WeeklyHours | None:
        return None if self.hours is None else parse_hours(self.hours)
