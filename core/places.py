"""Where on the ground: positions, distances, directions and the outline of the service area.

All coordinates are WGS-84 degrees in lon, lat order. Distances use the local flat-earth
approximation (equirectangular, mean earth radius 6 371 008.8 m, IUGG); over 30 km in Haining it is
good to about 0.1 %.
"""

import json
import math
from functools import cache
from importlib.resources import files

from msgspec import Struct
from shapely.geometry import MultiPolygon, shape

EARTH_RADIUS_M = 6_371_008.8
_M_PER_DEG = EARTH_RADIUS_M * math.pi / 180


class Position(Struct, frozen=True, array_like=True, gc=False):
    """A point on the ground, WGS-84 degrees. Refuses what is not on the globe."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):  # also refuses NaN
            raise ValueError(f"not a position on the globe: lon {self.lon!r}, lat {self.lat!r}")

    def moved(self, *, east_m: float = 0.0, north_m: float = 0.0) -> "Position":
        """Return the position *east_m* and *north_m* metres from here."""
        return Position(
            self.lon + east_m / (_M_PER_DEG * math.cos(math.radians(self.lat))),
            self.lat + north_m / _M_PER_DEG,
        )


def offset_m(origin: Position, target: Position) -> tuple[float, float]:
    """Return how many metres *target* lies east and north of *origin*."""
    mean_lat = math.radians((origin.lat + target.lat) / 2)
    return (
        (target.lon - origin.lon) * _M_PER_DEG * math.cos(mean_lat),
        (target.lat - origin.lat) * _M_PER_DEG,
    )


def distance_m(a: Position, b: Position) -> float:
    """Return the metres between *a* and *b*."""
    return math.hypot(*offset_m(a, b))


def bearing_deg(origin: Position, target: Position) -> float:
    """Return the direction from *origin* to *target*, degrees clockwise from north, 0 to 360."""
    east_m, north_m = offset_m(origin, target)
    return math.degrees(math.atan2(east_m, north_m)) % 360


@cache
def haining_outline() -> MultiPolygon:
    """Return the outline of Haining (adcode 330481), WGS-84 degrees, lon/lat order.

    Source: a public GCJ-02 outline of the county, converted to WGS-84; about 863 km² with its
    share of the Qiantang.
    """
    text = files("core").joinpath("data/haining-outline.geojson").read_text(encoding="utf-8")
    outline = shape(json.loads(text)["features"][0]["geometry"])
    assert isinstance(outline, MultiPolygon)
    return outline
