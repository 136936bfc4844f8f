"""Trails and search plans as GPX 1.1, for hand-held receivers and phones. Pure.

How good a position is stands in an extension of ours, in metres: `hdop` is no distance. There is no
height: bands do not measure it.
"""

import xml.etree.ElementTree as ET
from datetime import datetime

from api import map_words
from api.map_files import SearchPlan, Trail
from api.moments import Gettext
from api.ogc_features import polygon
from api.xml_files import Element, degrees, element, moment, written
from core.zones import Circle
from store.map_views import TrailPoint

GPX_TYPE = "application/gpx+xml"
#: of our own elements in `<extensions>`
OURS = "urn:aihuijia:gpx:1"
_NAMESPACES = {"": "http://www.topografix.com/GPX/1/1", "aihuijia": OURS}


def trail_gpx(trail: Trail, _: Gettext) -> bytes:
    """Return a trail: one track with a segment for each leg, doubted positions as waypoints."""
    root = _root(map_words.trail_title(trail, _), map_words.trail_note(trail, _), trail.until)
    for point in trail.doubted:
        _waypoint(root, point, map_words.point_name(point), _, kind="doubted")
    track = element(root, "trk")
    element(track, "name", map_words.trail_title(trail, _))
    element(track, "type", "trail")
    for leg in trail.legs:
        segment = element(track, "trkseg")
        for point in leg:
            at = _place(segment, "trkpt", point)
            element(at, "time", moment(point.at))
            _extensions(at, point)
    return written(root, _NAMESPACES)


def plan_gpx(plan: SearchPlan, _: Gettext) -> bytes:
    """Return a plan: where to begin as a waypoint, rings and areas as closed tracks."""
    root = _root(map_words.plan_title(plan, _), map_words.plan_note(plan, _), plan.made_at)
    if plan.start is not None:
        _waypoint(root, plan.start, map_words.start_name(_), _, kind="start")
    for ring in plan.rings:
        shape = Circle(ring.centre, ring.radius_m)
        _closed(root, map_words.ring_name(ring, _), "ring", polygon(shape)["coordinates"][0])
    for area in plan.areas:
        name = map_words.area_name(area.kind, area.name, _)
        for corners in polygon(area.shape)["coordinates"]:
            _closed(root, name, area.kind, corners)
    return written(root, _NAMESPACES)


def _root(title: str, note: str, at: datetime) -> Element:
    root = ET.Element("gpx", {"version": "1.1", "creator": "121 aihuijia"})
    metadata = element(root, "metadata")
    element(metadata, "name", title)
    element(metadata, "desc", note)
    element(metadata, "time", moment(at))
    return root


def _waypoint(parent: Element, point: TrailPoint, name: str, _: Gettext, *, kind: str) -> None:
    at = _place(parent, "wpt", point)
    element(at, "time", moment(point.at))
    element(at, "name", name)
    element(at, "desc", map_words.point_note(point, _))
    element(at, "type", kind)
    _extensions(at, point)


def _closed(parent: Element, name: str, kind: str, corners: list[list[float]]) -> None:
    track = element(parent, "trk")
    element(track, "name", name)
    element(track, "type", kind)
    segment = element(track, "trkseg")
    for lon, lat in corners:
        element(segment, "trkpt", lat=degrees(lat), lon=degrees(lon))


def _place(parent: Element, tag: str, point: TrailPoint) -> Element:
    return element(parent, tag, lat=degrees(point.position.lat), lon=degrees(point.position.lon))


def _extensions(parent: Element, point: TrailPoint) -> None:
    said = {
        "accuracy_m": None if point.accuracy_m is None else f"{point.accuracy_m:g}",
        "source": point.source,
        "doubts": " ".join(point.doubts) or None,
    }
    if any(said.values()):
        ours = element(parent, "extensions")
        for name, text in said.items():
            if text is not None:
                element(ours, f"aihuijia:{name}", text)
