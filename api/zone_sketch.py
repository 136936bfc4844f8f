"""A small drawing of a proposed zone among the present ones. No map tiles needed. Pure.

Everything is placed in a box of `WIDTH` by `HEIGHT` drawing units, north up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from api.sketch import HEIGHT, WIDTH
from core.zones import Circle, Zone, ZoneKind
from geofence.planes import Plane, middle

_MARGIN = 16.0
#: the drawing shows at least this much ground, metres
_LEAST_M = 400.0
#: a zone farther away would make the drawing too small, metres
_FAR_M = 1500.0
#: room for the scale's bar at the lower edge
_BAR = 16.0
_BARS_M = (50, 100, 200, 500, 1000, 2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSketch:
    """What to draw, in drawing units, each path a polygon's corners; `bar` is the scale's bar."""

    proposed: tuple[str, ...]
    safe: tuple[str, ...]
    dangers: tuple[str, ...]
    #: names of the safe zones, each with its place
    names: tuple[tuple[str, float, float], ...]
    bar: float
    bar_m: int


def zone_sketch(
    shape: Circle | Polygon, zones: Iterable[Zone], *, replaces: int | None
) -> ZoneSketch:
    """Return the drawing around *shape* and the elder's own zones; *replaces* is one of them."""
    plane = Plane(middle(shape))
    proposed = plane.flat(shape)
    flat = [(zone, plane.flat(zone.shape)) for zone in zones]
    own = [
        (zone, ground)
        for zone, ground in flat
        if zone.kind is ZoneKind.SAFE
        and zone.elder_id is not None
        and (zone.id == replaces or ground.distance(proposed) < _FAR_M)
    ]
    west, south, east, north = shapely.union_all([proposed, *(ground for _, ground in own)]).bounds
    scale = min(
        (WIDTH - 2 * _MARGIN) / max(east - west, _LEAST_M),
        (HEIGHT - 2 * _MARGIN - _BAR) / max(north - south, _LEAST_M),
    )
    centre = ((west + east) / 2, (south + north) / 2 - _BAR / 2 / scale)
    half = (WIDTH / 2 / scale, HEIGHT / 2 / scale)
    frame = shapely.box(
        centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1]
    )

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            round(WIDTH / 2 + (x - centre[0]) * scale, 1),
            round(HEIGHT / 2 - (y - centre[1]) * scale, 1),
        )

    def paths(ground: BaseGeometry) -> Iterator[str]:
        seen = shapely.simplify(shapely.intersection(ground, frame), 0.5 / scale)
        for part in getattr(seen, "geoms", [seen]):
            if isinstance(part, Polygon) and not part.is_empty:
                dots = (place(x, y) for x, y in part.exterior.coords)
                yield " ".join(f"{x},{y}" for x, y in dots)

    bar_m = max((b for b in _BARS_M if b * scale <= WIDTH / 3), default=_BARS_M[0])
    return ZoneSketch(
        proposed=tuple(paths(proposed)),
        safe=tuple(path for _, ground in own for path in paths(ground)),
        names=tuple(
            (zone.name, *place(ground.representative_point().x, ground.representative_point().y))
            for zone, ground in own
        ),
        dangers=tuple(
            path for zone, ground in flat if zone.kind is ZoneKind.DANGER for path in paths(ground)
        ),
        bar=round(bar_m * scale, 1),
        bar_m=bar_m,
    )
