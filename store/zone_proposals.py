"""Where proposed zones are kept, with what became of them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from shapely.geometry import Polygon, mapping, shape
from sqlalchemy import Connection, select

from core.accounts import Scope
from core.errors import Conflict, NotFound
from core.false_alarms import PartOfDay, Proof, ProposalKind, ProposalState, Suggestion
from core.places import Position
from core.zones import Circle
from store import schema
from store.scoping import elder_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One proposal as it stands."""

    id: int
    elder_id: int
    suggestion: Suggestion
    state: ProposalState
    made_at: datetime
    decided_at: datetime | None
    #: who accepted or refused it, and why
    decided_by: str | None
    reason: str
    #: the zone that accepting it made
    made_zone_id: int | None


def add(connection: Connection, elder_id: int, suggestion: Suggestion, now: datetime) -> int:
    """Keep a new open proposal; return its id."""
    table = schema.zone_proposal
    result = connection.execute(
        table.insert()
        .values(
            elder_id=elder_id,
            state=ProposalState.OPEN.value,
            made_at=now,
            **_columns(suggestion),
        )
        .returning(table.c.id)
    )
    return int(result.scalar_one())


def renew(connection: Connection, proposal_id: int, suggestion: Suggestion) -> None:
    """Put newer numbers and a newer shape into an open proposal."""
    table = schema.zone_proposal
    connection.execute(
        table.update()
        .where(table.c.id == proposal_id, table.c.state == ProposalState.OPEN.value)
        .values(**_columns(suggestion))
    )


def outdate(connection: Connection, proposal_ids: Iterable[int], now: datetime) -> None:
    """End open proposals that newer days do not speak for any more."""
    table = schema.zone_proposal
    connection.execute(
        table.update()
        .where(table.c.id.in_(list(proposal_ids)), table.c.state == ProposalState.OPEN.value)
        .values(state=ProposalState.OUTDATED.value, decided_at=now)
    )


def decide(
    connection: Connection,
    proposal_id: int,
    *,
    state: ProposalState,
    by: str,
    reason: str,
    now: datetime,
    made_zone_id: int | None = None,
) -> None:
    """Record what a person decided; Conflict when it was not open any more."""
    table = schema.zone_proposal
    result = connection.execute(
        table.update()
        .where(table.c.id == proposal_id, table.c.state == ProposalState.OPEN.value)
        .values(
            state=state.value,
            decided_at=now,
            decided_by=by[:80],
            reason=reason[:400],
            made_zone_id=made_zone_id,
        )
    )
    if result.rowcount != 1:
        raise Conflict(f"proposal {proposal_id} was decided meanwhile: read it again")


def load(connection: Connection, proposal_id: int, *, scope: Scope) -> Proposal:
    """Return one proposal; NotFound if there is none for an elder in *scope*."""
    table = schema.zone_proposal
    row = connection.execute(
        select(table).where(table.c.id == proposal_id, table.c.elder_id.in_(elder_ids(scope)))
    ).first()
    if row is None:
        raise NotFound(f"There is no proposal {proposal_id} for those that you look after.")
    return _proposal(row)


def open_ones(connection: Connection, *, scope: Scope, limit: int) -> list[Proposal]:
    """Return the open proposals, the oldest first."""
    table = schema.zone_proposal
    rows = connection.execute(
        select(table)
        .where(table.c.state == ProposalState.OPEN.value, table.c.elder_id.in_(elder_ids(scope)))
        .order_by(table.c.id)
        .limit(limit)
    )
    return [_proposal(row) for row in rows]


def of_elder(connection: Connection, elder_id: int) -> list[Proposal]:
    """Return every proposal ever made for one elder, the oldest first."""
    table = schema.zone_proposal
    rows = connection.execute(
        select(table).where(table.c.elder_id == elder_id).order_by(table.c.id)
    )
    return [_proposal(row) for row in rows]


def _columns(suggestion: Suggestion) -> dict[str, Any]:
    part = suggestion.part_of_day
    return {
        "kind": suggestion.kind.value,
        "zone_id": suggestion.zone_id,
        "shape": _document(suggestion.shape),
        "part_of_day": None if part is None else part.value,
        "from_min": suggestion.from_min,
        "until_min": suggestion.until_min,
        "proof": asdict(suggestion.proof),
    }


def _proposal(row: Any) -> Proposal:
    return Proposal(
        id=row.id,
        elder_id=row.elder_id,
        suggestion=Suggestion(
            kind=ProposalKind(row.kind),
            zone_id=row.zone_id,
            shape=_shape(row.shape),
            part_of_day=None if row.part_of_day is None else PartOfDay(row.part_of_day),
            from_min=row.from_min,
            until_min=row.until_min,
            proof=Proof(**row.proof),
        ),
        state=ProposalState(row.state),
        made_at=row.made_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
        made_zone_id=row.made_zone_id,
    )


def _document(ground: Circle | Polygon) -> dict[str, Any]:
    """Return GeoJSON, WGS-84 lon/lat; a circle is a point with a radius."""
    if isinstance(ground, Circle):
        centre = [ground.centre.lon, ground.centre.lat]
        return {"type": "Point", "coordinates": centre, "radius_m": ground.radius_m}
    return dict(mapping(ground))


def _shape(document: dict[str, Any]) -> Circle | Polygon:
    if document["type"] == "Point":
        return Circle(Position(*document["coordinates"]), document["radius_m"])
    ground = shape(document)
    assert isinstance(ground, Polygon)
    return ground
