"""The ground the made-up town stands on: its streets, markets and the water's edge. WGS-84.

Centres are approximate. The line of the sea wall at Yanguan is drawn for these simulations only,
never for a real danger zone.
"""

import itertools
import random
from dataclasses import dataclass
from functools import cache

from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.prepared import PreparedGeometry, prep

from core.places import Position, haining_outline
from simulators.walks import away

#: the sea wall at Yanguan from west to east, lon/lat; the Qiantang lies south of it
SEA_WALL = (
    (120.528, 30.4042),
    (120.545, 30.4034),
    (120.560, 30.4030),
    (120.575, 30.4033),
    (120.592, 30.4040),
)
_RIVER_SOUTH_LAT = 30.3920
#: ordinary homes and ways keep this far from the danger zone, degrees (about 900 m)
_KEEP_FROM_WATER_DEG = 0.009


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """A street or town, with the middle of its houses and how far they spread (metres)."""

    organisation_id: str
    kind: str
    name_zh: str
    name_en: str
    centre: Position
    spread_m: float
    #: its share of the elders
    weight: int


QUARTERS = (
    Quarter(
        organisation_id="xiashi",
        kind="street",
        name_zh="硖石街道",
        name_en="Xiashi",
        centre=Position(120.6905, 30.5335),
        spread_m=900,
        weight=28,
    ),
    Quarter(
        organisation_id="haizhou",
        kind="street",
        name_zh="海洲街道",
        name_en="Haizhou",
        centre=Position(120.6690, 30.5220),
        spread_m=900,
        weight=26,
    ),
    Quarter(
        organisation_id="haichang",
        kind="street",
        name_zh="海昌街道",
        name_en="Haichang",
        centre=Position(120.6980, 30.5510),
        spread_m=900,
        weight=18,
    ),
    Quarter(
        organisation_id="maqiao",
        kind="street",
        name_zh="马桥街道",
        name_en="Maqiao",
        centre=Position(120.7080, 30.4930),
        spread_m=800,
        weight=14,
    ),
    Quarter(
        organisation_id="yanguan",
        kind="township",
        name_zh="盐官镇",
        name_en="Yanguan",
        centre=Position(120.5570, 30.4250),
        spread_m=800,
        weight=14,
    ),
)


@cache
def river() -> Polygon:
    """Return the danger zone: the Qiantang and its mud flats in front of Yanguan, lon/lat."""
    return Polygon(
        [*SEA_WALL, (SEA_WALL[-1][0], _RIVER_SOUTH_LAT), (SEA_WALL[0][0], _RIVER_SOUTH_LAT)]
    )


def wall_lat(lon: float) -> float:
    """Return the latitude of the sea wall at *lon*, between its ends."""
    for (west, a), (east, b) in itertools.pairwise(SEA_WALL):
        if west <= lon <= east:
            return a + (b - a) * (lon - west) / (east - west)
    raise ValueError(f"the drawn wall does not reach lon {lon!r}")


@cache
def _habitable() -> "PreparedGeometry[BaseGeometry]":
    # Inside the outline by about 300 m, and well away from the water.
    return prep(haining_outline().buffer(-0.003) - river().buffer(_KEEP_FROM_WATER_DEG))


def habitable(shape: Point | LineString | Polygon) -> bool:
    """Say whether *shape* (degrees) lies on ordinary ground of Haining, away from the water."""
    return bool(_habitable().contains(shape))


def somewhere(quarter: Quarter, rng: random.Random) -> Position:
    """Return a place for a house: within three spreads of the middle, on ordinary ground."""
    while True:
        east_m, north_m = (rng.gauss(0, quarter.spread_m) for _ in range(2))
        place = quarter.centre.moved(east_m=east_m, north_m=north_m)
        near = max(abs(east_m), abs(north_m)) < 3 * quarter.spread_m
        if near and habitable(Point(place.lon, place.lat)):
            return place


def markets(quarter: Quarter) -> tuple[Position, ...]:
    """Return the markets of *quarter*: one in the middle, five around it."""
    around = [
        away(quarter.centre, bearing_deg=72 * n + 20, distance_m=1.1 * quarter.spread_m)
        for n in range(5)
    ]
    return (quarter.centre, *around)
