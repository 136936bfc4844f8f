"""WGS-84 to GCJ-02, the shifted coordinates that map services in China are required to use.

The public formula (Krasovsky 1940 ellipsoid); degrees, lon/lat order. Outside a rectangle around
China nothing is shifted. The inverse repeats the forward shift until it agrees: after four rounds
the error is below a micrometre in Haining.
"""

import math

from core.places import Position

_AXIS_M = 6_378_245.0
_ECCENTRICITY2 = 0.00669342162296594323
_ROUNDS = 4


def to_gcj02(position: Position) -> Position:
    """Return the GCJ-02 coordinates of a WGS-84 position."""
    east_deg, north_deg = _shift(position.lon, position.lat)
    return Position(position.lon + east_deg, position.lat + north_deg)


def from_gcj02(shown: Position) -> Position:
    """Return the WGS-84 position whose GCJ-02 coordinates are *shown*."""
    lon, lat = shown.lon, shown.lat
    for _round in range(_ROUNDS):
        east_deg, north_deg = _shift(lon, lat)
        lon, lat = shown.lon - east_deg, shown.lat - north_deg
    return Position(lon, lat)


def _shift(lon: float, lat: float) -> tuple[float, float]:
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return 0.0, 0.0
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    ripple = (20 * math.sin(6 * math.pi * x) + 20 * math.sin(2 * math.pi * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20 * math.sin(math.pi * y) + 40 * math.sin(math.pi * y / 3)) * 2 / 3
    north += (160 * math.sin(math.pi * y / 12) + 320 * math.sin(math.pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20 * math.sin(math.pi * x) + 40 * math.sin(math.pi * x / 3)) * 2 / 3
    east += (150 * math.sin(math.pi * x / 12) + 300 * math.sin(math.pi * x / 30)) * 2 / 3
    latitude = math.radians(lat)
    magic = 1 - _ECCENTRICITY2 * math.sin(latitude) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY2) / (magic * math.sqrt(magic))
    parallel_m = _AXIS_M / math.sqrt(magic) * math.cos(latitude)
    return math.degrees(east / parallel_m), math.degrees(north / meridian_m)
