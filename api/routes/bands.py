"""Bands, their trails, zones and the ground beneath, for maps; messages that were refused."""

import json
from datetime import timedelta
from importlib.resources import files
from statistics import median
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from shapely.geometry import Point

from api.access import Caller, Viewer, callers
from api.band_shapes import (
    band_feature,
    collection,
    iso,
    place_feature,
    trail_collection,
    zone_feature,
)
from api.labels import REJECTS, WAYS
from api.pages import gettext_of, language_of
from api.services import Held, Services
from core.errors import NotFound
from core.people import Language
from core.places import Position
from core.zones import Circle, Zone
from store import band_lists, looks, map_views, scoping
from store import rejects as unusable
from store.database import reading
from store.zones import zones_for

router = APIRouter(prefix="/api")

#: operators draw zones on the map, and look after bands
Staff = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]


@router.get("/bands")
def bands(services: Held, viewer: Staff) -> dict[str, Any]:
    """Return every band ever heard at its newest position, unregistered ones marked."""
    _record(services, viewer, None, "map")
    with reading(services.engine) as connection:
        found = map_views.bands(connection, scope=viewer.scope)
        registered = map_views.registered_bands(connection, scope=viewer.scope)
    return collection(
        (band_feature(band) for band in found),
        registered=registered,
        now=iso(services.clock.now()),
        speed=services.clock.speed,
    )


@router.get("/bands/unknown")
def unknown_bands(request: Request, services: Held, viewer: Staff) -> dict[str, Any]:
    """Return the bands that an operator may claim, the last heard first.

    They speak to us and are nobody's: registered never, or retired since.
    """
    _record(services, viewer, None, "unknown bands")
    _ = gettext_of(request)
    with reading(services.engine) as connection:
        claimable = band_lists.unknown(connection)
        found = map_views.bands(connection, scope=viewer.scope, only_unregistered=True)
    features = {band.device_id: band_feature(band) for band in found}
    listed = [band for band in claimable if band.device_id in features]
    for band in listed:
        features[band.device_id]["properties"] |= {
            "way": band.way,
            "way_words": _(WAYS.get(band.way, WAYS["gateway"])),
            "retired_at": iso(band.retired_at),
        }
    return collection(features[band.device_id] for band in listed)


@router.get("/bands/{device}/trail")
def trail(
    services: Held,
    viewer: Staff,
    device: str,
    minutes: Annotated[int, Query(ge=1, le=1440)] = 120,
) -> dict[str, Any]:
    """Return the band's stored positions of the last *minutes*, oldest first."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        found = map_views.bands(connection, scope=viewer.scope, device_id=device)
        if not found:
            raise NotFound(f"There is no band {device} among those that you look after.")
        points = map_views.trail(
            connection, device, scope=viewer.scope, since=now - timedelta(minutes=minutes)
        )
    _record(services, viewer, found[0].elder_id, "trail")
    return trail_collection(points)


@router.get("/zones")
def zones(request: Request, services: Held, viewer: Staff, elder: int) -> dict[str, Any]:
    """Return the zones of one elder, with the danger zones for everyone, and which count now."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder, viewer.scope)
        found = zones_for(connection, [elder])[elder]
    language = language_of(request)
    return collection(zone_feature(zone, now, language) for zone in found)


@router.get("/outline")
def outline(request: Request, services: Held, viewer: Staff) -> dict[str, Any]:
    """Return the outline of Haining and the names of its streets.

    A name stands where the homes of the people registered there are (the median of them).
    """
    text = files("core").joinpath("data/haining-outline.geojson").read_text(encoding="utf-8")
    town = json.loads(text)["features"]
    with reading(services.engine) as connection:
        streets = map_views.organisations_of_elders(connection, scope=viewer.scope)
        zones_by_elder = zones_for(connection, list(streets))
    homes: dict[tuple[str, str], list[Position]] = {}
    for elder_id, names in streets.items():
        own = (z for z in zones_by_elder[elder_id] if z.elder_id == elder_id)
        centre = next((_centre(zone) for zone in own), None)
        if centre is not None:
            homes.setdefault(names, []).append(centre)
    english = language_of(request) is Language.ENGLISH
    names_on_map = [
        place_feature(
            Position(median(p.lon for p in places), median(p.lat for p in places)),
            kind="street",
            name=name_en if english else name_zh,
        )
        for (name_zh, name_en), places in homes.items()
    ]
    return collection([*town, *names_on_map])


@router.get("/rejects")
def rejects(
    request: Request,
    services: Held,
    _viewer: Annotated[Viewer, callers(Caller.OPERATOR, Caller.ADMINISTRATOR, everywhere=True)],
) -> dict[str, Any]:
    """Return how many messages could not be used, by reason, and the newest of them.

    Nobody knows whose they are, so a narrower scope than everywhere sees none.
    """
    _ = gettext_of(request)
    with reading(services.engine) as connection:
        counts = unusable.counts(connection)
        recent = unusable.recent(connection)
    words: dict[str, str] = {reason.value: _(label) for reason, label in REJECTS.items()}
    return {
        "counts": [
            {"reason": reason, "words": words.get(reason, reason), "count": count}
            for reason, count in sorted(counts.items(), key=lambda item: -item[1])
        ],
        "recent": [
            {
                "id": row.id,
                "received_at": iso(row.received_at),
                "topic": row.topic,
                "reason": row.reason,
                "words": words.get(row.reason, row.reason),
                "detail": row.detail,
                "size_bytes": row.size_bytes,
            }
            for row in recent
        ],
    }


def _centre(zone: Zone) -> Position:
    if isinstance(zone.shape, Circle):
        return zone.shape.centre
    middle: Point = zone.shape.representative_point()
    return Position(middle.x, middle.y)


def _record(services: Services, viewer: Viewer, elder_id: int | None, purpose: str) -> None:
    with services.engine.begin() as connection:
        looks.record(
            connection,
            viewer.name,
            elder_id,
            purpose,
            services.clock.now(),
            scope=viewer.scope,
        )
