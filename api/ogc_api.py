"""The OpenAPI fragments of the OGC routes, and the OpenAPI 3.0 document that they link to. Pure.

The document names every collection by its own path: GDAL and QGIS read there which parameters each
of them takes, and how long a page may be.
"""

from typing import Any

from api.ogc_documents import GEOJSON_TYPE, JSON_TYPE, OPENAPI_TYPE, TITLES
from api.ogc_parameters import FILTERS, MOST_LIMIT, USUAL_LIMIT

Json = dict[str, Any]


def _query(name: str, schema: Json, description: str) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


FORMAT = _query("f", {"type": "string", "enum": ["json"]}, "The format; there is one.")
_COMMON: dict[str, Json] = {
    "bbox": _query(
        "bbox",
        {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        "Only what meets this box: west,south,east,north in degrees (CRS84), or with heights, which"
        " are not looked at. What has no place is always among it.",
    ),
    "datetime": _query(
        "datetime",
        {"type": "string", "maxLength": 200},
        "Only what overlaps this instant or interval, RFC 3339, e.g. 2026-11-23T00:00:00Z/.. ;"
        " of bands the time of the position, of zones from when until when they hold.",
    ),
    "limit": _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": USUAL_LIMIT},
        "At most so many features.",
    ),
    "cursor": _query(
        "cursor",
        {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,200}$"},
        "Where the page begins; stands in the link `next`.",
    ),
    "f": FORMAT,
}


def parameters_of(collection: str) -> list[Json]:
    """Return the parameters of a collection's items."""
    filters = [
        _query(name, one.schema, one.description) for name, one in FILTERS[collection].items()
    ]
    return [*_COMMON.values(), *filters]


def parameters_of_any() -> list[Json]:
    """Return the parameters of items, of whichever collection."""
    found: dict[str, Json] = dict(_COMMON)
    for name, filters in FILTERS.items():
        for key, one in filters.items():
            known = found.get(key, _query(key, one.schema, ""))
            description = f"{known['description']} Of {name}: {one.description}".strip()
            found[key] = known | {"description": description}
    return list(found.values())


_LINK = {
    "type": "object",
    "required": ["href", "rel", "type"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
}
_LINKS = {"type": "array", "items": _LINK}
_FEATURE = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "geometry": {"description": "A GeoJSON Point or Polygon; null: no place is known."},
        "properties": {"type": "object"},
        "links": _LINKS,
    },
}
_FEATURES = {
    "type": "object",
    "required": ["type", "features", "links", "timeStamp", "numberMatched", "numberReturned"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": _FEATURE},
        "links": _LINKS,
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
}
_COLLECTION = {
    "type": "object",
    "required": ["id", "title", "description", "links", "extent", "itemType", "crs"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "links": _LINKS,
        "extent": {"type": "object"},
        "itemType": {"type": "string"},
        "crs": {"type": "array", "items": {"type": "string"}},
        "storageCrs": {"type": "string"},
    },
}
#: name -> the body that a route answers with
BODIES: dict[str, Json] = {
    "landing": {"type": "object", "required": ["links"], "properties": {"links": _LINKS}},
    "api": {"type": "object", "required": ["openapi", "paths"]},
    "conformance": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
    },
    "collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": _LINKS,
            "collections": {"type": "array", "items": _COLLECTION},
        },
    },
    "collection": _COLLECTION,
    "items": _FEATURES,
    "item": _FEATURE,
}


def document(base: str) -> Json:
    """Return the document that the landing page at *base* links to as `service-desc`."""
    paths: Json = {
        "/": _get("landing", "Where everything begins", [FORMAT]),
        "/conformance": _get("conformance", "Which classes of the standard hold", [FORMAT]),
        "/api": _get("api", "This document", [FORMAT], kind=OPENAPI_TYPE),
        "/collections": _get("collections", "What there is to read", [FORMAT]),
    }
    for name, titles in TITLES.items():
        here = f"/collections/{name}"
        paths[here] = _get("collection", titles.title, [FORMAT], name=name)
        paths[f"{here}/items"] = _get(
            "items", titles.description, parameters_of(name), kind=GEOJSON_TYPE, name=name
        )
        paths[f"{here}/items/{{featureId}}"] = _get(
            "item", titles.title, [_FEATURE_ID, FORMAT], kind=GEOJSON_TYPE, name=name
        )
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "121 爱回家 · OGC API – Features",
            "version": "1.0.0",
            "description": "Bands, zones and incidents for map programs. Coordinates are CRS84.",
        },
        "servers": [{"url": base}],
        "security": [{"token": []}, {"password": []}],
        "paths": paths,
        "components": {
            "parameters": {one["name"]: one for one in _COMMON.values()},
            "schemas": {
                "problem": {
                    "type": "object",
                    "required": ["type", "title", "status"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                    },
                }
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Any name; the token is the password.",
                },
            },
        },
    }


_FEATURE_ID = {
    "name": "featureId",
    "in": "path",
    "required": True,
    "description": "The feature's id.",
    "schema": {"type": "string"},
}


def _get(
    what: str, summary: str, parameters: list[Json], *, kind: str = JSON_TYPE, name: str = ""
) -> Json:
    shared = set(_COMMON)
    said = [
        {"$ref": f"#/components/parameters/{one['name']}"} if one["name"] in shared else one
        for one in parameters
    ]
    problem = {"schema": {"$ref": "#/components/schemas/problem"}}
    statuses = {
        "400": "A parameter is unknown or cannot be meant.",
        "401": "No token, or one that does not hold.",
        "403": "The account may not do this.",
        "404": "There is no such thing among what you look after.",
    }
    return {
        "get": {
            "operationId": f"{what}{name.capitalize()}",
            "summary": summary,
            "tags": [name or "service"],
            "parameters": said,
            "responses": {
                "200": {
                    "description": summary,
                    "content": {kind: {"schema": BODIES[what]}},
                },
                **{
                    status: {
                        "description": text,
                        "content": {"application/problem+json": problem},
                    }
                    for status, text in statuses.items()
                },
            },
        }
    }
