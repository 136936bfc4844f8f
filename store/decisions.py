"""Why something was decided: each reported change of belief, and all that it stood on.

Bytes and texts: this room cannot judge. `geofence.records` made the bytes and can read them.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from store import schema
from store.bulk import BulkInsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One change of belief, as it was reported."""

    #: 0: not stored yet
    id: int = 0
    elder_id: int
    #: of the fix that caused it
    at: datetime
    decided_at: datetime
    kind: str
    rule: str
    #: the danger zone it speaks of, and what it was called; "" when it speaks of none
    zone_id: int | None
    zone_name: str
    report_id: str
    silence_confirms: bool
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """All that the judgement was given. The changes of one batch share theirs."""

    belief_before: bytes
    #: the elder's zones that counted, and the danger zones for everyone
    own_zones: bytes
    common_zones: bytes
    home: bytes
    #: the elder's pings of the batch, in order of arrival
    ping_ids: tuple[int, ...]
    #: which model and rules judged
    model: str


def add(connection: Connection, decisions: Sequence[tuple[Decision, Basis]]) -> None:
    """Keep decisions with what they stood on; equal sets of zones are kept once."""
    if not decisions:
        return
    sets = {data for _, basis in decisions for data in (basis.own_zones, basis.common_zones)}
    digests = {data: _digest(data) for data in sets}
    _keep_zones(connection, {digest: data for data, digest in digests.items()})
    rows = [_row(decision, basis, digests) for decision, basis in decisions]
    _ADD.execute(connection, rows)


def last_before(connection: Connection, elder_id: int, at: datetime) -> Decision | None:
    """Return the elder's newest decision made at *at* or earlier."""
    found = _decisions(
        connection,
        _of(elder_id).where(schema.decision.c.decided_at <= at).order_by(*_NEWEST_FIRST).limit(1),
    )
    return found[0] if found else None


def between(
    connection: Connection, elder_id: int, since: datetime, until: datetime, *, limit: int
) -> list[Decision]:
    """Return the elder's decisions made in this time, both ends included; the newest *limit*."""
    table = schema.decision
    within = _of(elder_id).where(table.c.decided_at >= since, table.c.decided_at <= until)
    return _decisions(connection, within.order_by(*_NEWEST_FIRST).limit(limit))[::-1]


def bases(connection: Connection, decision_ids: Collection[int]) -> dict[int, Basis]:
    """Return what these decisions stood on, by their ids."""
    table = schema.decision
    own, common = schema.zone_set.alias(), schema.zone_set.alias()
    rows = connection.execute(
        select(
            *(table.c[name] for name in ("id", "belief_before", "home", "ping_ids", "model")),
            own.c.zones.label("own_zones"),
            common.c.zones.label("common_zones"),
        )
        .join(own, own.c.digest == table.c.own_zones)
        .join(common, common.c.digest == table.c.common_zones)
        .where(table.c.id.in_(list(decision_ids)))
    )
    return {
        row.id: Basis(
            belief_before=row.belief_before,
            own_zones=row.own_zones,
            common_zones=row.common_zones,
            home=row.home,
            ping_ids=tuple(row.ping_ids),
            model=row.model,
        )
        for row in rows
    }


def _keep_zones(connection: Connection, sets: Mapping[str, bytes]) -> None:
    table = schema.zone_set
    known = set(connection.scalars(select(table.c.digest).where(table.c.digest.in_(list(sets)))))
    # In order, so that two workers never wait for each other.
    missing = [(digest, sets[digest]) for digest in sorted(sets) if digest not in known]
    if missing:
        _ADD_ZONES.execute(connection, missing)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _of(elder_id: int) -> Select[Any]:
    table = schema.decision
    return select(*(table.c[name] for name in _DECISION)).where(table.c.elder_id == elder_id)


def _decisions(connection: Connection, statement: Select[Any]) -> list[Decision]:
    return [Decision(**row) for row in connection.execute(statement).mappings()]


def _row(decision: Decision, basis: Basis, digests: Mapping[bytes, str]) -> tuple[Any, ...]:
    return (
        decision.elder_id,
        decision.at,
        decision.decided_at,
        decision.kind,
        decision.rule,
        decision.zone_id,
        decision.zone_name,
        decision.report_id,
        decision.silence_confirms,
        decision.evidence,
        basis.belief_before,
        digests[basis.own_zones],
        digests[basis.common_zones],
        basis.home,
        list(basis.ping_ids),
        basis.model,
    )


_DECISION = (
    "id",
    "elder_id",
    "at",
    "decided_at",
    "kind",
    "rule",
    "zone_id",
    "zone_name",
    "report_id",
    "silence_confirms",
    "evidence",
)
_BASIS = ("belief_before", "own_zones", "common_zones", "home", "ping_ids", "model")
_NEWEST_FIRST = (schema.decision.c.decided_at.desc(), schema.decision.c.id.desc())


def _as_it_is(statement: Any) -> Any:
    return statement


def _once(statement: Any) -> Any:
    return statement.on_conflict_do_nothing(index_elements=["digest"])


_ADD = BulkInsert(schema.decision, [*_DECISION[1:], *_BASIS], _as_it_is)
_ADD_ZONES = BulkInsert(schema.zone_set, ["digest", "zones"], _once)
