"""A town of 100,000 for the people's door: elders, bands, zones, incidents, and the service."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import Engine, insert, select

from alerts import desk
from alerts.triggers import Signal, SignalKind
from benchmarks.bands import home
from benchmarks.town import Database, register
from core.clock import SystemClock
from core.incidents import Trigger
from store import schema
from tests import processes
from tests.accounts import bearer, staff_token
from tests.servers import free_port, until

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The API role as a process, and how it is reached."""

    url: str
    token: str

    def client(self) -> httpx.Client:
        """Return a client with a token of all roles everywhere, that keeps its connection."""
        return httpx.Client(base_url=self.url, timeout=60, headers=bearer(self.token))


def fill(engine: Engine, elders: int, incidents: int) -> None:
    """Register *elders* with band and home, let each be heard, and open *incidents*."""
    register(engine, elders)
    now = SystemClock().now()
    with engine.begin() as connection:
        for start in range(0, elders, _AT_ONCE):
            some = range(start, min(start + _AT_ONCE, elders))
            places = {band: home(band).moved(east_m=band % 97, north_m=band % 89) for band in some}
            connection.execute(
                insert(schema.latest),
                [
                    {
                        "device_id": f"bench-{band}",
                        "elder_id": band + 1,
                        "first_heard_at": now - timedelta(days=30),
                        "heard_at": now - timedelta(seconds=band % 600),
                        "reports": 1_000,
                        "position_at": now - timedelta(seconds=band % 600),
                        "lon": place.lon,
                        "lat": place.lat,
                        "accuracy_m": 9.0,
                        "source": "gnss",
                        "side": "inside",
                        "battery_pct": 71,
                        "worn": True,
                        "online": True,
                    }
                    for band, place in places.items()
                ],
            )
    for number in range(incidents):
        signal = Signal(
            elder_id=number * (elders // incidents) + 1,
            kind=SignalKind.ALARM,
            trigger=Trigger.SOS,
            at=now,
            report_id=f"bench-{number}",
            evidence={},
        )
        with engine.begin() as connection:
            desk.report(connection, signal, ping_id=None, now=now)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def incident_ids(engine: Engine) -> list[int]:
    """Return the incidents that are open."""
    with engine.connect() as connection:
        return list(connection.scalars(select(schema.incident.c.id)))


@contextmanager
def door(database: Database) -> Iterator[Door]:
    """Run `aihuijia api` on *database* until the end of the block."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    address = database.url.replace("postgresql+psycopg://", "postgresql://")
    settings = {
        "DATABASE_URL": address,
        "HTTP_PORT": str(port),
        "PUBLIC_URL": url,
        "SECRET_KEY": "a key for throw-away servers only 0123",
    }
    token = staff_token(database.engine, SystemClock().now())
    with tempfile.TemporaryDirectory(prefix="aihuijia-bench-") as folder:
        process = processes.start("api", settings, cwd=Path(folder))
        try:
            until(lambda: _answers(process, url), "the API answers")
            yield Door(url=url, token=token)
        finally:
            process.terminate()
            process.wait(20)


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    assert process.poll() is None, "aihuijia api ended"
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
