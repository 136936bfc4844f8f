"""Rows of the three collections as GeoJSON features: ids, never names. Pure.

The id is a property, too: many programs lose a feature's own id when they copy it.

WGS-84, lon before lat, seven decimals (about a centimetre); rings run counter-clockwise.
"""

import math
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from shapely.geometry import Polygon, mapping
from shapely.geometry.polygon import orient

from api.band_shapes import iso
from core.hours_text import hours_text
from core.places import Position
from core.zones import Circle, Zone, ZoneKind

Json = dict[str, Any]

_DECIMALS = 7
_CORNERS = 48
_ANGLES = 2 * math.pi * np.arange(_CORNERS + 1) / _CORNERS
_TURNS = np.column_stack((np.cos(_ANGLES), np.sin(_ANGLES)))
_TURNS[-1] = _TURNS[0]
_POLYGON = '{"type":"Polygon","coordinates":[[' + ",".join(["[%.7f,%.7f]"] * (_CORNERS + 1)) + "]]}"


def band_feature(row: Any) -> Json:
    """Return a band at its newest position."""
    return _feature(
        row.id,
        point(row.lon, row.lat),
        device=row.id,
        elder_id=row.elder_id,
        organisation=row.organisation_id,
        position_at=iso(row.position_at),
        accuracy_m=row.accuracy_m,
        source=row.source,
        side=row.side,
        heard_at=iso(row.heard_at),
        battery_pct=row.battery_pct,
        charging=row.charging,
        worn=row.worn,
        online=row.online,
    )


def zone_feature(zone: Zone, organisation_id: str | None, now: datetime) -> Json:
    """Return a zone as a polygon; a circle keeps its centre and radius as properties."""
    circle = zone.shape if isinstance(zone.shape, Circle) else None
    return _feature(
        zone.id,
        polygon(zone.shape) if circle is None else _written(circle),
        zone_id=zone.id,
        elder_id=zone.elder_id,
        organisation=organisation_id,
        kind=zone.kind.value,
        urgency=zone.urgency.value if zone.kind is ZoneKind.DANGER else None,
        name=zone.name,
        radius_m=None if circle is None else circle.radius_m,
        centre_lon=None if circle is None else circle.centre.lon,
        centre_lat=None if circle is None else circle.centre.lat,
        valid_from=iso(zone.valid_from),
        valid_until=iso(zone.valid_until),
        hours=None if zone.hours is None else hours_text(zone.hours),
        days=zone.days.value,
        counts_now=zone.counts_at(now),
    )


def incident_feature(row: Any) -> Json:
    """Return an incident where it began, else where the band is while it is open."""
    return _feature(
        row.id,
        None if row.lon is None else point(row.lon, row.lat),
        incident_id=row.id,
        elder_id=row.elder_id,
        organisation=row.organisation_id,
        trigger=row.trigger,
        severity=row.severity,
        state=row.state,
        opened_at=iso(row.opened_at),
        closed_at=iso(row.closed_at),
        outcome=row.outcome,
        place=None if row.lon is None else "began" if row.began_here else "newest",
        last_lon=row.last_lon,
        last_lat=row.last_lat,
        last_at=iso(row.last_at),
    )


def point(lon: float, lat: float) -> Json:
    """Return a point."""
    return {"type": "Point", "coordinates": [round(lon, _DECIMALS), round(lat, _DECIMALS)]}


def polygon(shape: Circle | Polygon) -> Json:
    """Return a polygon; a circle has 48 corners, all of them on it."""
    if isinstance(shape, Circle):
        return {"type": "Polygon", "coordinates": [ring(shape.centre, shape.radius_m)]}
    drawn: Json = mapping(orient(shape))
    return drawn


def ring(centre: Position, radius_m: float) -> list[list[float]]:
    """Return a circle's corners, counter-clockwise from the east, the first one twice."""
    corners: list[list[float]] = np.round(_corners(centre, radius_m), _DECIMALS).tolist()
    return corners


def _corners(centre: Position, radius_m: float) -> Any:
    edge = centre.moved(east_m=radius_m, north_m=radius_m)
    reach = (edge.lon - centre.lon, edge.lat - centre.lat)
    return (centre.lon, centre.lat) + _TURNS * reach


@lru_cache(maxsize=10_000)
def _written(circle: Circle) -> msgspec.Raw:
    """Return a circle as JSON that is written already.

    A page may have ten thousand; half a million small lists would keep the collector busy longer
    than all else takes. Map programs read the same zones every few minutes; 10,000 take 15 MB.
    """
    corners = _corners(circle.centre, circle.radius_m).ravel().tolist()
    return msgspec.Raw((_POLYGON % tuple(corners)).encode())


def _feature(key: str | int, geometry: Json | msgspec.Raw | None, **properties: Any) -> Json:
    return {"type": "Feature", "id": key, "geometry": geometry, "properties": properties}
