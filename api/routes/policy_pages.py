"""The page on which operators see and edit ladders. It works without scripts."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection
from starlette.datastructures import FormData

from api.access import Viewer, form_token_of
from api.ladder_form import CHANNELS, TypedLadder, policy_of, read_form, typed
from api.ladder_picture import LadderPicture, ladder_picture
from api.pages import gettext_of, language_of, page
from api.routes.policies import (
    Editor,
    Reader,
    SeverityName,
    check_scope,
    elders_of,
    scope_of,
    warnings_of,
)
from api.services import Held, Services
from core.errors import Conflict, NotFound, Refused
from core.people import Language
from core.policies import DEFAULT_POLICIES, Policy, Scope, ScopeKind
from core.policy_limits import LIMITS, policy_problems
from core.policy_words import FIELDS, sentence
from store import elder_names, organisations, policies, registry
from store.database import reading
from store.policies import Holding

router = APIRouter()

Place = Annotated[str, Query(max_length=40)]
#: number or name of an elder, as somebody typed it
Who = Annotated[str, Query(max_length=80)]


async def _sent(request: Request) -> FormData:
    return await request.form()


Sent = Annotated[FormData, Depends(_sent)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A form that came back with faults: what was typed, and what to mend."""

    severity: SeverityName
    boxes: TypedLadder
    mistakes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One severity on the page."""

    name: SeverityName
    holding: Holding
    #: edited for this very scope, so that it can be given up
    is_own: bool
    #: whose ladder it is, in words
    origin: str
    picture: LadderPicture
    warnings: tuple[str, ...]
    boxes: TypedLadder
    #: faults of what was typed; the form is open when there are any
    mistakes: tuple[str, ...]


@router.get("/console/policies")
def policies_page(
    request: Request,
    services: Held,
    viewer: Reader,
    organisation: Place = "",
    elder: Who = "",
    saved: Annotated[SeverityName | None, Query()] = None,
) -> Response:
    """Show the ladders of a scope, each with its picture, its origin and a form."""
    scope, notice = scope_of(organisation, None), ""
    if elder.strip():
        try:
            with reading(services.engine) as connection:
                scope = scope_of(
                    "", elder_names.find(connection, elder.strip(), scope=elders_of(viewer))
                )
                policies.holdings(connection, scope)
        except (NotFound, Refused):
            scope, notice = (
                scope_of("", None),
                gettext_of(request)(
                    "No elder was found by that, or several: write the number, or the whole name."
                ),
            )
    return _show(request, services, viewer, scope, notice=notice, saved=saved)


@router.post("/policies/{severity}/save")
def save_here(
    request: Request, services: Held, viewer: Editor, severity: SeverityName, sent: Sent
) -> Response:
    """Save what was typed into a form, or show it again with what to mend."""
    scope, seen = _told(sent)
    boxes = read_form(sent)
    policy, unread = policy_of(boxes, DEFAULT_POLICIES.at(severity.severity).name)
    language, _ = language_of(request), gettext_of(request)
    if policy is None:
        mistakes = [_("%(what)s: write a number.") % {"what": _(FIELDS[name])} for name in unread]
    else:
        mistakes = [sentence(remark, language) for remark in policy_problems(policy)]
    if mistakes:
        draft = Draft(severity=severity, boxes=boxes, mistakes=tuple(mistakes))
        return _show(request, services, viewer, scope, draft=draft, status=422)
    return _edit(services, viewer, scope, severity, policy, seen)


@router.post("/policies/{severity}/inherit")
def inherit_here(services: Held, viewer: Editor, severity: SeverityName, sent: Sent) -> Response:
    """Give the scope's own ladder up: the wider one holds again."""
    scope, seen = _told(sent)
    return _edit(services, viewer, scope, severity, None, seen)


def _told(sent: FormData) -> tuple[Scope, int]:
    """Return scope and version from a form's hidden boxes."""

    def box(name: str, most: int) -> str:
        value = sent.get(name, "")
        return value.strip()[:most] if isinstance(value, str) else ""

    elder, seen = box("elder", 16), box("seen", 9)
    scope = scope_of(
        box("organisation", 40), int(elder) if elder.isascii() and elder.isdecimal() else None
    )
    return scope, int(seen) if seen.isascii() and seen.isdecimal() else -1


def _edit(
    services: Services,
    viewer: Viewer,
    scope: Scope,
    severity: SeverityName,
    policy: Policy | None,
    seen: int,
) -> Response:
    if seen < 0:
        raise Conflict("the form does not say which version it changes: open the page again")
    with services.engine.begin() as connection:
        check_scope(connection, scope, viewer, to_edit=True)
        policies.set_policy(
            connection,
            scope,
            severity.severity,
            policy,
            seen=seen,
            by=viewer.name,
            now=services.clock.now(),
        )
    query = {**_address(scope), "saved": severity.value}
    return RedirectResponse(f"/console/policies?{urlencode(query)}#{severity.value}", 303)


def _show(
    request: Request,
    services: Services,
    viewer: Viewer,
    scope: Scope,
    *,
    notice: str = "",
    saved: SeverityName | None = None,
    draft: Draft | None = None,
    status: int = 200,
) -> Response:
    language, _ = language_of(request), gettext_of(request)
    with reading(services.engine) as connection:
        check_scope(connection, scope, viewer)
        held = policies.holdings(connection, scope)
        history = policies.history(connection, scope)
        places = [
            place
            for place in organisations.with_elders(connection)
            if viewer.scope.covers(place.id)
        ]
        names = _names(connection, language, _("everywhere"))
        edited = [
            (one, _name(connection, one, names))
            for one in policies.edited_scopes(connection, scope=elders_of(viewer))
        ]
        title = _name(connection, scope, names)
        origins = {
            holding.origin: _name(connection, holding.origin, names)
            for holding in held.values()
            if holding.origin is not None
        }
    warnings = warnings_of(held)
    sections = []
    for name in SeverityName:
        holding = held[name.severity]
        is_draft = draft is not None and draft.severity is name
        sections.append(
            Section(
                name=name,
                holding=holding,
                is_own=holding.origin == scope,
                origin="" if holding.origin is None else origins[holding.origin],
                picture=ladder_picture(holding.policy),
                warnings=tuple(sentence(remark, language) for remark in warnings[name.severity]),
                boxes=draft.boxes if draft is not None and is_draft else typed(holding.policy),
                mistakes=draft.mistakes if draft is not None and is_draft else (),
            )
        )
    return page(
        request,
        "console/policies.html",
        status=status,
        scope=scope,
        scope_fields=_address(scope),
        scope_name=title,
        sections=sections,
        places=places,
        edited=[(_link(one), name) for one, name in edited],
        history=history,
        channels=CHANNELS,
        fields=FIELDS,
        limits=LIMITS,
        notice=notice,
        saved=saved,
        form_token=form_token_of(request, viewer),
    )


def _address(scope: Scope) -> dict[str, str]:
    """Return the query that names *scope*."""
    if scope.kind is ScopeKind.EVERYWHERE:
        return {}
    return {scope.kind.value: scope.id}


def _link(scope: Scope) -> str:
    return f"/console/policies?{urlencode(_address(scope))}"


def _names(connection: Connection, language: Language, everywhere: str) -> dict[str, str]:
    found = {one.id: one.name(language) for one in organisations.organisations(connection)}
    return {**found, "": everywhere}


def _name(connection: Connection, scope: Scope, names: dict[str, str]) -> str:
    if scope.kind is ScopeKind.ELDER:
        return registry.elder(connection, int(scope.id)).name
    return names.get(scope.id, scope.id)
