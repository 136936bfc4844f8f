"""Too many false alarms: who has them this month, and zones that would spare some."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from shapely.geometry import mapping
from sqlalchemy import Connection

from alerts.false_alarms import accept, refuse
from api.access import Caller, Viewer, callers, form_token_of
from api.band_shapes import iso
from api.pages import gettext_of, page
from api.proposal_words import reasons, suggested_name, title
from api.services import Held, Services
from api.words import words
from api.zone_sketch import ZoneSketch, zone_sketch
from core.accounts import Scope
from core.clock import LOCAL_ZONE
from core.errors import Conflict, Refused
from core.false_alarms import STANDARD_FALSE_ALARMS, Suggestion, month_of
from core.people import Language
from core.zones import Circle
from store import false_alarms, looks, registry, zone_proposals
from store.database import reading
from store.false_alarms import FalseAlarm
from store.zone_proposals import Proposal
from store.zones import zones_for

router = APIRouter()

Staff = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
ProposalId = Annotated[int, Path(ge=1, le=2**53)]
MOST_ALARMS, MOST_PROPOSALS = 1000, 50
_POLICY = STANDARD_FALSE_ALARMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """One elder's false alarms of the month."""

    elder_id: int
    name: str
    alarms: tuple[FalseAlarm, ...]

    @property
    def is_too_much(self) -> bool:
        """Say whether there are more than the budget allows."""
        return len(self.alarms) > _POLICY.most_a_month


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One open proposal as the page shows it."""

    proposal: Proposal
    elder_name: str
    zone_name: str
    drawing: ZoneSketch


class Accepting(BaseModel):
    """What a program says when it accepts a proposal."""

    name: Annotated[str, Field(max_length=80)] = ""


class Refusing(BaseModel):
    """What a program says when it refuses a proposal."""

    reason: Annotated[str, Field(min_length=1, max_length=400)]


@router.get("/console/alarms")
def alarms_page(
    request: Request,
    services: Held,
    viewer: Staff,
    done: Literal["accepted", "refused"] | None = None,
) -> Response:
    """Show the open proposals, and the elders with false alarms this month, the most first.

    After a decision *done* says which one it was.
    """
    _record(services, viewer, None)
    with reading(services.engine) as connection:
        burdens = _burdens(connection, services, viewer.scope)
        cards = _cards(connection, viewer.scope)
    return page(
        request,
        "console/alarms.html",
        burdens=burdens,
        too_much=sum(burden.is_too_much for burden in burdens),
        cards=cards,
        policy=_POLICY,
        title_of=title,
        name_of=suggested_name,
        reasons_of=reasons,
        month=_month(services),
        done=done,
        form_token=form_token_of(request, viewer),
    )


@router.get("/api/false-alarms")
def list_false_alarms(services: Held, viewer: Staff) -> dict[str, Any]:
    """Return the elders with false alarms this month, the most first; no position is in them."""
    with reading(services.engine) as connection:
        burdens = _burdens(connection, services, viewer.scope)
    return {
        "month": _month(services),
        "most_a_month": _POLICY.most_a_month,
        "elders": [
            {
                "elder": burden.elder_id,
                "count": len(burden.alarms),
                "too_many": burden.is_too_much,
                "incidents": [
                    {
                        "id": alarm.incident_id,
                        "trigger": alarm.trigger.value,
                        "opened_at": iso(alarm.opened_at),
                        "closed_at": iso(alarm.closed_at),
                        "said_by": alarm.said_by,
                    }
                    for alarm in burden.alarms
                ],
            }
            for burden in burdens
        ],
    }


@router.get("/api/zone-proposals")
def list_proposals(request: Request, services: Held, viewer: Staff) -> dict[str, Any]:
    """Return the open proposals, the oldest first, with their shapes and numbers."""
    _record(services, viewer, None)
    with reading(services.engine) as connection:
        found = zone_proposals.open_ones(connection, scope=viewer.scope, limit=MOST_PROPOSALS)
    _ = gettext_of(request)
    return {
        "proposals": [
            {
                "id": proposal.id,
                "elder": proposal.elder_id,
                "kind": proposal.suggestion.kind.value,
                "words": title(proposal.suggestion, _),
                "replaces": proposal.suggestion.zone_id,
                "name": suggested_name(proposal.suggestion, _),
                **_ground(proposal.suggestion),
                "from_min": proposal.suggestion.from_min,
                "until_min": proposal.suggestion.until_min,
                "proof": asdict(proposal.suggestion.proof),
                "made_at": iso(proposal.made_at),
            }
            for proposal in found
        ]
    }


@router.post("/api/zone-proposals/{proposal_id}/accept")
def accept_for(
    services: Held, viewer: Operator, proposal_id: ProposalId, said: Accepting
) -> dict[str, Any]:
    """Draw the proposed zone."""
    return {"zone": _accept(services, viewer, proposal_id, name=said.name)}


@router.post("/api/zone-proposals/{proposal_id}/refuse")
def refuse_for(
    services: Held, viewer: Operator, proposal_id: ProposalId, said: Refusing
) -> dict[str, Any]:
    """Keep the zones as they are."""
    _refuse(services, viewer, proposal_id, reason=said.reason)
    return {"refused": proposal_id}


@router.post("/zone-proposals/{proposal_id}/accept")
def accept_here(
    request: Request,
    services: Held,
    viewer: Operator,
    proposal_id: ProposalId,
    name: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Draw the proposed zone, for somebody at the page."""
    _ = gettext_of(request)
    try:
        _accept(services, viewer, proposal_id, name=name)
    except Refused:
        sentence = _(
            "Nothing was changed: since this was proposed there was an incident that the zone"
            " would have hidden. Look at it, and refuse the proposal."
        )
        return page(request, "problem.html", status=409, sentence=sentence)
    except Conflict:
        sentence = _(
            "Nothing was changed: somebody decided this already, or drew the zone anew meanwhile."
        )
        return page(request, "problem.html", status=409, sentence=sentence)
    return RedirectResponse("/console/alarms?done=accepted", 303)


