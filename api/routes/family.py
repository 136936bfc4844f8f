"""The family of an elder: whom to call, and who hears of changes of guardians."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from api.access import Caller, Viewer, callers
from api.elder_documents import Warned, checked
from api.family_documents import FamilyAnswer, FamilyBody, FamilyList
from api.pages import gettext_of
from api.services import Held
from api.versions import WantedVersion, tag
from api.wire_types import PathId
from core.elder_rules import check_family_member
from core.errors import Conflict
from store import family, scoping
from store.database import reading
from store.family import FamilyContact

router = APIRouter(prefix="/api/elders/{elder_id}/family", tags=["elders"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
#: of one elder
MOST_CONTACTS = 20


@router.get("")
def list_family(services: Held, viewer: Reader, elder_id: PathId) -> FamilyList:
    """Return the family in the order of calling."""
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        found = family.contacts_of(connection, elder_id)
    return FamilyList(items=[FamilyAnswer.of(one) for one in found])


@router.post("", status_code=201)
def add_contact(
    request: Request,
    response: Response,
    services: Held,
    viewer: Operator,
    elder_id: PathId,
    body: FamilyBody,
) -> FamilyAnswer:
    """Register somebody of the family; the phone number is kept as E.164."""
    member = body.member()
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        checked(request, check_family_member(member))
        if len(family.contacts_of(connection, elder_id)) >= MOST_CONTACTS:
            _ = gettext_of(request)
            raise Conflict(_("There are twenty contacts already: remove one first."))
        contact_id = family.add(
            connection, elder_id, member, by=viewer.name, now=services.clock.now()
        )
        contact = family.contact(connection, elder_id, contact_id)
        warnings = _odd(connection, request, contact)
    response.headers["Location"] = f"/api/elders/{elder_id}/family/{contact_id}"
    tag(response, contact.version)
    return FamilyAnswer.of(contact, warnings)


@router.get("/{contact_id}")
def one_contact(
    response: Response, services: Held, viewer: Reader, elder_id: PathId, contact_id: PathId
) -> FamilyAnswer:
    """Return one of the family. `ETag` is what a change names."""
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        contact = family.contact(connection, elder_id, contact_id)
    tag(response, contact.version)
    return FamilyAnswer.of(contact)


@router.put("/{contact_id}")
def change_contact(
    request: Request,
    response: Response,
    services: Held,
    viewer: Operator,
    elder_id: PathId,
    contact_id: PathId,
    version: WantedVersion,
    body: FamilyBody,
) -> FamilyAnswer:
    """Put this in the place of what is known of a contact."""
    member = body.member()
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        checked(request, check_family_member(member))
        family.change(
            connection,
            elder_id,
            contact_id,
            member,
            version=version,
            by=viewer.name,
            now=services.clock.now(),
        )
        contact = family.contact(connection, elder_id, contact_id)
        warnings = _odd(connection, request, contact)
    tag(response, contact.version)
    return FamilyAnswer.of(contact, warnings)


@router.delete("/{contact_id}", status_code=204)
def remove_contact(
    services: Held, viewer: Operator, elder_id: PathId, contact_id: PathId, version: WantedVersion
) -> Response:
    """Take somebody off the list; that they stood there stays in the history."""
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        family.remove(
            connection,
            elder_id,
            contact_id,
            version=version,
            by=viewer.name,
            now=services.clock.now(),
        )
    return Response(status_code=204)


def _odd(connection: Connection, request: Request, contact: FamilyContact) -> list[Warned]:
    """Return what is odd about a contact beside others; it is kept all the same."""
    if not family.is_number_of_guardian(connection, contact.elder_id, contact.phone):
        return []
    _ = gettext_of(request)
    said = _("A guardian of this elder has this number: guardians are never of the family.")
    return [Warned(field="phone", detail=said)]
