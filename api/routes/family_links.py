"""A relative sees who looked: operators make the links, the links open a page without a login."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from alerts.family_tokens import is_token_of, link_id_in, make_family_token
from api.access import Caller, Viewer, callers
from api.look_words import Gettext, lines_of
from api.pages import language_of, page
from api.services import Held, Services
from api.wire_types import Id, PathId, Wire, example
from core.elders import ConsentScope
from core.errors import NotFound
from core.people import Elder, Language
from store import consents, family, family_links, looks, registry, scoping
from store.database import reading
from store.elders import today_of
from store.family_links import FamilyLink
from store.organisations import organisations

router = APIRouter(tags=["privacy"])

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
#: marks a text for the catalogue where it cannot be translated yet
N_: Gettext = str
#: the page shows looks of so long
SHOWN = timedelta(days=90)
#: and counts no more than so many
_MOST_LOOKS = 20_000

_CONSENTS = {
    ConsentScope.POSITION: N_("being located, and volunteers asked"),
    ConsentScope.PHOTO_VOLUNTEERS: N_("the photo goes to those who search"),
    ConsentScope.PHOTO_PUBLIC: N_("the photo may be shown to anybody while missing"),
    ConsentScope.PHONE_SHOWN: N_("your numbers go to those who search"),
    ConsentScope.MEDICAL: N_("medical notes are kept, and shown to rescuers while missing"),
}


class FamilyLinkBody(Wire):
    """Whom a link is for, and for how long."""

    model_config = example(contact_id=5, days=30)

    contact_id: Id = Field(description="One of the elder's family.")
    days: int = Field(default=30, ge=1, le=90)


class FamilyLinkAnswer(Wire):
    """One link."""

    model_config = example(
        id=3,
        contact_id=5,
        made_by="li.na",
        made_at="2026-11-24T01:00:00Z",
        expires_at="2026-12-24T01:00:00Z",
        revoked_by=None,
        revoked_at=None,
    )

    id: Id
    contact_id: Id
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None


class NewFamilyLink(FamilyLinkAnswer):
    """A link that was just made, with the address to send to the relative."""

    model_config = example(
        id=3,
        contact_id=5,
        made_by="li.na",
        made_at="2026-11-24T01:00:00Z",
        expires_at="2026-12-24T01:00:00Z",
        revoked_by=None,
        revoked_at=None,
        url="https://121.example.org/f/3.bWFkZS11cC1tYWRlLXVwLW1hZGUt",
    )

    #: shown only now
    url: str


class FamilyLinkList(Wire):
    """The newest links, also those that are over."""

    items: list[FamilyLinkAnswer]


@router.get("/api/elders/{elder_id}/family-links")
def list_family_links(services: Held, viewer: Operator, elder_id: PathId) -> FamilyLinkList:
    """Return the links to the page that says who looked at this elder's position."""
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        found = family_links.links_of(connection, elder_id)
    return FamilyLinkList(items=[FamilyLinkAnswer(**_plain(one)) for one in found])


@router.post("/api/elders/{elder_id}/family-links", status_code=201)
def make_family_link(
    services: Held, viewer: Operator, elder_id: PathId, body: FamilyLinkBody
) -> NewFamilyLink:
    """Make a link for one of the family; it shows who looked, and no position."""
    now = services.clock.now()
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        contact = family.contact(connection, elder_id, body.contact_id)
        link = family_links.add(
            connection,
            elder_id=elder_id,
            contact_id=contact.id,
            expires_at=(now + timedelta(days=body.days)).replace(microsecond=0),
            by=viewer.name,
            now=now,
        )
    url = f"{services.settings.public_url}/f/{_token(services, link)}"
    return NewFamilyLink(**_plain(link), url=url)


@router.post("/api/elders/{elder_id}/family-links/{link_id}/revoke")
def revoke_family_link(
    services: Held, viewer: Operator, elder_id: PathId, link_id: PathId
) -> FamilyLinkAnswer:
    """End a link now. 409 when it is over."""
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        found = family_links.revoke(
            connection, elder_id, link_id, by=viewer.name, now=services.clock.now()
        )
    return FamilyLinkAnswer(**_plain(found))


@router.get(
    "/f/{token}", dependencies=[callers(Caller.LINK)], include_in_schema=False, response_model=None
)
def family_page(request: Request, services: Held, token: str) -> Response:
    """Show who looked at the position of one's relative in the last 90 days; no position."""
    now = services.clock.now()
    found = _opened(services, token)
    if found is None:
        return _private(page(request, "family/over.html", status=404))
    link, elder, language = found
    if not link.is_good_at(now):
        return _private(page(request, "family/over.html", status=410, language=language))
    with reading(services.engine) as connection:
        seen = looks.looks_at(connection, elder.id, since=now - SHOWN, limit=_MOST_LOOKS)
        held = consents.scopes_in_force(connection, elder.id, today_of(now))
        chinese = language_of(request, language) is Language.CHINESE
        names = {
            one.id: one.name_zh if chinese else one.name_en for one in organisations(connection)
        }
    return _private(
        page(
            request,
            "family/looks.html",
            language=language,
            elder=elder,
            link=link,
            days=SHOWN.days,
            seen=seen,
            names=names,
            lines_of=lines_of,
            consents=[_CONSENTS[scope] for scope in ConsentScope if scope in held],
        )
    )


def _opened(services: Services, token: str) -> tuple[FamilyLink, Elder, Language] | None:
    """Return what *token* opens; None when it is none of ours, or for nobody any more."""
    with reading(services.engine) as connection:
        try:
            link = family_links.link(connection, link_id_in(token))
            if not is_token_of(services.settings.require_secret_key(), token, **_bound_to(link)):
                return None
            contact = family.contact(connection, link.elder_id, link.contact_id)
            return link, registry.elder(connection, link.elder_id), contact.language
        except NotFound:
            return None


def _token(services: Services, link: FamilyLink) -> str:
    return make_family_token(services.settings.require_secret_key(), **_bound_to(link))


def _bound_to(link: FamilyLink) -> dict[str, int]:
    return {
        "link_id": link.id,
        "elder_id": link.elder_id,
        "contact_id": link.contact_id,
        "expires_s": int(link.expires_at.timestamp()),
    }


def _plain(link: FamilyLink) -> dict[str, Any]:
    return {name: getattr(link, name) for name in FamilyLinkAnswer.model_fields}


def _private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response