@router.post("/zone-proposals/{proposal_id}/refuse")
def refuse_here(
    services: Held,
    viewer: Operator,
    proposal_id: ProposalId,
    reason: Annotated[str, Form(min_length=1, max_length=400)],
) -> Response:
    """Keep the zones as they are, for somebody at the page."""
    _refuse(services, viewer, proposal_id, reason=reason)
    return RedirectResponse("/console/alarms?done=refused", 303)


def _accept(services: Services, viewer: Viewer, proposal_id: int, *, name: str) -> int:
    now = services.clock.now()
    with reading(services.engine) as connection:
        proposal = zone_proposals.load(connection, proposal_id, scope=viewer.scope)
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, proposal.elder_id, "zone proposal", now)
    in_chinese = words(Language.CHINESE).gettext
    chosen = name.strip() or suggested_name(proposal.suggestion, in_chinese)
    return accept(services.engine, proposal_id, by=viewer.name, name=chosen, now=now)


def _refuse(services: Services, viewer: Viewer, proposal_id: int, *, reason: str) -> None:
    now = services.clock.now()
    with services.engine.begin() as connection:
        zone_proposals.load(connection, proposal_id, scope=viewer.scope)
        refuse(connection, proposal_id, by=viewer.name, reason=reason.strip(), now=now)


def _burdens(connection: Connection, services: Services, scope: Scope) -> list[Burden]:
    begin, end = month_of(services.clock.now())
    by_elder: dict[int, list[FalseAlarm]] = {}
    for alarm in false_alarms.between(connection, begin, end, scope=scope, limit=MOST_ALARMS):
        by_elder.setdefault(alarm.elder_id, []).append(alarm)
    elders = registry.elders(connection, by_elder)
    burdens = [
        Burden(elder_id=elder_id, name=elders[elder_id].name, alarms=tuple(alarms))
        for elder_id, alarms in by_elder.items()
    ]
    return sorted(burdens, key=lambda burden: (-len(burden.alarms), burden.elder_id))


def _cards(connection: Connection, scope: Scope) -> list[Card]:
    found = zone_proposals.open_ones(connection, scope=scope, limit=MOST_PROPOSALS)
    elder_ids = {proposal.elder_id for proposal in found}
    elders = registry.elders(connection, elder_ids)
    zones = zones_for(connection, elder_ids)
    return [
        Card(
            proposal=proposal,
            elder_name=elders[proposal.elder_id].name,
            zone_name=next(
                (z.name for z in zones[proposal.elder_id] if z.id == proposal.suggestion.zone_id),
                "",
            ),
            drawing=zone_sketch(
                proposal.suggestion.shape,
                zones[proposal.elder_id],
                replaces=proposal.suggestion.zone_id,
            ),
        )
        for proposal in found
    ]


def _ground(suggestion: Suggestion) -> dict[str, Any]:
    shape = suggestion.shape
    if isinstance(shape, Circle):
        return {
            "centre": [shape.centre.lon, shape.centre.lat],
            "radius_m": shape.radius_m,
            "geometry": None,
        }
    return {"centre": None, "radius_m": None, "geometry": mapping(shape)}


def _month(services: Services) -> str:
    return services.clock.now().astimezone(LOCAL_ZONE).strftime("%Y-%m")


def _record(services: Services, viewer: Viewer, elder_id: int | None) -> None:
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, elder_id, "false alarms", services.clock.now())
