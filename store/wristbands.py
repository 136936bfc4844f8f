"""Bands as operators see them: those their elders wear, and those on a shelf of theirs.

A band on the shelf of no organisation is everybody's, so that any operator may hand it out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, or_, select

from core.accounts import Scope
from core.band_access import AccessState
from core.band_life import BandState
from core.errors import NotFound
from core.worded import worded
from store import schema
from store.scoping import within


@dataclass(frozen=True, slots=True, kw_only=True)
class Wristband:
    """One band as it is registered, and when it was heard last."""

    device_id: str
    state: BandState
    elder_id: int | None
    #: who wore it before
    last_elder_id: int | None
    organisation_id: str | None
    model: str | None
    expected_interval_s: int
    serial: str | None
    imei: str | None
    sim_number: str | None
    note: str
    registered_at: datetime
    retired_at: datetime | None
    heard_at: datetime | None
    battery_pct: int | None
    version: int
    #: may it sign in to the broker, and does the broker know?
    may_sign_in: bool
    is_applied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPlace:
    """Where a band was when it was heard last. WGS-84 degrees."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None


def wristbands(
    connection: Connection,
    scope: Scope,
    *,
    state: BandState | None = None,
    elder_id: int | None = None,
    organisation_id: str | None = None,
    begins: str = "",
    after: str = "",
    limit: int = 100,
) -> list[Wristband]:
    """Return the bands that *scope* may see, by device id; *begins* is how an id begins."""
    table = schema.band
    statement = _bands(scope).where(table.c.device_id > after)
    if state is not None:
        statement = statement.where(_STATE.in_([state.value]))
    if elder_id is not None:
        statement = statement.where(table.c.elder_id == elder_id)
    if organisation_id is not None:
        statement = statement.where(table.c.organisation_id == organisation_id)
    if begins:
        statement = statement.where(table.c.device_id.startswith(begins, autoescape=True))
    rows = connection.execute(statement.order_by(table.c.device_id).limit(limit))
    return [_wristband(row) for row in rows]


def wristband(connection: Connection, device_id: str, scope: Scope) -> Wristband:
    """Return one band; NotFound unless *scope* may see it."""
    row = connection.execute(_bands(scope).where(schema.band.c.device_id == device_id)).first()
    if row is None:
        raise NotFound(
            worded("There is no band %(id)s among those that you look after.", id=device_id)
        )
    return _wristband(row)


def last_place(connection: Connection, device_id: str) -> LastPlace | None:
    """Return where a band was last, None when it never said."""
    table = schema.latest
    row = connection.execute(
        select(table.c.position_at, table.c.lon, table.c.lat, table.c.accuracy_m).where(
            table.c.device_id == device_id
        )
    ).first()
    if row is None or row.position_at is None or row.lon is None or row.lat is None:
        return None
    return LastPlace(at=row.position_at, lon=row.lon, lat=row.lat, accuracy_m=row.accuracy_m)


_STATE: ColumnElement[str] = case(
    (schema.band.c.retired_at.is_not(None), BandState.RETIRED.value),
    (schema.band.c.elder_id.is_not(None), BandState.PAIRED.value),
    else_=schema.band.c.shelf,
)


def _bands(scope: Scope) -> Select[Any]:
    band, access, latest = schema.band, schema.band_access, schema.latest
    elder = schema.elder  # joined: a list of all ids in scope would be made for every page
    worn_by_ours = and_(
        elder.c.id.is_not(None), ~elder.c.is_virtual, within(scope, elder.c.organisation_id)
    )
    on_our_shelf = and_(
        band.c.elder_id.is_(None),
        or_(band.c.organisation_id.is_(None), within(scope, band.c.organisation_id)),
    )
    return (
        select(
            band,
            _STATE.label("state"),
            access.c.wanted,
            access.c.next_try_at,
            latest.c.heard_at,
            latest.c.battery_pct,
        )
        .select_from(band)
        .outerjoin(access, access.c.device_id == band.c.device_id)
        .outerjoin(latest, latest.c.device_id == band.c.device_id)
        .outerjoin(elder, elder.c.id == band.c.elder_id)
        .where(or_(worn_by_ours, on_our_shelf))
    )


def _wristband(row: Any) -> Wristband:
    return Wristband(
        device_id=row.device_id,
        state=BandState(row.state),
        elder_id=row.elder_id,
        last_elder_id=row.last_elder_id,
        organisation_id=row.organisation_id,
        model=row.model,
        expected_interval_s=row.expected_interval_s,
        serial=row.serial,
        imei=row.imei,
        sim_number=row.sim_number,
        note=row.note,
        registered_at=row.registered_at,
        retired_at=row.retired_at,
        heard_at=row.heard_at,
        battery_pct=row.battery_pct,
        version=row.version,
        may_sign_in=row.wanted == AccessState.GRANTED.value,
        is_applied=row.wanted is not None and row.next_try_at is None,
    )
