"""Which ladder holds for whom: an elder's own, else their street's, else everywhere's, else ours.

A ladder is never changed. An edit ends its row and makes the next version, so that everybody can
see who changed what when; an open incident keeps the one it was opened with.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from json import dumps, loads
from typing import Any

from sqlalchemy import Connection, String, and_, cast, or_, select

from core import accounts
from core.errors import Conflict, NotFound
from core.policies import DEFAULT_POLICIES, EVERYWHERE, Policies, Policy, Scope, ScopeKind, Severity
from core.policy_limits import policy_problems
from store import registry, schema
from store.scoping import elder_ids, within
from store.upsert import insert_new

log = logging.getLogger(__name__)

_FIELDS = {
    Severity.NORMAL: "normal",
    Severity.URGENT: "urgent",
    Severity.DANGER: "danger",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The ladder that holds for one severity of a scope, and where it comes from."""

    policy: Policy
    #: the scope it was edited for; None: the service's own default
    origin: Scope | None
    #: of the scope that was asked about: what an edit must have seen; 0: never edited
    version: int
    edited_by: str | None = None
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One row of a scope's history. *policy* None: as the wider scope says, from then on."""

    severity: Severity
    number: int
    policy: Policy | None
    edited_by: str
    edited_at: datetime


def policies_for(connection: Connection, elder_id: int) -> Policies:
    """Return the ladders that hold for one elder now. Never fails because of what was edited."""
    table = schema.elder
    elder = connection.execute(
        select(table.c.organisation_id, table.c.is_virtual).where(table.c.id == elder_id)
    ).first()
    if elder is None or elder.is_virtual:  # the canary measures the service, not an edit
        return DEFAULT_POLICIES
    own = Scope(kind=ScopeKind.ELDER, id=str(elder_id))
    place = Scope(kind=ScopeKind.ORGANISATION, id=elder.organisation_id)
    held = _held(connection, (own, place, EVERYWHERE))
    return Policies(**{_FIELDS[severity]: holding.policy for severity, holding in held.items()})


def holdings(connection: Connection, scope: Scope) -> dict[Severity, Holding]:
    """Return what holds for *scope* by severity; NotFound when there is no such street or elder."""
    return _held(connection, _chain(connection, scope))


def edited_scopes(connection: Connection, *, scope: accounts.Scope) -> list[Scope]:
    """Return the scopes that have a ladder of their own, everywhere first.

    Streets and elders outside of *scope* are left out.
    """
    table = schema.policy_version
    elders = elder_ids(scope).with_only_columns(cast(schema.elder.c.id, String))
    rows = connection.execute(
        select(table.c.scope, table.c.scope_id)
        .where(
            table.c.retired_at.is_(None),
            table.c.ladder.is_not(None),
            or_(
                table.c.scope == ScopeKind.EVERYWHERE.value,
                and_(
                    table.c.scope == ScopeKind.ORGANISATION.value, within(scope, table.c.scope_id)
                ),
                and_(table.c.scope == ScopeKind.ELDER.value, table.c.scope_id.in_(elders)),
            ),
        )
        .distinct()
    )
    found = [Scope(kind=ScopeKind(row.scope), id=row.scope_id) for row in rows]
    order = list(ScopeKind)
    return sorted(found, key=lambda scope: (order.index(scope.kind), scope.id))


def set_policy(
    connection: Connection,
    scope: Scope,
    severity: Severity,
    policy: Policy | None,
    *,
    seen: int,
    by: str,
    now: datetime,
) -> int:
    """Let *policy* hold for *scope* from *now* on (None: what the wider scope says).

    *seen* is the version that the editor read; Conflict when another one holds by now, ValueError
    with what to mend. Returns the new version.
    """
    _chain(connection, scope)
    if policy is not None:
        policy = replace(policy, name=DEFAULT_POLICIES.at(severity).name)
        problems = policy_problems(policy)
        if problems:
            raise ValueError(f"{problems[0].part}: {problems[0].name.value}")
    table = schema.policy_version
    this = and_(
        table.c.scope == scope.kind.value,
        table.c.scope_id == scope.id,
        table.c.severity == int(severity),
    )
    if seen:
        ended = connection.execute(
            table.update()
            .where(this, table.c.number == seen, table.c.retired_at.is_(None))
            .values(retired_at=now)
        )
        if ended.rowcount != 1:
            raise _too_late()
    made = insert_new(
        connection,
        table,
        [
            {
                "scope": scope.kind.value,
                "scope_id": scope.id,
                "severity": int(severity),
                "number": seen + 1,
                "ladder": None if policy is None else policy.to_json(),
                "edited_by": by,
                "edited_at": now,
            }
        ],
        "number",
    )
    if not made:
        raise _too_late()
    return int(made[0])


