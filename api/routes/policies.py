"""Ladders: which holds for whom and where it comes from; edits by coordinators, with a history."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from api.access import Caller, Viewer, callers
from api.band_shapes import iso
from api.ladder_form import LadderSent, remark_json
from api.pages import language_of
from api.problems import problem
from api.services import Held, Services
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
from store import policies
from store.database import reading
from store.policies import Holding

router = APIRouter(prefix="/api")

Coordinator = Annotated[Viewer, callers(Caller.COORDINATOR)]
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


@router.get("/policies")
def list_policies(
    request: Request,
    services: Held,
    _viewer: Coordinator,
    organisation: Organisation = "",
    elder: ElderId = None,
) -> dict[str, Any]:
    """Return the ladders that hold for a scope by severity, and where each comes from."""
    scope = scope_of(organisation, elder)
    with reading(services.engine) as connection:
        held = policies.holdings(connection, scope)
        edited = policies.edited_scopes(connection)
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
    services: Held, _viewer: Coordinator, organisation: Organisation = "", elder: ElderId = None
) -> dict[str, Any]:
    """Return who changed the ladders of a scope, the newest first."""
    scope = scope_of(organisation, elder)
    with reading(services.engine) as connection:
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
    _viewer: Coordinator,
    severity: SeverityName,
    organisation: Organisation = "",
    elder: ElderId = None,
) -> Response:
    """Return the ladder that holds for a scope at one severity; its ETag is what an edit names."""
    return _answer(request, services, scope_of(organisation, elder), severity)


@router.put("/policies/{severity}")
def put_policy(
    request: Request,
    services: Held,
    viewer: Coordinator,
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
        return JSONResponse(
            {
                "type": "about:blank",
                "title": remark_json(found[0], language)["words"],
                "status": 422,
                "problems": [remark_json(remark, language) for remark in found],
            },
            422,
            media_type="application/problem+json",
        )
    return _edit(request, services, viewer, scope, severity, policy, if_match, sent.by)


@router.delete("/policies/{severity}")
def delete_policy(
    request: Request,
    services: Held,
    viewer: Coordinator,
    severity: SeverityName,
    organisation: Organisation = "",
    elder: ElderId = None,
    if_match: IfMatch = "",
    by: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Give a scope's own ladder up: the wider one holds again."""
    scope = scope_of(organisation, elder)
    return _edit(request, services, viewer, scope, severity, None, if_match, by)


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
    by: str,
) -> Response:
    seen = if_match.strip().removeprefix("W/").strip('"')
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 10):
        return problem(request, 428)
    with services.engine.begin() as connection:
        policies.set_policy(
            connection,
            scope,
            severity.severity,
            policy,
            seen=int(seen),
            by=by.strip() or viewer.name,
            now=services.clock.now(),
        )
    return _answer(request, services, scope, severity)


def _answer(request: Request, services: Services, scope: Scope, severity: SeverityName) -> Response:
    with reading(services.engine) as connection:
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
