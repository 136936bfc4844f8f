"""A small drawing of the last known way: home, zones, trail, last place. No map tiles needed. Pure.

Everything is placed in a box of `WIDTH` by `HEIGHT` drawing units, north up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shapely.geometry import Polygon

from api.whereabouts import Whereabouts
from core.places import Position, offset_m
from core.zones import Circle, Zone, ZoneKind

WIDTH = 320.0
HEIGHT = 220.0
_MARGIN = 22.0
#: the drawing shows at least this much ground, metres
_LEAST_M = 300.0
#: a wider disc says nothing; it is cut off here, metres
_WIDEST_DISC_M = 1000.0
_BARS_M = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)

Dot = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A circle in drawing units."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What to draw, in drawing units; `bar` is the length of the scale's bar."""

    zone_discs: tuple[Disc, ...]
    zone_outlines: tuple[str, ...]
    danger_discs: tuple[Disc, ...]
    danger_outlines: tuple[str, ...]
    home: Dot | None
    trail: str
    last: Disc
    bar: float
    bar_m: int


def sketch(
    where: Whereabouts, home: Position | None, zones: Iterable[Zone], trail: Sequence[Position]
) -> Sketch:
    """Return the drawing around the last position; a danger zone shows as far as it reaches in."""
    origin = where.position
    zones = tuple(zones)
    safe = [z for z in zones if z.elder_id is not None and z.kind is ZoneKind.SAFE]
    accuracy_m = min(where.accuracy_m or 0.0, _WIDEST_DISC_M)
    spread = [(-accuracy_m, -accuracy_m), (accuracy_m, accuracy_m)]
    spread += [offset_m(origin, place) for place in trail]
    if home is not None:
        spread.append(offset_m(origin, home))
    for zone in safe:
        spread += _corners(origin, zone)
    west, east = min(e for e, _ in spread), max(e for e, _ in spread)
    south, north = min(n for _, n in spread), max(n for _, n in spread)
    scale = min(
        (WIDTH - 2 * _MARGIN) / max(east - west, _LEAST_M),
        (HEIGHT - 2 * _MARGIN) / max(north - south, _LEAST_M),
    )

    def place(position: Position) -> Dot:
        east_m, north_m = offset_m(origin, position)
        x = WIDTH / 2 + (east_m - (west + east) / 2) * scale
        y = HEIGHT / 2 - (north_m - (south + north) / 2) * scale
        return round(x, 1), round(y, 1)

    x, y = place(origin)
    bar_m = max((b for b in _BARS_M if b * scale <= WIDTH / 3), default=_BARS_M[0])

    def discs(some: Iterable[Zone]) -> tuple[Disc, ...]:
        circles = [zone.shape for zone in some if isinstance(zone.shape, Circle)]
        return tuple(
            Disc(x=cx, y=cy, radius=round(circle.radius_m * scale, 1))
            for circle in circles
            for cx, cy in [place(circle.centre)]
        )

    def outlines(some: Iterable[Zone]) -> tuple[str, ...]:
        polygons = [zone.shape for zone in some if isinstance(zone.shape, Polygon)]
        return tuple(
            _path(place(Position(lon, lat)) for lon, lat in polygon.exterior.coords)
            for polygon in polygons
        )

    def is_in_view(zone: Zone) -> bool:
        (left, low), (right, high) = (
            place(origin.moved(east_m=east_m, north_m=north_m))
            for east_m, north_m in _corners(origin, zone)
        )
        return left < WIDTH and right > 0 and high < HEIGHT and low > 0

    dangers = [z for z in zones if z.kind is ZoneKind.DANGER and is_in_view(z)]
    return Sketch(
        zone_discs=discs(safe),
        zone_outlines=outlines(safe),
        danger_discs=discs(dangers),
        danger_outlines=outlines(dangers),
        home=None if home is None else place(home),
        trail=_path(place(position) for position in trail),
        last=Disc(x=x, y=y, radius=max(4.0, round(accuracy_m * scale, 1))),
        bar=round(bar_m * scale, 1),
        bar_m=bar_m,
    )


def _corners(origin: Position, zone: Zone) -> list[Dot]:
    if isinstance(zone.shape, Circle):
        east_m, north_m = offset_m(origin, zone.shape.centre)
        radius_m = zone.shape.radius_m
        return [
            (east_m - radius_m, north_m - radius_m),
            (east_m + radius_m, north_m + radius_m),
        ]
    west, south, east, north = zone.shape.bounds
    return [offset_m(origin, Position(west, south)), offset_m(origin, Position(east, north))]


def _path(dots: Iterable[Dot]) -> str:
    return " ".join(f"{x},{y}" for x, y in dots)
