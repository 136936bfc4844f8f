"""Ladders: which holds for whom and where it comes from; edits by operators, with a history."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from api.access import Caller, Viewer, callers, everywhere_only
from api.band_shapes import iso
from api.ladder_form import LadderSent, remark_json
from api.pages import language_of
from api.problems import problem
from api.services import Held, Services
from core import accounts
from core.people import Language
from core.policies import (
    DEFAULT_POLICIES,
    EVERYWHERE,
    Policies,
    Policy,
    Scope,
    ScopeKind,
    Severity,
)
from core.policy_limits import Remark, policies_warnings, policy_problems
from store import policies, scoping
from store.database import reading
from store.policies import Holding

router = APIRouter(prefix="/api")

#: administrators see and edit what holds for streets or everywhere, not for an elder
Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR, Caller.ADMINISTRATOR)]
Editor = Annotated[Viewer, callers(Caller.OPERATOR, Caller.ADMINISTRATOR)]
Organisation = Annotated[str, Query(max_length=40)]
ElderId = Annotated[int | None, Query(ge=1, le=2**53)]
IfMatch = Annotated[str, Header(max_length=40)]


class SeverityName(StrEnum):
    """A severity as an address names it."""

    NORMAL = "normal"
    URGENT = "urgent"
    DANGER = "danger"

    @property
    def severity(self) -> Severity:
        """Return the severity itself."""
        return Severity[self.name]


def scope_of(organisation: str, elder: int | None) -> Scope:
    """Return the scope that an address names: an elder's, a street's, or everywhere."""
    if elder is not None:
        return Scope(kind=ScopeKind.ELDER, id=str(elder))
    if organisation:
        return Scope(kind=ScopeKind.ORGANISATION, id=organisation)
    return EVERYWHERE


def elders_of(viewer: Viewer) -> accounts.Scope:
    """Return whose elders' ladders somebody may see; an administrator's role is not for that."""
    return viewer.scope_as(Caller.OPERATOR, Caller.COORDINATOR)


def check_scope(
    connection: Connection, scope: Scope, viewer: Viewer, *, to_edit: bool = False
) -> None:
    """Raise NotFound for a street or elder that is not *viewer*'s; 403 where only all is enough."""
    if scope.kind is ScopeKind.ELDER:
        theirs = viewer.scope_as(Caller.OPERATOR) if to_edit else elders_of(viewer)
        scoping.check_elder(connection, int(scope.id), theirs)
    elif scope.kind is ScopeKind.ORGANISATION:
        scoping.check_organisation(scope.id, viewer.scope)
    elif to_edit:
        everywhere_only(viewer)


@router.get("/policies")
def list_policies(
    request: Request,
    services: Held,
    viewer: Reader,
    organisation: Organisation = "",
    elder: ElderId = None,
) -> dict[str, Any]:
    """Return the ladders that hold for a scope by severity, and where each comes from."""
    scope = scope_of(organisation, elder)
    with reading(services.engine) as connection:
        check_scope(connection, scope, viewer)
        held = policies.holdings(connection, scope)
        edited = policies.edited_scopes(connection, scope=elders_of(viewer))
    warnings = warnings_of(held)
    language = language_of(request)
    return {
        "scope": asdict(scope),
        "ladders": {
            name.value: _json(held[name.severity], warnings[name.severity], language)
            for name in SeverityName
        },
        "edited_scopes": [asdict(one) for one in edited],
    }


@router.get("/policy-history")
def policy_history(
    services: Held, viewer: Reader, organisation: Organisation = "", elder: ElderId = None
) -> dict[str, Any]:
    """Return who changed the ladders of a scope, the newest first."""
    scope = scope_of(organisation, elder)
    with reading(services.engine) as connection:
        check_scope(connection, scope, viewer)
        versions = policies.history(connection, scope)
    return {
        "scope": asdict(scope),
        "versions": [
            {
                "severity": Severity(version.severity).name.lower(),
                "version": version.number,
                "ladder": None if version.policy is None else version.policy.to_json(),
                "edited_by": version.edited_by,
                "edited_at": iso(version.edited_at),
            }
            for version in versions
        ],
    }


