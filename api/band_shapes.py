"""Bands, trails and zones as GeoJSON, the form maps understand. WGS-84, lon/lat order."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shapely.geometry import mapping

from core.hours_text import hours_text
from core.people import Language
from core.places import Position
from core.zones import Circle, Zone, ZoneKind
from store.map_views import BandView, TrailPoint

#: a band that missed this many reports is silent
MISSED = 3
#: for a band nobody registered, seconds
UNKNOWN_INTERVAL_S = 300
_CORNERS = 48

Json = dict[str, Any]


def iso(instant: datetime | None) -> str | None:
    """Return an instant in ISO 8601, UTC."""
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")


def silent_after_s(band: BandView) -> int:
    """Return after how many seconds without a word a band counts as silent."""
    return MISSED * (band.expected_interval_s or UNKNOWN_INTERVAL_S)


def band_feature(band: BandView) -> Json:
    """Return one band at its newest position (geometry null when it never had one)."""
    return feature(
        _point(band.position),
        device=band.device_id,
        known=band.is_registered,
        elder_id=band.elder_id,
        elder=band.elder_name,
        side=band.side.value,
        heard_at=iso(band.heard_at),
        position_at=iso(band.position_at),
        first_heard_at=iso(band.first_heard_at),
        reports=band.reports,
        silent_after_s=silent_after_s(band),
        accuracy_m=band.accuracy_m,
        source=band.source,
        battery_pct=band.battery_pct,
        charging=band.charging,
        worn=band.worn,
        online=band.online,
    )


def trail_collection(points: Iterable[TrailPoint], **members: Any) -> Json:
    """Return a trail, one feature per stored position, oldest first."""
    features = (
        feature(
            _point(point.position),
            at=iso(point.at),
            received_at=iso(point.received_at),
            accuracy_m=point.accuracy_m,
            source=point.source,
            late=point.is_backlog,
            current=point.is_current,
            doubts=list(point.doubts),
        )
        for point in points
    )
    return collection(features, **members)


def zone_feature(zone: Zone, now: datetime, language: Language) -> Json:
    """Return a zone as a polygon, and whether it counts at *now*; its hours are in words.

    A circle keeps its radius and centre in the properties.
    """
    said = _zone_properties(zone, now, language)
    if isinstance(zone.shape, Circle):
        centre, radius_m = zone.shape.centre, zone.shape.radius_m
        return feature(
            {"type": "Polygon", "coordinates": [_ring(centre, radius_m)]},
            **said,
            radius_m=radius_m,
            centre=[centre.lon, centre.lat],
        )
    return feature(mapping(zone.shape), **said, radius_m=None, centre=None)


def collection(features: Iterable[Json], **members: Any) -> Json:
    """Return a feature collection; *members* are added beside the features."""
    return {"type": "FeatureCollection", "features": list(features), **members}


def place_feature(position: Position, **properties: Any) -> Json:
    """Return a named point."""
    return feature(_point(position), **properties)


def _zone_properties(zone: Zone, now: datetime, language: Language) -> Json:
    return {
        "id": zone.id,
        "elder_id": zone.elder_id,
        "kind": zone.kind.value,
        "name": zone.name,
        "urgency": zone.urgency.value if zone.kind is ZoneKind.DANGER else None,
        "hours": None if zone.hours is None else hours_text(zone.hours, language),
        "days": zone.days.value,
        "valid_from": iso(zone.valid_from),
        "valid_until": iso(zone.valid_until),
        "counts_now": zone.counts_at(now),
        "changes_at": iso(zone.next_change(now)),
    }


def _ring(centre: Position, radius_m: float) -> list[list[float]]:
    angles = [2 * math.pi * n / _CORNERS for n in range(_CORNERS)]
    corners = [
        centre.moved(east_m=radius_m * math.cos(a), north_m=radius_m * math.sin(a)) for a in angles
    ]
    return [[p.lon, p.lat] for p in (*corners, corners[0])]


def _point(position: Position | None) -> Json | None:
    if position is None:
        return None
    return {"type": "Point", "coordinates": [position.lon, position.lat]}


def feature(geometry: Any, **properties: Any) -> Json:
    """Return one feature."""
    return {"type": "Feature", "geometry": geometry, "properties": properties}
