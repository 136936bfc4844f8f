"""A day of several elders' pings, and what the database made of it, without the order of things."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from store import schema
from store.database import reading
from tests.scenes import HOME, register_household, register_team, report

STEP = timedelta(minutes=5)
#: between these parts of the day somebody is on the way
_OUT, _BACK, _NIGHT = 0.4, 0.5, 0.9


@dataclass(frozen=True, slots=True)
class Said:
    """One report of one band."""

    device_id: str
    at: datetime
    body: dict[str, Any]


#: who lives how: always at home; presses SOS; falls; comes back by themselves; wanders off at night
STAYS, PRESSES, FALLS, RETURNS, WANDERS = "stays", "presses", "falls", "returns", "wanders"


def register(engine: Engine, bands: Iterable[str], now: datetime) -> None:
    """Register an elder for each of *bands*, and the team."""
    with engine.begin() as connection:
        for device_id in bands:
            register_household(connection, device_id, now=now)
        register_team(connection)


def day_of(bands: Iterable[str], begin: datetime, *, steps: int, seed: int) -> list[Said]:
    """Return what *bands*, named for how their elders live, say in that many steps; in order."""
    rng = random.Random(seed)
    said = [
        _say(band, begin + number * STEP, number, steps, rng)
        for band in bands
        for number in range(1, steps + 1)
    ]
    return sorted(said, key=lambda one: one.at)


def _say(band: str, step_ends: datetime, number: int, steps: int, rng: random.Random) -> Said:
    part = number / steps
    east_m = rng.uniform(-40, 40)
    if (band == RETURNS and _OUT < part <= _BACK) or (band == WANDERS and part > _NIGHT):
        east_m += 700
    alarms = {PRESSES: ["sos"], FALLS: ["fall"]}.get(band, []) if number == steps // 2 else []
    at = step_ends - timedelta(seconds=rng.randint(1, 200))
    place = HOME.moved(east_m=east_m, north_m=rng.uniform(-40, 40))
    body = report(f"{band}-{number}", at=at, position=place, alarms=alarms, worn=True)
    return Said(band, at, body)


def repeated(said: list[Said], rng: random.Random, *, share: float) -> list[Said]:
    """Return *said* with some said twice, anywhere, and all in another order."""
    mixed = said + rng.sample(said, round(len(said) * share))
    rng.shuffle(mixed)
    return mixed


def outcome(engine: Engine) -> tuple[list[Any], list[Any], list[Any]]:
    """Return stored positions, newest positions and incidents that people hear of, sorted."""
    ping, latest, incident, band = schema.ping, schema.latest, schema.incident, schema.band
    with reading(engine) as connection:
        positions = connection.execute(
            select(
                *(ping.c[name] for name in ("device_id", "report_id", "elder_id", "measured_at")),
                *(ping.c[name] for name in ("at", "lon", "lat", "accuracy_m", "source")),
            ).order_by(ping.c.device_id, ping.c.report_id)
        ).all()
        newest = connection.execute(
            select(
                *(latest.c[name] for name in ("device_id", "reports", "position_at", "lon", "lat")),
                *(latest.c[name] for name in ("accuracy_m", "side", "worn")),
            ).order_by(latest.c.device_id)
        ).all()
        incidents = connection.execute(
            select(band.c.device_id, incident.c.trigger, incident.c.state)
            .join(band, band.c.elder_id == incident.c.elder_id)
            .where(incident.c.outcome.is_distinct_from("not_confirmed"))
            .order_by(band.c.device_id, incident.c.id)
        ).all()
    return [tuple(p) for p in positions], [tuple(n) for n in newest], [tuple(i) for i in incidents]
