"""Edits of zones as entries of the registry's history: what was changed, never where it is.

Whoever audits the registry sees no position; the shapes themselves stand in the zones' own rows.
"""

from datetime import datetime
from typing import Any

from shapely.geometry import mapping
from sqlalchemy import Connection, func, or_, select

from core.history import Subject, differences
from core.hours_text import hours_text
from core.zones import Circle, Zone
from store import history, schema

_HIDDEN = frozenset({"shape"})


def write_down(
    connection: Connection,
    origin: int,
    before: Zone | None,
    after: Zone | None,
    *,
    by: str | None,
    now: datetime | None,
) -> None:
    """Record that *after* took the place of *before*; nothing when nobody is named.

    *origin* is the id of the zone's first version. None before: it is new; after: it was given up.
    """
    zone = after or before
    if by is None or now is None or zone is None:
        return
    history.record(
        connection,
        subject=Subject.ZONE,
        subject_id=origin,
        version=_versions(connection, origin),
        changes=differences(_plain(before, now), _plain(after, now), hidden=_HIDDEN),
        by=by,
        now=now,
        elder_id=zone.elder_id,
    )


def _versions(connection: Connection, origin: int) -> int:
    table = schema.zone
    counted = select(func.count()).where(or_(table.c.id == origin, table.c.origin == origin))
    return int(connection.scalar(counted) or 1)


def _plain(zone: Zone | None, now: datetime) -> dict[str, Any]:
    """Return what a history shows; what is hidden there need only differ."""
    if zone is None:
        return {}
    shape, begin = zone.shape, zone.valid_from
    return {
        "kind": zone.kind.value,
        "name": zone.name,
        "shape": shape.centre if isinstance(shape, Circle) else mapping(shape),
        "radius_m": shape.radius_m if isinstance(shape, Circle) else None,
        # Each version begins with its edit; only what is to begin later was meant by somebody.
        "valid_from": None if begin is None or begin <= now else begin.isoformat(),
        "valid_until": None if zone.valid_until is None else zone.valid_until.isoformat(),
        "hours": None if zone.hours is None else hours_text(zone.hours),
        "days": zone.days.value,
        "urgency": zone.urgency.value,
    }
