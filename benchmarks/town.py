"""The databases of a benchmark: who is registered in them, and whether a run counts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from shapely.geometry import Point, box
from sqlalchemy import Engine, func, insert, select, text

from benchmarks.bands import home
from benchmarks.servers import postgresql
from core.clock import SystemClock
from core.errors import ServerMissing
from core.zones import ZoneKind
from store import registry, schema
from store.database import open_database, reading
from store.migrate import migrate
from store.zones import add_zone

_HOME_RADIUS_M = 150.0
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One database to measure."""

    name: str
    url: str
    engine: Engine
    #: the server's process; None where there is none
    pid: int | None = None


@contextmanager
def databases(console: Console) -> Iterator[list[Database]]:
    """Give a migrated, empty database of each kind that this machine has, on a disk."""
    with tempfile.TemporaryDirectory(prefix="aihuijia-bench-", dir="/var/tmp") as folder:
        found = [_migrated("SQLite", f"sqlite:///{folder}/bench.db")]
        try:
            with postgresql() as server:
                found.append(_migrated("PostgreSQL", server.address, server.pid))
                yield found
                found[-1].engine.dispose()
        except ServerMissing as missing:
            console.print(f"Without PostgreSQL: {missing}")
            yield found
        found[0].engine.dispose()


def register(engine: Engine, bands: int) -> None:
    """Register *bands* bands, each with a home, and a river nobody should enter.

    Bands that are there already stay.
    """
    now = SystemClock().now()
    with engine.begin() as connection:
        registry.add_organisation(
            connection, "bench", kind="street", name_zh="测试街道", name_en="Bench Street"
        )
        known = connection.scalar(select(func.count()).select_from(schema.band)) or 0
        if not known:
            add_zone(
                connection,
                elder_id=None,
                kind=ZoneKind.DANGER,
                name="river",
                shape=box(120.5, 30.40, 120.8, 30.44),
            )
        for start in range(known, bands, _AT_ONCE):
            some = range(start, min(start + _AT_ONCE, bands))
            elders = [
                {
                    "id": band + 1,
                    "organisation_id": "bench",
                    "name": f"B{band}",
                    "birth_year": 1946,
                    "sex": "f",
                }
                for band in some
            ]
            worn = [
                {"device_id": f"bench-{band}", "elder_id": band + 1, "registered_at": now}
                for band in some
            ]
            homes = [
                {
                    "elder_id": band + 1,
                    "kind": ZoneKind.SAFE.value,
                    "name": "home",
                    "shape": f"SRID=4326;{Point(home(band).lon, home(band).lat).wkt}",
                    "radius_m": _HOME_RADIUS_M,
                }
                for band in some
            ]
            connection.execute(insert(schema.elder), elders)
            connection.execute(insert(schema.band), worn)
            connection.execute(insert(schema.zone), homes)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def check_all_judged(engine: Engine, *, pings: int, beliefs: int, incidents: int = 0) -> None:
    """Refuse figures of a run that lost, doubled, refused or failed to judge anything."""
    tables = ("ping", "belief", "reject", "incident")
    with reading(engine) as connection:
        counted = {
            name: connection.scalar(select(func.count()).select_from(schema.metadata.tables[name]))
            for name in tables
        }
    expected = dict(zip(tables, (pings, beliefs, 0, incidents), strict=True))
    assert counted == expected, f"this run does not count: {counted} instead of {expected}"


def _migrated(name: str, url: str, pid: int | None = None) -> Database:
    engine = open_database(url)
    migrate(engine)
    return Database(name=name, url=url, engine=engine, pid=pid)
