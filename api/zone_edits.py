"""What an edit of a zone is: understood, checked, kept, and answered with what is unwise in it."""

from collections.abc import Callable

from fastapi import Request, Response
from sqlalchemy import Connection

from api.access import Viewer
from api.pages import gettext_of, language_of
from api.services import Services
from api.versions import tag
from api.zone_documents import (
    ZoneAnswer,
    ZoneBody,
    ZoneWarningWords,
    warnings_of,
    zone_answer,
    zone_meant,
)
from core.errors import Conflict, Refused, Stale
from core.zones import Zone
from store import zone_lists
from store.zones import ZoneVersion, add_zone

N_: Callable[[str], str] = str  # marks a text for translation later

_FOR_WHOLE_TOWN = N_("Danger zones for everyone are drawn by operators of the whole town.")
#: zones that one elder, and the whole town, may have at once
MOST_ZONES, MOST_COMMON_ZONES = 50, 5000


def added(
    connection: Connection,
    request: Request,
    services: Services,
    viewer: Viewer,
    elder_id: int | None,
    body: ZoneBody,
) -> ZoneVersion:
    """Keep a new zone and return it; Refused where there are too many."""
    zone = meant(request, services, body, elder_id=elder_id)
    most = MOST_COMMON_ZONES if elder_id is None else MOST_ZONES
    if zone_lists.count(connection, elder_id) >= most:
        raise Refused(
            gettext_of(request)("There are %(most)s zones already: give some up first.")
            % {"most": most}
        )
    zone_id = add_zone(
        connection,
        elder_id=elder_id,
        kind=zone.kind,
        name=zone.name,
        shape=zone.shape,
        valid_from=zone.valid_from,
        valid_until=zone.valid_until,
        hours=zone.hours,
        days=zone.days,
        urgency=zone.urgency,
        by=viewer.name,
        now=services.clock.now(),
    )
    return zone_lists.newest(connection, zone_id, viewer.scope)


def editable(connection: Connection, viewer: Viewer, zone_id: int, wanted: int) -> ZoneVersion:
    """Return the newest version, when it is the one that is meant and may be edited."""
    newest = zone_lists.newest(connection, zone_id, viewer.scope)
    if newest.zone.elder_id is None:
        check_whole_town(viewer)
    if newest.zone.id != wanted:
        raise Stale(f"Zone {zone_id} was edited meanwhile: read it again.")
    if newest.retired_at is not None:
        raise Conflict(f"Zone {zone_id} was given up; draw another one.")
    return newest


def check_whole_town(viewer: Viewer) -> None:
    """Refuse whoever is operator of a part of the town only."""
    if not viewer.scope.everywhere:
        raise Refused(_FOR_WHOLE_TOWN)


def meant(
    request: Request, services: Services, body: ZoneBody, *, elder_id: int | None, zone_id: int = 0
) -> Zone:
    """Return the zone that *body* means; BadInput, field by field, when it cannot be meant."""
    return zone_meant(
        body,
        zone_id=zone_id,
        elder_id=elder_id,
        margin_km=services.settings.zone_margin_km,
        language=language_of(request),
        gettext=gettext_of(request),
    )


def edit_warnings(connection: Connection, request: Request, zone: Zone) -> list[ZoneWarningWords]:
    """Return what is unwise about the zone just now, in the reader's words."""
    found = warnings_of(zone, language_of(request))
    if zone.elder_id is not None and zone_lists.has_open_incident(connection, zone.elder_id):
        _ = gettext_of(request)
        said = _("This elder has an open incident: check that the change does not hide it.")
        found.append(ZoneWarningWords(code="incident_open", words=said))
    return found


def edit_answer(
    connection: Connection, request: Request, services: Services, version: ZoneVersion
) -> ZoneAnswer:
    """Return what an edit answers, with what is unwise about it just now."""
    answer = zone_answer(version, services.clock.now(), language_of(request))
    return answer.model_copy(update={"warnings": edit_warnings(connection, request, version.zone)})


def created(response: Response, answer: ZoneAnswer) -> ZoneAnswer:
    """Let *response* say where the new zone is and which version it has."""
    response.headers["Location"] = f"/api/zones/{answer.id}"
    tag(response, answer.version)
    return answer
