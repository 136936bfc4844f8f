"""The documents of OGC API – Features, Part 1: landing page, conformance, collections, pages.

Pure: addresses and values in, JSON out. `base` is the address of the landing page.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from api.band_shapes import iso
from core.feature_queries import Box
from store.features import Extent

Json = dict[str, Any]

JSON_TYPE = "application/json"
GEOJSON_TYPE = "application/geo+json"
OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
#: lines of the grid that an extent's corners lie on: about 10 km apart
_PER_DEGREE = 10
_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"

#: what a test tool would find to be so; not html, not part 2, 3 or 4
CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """How a collection is called, Chinese first."""

    title: str
    description: str


TITLES: Mapping[str, Titles] = {
    "bands": Titles(
        title="手环最新位置 Bands",
        description="每位佩戴者手环的最新位置。 The newest position of each band that is worn.",
    ),
    "zones": Titles(
        title="安全区与危险区 Zones",
        description=(
            "现行的安全区和危险区；圆以多边形给出，圆心和半径（米）在属性里。"
            " Safe and danger zones in force; a circle is a polygon with centre and radius_m."
        ),
    ),
    "incidents": Titles(
        title="事件 Incidents",
        description=(
            "事件从哪里开始；没有起点时为最新位置。演习不在内。"
            " Where each incident began, else the newest position; without drills."
        ),
    ),
}


def link(href: str, rel: str, kind: str, title: str) -> Json:
    """Return a link as the standard writes it."""
    return {"href": href, "rel": rel, "type": kind, "title": title}


def landing_page(base: str) -> Json:
    """Return where everything begins."""
    return {
        "title": "121 爱回家",
        "description": "手环、安全区和事件，供地图软件使用。 Bands, zones and incidents for GIS.",
        "links": [
            link(base, "self", JSON_TYPE, "本页 This page"),
            link(f"{base}/api", "service-desc", OPENAPI_TYPE, "接口说明 The API"),
            link(f"{base}/conformance", "conformance", JSON_TYPE, "符合的标准 Conformance"),
            link(f"{base}/collections", "data", JSON_TYPE, "数据 Collections"),
        ],
    }


def conformance() -> Json:
    """Return which classes of the standard hold here."""
    return {"conformsTo": list(CONFORMS_TO)}


def collections(base: str, extents: Mapping[str, Extent]) -> Json:
    """Return what there is to read, with where and when it is."""
    return {
        "links": [link(f"{base}/collections", "self", JSON_TYPE, "本页 This page")],
        "collections": [collection(base, name, extent) for name, extent in extents.items()],
    }


def collection(base: str, name: str, extent: Extent) -> Json:
    """Return one collection."""
    here, titles = f"{base}/collections/{name}", TITLES[name]
    found: Json = {
        "id": name,
        "title": titles.title,
        "description": titles.description,
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "links": [
            link(here, "self", JSON_TYPE, titles.title),
            link(f"{base}/collections", "parent", JSON_TYPE, "全部数据 Collections"),
            link(f"{here}/items", "items", GEOJSON_TYPE, titles.title),
        ],
    }
    said: Json = {"temporal": {"interval": [_interval(extent)], "trs": _GREGORIAN}}
    if extent.box is not None:
        said["spatial"] = {"bbox": [_roughly(extent.box)], "crs": CRS84}
    return found | {"extent": said}


def page(
    base: str,
    name: str,
    features: Sequence[Json],
    *,
    given: Sequence[tuple[str, str]],
    next_cursor: str | None,
    matched: int,
    now: datetime,
) -> Json:
    """Return a page of features; *given* are the parameters that asked for it."""
    here, title = f"{base}/collections/{name}", TITLES[name].title
    kept = [(key, value) for key, value in given if key != "cursor"]
    links = [
        link(_asked(f"{here}/items", given), "self", GEOJSON_TYPE, title),
        link(here, "collection", JSON_TYPE, title),
    ]
    if next_cursor is not None:
        following = _asked(f"{here}/items", [*kept, ("cursor", next_cursor)])
        links.append(link(following, "next", GEOJSON_TYPE, "下一页 Next page"))
    return {
        "type": "FeatureCollection",
        "timeStamp": iso(now),
        "numberMatched": matched,
        "numberReturned": len(features),
        "links": links,
        "features": list(features),
    }


def single(base: str, name: str, feature: Json) -> Json:
    """Return one feature with its links."""
    here, title = f"{base}/collections/{name}", TITLES[name].title
    return feature | {
        "links": [
            link(f"{here}/items/{feature['id']}", "self", GEOJSON_TYPE, title),
            link(here, "collection", JSON_TYPE, title),
        ]
    }


def _asked(address: str, given: Sequence[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(given)}" if given else address


def _interval(extent: Extent) -> list[str | None]:
    return [iso(extent.since), iso(extent.until)]


def _roughly(box: Box) -> list[float]:
    """Return corners around *box* on a coarse grid: one band's exact box would be its place.

    Whoever reads places leaves a look; whoever reads where to begin on the map does not.
    """
    low, high = (
        [rounded(value * _PER_DEGREE) / _PER_DEGREE for value in pair]
        for rounded, pair in (
            (math.floor, (box.west, box.south)),
            (math.ceil, (box.east, box.north)),
        )
    )
    return [*low, *high]
