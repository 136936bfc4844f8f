"""OGC API – Features, Part 1: where map programs begin, and what there is to read."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Path, Request, Response
from sqlalchemy import Connection

from api import ogc_api, ogc_documents
from api.access import Caller, Viewer, callers
from api.ogc_documents import JSON_TYPE, OPENAPI_TYPE, TITLES
from api.ogc_parameters import check_plain
from api.plain_json import PlainJson
from api.problems import SENTENCES
from api.services import Held, Services
from core.accounts import Scope
from core.errors import NotFound
from store import features
from store.database import reading

router = APIRouter(prefix="/ogc", tags=["ogc"])

Reader = Annotated[Viewer, callers(Caller.COORDINATOR, Caller.OPERATOR)]
CollectionId = Annotated[str, Path(max_length=40, description="bands, zones or incidents")]

COLLECTIONS = {
    "bands": features.BANDS,
    "zones": features.ZONES,
    "incidents": features.INCIDENTS,
}
_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?", re.ASCII)


class Json(PlainJson):
    """A JSON document: a page may have ten thousand features."""

    media_type = JSON_TYPE


class OpenApi(Json):
    """An OpenAPI document."""

    media_type = OPENAPI_TYPE


def answers(what: str, kind: str = JSON_TYPE) -> dict[int | str, dict[str, Any]]:
    """Return the documented answers of a route."""
    problem = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": {
            "type": "about:blank",
            "title": SENTENCES[400],
            "status": 400,
            "detail": "limit: it is a whole number from 1 to 10000",
            "instance": "/ogc/collections/bands/items",
        },
    }
    return {
        200: {"content": {kind: {"schema": ogc_api.BODIES[what]}}},
        400: {
            "description": "A parameter is unknown or cannot be meant.",
            "content": {"application/problem+json": problem},
        },
    }


PLAIN = {"parameters": [ogc_api.FORMAT]}


@router.get("", response_class=Json, responses=answers("landing"), openapi_extra=PLAIN)
def landing(request: Request, services: Held, _viewer: Reader) -> Response:
    """Return the landing page: QGIS and GDAL are given this address."""
    check(request)
    return Json(ogc_documents.landing_page(base_of(request, services)))


@router.get(
    "/conformance", response_class=Json, responses=answers("conformance"), openapi_extra=PLAIN
)
def conformance(request: Request, _viewer: Reader) -> Response:
    """Return which classes of the standard hold here."""
    check(request)
    return Json(ogc_documents.conformance())


@router.get(
    "/api", response_class=OpenApi, responses=answers("api", OPENAPI_TYPE), openapi_extra=PLAIN
)
def description(request: Request, services: Held, _viewer: Reader) -> Response:
    """Return these routes as an OpenAPI 3.0 document, each collection by its own path."""
    check(request)
    return OpenApi(ogc_api.document(base_of(request, services)))


@router.get(
    "/collections", response_class=Json, responses=answers("collections"), openapi_extra=PLAIN
)
def collections(request: Request, services: Held, viewer: Reader) -> Response:
    """Return the collections with where and when their features are, as far as you may see."""
    check(request)
    with reading(services.engine) as connection:
        extents = {name: _extent(connection, name, viewer.scope) for name in TITLES}
    return Json(ogc_documents.collections(base_of(request, services), extents))


@router.get(
    "/collections/{collection}",
    response_class=Json,
    responses=answers("collection"),
    openapi_extra=PLAIN,
)
def collection(
    request: Request, services: Held, viewer: Reader, collection: CollectionId
) -> Response:
    """Return one collection."""
    known(collection)
    check(request)
    with reading(services.engine) as connection:
        extent = _extent(connection, collection, viewer.scope)
    return Json(ogc_documents.collection(base_of(request, services), collection, extent))


def check(request: Request) -> None:
    """Raise HTTPException 400 for any parameter but the format."""
    try:
        check_plain(request.query_params.multi_items())
    except ValueError as error:
        raise HTTPException(400, str(error)) from None


def known(collection: str) -> features.Collection:
    """Return how a collection is read; NotFound when there is none of this name."""
    if collection not in COLLECTIONS:
        raise NotFound(f"There is no such collection. There are {', '.join(COLLECTIONS)}.")
    return COLLECTIONS[collection]


def base_of(request: Request, services: Services) -> str:
    """Return the landing page's address as the caller reaches it.

    Whoever came by the public address gets that one, with its scheme; somebody in the house who
    came by another name stays there. A caller who invents a host only misleads themselves: no
    answer is kept by anybody between.
    """
    public = services.settings.public_url.rstrip("/")
    host = request.headers.get("host", "")
    if host == urlsplit(public).netloc or not _HOST.fullmatch(host):
        return f"{public}/ogc"
    return f"{request.url.scheme}://{host}/ogc"


def _extent(connection: Connection, name: str, scope: Scope) -> features.Extent:
    return features.extent(connection, COLLECTIONS[name], scope)
