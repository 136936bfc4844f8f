"""OGC API – Features, Part 1: pages of features, and single ones."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from sqlalchemy import Connection

from api import ogc_api, ogc_documents
from api.access import Viewer
from api.ogc_documents import CRS84, GEOJSON_TYPE
from api.ogc_features import band_feature, incident_feature, zone_feature
from api.ogc_parameters import (
    KEYS,
    Cursor,
    ItemsRequest,
    read_items,
    read_key,
    write_cursor,
)
from api.routes.ogc import PLAIN, CollectionId, Json, Reader, answers, base_of, check, known
from api.services import Held, Services
from core.errors import NotFound
from store import features, looks
from store.database import reading
from store.zones import zone_of

router = APIRouter(prefix="/ogc", tags=["ogc"])

FeatureId = Annotated[str, Path(max_length=80, description="A band's device id, or a number.")]


class GeoJson(Json):
    """Features."""

    media_type = GEOJSON_TYPE


@router.get(
    "/collections/{collection}/items",
    response_class=GeoJson,
    responses=answers("items", GEOJSON_TYPE),
    openapi_extra={"parameters": ogc_api.parameters_of_any()},
)
def items(request: Request, services: Held, viewer: Reader, collection: CollectionId) -> Response:
    """Return a page of features in the order of their ids, and a link to the next one."""
    source = known(collection)
    given = request.query_params.multi_items()
    asked = _asked(collection, given)
    _record(services, viewer, None, collection)
    now = services.clock.now()
    with reading(services.engine) as connection:
        rows = features.page(
            connection,
            source,
            viewer.scope,
            asked.query,
            after=None if asked.cursor is None else asked.cursor.after,
            limit=asked.limit + 1,
        )
        matched = _matched(connection, source, viewer, asked, len(rows))
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    found = [one for row in shown if (one := _feature(collection, row, services)) is not None]
    page = ogc_documents.page(
        base_of(request, services),
        collection,
        found,
        given=given,
        next_cursor=write_cursor(Cursor(after=shown[-1].id, matched=matched)) if more else None,
        matched=matched,
        now=now,
    )
    return _geojson(page)


@router.get(
    "/collections/{collection}/items/{feature}",
    response_class=GeoJson,
    responses=answers("item", GEOJSON_TYPE),
    openapi_extra=PLAIN,
)
def item(
    request: Request,
    services: Held,
    viewer: Reader,
    collection: CollectionId,
    feature: FeatureId,
) -> Response:
    """Return one feature."""
    source = known(collection)
    check(request)
    key = read_key(feature, KEYS[collection])
    row = None
    if key is not None:
        with reading(services.engine) as connection:
            row = features.one(connection, source, viewer.scope, key)
    found = None if row is None else _feature(collection, row, services)
    if row is None or found is None:
        raise NotFound("There is no such feature among those that you look after.")
    if row.elder_id is not None:  # a danger zone for everybody is nobody's position
        _record(services, viewer, row.elder_id, collection)
    return _geojson(ogc_documents.single(base_of(request, services), collection, found))


def _asked(collection: str, given: list[tuple[str, str]]) -> ItemsRequest:
    try:
        return read_items(collection, given)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None


def _matched(
    connection: Connection,
    source: features.Collection,
    viewer: Viewer,
    asked: ItemsRequest,
    found: int,
) -> int:
    """Return how many match: counted with the first page, remembered by the others' cursor."""
    if asked.cursor is not None:
        return asked.cursor.matched
    if found <= asked.limit:
        return found
    return features.count(connection, source, viewer.scope, asked.query)


def _feature(collection: str, row: Any, services: Services) -> dict[str, Any] | None:
    """Return a row as a feature; None for a zone that nobody can read."""
    if collection == "bands":
        return band_feature(row)
    if collection == "incidents":
        return incident_feature(row)
    zone = zone_of(row)
    if zone is None:
        return None
    return zone_feature(zone, row.organisation_id, services.clock.now())


def _geojson(content: dict[str, Any]) -> Response:
    return GeoJson(content, headers={"Content-Crs": f"<{CRS84}>"})


def _record(services: Services, viewer: Viewer, elder_id: int | None, collection: str) -> None:
    with services.engine.begin() as connection:
        now = services.clock.now()
        looks.record(
            connection, viewer.name, elder_id, f"features: {collection}", now, scope=viewer.scope
        )
