"""Organisations for programs: streets, townships, teams, agencies; the scopes of accounts."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.access import STAFF, Caller, Viewer, callers
from api.services import Held
from api.versions import WantedVersion, tag
from api.wire_types import Name, OrganisationId, Wire, example
from core.organisations import OrganisationKind
from store import organisations
from store.database import reading
from store.organisations import Organisation

router = APIRouter(prefix="/api/organisations", tags=["organisations"])

Staff = Annotated[Viewer, callers(*STAFF)]
Administrator = Annotated[Viewer, callers(Caller.ADMINISTRATOR, everywhere=True)]
PathName = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}$")]

_EXAMPLE = {
    "id": "maqiao",
    "kind": "street",
    "name_zh": "马桥街道",
    "name_en": "Maqiao Street",
    "version": 1,
}


class OrganisationBody(Wire):
    """What it is and what it is called."""

    model_config = example(kind="street", name_zh="马桥街道", name_en="Maqiao Street")

    kind: OrganisationKind
    name_zh: Name
    name_en: Name


class NewOrganisation(OrganisationBody):
    """Another organisation, with the id that accounts and elders name."""

    model_config = example(id="maqiao", kind="street", name_zh="马桥街道", name_en="Maqiao Street")

    id: OrganisationId


class OrganisationAnswer(Wire):
    """An organisation."""

    model_config = example(**_EXAMPLE)

    id: str
    kind: str
    name_zh: str
    name_en: str
    version: int


class OrganisationList(Wire):
    """All organisations by id."""

    model_config = example(items=[_EXAMPLE])

    items: list[OrganisationAnswer]


@router.get("")
def list_organisations(services: Held, _viewer: Staff) -> OrganisationList:
    """Return all organisations; there are a few dozen at most."""
    with reading(services.engine) as connection:
        found = organisations.organisations(connection)
    return OrganisationList(items=[_answer(one) for one in found])


@router.post("", status_code=201)
def add_organisation(
    response: Response, services: Held, viewer: Administrator, body: NewOrganisation
) -> OrganisationAnswer:
    """Register another one."""
    with services.engine.begin() as connection:
        made = organisations.add(
            connection,
            body.id,
            kind=body.kind,
            name_zh=body.name_zh,
            name_en=body.name_en,
            by=viewer.name,
            now=services.clock.now(),
        )
    response.headers["Location"] = f"/api/organisations/{made.id}"
    tag(response, made.version)
    return _answer(made)


@router.get("/{organisation_id}")
def show_organisation(
    response: Response, services: Held, _viewer: Staff, organisation_id: PathName
) -> OrganisationAnswer:
    """Return one; `ETag` is what a change names."""
    with reading(services.engine) as connection:
        found = organisations.organisation(connection, organisation_id)
    tag(response, found.version)
    return _answer(found)


@router.put("/{organisation_id}")
def put_organisation(
    response: Response,
    services: Held,
    viewer: Administrator,
    organisation_id: PathName,
    seen: WantedVersion,
    body: OrganisationBody,
) -> OrganisationAnswer:
    """Change kind and names; the id stays."""
    with services.engine.begin() as connection:
        after = organisations.edit(
            connection,
            organisation_id,
            seen=seen,
            kind=body.kind,
            name_zh=body.name_zh,
            name_en=body.name_en,
            by=viewer.name,
            now=services.clock.now(),
        )
    tag(response, after.version)
    return _answer(after)


def _answer(one: Organisation) -> OrganisationAnswer:
    return OrganisationAnswer(
        id=one.id, kind=one.kind, name_zh=one.name_zh, name_en=one.name_en, version=one.version
    )
