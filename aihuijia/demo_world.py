"""The whole service and everything around it in one process, on a fast clock, with made-up people.

Real parts: MQTT over TCP, SQLite, the provider's SDK over HTTP, the pages. Stand-ins: wristbands,
the phone network, the people. No account, no key, no other server.
"""

import fcntl
import gc
import secrets
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from aihuijia.alerts_role import AlertsRole
from aihuijia.api_role import ApiRole
from aihuijia.canary_role import CanaryRole
from aihuijia.embedded_broker import EmbeddedBroker
from aihuijia.ingest_role import ingest_role
from aihuijia.roles import Role
from core.clock import LOCAL_ZONE, ScaledClock, SystemClock, check_aware
from core.errors import SettingError
from core.sealing import new_key
from core.settings import Settings
from simulators.fleet import Broker
from simulators.pacing import PacedClock
from simulators.phone_network import PhoneNetwork, create_phone_network
from simulators.phones import NearPhones
from simulators.programme import Programme
from simulators.stage import Stage
from store import canary_cast
from store.database import open_database
from store.migrate import migrate

#: the demo's day begins here: people are about, dusk is near
_BEGINS_HOUR, _BEGINS_MINUTE = 16, 40

DATABASE = "aihuijia.db"
PHONE_RECORD = "phone-network.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the demo listens, on the loopback address."""

    http: int
    broker: int


class DemoWorld:
    """Built, started and stopped as one."""

    def __init__(
        self,
        programme: Programme,
        *,
        work: Path,
        clock: ScaledClock | PacedClock,
        ports: Ports,
        tick_s: float,
    ) -> None:
        """Put everything together in the folder *work*, whose old demo is replaced.

        A `PacedClock` slows down while the service is behind its own due times.
        """
        self._lock = _empty_for_one(work)
        self.record_path = work / PHONE_RECORD
        self.settings = demo_settings(work, ports, tick_s)
        self.clock = clock
        self.engine: Engine = open_database(self.settings.database_url)
        migrate(self.engine)
        self.phones = self._phone_network(programme.seed)
        self.phones.name({self.settings.canary_number: canary_cast.NAME})
        broker = EmbeddedBroker(ports.broker)
        self.stage = Stage(
            programme,
            engine=self.engine,
            clock=self.clock,
            phones=NearPhones(self.phones),
            broker=Broker.from_url(broker.url),
            topic_prefix=self.settings.topic_prefix,
            pace=clock if isinstance(clock, PacedClock) else None,
        )
        self.registered = self.stage.register()
        alerts = AlertsRole(self.settings, self.engine, self.clock)
        self.api = ApiRole(
            self.settings,
            self.engine,
            self.clock,
            is_demo=True,
            inbox_arrived=alerts.ticker.wake,
        )
        self.api.app.mount("/standin", self.phones.app)
        self._ingest = ingest_role(
            self.settings,
            self.engine,
            self.clock,
            broker_url=broker.url,
            on_incident=alerts.ticker.wake,
        )
        canary = CanaryRole(self.settings, self.engine, self.clock, broker_url=broker.url)
        self._roles: Sequence[Role] = (self.api, alerts, broker, self._ingest, canary)
        self._started: list[Role] = []

    @property
    def page(self) -> str:
        """Return the address of the page to open."""
        return f"{self.settings.public_url}/demo"

    def start(self) -> None:
        """Start the service, then the bands; what started is stopped again if a part cannot."""
        # A dozen busy threads share one interpreter here; short turns keep each of them prompt.
        sys.setswitchinterval(0.0005)
        gc.collect()
        gc.freeze()  # what was imported stays; looking through it again and again costs pauses
        for role in self._roles:
            role.start()
            self._started.append(role)
        self._ingest.connected.wait(10)
        self.stage.start()

    def stop(self) -> None:
        """Stop the bands, then the service; what was sent is stored and delivered first."""
        self.stage.stop()
        while self._started:
            self._started.pop().stop()
        self.phones.close()
        self.engine.dispose()
        self._lock.close()

    def _phone_network(self, seed: int) -> PhoneNetwork:
        settings = self.settings
        return create_phone_network(
            clock=self.clock,
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            number=settings.twilio_from,
            public_url=settings.public_url,
            record_path=self.record_path,
            seed=seed,
        )


def _empty_for_one(work: Path) -> IO[str]:
    """Empty the folder for this demo; SettingError while another one works in it."""
    work.mkdir(parents=True, exist_ok=True)
    handle = (work / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise SettingError(
            f"Another demo works in {work}. Stop it, or choose another folder: --work var/second"
        ) from None
    for old in work.iterdir():
        if old.is_file() and old.name != "lock":
            old.unlink()
    return handle


def demo_settings(work: Path, ports: Ports, tick_s: float) -> Settings:
    """Return settings for one demo: fresh secrets, everything on the loopback address."""
    address = f"http://127.0.0.1:{ports.http}"
    return Settings.model_validate(
        {
            "database_url": f"sqlite:///{work / DATABASE}",
            "http_port": ports.http,
            "embedded_broker_port": ports.broker,
            "public_url": address,
            "secret_key": secrets.token_hex(32),
            "data_keys": new_key(),
            "sms_provider": "twilio",
            # A day of stories in a few minutes, with few people: more than carriers would take.
            "sms_per_day": 0,
            "calls_per_hour": 0,
            "calls_per_day": 0,
            "twilio_account_sid": "AC" + "0" * 29 + "121",
            "twilio_auth_token": secrets.token_hex(16),
            "twilio_from": "+15005550006",
            "canary_number": "+15005550121",
            # A visitor opens the links of the stand-in phones, and nobody there is real.
            "guardian_second_factor": False,
            "twilio_api_url": f"{address}/standin",
            "tick_s": tick_s,
        }
    )


def free_ports(*, http: int, broker: int) -> Ports:
    """Return these ports, or the next free ones where another program listens."""
    return Ports(http=_free_port(http), broker=_free_port(broker))


def _free_port(wanted: int) -> int:
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return wanted


def today_at_dusk() -> datetime:
    """Return when a demo's day begins."""
    today = SystemClock().now().astimezone(LOCAL_ZONE)
    begins = today.replace(hour=_BEGINS_HOUR, minute=_BEGINS_MINUTE, second=0, microsecond=0)
    return check_aware(begins)
