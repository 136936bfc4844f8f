"""Elders: the list, one in full, registered, changed, archived. Operators write, others read."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from api import cursors
from api.access import Caller, Viewer, callers
from api.elder_documents import (
    ArchiveBody,
    ElderAnswer,
    ElderBody,
    ElderPage,
    NewElderBody,
    Warned,
    checked,
)
from api.pages import gettext_of
from api.plain_json import PlainJson
from api.services import Held, Services
from api.versions import WantedVersion, tag
from api.wire_types import Cursor, Limit, Line, OrganisationId, PathId
from core.elder_rules import check_elder as problems_of
from core.errors import Conflict
from core.sealing import sealer_of
from store import consents, elder_lists, elders, scoping
from store.database import reading
from store.elder_lists import ElderFilter
from store.elders import SamePerson, today_of

router = APIRouter(prefix="/api/elders", tags=["elders"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]


@router.get("", response_model=ElderPage)
def list_elders(
    services: Held,
    viewer: Reader,
    limit: Limit = 100,
    cursor: Cursor = None,
    organisation: Annotated[OrganisationId | None, Query(description="Of this one only.")] = None,
    name: Annotated[Line, Query(description="How the name begins.")] = "",
    without_band: Annotated[bool | None, Query(description="True: those who wear none.")] = None,
    without_guardians: Annotated[
        bool | None, Query(description="True: those with fewer than two.")
    ] = None,
    archived: Annotated[bool, Query(description="Those who are looked after no more.")] = False,
) -> PlainJson:
    """Return elders by number, the oldest record first."""
    wanted = ElderFilter(
        organisation_id=organisation,
        name=name,
        without_band=without_band,
        without_guardians=without_guardians,
        archived=archived,
    )
    after_id = cursors.number_in(cursor) or 0
    with reading(services.engine) as connection:
        found = elder_lists.lines(
            connection, viewer.scope, wanted, after_id=after_id, limit=limit + 1
        )
    has_more = len(found) > limit
    found = found[:limit]
    following = cursors.written(found[-1].id) if has_more else None
    return PlainJson({"items": found, "next": following})


@router.post("", status_code=201)
def add_elder(
    request: Request, response: Response, services: Held, viewer: Operator, body: NewElderBody
) -> ElderAnswer:
    """Register somebody. 409 names the record of who seems to be the same person.

    `warnings` says what is odd; they are registered all the same.
    """
    now, new = services.clock.now(), body.new_elder()
    warnings = checked(request, problems_of(new, today=today_of(now)))
    needs_sealer = bool(new.identity_number.strip() or new.medical_notes.strip())
    sealer = sealer_of(services.settings) if needs_sealer else None
    with services.engine.begin() as connection:
        scoping.check_organisation(new.organisation_id, viewer.scope)
        try:
            elder_id = elders.add(
                connection,
                new,
                by=viewer.name,
                now=now,
                sealer=sealer,
                also=body.also,
                scope=viewer.scope,
            )
        except SamePerson as found:
            raise Conflict(same_person_words(request, found)) from None
        answer = _answer(connection, services, viewer, elder_id, warnings)
    response.headers["Location"] = f"/api/elders/{elder_id}"
    tag(response, answer.version)
    return answer


@router.get("/{elder_id}")
def one_elder(response: Response, services: Held, viewer: Reader, elder_id: PathId) -> ElderAnswer:
    """Return one elder in full. `ETag` is what a change names."""
    with reading(services.engine) as connection:
        answer = _answer(connection, services, viewer, elder_id, [])
    tag(response, answer.version)
    return answer


@router.put("/{elder_id}")
def change_elder(
    request: Request,
    response: Response,
    services: Held,
    viewer: Operator,
    elder_id: PathId,
    version: WantedVersion,
    body: ElderBody,
) -> ElderAnswer:
    """Put this in the place of all that is known of an elder, but for what is sealed."""
    now, details = services.clock.now(), body.details()
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        warnings = checked(request, problems_of(details, today=today_of(now)))
        scoping.check_organisation(details.organisation_id, viewer.scope)
        elders.change(connection, elder_id, details, version=version, by=viewer.name, now=now)
        answer = _answer(connection, services, viewer, elder_id, warnings)
    tag(response, answer.version)
    return answer


@router.post("/{elder_id}/archive")
def archive_elder(
    response: Response,
    services: Held,
    viewer: Operator,
    elder_id: PathId,
    version: WantedVersion,
    body: ArchiveBody,
) -> ElderAnswer:
    """Look after somebody no more: their band is taken off and nothing alarms.

    409 while an incident is open.
    """
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        elders.archive(
            connection,
            elder_id,
            why=body.why,
            version=version,
            by=viewer.name,
            now=services.clock.now(),
        )
        answer = _answer(connection, services, viewer, elder_id, [])
    tag(response, answer.version)
    return answer


@router.post("/{elder_id}/restore")
def restore_elder(
    response: Response,
    services: Held,
    viewer: Operator,
    elder_id: PathId,
    version: WantedVersion,
) -> ElderAnswer:
    """Look after somebody again; they wear no band yet."""
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        elders.restore(
            connection, elder_id, version=version, by=viewer.name, now=services.clock.now()
        )
        answer = _answer(connection, services, viewer, elder_id, [])
    tag(response, answer.version)
    return answer


def same_person_words(request: Request, found: SamePerson) -> str:
    """Return who is registered already, in the reader's words."""
    _ = gettext_of(request)
    if found.elder_id is None:
        return _(
            "Somebody with this identity number is registered with another organisation. Ask an"
            " administrator."
        )
    if found.is_archived:
        return _("This seems to be elder %(id)s, who is archived: restore them instead.") % {
            "id": found.elder_id
        }
    return _("This seems to be elder %(id)s. If it is somebody else, say so.") % {
        "id": found.elder_id
    }


def _answer(
    connection: Connection,
    services: Services,
    viewer: Viewer,
    elder_id: int,
    warnings: list[Warned],
) -> ElderAnswer:
    record = elder_lists.record(connection, elder_id, viewer.scope)
    today = today_of(services.clock.now())
    return ElderAnswer.of(record, consents.scopes_in_force(connection, elder_id, today), warnings)
