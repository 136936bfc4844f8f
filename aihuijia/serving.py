"""Run roles until a signal says stop: `up`, or one role in its own process."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from enum import StrEnum

from sqlalchemy import Engine

from aihuijia.roles import Role, wait_for_database
from core.clock import Clock
from core.errors import SettingError
from core.settings import Settings
from store.database import open_database
from store.migrate import check_version, migrate

log = logging.getLogger(__name__)


class RoleName(StrEnum):
    """What a process can be."""

    INGEST = "ingest"
    ALERTS = "alerts"
    API = "api"
    GATEWAY = "gateway"
    CANARY = "canary"


#: roles that begin, and go on, without the database
ALONE = frozenset({RoleName.GATEWAY})
#: the ingest role's MQTT client knows no file descriptor above 1023, and in `up` they are shared
MOST_BANDS_IN_UP = 800


def serve(settings: Settings, names: Sequence[RoleName]) -> None:
    """Run the named roles in this process until SIGINT or SIGTERM."""
    stopping = stop_on_signal()
    clock = settings.clock()
    if RoleName.ALERTS in names:
        settings.require_provider()  # before anything waits for a server
    if settings.clock_speed != 1:
        log.warning(
            "The clock runs %g times faster than the wall: a simulation, not a service.",
            settings.clock_speed,
            extra={"action": "fast_clock"},
        )
    engine = open_database(settings.database_url)
    if not ALONE.issuperset(names):
        if not wait_for_database(engine, stopping):
            return
        if engine.dialect.name == "sqlite":
            migrate(engine)  # one file, one process: nobody else could be surprised
        check_version(engine)
    run(build(settings, engine, clock, names), stopping)


def build(
    settings: Settings, engine: Engine, clock: Clock, names: Sequence[RoleName]
) -> list[Role]:
    """Put the roles together, in the order in which they start."""
    roles: list[Role] = []
    wake: Callable[[], None] = _nobody_waits
    alerts: Role | None = None
    # Each role is imported only where it runs: a process that was killed is back sooner.
    if RoleName.ALERTS in names:
        from aihuijia.alerts_role import AlertsRole

        alerts = AlertsRole(settings, engine, clock)
        wake = alerts.ticker.wake
    if RoleName.API in names:
        from aihuijia.api_role import ApiRole

        # First, because a provider may call back as soon as something is sent.
        roles.append(ApiRole(settings, engine, clock, inbox_arrived=wake))
    if alerts is not None:
        roles.append(alerts)
    if (
        RoleName.INGEST in names
        or (RoleName.GATEWAY in names and not settings.gateway_broker_url)
        or (RoleName.CANARY in names and not settings.canary_broker_url)
    ):
        settings, broker = _with_broker(settings, alone=len(names) < len(RoleName))
        roles.extend(broker)
    if RoleName.INGEST in names:
        from aihuijia.ingest_role import ingest_role

        roles.append(
            ingest_role(settings, engine, clock, broker_url=settings.broker_url, on_incident=wake)
        )
    if RoleName.GATEWAY in names:
        roles.extend(_gateway(settings, engine, clock, alone=len(names) == 1))
    if RoleName.CANARY in names and (settings.canary_number or len(names) == 1):
        from aihuijia.canary_role import CanaryRole

        roles.append(CanaryRole(settings, engine, clock))
    return roles


def _with_broker(settings: Settings, *, alone: bool) -> tuple[Settings, list[Role]]:
    """Return the settings with the broker's address, and the broker if it is to run here."""
    if settings.broker_url != "embedded":
        return settings, []
    from aihuijia.embedded_broker import EmbeddedBroker

    if alone:
        raise SettingError(
            "Setting AIHUIJIA_BROKER_URL: the embedded broker lives inside `aihuijia up`; a"
            " role on its own needs a real one."
            " Example: AIHUIJIA_BROKER_URL=mqtt://127.0.0.1:1883"
        )
    broker = EmbeddedBroker(settings.embedded_broker_port)
    return settings.model_copy(update={"broker_url": broker.url}), [broker]


def _gateway(settings: Settings, engine: Engine, clock: Clock, *, alone: bool) -> list[Role]:
    """Return the gateway; in `up` it may be left out, and whoever left it out is told why."""
    from aihuijia.gateway_role import GatewayRole, own_broker_url, why_left_out

    reason = None if alone else why_left_out(settings)
    if reason is not None:
        log.warning("No gateway runs: %s", reason, extra={"action": "gateway_left_out"})
        return []
    if not alone:
        most = min(settings.gateway_most_connections, MOST_BANDS_IN_UP)
        settings = settings.model_copy(update={"gateway_most_connections": most})
    return [GatewayRole(settings, engine, clock, broker_url=own_broker_url(settings))]


def run(roles: Sequence[Role], stopping: threading.Event) -> None:
    """Start the roles, wait, stop them in the opposite order."""
    started: list[Role] = []
    try:
        for role in roles:
            role.start()
            started.append(role)
        log.info("Running. Ctrl-C stops.", extra={"action": "running"})
        stopping.wait()
    finally:
        for role in reversed(started):
            role.stop()
        log.info("Stopped.", extra={"action": "stopped"})


def stop_on_signal() -> threading.Event:
    """Return an event that SIGINT or SIGTERM sets."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _nobody_waits() -> None:
    """No alerts role in this process: its own tick will see what is due."""
