"""How bands are: what is known of each that may need looking after; means over its reports."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Text, case, cast, func, or_, select

from core.bands import BandState, BatteryReading, HealthPolicy
from core.zones import Side
from store import schema
from store.upsert import insert

#: a fix with a wider disc than this says little, metres
USABLE_ACCURACY_M = 200.0
_READER = "band_health"


def examined(
    connection: Connection, *, now: datetime, policy: HealthPolicy, also: Collection[str]
) -> list[BandState]:
    """Return the worn bands that may be in trouble, and those named in *also*.

    The rest is well by what the newest state says, so that a province of bands is not read.
    """
    latest, health, band = schema.latest, schema.band_health, schema.band
    quiet_since = now - timedelta(seconds=policy.silent_least_s)
    statement = (
        select(
            band.c.device_id,
            band.c.elder_id,
            schema.elder.c.organisation_id,
            band.c.expected_interval_s.label("interval_s"),
            band.c.registered_at,
            latest.c.heard_at,
            latest.c.side,
            latest.c.battery_pct,
            latest.c.charging,
            latest.c.worn,
            latest.c.worn_at,
            health.c.reports,
            health.c.usable_share,
            health.c.bad_clock_share,
            schema.elder.c.silence_alarm_s,
        )
        .select_from(band)
        .join(schema.elder, schema.elder.c.id == band.c.elder_id)
        .outerjoin(latest, latest.c.device_id == band.c.device_id)
        .outerjoin(health, health.c.device_id == band.c.device_id)
        .where(
            ~schema.elder.c.is_virtual,  # the canary looks after its own band
            or_(
                band.c.device_id.in_(also),
                latest.c.heard_at.is_(None),
                latest.c.heard_at < quiet_since,
                schema.elder.c.silence_alarm_s.is_not(None),
                latest.c.battery_pct <= policy.battery_notice_pct,
                latest.c.worn.is_(False),
                health.c.usable_share <= policy.poor_share,
                health.c.bad_clock_share >= policy.clock_share,
            ),
        )
        .order_by(band.c.device_id)
    )
    return [_state(row) for row in connection.execute(statement)]


def active_by_organisation(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how many worn bands were heard since *since*, by organisation."""
    rows = connection.execute(
        select(schema.elder.c.organisation_id, func.count().label("n"))
        .select_from(schema.latest)
        .join(schema.band, schema.band.c.device_id == schema.latest.c.device_id)
        .join(schema.elder, schema.elder.c.id == schema.band.c.elder_id)
        .where(schema.latest.c.heard_at >= since, ~schema.elder.c.is_virtual)
        .group_by(schema.elder.c.organisation_id)
    )
    return {row.organisation_id: row.n for row in rows}


def battery_readings(
    connection: Connection, device_id: str, *, since: datetime, limit: int = 80
) -> list[BatteryReading]:
    """Return what a band said of its battery since *since*, oldest first, the newest *limit*."""
    ping = schema.ping
    rows = connection.execute(
        select(ping.c.at, ping.c.battery_pct, ping.c.charging)
        .where(ping.c.device_id == device_id, ping.c.at >= since, ping.c.battery_pct.is_not(None))
        .order_by(ping.c.at.desc())
        .limit(limit)
    ).all()
    return [
        BatteryReading(at=row.at, pct=row.battery_pct, charging=row.charging)
        for row in reversed(rows)
    ]


def fold_new_reports(connection: Connection, *, now: datetime, policy: HealthPolicy) -> int:
    """Bring each band's means up to date with the reports stored since last time; return how many.

    A mean over about `policy.reports` reports: each batch of n weighs 1 - (1 - 1/reports)^n.
    """
    counted = _count_new(connection)
    if not counted:
        return 0
    known = _means(connection, [row.device_id for row in counted])
    rows = []
    for row in counted:
        weight, usable, clock = known.get(row.device_id, (0.0, 1.0, 0.0))
        keep = (1 - 1 / policy.reports) ** row.n
        if weight == 0.0:
            keep = 0.0
        rows.append(
            {
                "device_id": row.device_id,
                "reports": min(weight + row.n, float(policy.reports)),
                "usable_share": keep * usable + (1 - keep) * row.usable / row.n,
                "bad_clock_share": keep * clock + (1 - keep) * row.bad_clock / row.n,
                "updated_at": now,
            }
        )
    statement = insert(connection.dialect.name, schema.band_health)
    new = statement.excluded
    names = ("reports", "usable_share", "bad_clock_share", "updated_at")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["device_id"], set_={name: new[name] for name in names}
        ),
        rows,
    )
    return sum(row.n for row in counted)


def _count_new(connection: Connection) -> list[Any]:
    ping, cursor = schema.ping, schema.cursor
    newest = connection.scalar(select(func.max(ping.c.id))) or 0
    start = connection.scalar(select(cursor.c.position).where(cursor.c.reader == _READER))
    if start == newest:
        return []
    statement = insert(connection.dialect.name, cursor).values(reader=_READER, position=newest)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["reader"], set_={"position": newest})
    )
    if start is None:
        return []  # the first look: what came before is history
    doubts = cast(ping.c.doubts, Text)
    usable = (
        ping.c.lon.is_not(None)
        & ping.c.is_current.is_(True)
        & or_(ping.c.accuracy_m.is_(None), ping.c.accuracy_m <= USABLE_ACCURACY_M)
    )
    bad_clock = or_(doubts.like("%_clock%"), doubts.like("%wrong_zone%"))
    rows = connection.execute(
        select(
            ping.c.device_id,
            func.count().label("n"),
            func.sum(case((usable, 1), else_=0)).label("usable"),
            func.sum(case((bad_clock, 1), else_=0)).label("bad_clock"),
        )
        .where(ping.c.id > start, ping.c.id <= newest, ping.c.is_backlog.is_(False))
        .group_by(ping.c.device_id)
    )
    return list(rows)


def _means(
    connection: Connection, device_ids: Iterable[str]
) -> dict[str, tuple[float, float, float]]:
    table = schema.band_health
    rows = connection.execute(select(table).where(table.c.device_id.in_(list(device_ids))))
    return {row.device_id: (row.reports, row.usable_share, row.bad_clock_share) for row in rows}


def _state(row: Any) -> BandState:
    values = {
        **row._mapping,
        "side": Side(row.side) if row.side else Side.UNSURE,
        "reports": row.reports or 0.0,
        "usable_share": 1.0 if row.usable_share is None else row.usable_share,
        "bad_clock_share": row.bad_clock_share or 0.0,
    }
    return BandState(**values)
