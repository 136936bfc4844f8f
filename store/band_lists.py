"""Which bands there are: those registered, and those that speak to us and are nobody's."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from core.band_access import AccessState
from store import schema

_PROTOCOL = re.compile(r"[a-z0-9]{1,20}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredBand:
    """One line of the list of bands."""

    device_id: str
    elder_id: int | None
    model: str | None
    expected_interval_s: int
    registered_at: datetime
    retired_at: datetime | None
    heard_at: datetime | None
    wanted: AccessState | None
    #: does the broker know what is wanted?
    is_applied: bool
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownBand:
    """A device that speaks to us and is nobody's: registered never, or retired since."""

    device_id: str
    first_heard_at: datetime
    heard_at: datetime
    reports: int
    battery_pct: int | None
    #: how its words come: `mqtt` (our own format), `owntracks`, or a gateway's protocol
    way: str
    #: when it was retired; None: nobody ever registered it
    retired_at: datetime | None


def registered(
    connection: Connection, *, with_retired: bool = False, limit: int = 1000
) -> list[RegisteredBand]:
    """Return the registered bands in order of their names."""
    band, access, latest = schema.band, schema.band_access, schema.latest
    statement = (
        select(
            band.c.device_id,
            band.c.elder_id,
            band.c.model,
            band.c.expected_interval_s,
            band.c.registered_at,
            band.c.retired_at,
            latest.c.heard_at,
            access.c.wanted,
            access.c.next_try_at,
            access.c.problem,
        )
        .select_from(band)
        .outerjoin(access, access.c.device_id == band.c.device_id)
        .outerjoin(latest, latest.c.device_id == band.c.device_id)
        .outerjoin(schema.elder, schema.elder.c.id == band.c.elder_id)
        .where(or_(schema.elder.c.id.is_(None), ~schema.elder.c.is_virtual))
        .order_by(band.c.device_id)
        .limit(limit)
    )
    if not with_retired:
        statement = statement.where(band.c.retired_at.is_(None))
    return [_registered(row) for row in connection.execute(statement)]


def unknown(connection: Connection, *, limit: int = 1000) -> list[UnknownBand]:
    """Return the bands that an operator may claim, the last heard first.

    A retired band is among them only if it spoke again.
    """
    band, latest, ping = schema.band, schema.latest, schema.ping
    said = ping.alias()
    last_ping = (
        select(said.c.id)
        .where(said.c.device_id == latest.c.device_id)
        .order_by(said.c.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(
            latest.c.device_id,
            latest.c.first_heard_at,
            latest.c.heard_at,
            latest.c.reports,
            latest.c.battery_pct,
            band.c.retired_at,
            ping.c.report_id,
            ping.c.raw,
        )
        .select_from(latest)
        .outerjoin(band, band.c.device_id == latest.c.device_id)
        .outerjoin(ping, ping.c.id == last_ping)
        .where(or_(band.c.device_id.is_(None), band.c.retired_at < latest.c.heard_at))
        .order_by(latest.c.heard_at.desc(), latest.c.device_id)
        .limit(limit)
    )
    return [_unknown(row) for row in connection.execute(statement)]


def _registered(row: Any) -> RegisteredBand:
    values = dict(row._mapping)
    wanted, next_try_at = values.pop("wanted"), values.pop("next_try_at")
    return RegisteredBand(
        **values,
        wanted=None if wanted is None else AccessState(wanted),
        is_applied=wanted is not None and next_try_at is None,
    )


def _unknown(row: Any) -> UnknownBand:
    values = dict(row._mapping)
    report_id, raw = values.pop("report_id"), values.pop("raw")
    return UnknownBand(**values, way=_way(report_id or "", raw or b""))


def _way(report_id: str, raw: bytes) -> str:
    """Return how a report came; what a gateway speaks for it says in `via`."""
    if report_id.startswith("ot:"):
        return "owntracks"
    try:
        protocol = json.loads(raw)["via"]["proto"]
    except (ValueError, KeyError, TypeError):
        return "mqtt"
    is_name = isinstance(protocol, str) and _PROTOCOL.fullmatch(protocol)
    return protocol if is_name else "mqtt"
