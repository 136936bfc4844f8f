"""The service as an operator runs it, on servers of the caller: elders with bands, ingest apart."""

from pathlib import Path

from core.clock import SystemClock
from store import schema
from store.database import open_database
from tests.journeys.role_process import RoleProcess
from tests.processes import production_settings
from tests.scenes import register_household, register_team, rows
from tests.servers import free_port, until

_BANDS = 8


class Service:
    """Registered bands, the ingest role and, if wanted, a gateway. Starts nothing by itself."""

    def __init__(self, name: str, *, database_url: str, broker_url: str, folder: Path) -> None:
        """*name* keeps topics and client ids apart; the database is migrated and empty."""
        self.prefix = f"121/{name}"
        self.devices = [f"{name}-{number}" for number in range(_BANDS)]
        self.engine = open_database(database_url)
        self.gateway_port = free_port()
        #: the name under which the broker keeps what ingest has not acknowledged
        self.client_id = f"ingest-{name}"
        settings = production_settings(
            database_url=database_url, broker_url=broker_url, speed=1
        ) | {
            "MQTT_CLIENT_ID": self.client_id,
            "TOPIC_PREFIX": self.prefix,
            "GATEWAY_PORT": str(self.gateway_port),
            "GATEWAY_NAME": f"gateway-{name}",
            "GATEWAY_SPOOL": str(folder / "gateway.db"),
        }
        self.ingest = RoleProcess("ingest", settings, folder)
        self.gateway = RoleProcess("gateway", settings, folder)
        with self.engine.begin() as connection:
            now = SystemClock().now()
            for device_id in self.devices:
                register_household(connection, device_id, now=now)
            register_team(connection)

    def start(self) -> None:
        """Start ingest and wait until the broker knows it: before, it keeps nothing for it."""
        self.ingest.start()
        until(lambda: bool(rows(self.engine, schema.worker_beat)), "ingest listens")

    def throw_away(self) -> None:
        """End what runs."""
        self.gateway.throw_away()
        self.ingest.throw_away()
        self.engine.dispose()
