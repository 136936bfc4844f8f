"""What is too old goes, kind by kind, in short transactions; what was deleted is written down.

Rows are read beside the writers, in the order of their keys, and deleted some hundred at a time, so
that nobody waits for it. It can be stopped anywhere and begins anew the next time.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    exists,
    func,
    or_,
    select,
)

from core.incidents import IncidentState
from core.retention import BEFORE_INCIDENT, Kind, Span, may_go
from store import incident_texts, schema
from store.database import reading
from store.retention_sweeps import SWEEPS, Sweep

#: so many rows are looked at, and at most deleted, in one go
BATCH = 500


def delete_old(
    engine: Engine,
    kind: Kind,
    cutoffs: Mapping[Kind, datetime],
    *,
    since: datetime | None = None,
    dry_run: bool = False,
    batch: int = BATCH,
) -> Iterator[int]:
    """Delete what is older than *cutoffs* of one kind; yield how many rows after each transaction.

    *since*: until when the last run came, so that texts are not emptied again. With *dry_run* only
    count.
    """
    cutoff = cutoffs[kind]
    if kind is Kind.POSITIONS:
        yield from _places(engine, schema.ping, schema.ping.c.received_at, cutoffs, dry_run, batch)
        yield _whole(engine, _of_bands_at_rest(cutoff), dry_run)
    elif kind is Kind.DECISIONS:
        table = schema.decision
        yield from _places(engine, table, table.c.decided_at, cutoffs, dry_run, batch)
        yield _whole(engine, [_unused_zone_sets()], dry_run)
    elif kind is Kind.INCIDENT_POSITIONS:
        return  # goes with positions and decisions, which know the incidents around them
    elif kind is Kind.INCIDENT_TEXTS:
        yield from incident_texts.empty_old(
            engine, cutoff, since=since, dry_run=dry_run, batch=batch
        )
    else:
        for sweep in SWEEPS[kind]:
            yield from _swept(engine, sweep, cutoff, dry_run, batch)


def _swept(
    engine: Engine, sweep: Sweep, cutoff: datetime, dry_run: bool, batch: int
) -> Iterator[int]:
    key, last = sweep.key, None
    is_old = and_(sweep.age < cutoff, sweep.condition)
    while True:
        statement = (
            select(key, (sweep.age >= cutoff).label("is_young"), is_old.label("goes"))
            .order_by(key)
            .limit(batch)
        )
        if last is not None:
            statement = statement.where(key > last)
        with reading(engine) as connection:
            rows = connection.execute(statement).all()
        going = [row[0] for row in rows if row.goes]
        if going:
            yield len(going) if dry_run else _remove(engine, sweep, going, is_old)
        if len(rows) < batch or (sweep.grows and all(row.is_young for row in rows)):
            return
        last = rows[-1][0]


def _remove(engine: Engine, sweep: Sweep, keys: Sequence[Any], is_old: ColumnElement[bool]) -> int:
    where = and_(sweep.key.in_(keys), is_old)
    table = sweep.table
    with engine.begin() as connection:
        if sweep.blanked:
            emptied = dict.fromkeys(sweep.blanked)
            return connection.execute(table.update().where(where).values(emptied)).rowcount
        return connection.execute(table.delete().where(where)).rowcount


def _places(
    engine: Engine,
    table: Table,
    arrived_at: Column[Any],
    cutoffs: Mapping[Kind, datetime],
    dry_run: bool,
    batch: int,
) -> Iterator[int]:
    """Delete pings or decisions, but for those of incidents that are open or not long over."""
    kind = Kind.POSITIONS if table is schema.ping else Kind.DECISIONS
    cutoff, incident_cutoff = cutoffs[kind], cutoffs[Kind.INCIDENT_POSITIONS]
    last = 0
    while True:
        with reading(engine) as connection:
            rows = connection.execute(
                select(table.c.id, table.c.elder_id, table.c.at, arrived_at.label("arrived_at"))
                .where(table.c.id > last)
                .order_by(table.c.id)
                .limit(batch)
            ).all()
            spans = _spans(connection, {row.elder_id for row in rows if row.elder_id is not None})
        going = [
            row.id
            for row in rows
            if row.arrived_at < cutoff
            and may_go(
                # a band's clock may say anything; it came when it came
                min(row.at, row.arrived_at),
                spans.get(row.elder_id, ()),
                cutoff=cutoff,
                incident_cutoff=incident_cutoff,
            )
        ]
        if going and dry_run:
            yield len(going)
        elif going:
            with engine.begin() as connection:
                gone = connection.execute(table.delete().where(table.c.id.in_(going))).rowcount
            yield gone  # with nothing held: whoever counts writes, too
        if len(rows) < batch or all(row.arrived_at >= cutoff for row in rows):
            return
        last = rows[-1].id


def _spans(connection: Connection, elder_ids: set[int]) -> dict[int, list[Span]]:
    """Return the times that belong to incidents; to an open one belongs all there is."""
    table = schema.incident
    found: dict[int, list[Span]] = defaultdict(list)
    for row in connection.execute(
        select(table.c.elder_id, table.c.state, table.c.opened_at, table.c.closed_at).where(
            table.c.elder_id.in_(sorted(elder_ids))
        )
    ):
        is_open = row.state != IncidentState.CLOSED.value
        since = row.opened_at - (timedelta(days=36500) if is_open else BEFORE_INCIDENT)
        until = None if is_open else row.closed_at or row.opened_at
        found[row.elder_id].append(Span(since=since, until=until))
    return found


def _of_bands_at_rest(cutoff: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return where a band was last that nobody wears any more, and how it was."""
    latest, band, health = schema.latest, schema.band, schema.band_health
    open_for = exists().where(
        schema.incident.c.elder_id == latest.c.elder_id,
        schema.incident.c.state != IncidentState.CLOSED.value,
    )

    def in_use(device_id: Column[Any]) -> ColumnElement[bool]:
        return exists().where(band.c.device_id == device_id, band.c.retired_at.is_(None))

    return [
        (latest, and_(latest.c.heard_at < cutoff, ~in_use(latest.c.device_id), ~open_for)),
        (health, and_(health.c.updated_at < cutoff, ~in_use(health.c.device_id))),
    ]


def _unused_zone_sets() -> tuple[Table, ColumnElement[bool]]:
    decision, zones = schema.decision, schema.zone_set
    used = exists().where(
        or_(decision.c.own_zones == zones.c.digest, decision.c.common_zones == zones.c.digest)
    )
    return zones, ~used


def _whole(
    engine: Engine, statements: Sequence[tuple[Table, ColumnElement[bool]]], dry_run: bool
) -> int:
    """Delete in small tables at once; return how many rows."""
    if dry_run:
        with reading(engine) as connection:
            return sum(
                connection.scalar(select(func.count()).select_from(table).where(where)) or 0
                for table, where in statements
            )
    with engine.begin() as connection:
        return sum(
            connection.execute(table.delete().where(where)).rowcount for table, where in statements
        )
