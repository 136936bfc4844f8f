"""Made-up persons with one to five safe zones each, and what their bands say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from core.clock import from_unix
from core.pings import Fix, FixSource, Ping
from core.places import Position
from core.zones import Circle, Zone, ZoneKind
from geofence.crowd import Fixes

#: one zone in so many is a polygon, the others are circles
POLYGON_EVERY = 5
#: seconds between a band's reports
INTERVAL_S = 300.0
_START = 1_790_000_000.0
#: metres in a degree of latitude, and of longitude at Haining; to scatter by, not to measure by
_NORTH_M, _EAST_M = 111_195.0, 95_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Persons numbered from 0: where they live, their zones, and who is on the way."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    zones: list[tuple[Zone, ...]]
    #: walks away from home, metres a report; 0 stays
    walks_m: NDArray[np.float64]


def people(count: int, seed: int = 1) -> People:
    """Return *count* persons, scattered over a province; one in fifty walks away."""
    chance = np.random.default_rng(seed)
    lon = chance.uniform(118.5, 122.0, count)
    lat = chance.uniform(28.0, 31.0, count)
    how_many = chance.integers(1, 6, count)
    radii = chance.uniform(80, 300, (count, 5))
    away_m = chance.uniform(100, 2000, (count, 5))  # some zones overlap, most do not
    away_m[:, 0] = 0
    angles = chance.uniform(0, 2 * np.pi, (count, 5))
    zones = []
    for i in range(count):
        own = []
        for k in range(int(how_many[i])):
            centre = Position(float(lon[i]), float(lat[i])).moved(
                east_m=float(away_m[i, k] * np.cos(angles[i, k])),
                north_m=float(away_m[i, k] * np.sin(angles[i, k])),
            )
            shape = _shape(centre, float(radii[i, k]), is_polygon=(i + k) % POLYGON_EVERY == 0)
            own.append(
                Zone(id=i * 5 + k + 1, elder_id=i, kind=ZoneKind.SAFE, name="zone", shape=shape)
            )
        zones.append(tuple(own))
    return People(
        lon=lon, lat=lat, zones=zones, walks_m=np.where(chance.random(count) < 0.02, 150.0, 0.0)
    )


def _shape(centre: Position, radius_m: float, *, is_polygon: bool) -> Circle | Polygon:
    if not is_polygon:
        return Circle(centre, radius_m)
    corners = []
    for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False).tolist():
        corner = centre.moved(
            east_m=radius_m * float(np.cos(angle)), north_m=radius_m * float(np.sin(angle))
        )
        corners.append((corner.lon, corner.lat))
    return Polygon(corners)


def round_of(crowd: People, number: int, seed: int = 1) -> Fixes:
    """Return what everybody's band says in round *number*: one fix each."""
    count = len(crowd.lon)
    chance = np.random.default_rng((seed, number))
    accuracy_m = chance.choice([5.0, 12.0, 30.0, 60.0, 800.0, np.nan], count)
    error_m = np.where(np.isnan(accuracy_m), 20.0, accuracy_m) * chance.exponential(0.6, count)
    angle = chance.uniform(0, 2 * np.pi, count)
    east_m = error_m * np.cos(angle) + crowd.walks_m * number
    north_m = error_m * np.sin(angle)
    return Fixes(
        elder=np.arange(count),
        t=_START + INTERVAL_S * number + chance.uniform(0, 60, count),
        lon=crowd.lon + east_m / _EAST_M,
        lat=crowd.lat + north_m / _NORTH_M,
        accuracy_m=accuracy_m,
        by_wifi=accuracy_m == 60.0,
        by_cell=accuracy_m == 800.0,
    )


def ping_of(fixes: Fixes, row: int) -> Ping:
    """Return one row as the ping that the engine takes."""
    accuracy_m = float(fixes.accuracy_m[row])
    source = FixSource.GNSS
    if fixes.by_wifi[row]:
        source = FixSource.WIFI
    if fixes.by_cell[row]:
        source = FixSource.CELL
    at = from_unix(float(fixes.t[row]))
    return Ping(
        device_id=f"band-{fixes.elder[row]}",
        report_id=f"{fixes.t[row]:.3f}",
        measured_at=at,
        received_at=at,
        fix=Fix(
            position=Position(float(fixes.lon[row]), float(fixes.lat[row])),
            accuracy_m=None if np.isnan(accuracy_m) else accuracy_m,
            source=source,
        ),
    )