@router.get("/policies/{severity}")
def one_policy(
    request: Request,
    services: Held,
    viewer: Reader,
    severity: SeverityName,
    organisation: Organisation = "",
    elder: ElderId = None,
) -> Response:
    """Return the ladder that holds for a scope at one severity; its ETag is what an edit names."""
    return _answer(request, services, viewer, scope_of(organisation, elder), severity)


@router.put("/policies/{severity}")
def put_policy(
    request: Request,
    services: Held,
    viewer: Editor,
    severity: SeverityName,
    sent: LadderSent,
    organisation: Organisation = "",
    elder: ElderId = None,
    if_match: IfMatch = "",
) -> Response:
    """Let another ladder hold for a scope; open incidents keep the one they were opened with."""
    scope = scope_of(organisation, elder)
    policy = sent.policy(DEFAULT_POLICIES.at(severity.severity).name)
    found = policy_problems(policy)
    if found:
        language = language_of(request)
        words = remark_json(found[0], language)["words"]
        return JSONResponse(
            {
                "type": "about:blank",
                "title": words,
                "status": 422,
                "detail": words,
                "instance": request.url.path,
                "problems": [remark_json(remark, language) for remark in found],
            },
            422,
            media_type="application/problem+json",
        )
    return _edit(request, services, viewer, scope, severity, policy, if_match)


@router.delete("/policies/{severity}")
def delete_policy(
    request: Request,
    services: Held,
    viewer: Editor,
    severity: SeverityName,
    organisation: Organisation = "",
    elder: ElderId = None,
    if_match: IfMatch = "",
) -> Response:
    """Give a scope's own ladder up: the wider one holds again."""
    scope = scope_of(organisation, elder)
    return _edit(request, services, viewer, scope, severity, None, if_match)


def warnings_of(held: dict[Severity, Holding]) -> dict[Severity, tuple[Remark, ...]]:
    """Return what is unwise about the ladders that hold together."""
    return policies_warnings(
        Policies(**{name.value: held[name.severity].policy for name in SeverityName})
    )


def _edit(
    request: Request,
    services: Services,
    viewer: Viewer,
    scope: Scope,
    severity: SeverityName,
    policy: Policy | None,
    if_match: str,
) -> Response:
    seen = if_match.strip().removeprefix("W/").strip('"')
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 10):
        return problem(request, 428)
    with services.engine.begin() as connection:
        check_scope(connection, scope, viewer, to_edit=True)
        policies.set_policy(
            connection,
            scope,
            severity.severity,
            policy,
            seen=int(seen),
            by=viewer.name,
            now=services.clock.now(),
        )
    return _answer(request, services, viewer, scope, severity)


def _answer(
    request: Request, services: Services, viewer: Viewer, scope: Scope, severity: SeverityName
) -> Response:
    with reading(services.engine) as connection:
        check_scope(connection, scope, viewer)
        held = policies.holdings(connection, scope)
    holding = held[severity.severity]
    body = _json(holding, warnings_of(held)[severity.severity], language_of(request))
    return JSONResponse(
        {"scope": asdict(scope), "severity": severity.value, **body},
        headers={"ETag": f'"{holding.version}"'},
    )


def _json(holding: Holding, warnings: tuple[Remark, ...], language: Language) -> dict[str, Any]:
    ladder = holding.policy.to_json()
    ladder.pop("name")
    return {
        "ladder": ladder,
        "origin": None if holding.origin is None else asdict(holding.origin),
        "version": holding.version,
        "edited_by": holding.edited_by,
        "edited_at": iso(holding.edited_at),
        "warnings": [remark_json(remark, language) for remark in warnings],
    }
