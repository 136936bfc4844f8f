"""Coordinate systems of China: WGS-84, GCJ-02 (shifted by law) and Baidu's BD-09 on top of it.

Everything inside is WGS-84; this is where other systems come in and go out. Degrees, lon/lat order.
The formulas are the public ones (Krasovsky 1940 ellipsoid for GCJ-02, as in the eviltransform and
coordTransform projects, whose test points ours meet). The packages that offer them rest since 2019
or invert in one step, which leaves 2 m; repeating the step until it agrees leaves micrometres.
BD-09's formula is itself a fit: points that Baidu published lie up to 41 m from it.
"""

import math
from collections.abc import Callable
from typing import Literal

from core.places import Position

#: a coordinate system by the name that profiles and tables give it
System = Literal["wgs84", "gcj02", "bd09"]
SYSTEMS: tuple[System, ...] = ("wgs84", "gcj02", "bd09")

_AXIS_M = 6_378_245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BD_WAVE = math.pi * 3000 / 180
#: each round makes the error a thousand times smaller, beginning at some 2 m
_ROUNDS = 4
#: what is found again beside the very edge of the shifted rectangle is on it
_NEARLY_DEG = 1e-9


def to_wgs84(system: System, position: Position) -> Position:
    """Return the WGS-84 position of coordinates that are in *system*."""
    match system:
        case "wgs84":
            return position
        case "gcj02":
            return from_gcj02(position)
        case "bd09":
            return from_bd09(position)


def to_gcj02(position: Position) -> Position:
    """Return the GCJ-02 coordinates of a WGS-84 position; outside China it stays as it is."""
    if not _is_shifted(position):
        return position
    east_deg, north_deg = _gcj_shift(position.lon, position.lat)
    return Position(position.lon + east_deg, position.lat + north_deg)


def from_gcj02(shown: Position) -> Position:
    """Return the WGS-84 position whose GCJ-02 coordinates are *shown*."""
    place = _unshift(_gcj_shift, shown)
    return place if _is_shifted(place, slack_deg=_NEARLY_DEG) else shown


def to_bd09(position: Position) -> Position:
    """Return the BD-09 coordinates of a WGS-84 position; outside China it stays as it is."""
    if not _is_shifted(position):
        return position
    gcj = to_gcj02(position)
    east_deg, north_deg = _bd_shift(gcj.lon, gcj.lat)
    return Position(gcj.lon + east_deg, gcj.lat + north_deg)


def from_bd09(shown: Position) -> Position:
    """Return the WGS-84 position whose BD-09 coordinates are *shown*."""
    place = _unshift(_gcj_shift, _unshift(_bd_shift, shown))
    return place if _is_shifted(place, slack_deg=_NEARLY_DEG) else shown


def _is_shifted(position: Position, slack_deg: float = 0.0) -> bool:
    """Say whether the WGS-84 *position* is in the rectangle that the formulas are used in."""
    return (
        72.004 - slack_deg <= position.lon <= 137.8347 + slack_deg
        and 0.8293 - slack_deg <= position.lat <= 55.8271 + slack_deg
    )


def _unshift(shift: Callable[[float, float], tuple[float, float]], shown: Position) -> Position:
    """Return the place that *shift* moves to *shown*, by repeating the forward step."""
    lon, lat = shown.lon, shown.lat
    for _round in range(_ROUNDS):
        east_deg, north_deg = shift(lon, lat)
        lon, lat = shown.lon - east_deg, shown.lat - north_deg
    return Position(min(max(lon, -180.0), 180.0), min(max(lat, -90.0), 90.0))


def _gcj_shift(lon: float, lat: float) -> tuple[float, float]:
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


def _bd_shift(lon: float, lat: float) -> tuple[float, float]:
    """Return what BD-09 adds to GCJ-02 coordinates, degrees."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BD_WAVE)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD_WAVE)
    return radius * math.cos(angle) + 0.0065 - lon, radius * math.sin(angle) + 0.006 - lat
