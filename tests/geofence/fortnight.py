"""Fourteen made-up days of one elder: at home, and out at certain hours of certain days."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.clock import LOCAL_ZONE
from core.false_alarms import PastIncident
from core.incidents import Outcome
from core.pings import Fix, FixSource, Ping
from core.places import Position
from core.zones import Circle, Zone, ZoneKind

HOME = Position(120.69, 30.53)
DAYS = 14
#: local midnight after the last day
END = datetime(2026, 11, 23, tzinfo=LOCAL_ZONE).astimezone(UTC)
BEGIN = END - timedelta(days=DAYS)
EVERY = timedelta(minutes=5)
ELDER = 7
_WALK_M_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outing:
    """A stay somewhere else, every day of *days* (0 to 13) from one local hour to another."""

    east_m: float
    north_m: float = 0.0
    from_h: float
    until_h: float
    days: Iterable[int] = range(DAYS)


def at(day: int, hour: float) -> datetime:
    """Return local *hour* of *day* (0 to 13)."""
    return BEGIN + timedelta(days=day, hours=hour)


def zone(
    radius_m: float = 200.0,
    *,
    east_m: float = 0.0,
    north_m: float = 0.0,
    zone_id: int = 1,
    kind: ZoneKind = ZoneKind.SAFE,
) -> Zone:
    """Return a round zone, its centre so far from home."""
    return Zone(
        id=zone_id,
        elder_id=None if kind is ZoneKind.DANGER else ELDER,
        kind=kind,
        name="家",
        shape=Circle(HOME.moved(east_m=east_m, north_m=north_m), radius_m),
    )


def days_of(
    *outings: Outing, noise_m: float = 8.0, seed: int = 1, every: timedelta = EVERY
) -> tuple[Ping, ...]:
    """Return the pings of fourteen days, an ordinary one every five minutes."""
    return tuple(_pings(outings, noise_m, random.Random(seed), every))


def incident(
    number: int, day: int, from_h: float, until_h: float | None, outcome: Outcome | None
) -> PastIncident:
    """Return an incident of *day* with what people said of it."""
    return PastIncident(
        id=number,
        opened_at=at(day, from_h),
        closed_at=None if until_h is None else at(day, until_h),
        outcome=outcome,
    )


def _pings(
    outings: Iterable[Outing], noise_m: float, chance: random.Random, every: timedelta
) -> Iterator[Ping]:
    now = BEGIN
    while now < END:
        east_m, north_m = _place(outings, now)
        where = HOME.moved(
            east_m=east_m + chance.gauss(0, noise_m), north_m=north_m + chance.gauss(0, noise_m)
        )
        yield Ping(
            device_id="band-1",
            report_id=f"r{(now - BEGIN) // timedelta(seconds=1)}",
            measured_at=now,
            received_at=now,
            fix=Fix(position=where, accuracy_m=12.0, source=FixSource.GNSS),
        )
        now += every


def _place(outings: Iterable[Outing], now: datetime) -> tuple[float, float]:
    """Return where the elder is, metres from home; ways are walked."""
    day = (now - BEGIN).days
    hour = (now - BEGIN).seconds / 3600
    for outing in outings:
        if day not in outing.days:
            continue
        far_m = (outing.east_m**2 + outing.north_m**2) ** 0.5
        walk_h = max(1.0, far_m) / _WALK_M_S / 3600
        share = min(
            1.0,
            max(0.0, (hour - outing.from_h) / walk_h),
            max(0.0, (outing.until_h - hour) / walk_h),
        )
        if share > 0:
            return outing.east_m * share, outing.north_m * share
    return 0.0, 0.0