def history(connection: Connection, scope: Scope, *, limit: int = 200) -> list[PolicyVersion]:
    """Return who changed the ladders of *scope*, the newest first."""
    _chain(connection, scope)
    table = schema.policy_version
    rows = connection.execute(
        select(table)
        .where(table.c.scope == scope.kind.value, table.c.scope_id == scope.id)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return [
        PolicyVersion(
            severity=Severity(row.severity),
            number=row.number,
            policy=_policy(row),
            edited_by=row.edited_by,
            edited_at=row.edited_at,
        )
        for row in rows
    ]


def _too_late() -> Conflict:
    return Conflict("somebody else edited this ladder first: read it again")


def _chain(connection: Connection, scope: Scope) -> tuple[Scope, ...]:
    """Return *scope* and the wider ones, the narrowest first."""
    if scope.kind is ScopeKind.EVERYWHERE:
        return (EVERYWHERE,)
    if scope.kind is ScopeKind.ORGANISATION:
        table = schema.organisation
        if connection.scalar(select(table.c.id).where(table.c.id == scope.id)) is None:
            raise NotFound(f"there is no organisation {scope.id}")
        return (scope, EVERYWHERE)
    elder = registry.elder(connection, int(scope.id)) if scope.id.isdecimal() else None
    if elder is None or elder.is_virtual:
        raise NotFound(f"there is no elder {scope.id}")
    return (scope, Scope(kind=ScopeKind.ORGANISATION, id=elder.organisation_id), EVERYWHERE)


def _held(connection: Connection, chain: tuple[Scope, ...]) -> dict[Severity, Holding]:
    table = schema.policy_version
    rows = connection.execute(
        select(table).where(
            or_(
                *(
                    and_(table.c.scope == scope.kind.value, table.c.scope_id == scope.id)
                    for scope in chain
                )
            ),
            table.c.retired_at.is_(None),
        )
    )
    found = {(row.scope, row.scope_id, row.severity): row for row in rows}
    held = {}
    for severity in Severity:
        asked = found.get((chain[0].kind.value, chain[0].id, int(severity)))
        version = asked.number if asked is not None else 0
        held[severity] = Holding(policy=DEFAULT_POLICIES.at(severity), origin=None, version=version)
        for scope in chain:
            row = found.get((scope.kind.value, scope.id, int(severity)))
            policy = None if row is None else _policy(row)
            if row is not None and policy is not None:
                held[severity] = Holding(
                    policy=policy,
                    origin=scope,
                    version=version,
                    edited_by=row.edited_by,
                    edited_at=row.edited_at,
                )
                break
    return held


@lru_cache(maxsize=1024)
def _read(ladder: str) -> Policy:
    policy = Policy.from_json(loads(ladder))
    problems = policy_problems(policy)
    if problems:
        raise ValueError(f"{problems[0].part}: {problems[0].name.value}")
    return policy


def _policy(row: Any) -> Policy | None:
    """Return the ladder of a row; None, so that a wider one holds, for one nobody could climb."""
    if row.ladder is None:
        return None
    try:
        return _read(dumps(row.ladder, sort_keys=True))
    except (ValueError, TypeError, KeyError) as error:
        log.error(
            "A ladder cannot be used; the wider one holds: %s",
            error,
            extra={"action": "policy_unreadable", "row": row.id},
        )
        return None
