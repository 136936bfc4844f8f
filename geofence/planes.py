"""A flat piece of ground in metres, where shapes are drawn and compared, and the way back.

Equirectangular around an origin, as everywhere in this room; good over a few kilometres.
"""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from core.places import Position, distance_m
from core.zones import Circle
from geofence.grounds import M_PER_DEG

#: corners of a quarter of a circle, where a circle must be compared with other shapes
_QUAD_SEGMENTS = 16


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of *origin*."""

    origin: Position

    def _scale(self) -> tuple[float, float]:
        return M_PER_DEG * math.cos(math.radians(self.origin.lat)), M_PER_DEG

    def flat(self, shape: Circle | Polygon) -> BaseGeometry:
        """Return *shape* in metres; a circle becomes a polygon of many corners."""
        if isinstance(shape, Circle):
            return self.point(shape.centre).buffer(shape.radius_m, quad_segs=_QUAD_SEGMENTS)
        return shapely.make_valid(shapely.transform(shape, self._to_metres))

    def point(self, position: Position) -> Point:
        """Return *position* in metres."""
        (metres,) = self._to_metres(np.array([(position.lon, position.lat)]))
        return Point(metres)

    def position(self, point: Point) -> Position:
        """Return where *point* lies on the ground."""
        east, north = self._scale()
        return Position(self.origin.lon + point.x / east, self.origin.lat + point.y / north)

    def polygon(self, flat: Polygon) -> Polygon:
        """Return *flat* in WGS-84 degrees, lon/lat order, to about a centimetre."""
        scale = np.array(self._scale())
        origin = np.array((self.origin.lon, self.origin.lat))
        degrees = shapely.transform(flat, lambda metres: np.round(metres / scale + origin, 7))
        assert isinstance(degrees, Polygon)
        return degrees

    def _to_metres(self, corners: NDArray[np.float64]) -> NDArray[np.float64]:
        return (corners - (self.origin.lon, self.origin.lat)) * self._scale()


def middle(shape: Circle | Polygon) -> Position:
    """Return the middle of *shape*: a circle's centre, a polygon's centre of gravity."""
    if isinstance(shape, Circle):
        return shape.centre
    return Position(shape.centroid.x, shape.centroid.y)


def reach_m(shape: Circle | Polygon) -> float:
    """Return the radius of the smallest circle around *shape*, metres."""
    if isinstance(shape, Circle):
        return shape.radius_m
    return float(shapely.minimum_bounding_radius(Plane(middle(shape)).flat(shape)))


def far_apart_m(one: Circle | Polygon, other: Circle | Polygon) -> float:
    """Return the metres between the middles of two shapes."""
    return distance_m(middle(one), middle(other))
