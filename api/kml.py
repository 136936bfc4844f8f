"""Trails and search plans as KML 2.2, for Google Earth and every map program. Pure.

No pictures from elsewhere: the styles are colours only. The order of elements is the schema's.
"""

import xml.etree.ElementTree as ET

from api import map_words
from api.map_files import SearchPlan, Trail
from api.moments import Gettext
from api.ogc_features import polygon
from api.xml_files import Element, degrees, element, moment, written
from core.zones import Circle
from store.map_views import TrailPoint

KML_TYPE = "application/vnd.google-earth.kml+xml"
_NAMESPACES = {"": "http://www.opengis.net/kml/2.2"}

#: name -> line and filling, aabbggrr
_STYLES = {
    "trail": ("ffd07000", "00000000"),
    "doubted": ("ff808080", "00000000"),
    "start": ("ff0000d0", "00000000"),
    "ring": ("ff0060e0", "100060e0"),
    "safe": ("ff3c9000", "303c9000"),
    "danger": ("ff0000d0", "300000d0"),
    "sector": ("ff904090", "30904090"),
}


def trail_kml(trail: Trail, _: Gettext) -> bytes:
    """Return a trail: a line for the legs, each position with its time, doubted ones apart."""
    root, document = _root(map_words.trail_title(trail, _), map_words.trail_note(trail, _))
    lines = [leg for leg in trail.legs if len(leg) > 1]
    if lines:
        mark = _placemark(document, map_words.trail_title(trail, _), "trail")
        whole = element(mark, "MultiGeometry")
        for leg in lines:
            line = element(whole, "LineString")
            element(line, "tessellate", "1")
            element(line, "coordinates", _corners([_lon_lat(point) for point in leg]))
    _points(document, _("Positions"), [p for leg in trail.legs for p in leg], "trail", _)
    _points(document, _("Doubted positions"), trail.doubted, "doubted", _)
    return written(root, _NAMESPACES)


def plan_kml(plan: SearchPlan, _: Gettext) -> bytes:
    """Return a plan: where to begin, rings, areas."""
    root, document = _root(map_words.plan_title(plan, _), map_words.plan_note(plan, _))
    if plan.start is not None:
        _point(document, plan.start, map_words.start_name(_), "start", _)
    folder = element(document, "Folder")
    element(folder, "name", _("Rings"))
    for ring in plan.rings:
        mark = _placemark(folder, map_words.ring_name(ring, _), "ring")
        _polygon(mark, polygon(Circle(ring.centre, ring.radius_m))["coordinates"])
    folder = element(document, "Folder")
    element(folder, "name", _("Areas"))
    for area in plan.areas:
        style = area.kind if area.kind in _STYLES else "sector"
        mark = _placemark(folder, map_words.area_name(area.kind, area.name, _), style)
        _polygon(mark, polygon(area.shape)["coordinates"])
    return written(root, _NAMESPACES)


def _root(title: str, note: str) -> tuple[Element, Element]:
    root = ET.Element("kml")
    document = element(root, "Document")
    element(document, "name", title)
    element(document, "description", note)
    for name, (line, filling) in _STYLES.items():
        style = element(document, "Style", id=name)
        icon = element(style, "IconStyle")
        element(icon, "color", line)
        stroke = element(style, "LineStyle")
        element(stroke, "color", line)
        element(stroke, "width", "3")
        element(element(style, "PolyStyle"), "color", filling)
    return root, document


def _points(
    parent: Element,
    title: str,
    points: "list[TrailPoint] | tuple[TrailPoint, ...]",
    style: str,
    _: Gettext,
) -> None:
    if not points:
        return
    folder = element(parent, "Folder")
    element(folder, "name", title)
    for point in points:
        _point(folder, point, map_words.point_name(point), style, _)


def _point(parent: Element, point: TrailPoint, name: str, style: str, _: Gettext) -> None:
    mark = element(parent, "Placemark")
    element(mark, "name", name)
    element(mark, "description", map_words.point_note(point, _))
    element(element(mark, "TimeStamp"), "when", moment(point.at))
    element(mark, "styleUrl", f"#{style}")
    said = {
        "accuracy_m": None if point.accuracy_m is None else f"{point.accuracy_m:g}",
        "source": point.source,
        "doubts": " ".join(point.doubts) or None,
    }
    data = element(mark, "ExtendedData")
    for key, text in said.items():
        if text is not None:
            element(element(data, "Data", name=key), "value", text)
    element(element(mark, "Point"), "coordinates", _corners([_lon_lat(point)]))


def _placemark(parent: Element, name: str, style: str) -> Element:
    mark = element(parent, "Placemark")
    element(mark, "name", name)
    element(mark, "styleUrl", f"#{style}")
    return mark


def _polygon(mark: Element, rings: list[list[list[float]]]) -> None:
    ground = element(mark, "Polygon")
    element(ground, "tessellate", "1")
    for number, ring in enumerate(rings):
        edge = element(ground, "innerBoundaryIs" if number else "outerBoundaryIs")
        element(element(edge, "LinearRing"), "coordinates", _corners(ring))


def _lon_lat(point: TrailPoint) -> list[float]:
    return [point.position.lon, point.position.lat]


def _corners(places: list[list[float]]) -> str:
    return " ".join(f"{degrees(lon)},{degrees(lat)}" for lon, lat in places)
