"""What can be broken: ingest, the database, the broker, the gateway, the disk."""

from typing import Protocol

from tests.journeys.reporting_bands import ReportingBands
from tests.journeys.service import Service
from tests.journeys.small_disk import SmallDisk
from tests.journeys.soak import Course
from tests.journeys.watches import Watches
from tests.servers import until

#: what ingest writes into its log each time it tries in vain
AWAY = "The database is away"
_BAND_TURN_S = 0.04
_WATCHES = 16
_WATCH_TURN_S = 0.2


class Server(Protocol):
    """A server that keeps its data when it is killed."""

    def start(self) -> None:
        """Start on the kept data and wait until it answers."""
        ...

    def kill(self) -> None:
        """End it as a power cut would."""
        ...


def ingest_killed(service: Service, broker_port: int, *, seed: int) -> Course:
    """Ingest is killed with -9; bands trust the broker's thanks alone."""

    def strike() -> None:
        service.ingest.kill()
        service.ingest.start()

    talkers = bands(service, broker_port, seed=seed)
    return Course(
        talkers=talkers,
        strike=strike,
        engine=service.engine,
    )


def database_killed(service: Service, broker_port: int, database: Server, *, seed: int) -> Course:
    """The database's server falls and rises while ingest goes on."""

    def strike() -> None:
        database.kill()
        database.start()

    talkers = bands(service, broker_port, seed=seed)
    return Course(
        talkers=talkers,
        strike=strike,
        engine=service.engine,
    )


def broker_killed(service: Service, broker_port: int, broker: Server, *, seed: int) -> Course:
    """The broker is killed with -9 and forgets what it had not saved; bands keep until `seen`."""

    def strike() -> None:
        broker.kill()
        broker.start()

    talkers = bands(service, broker_port, seed=seed, keeps=True)
    return Course(
        talkers=talkers,
        strike=strike,
        engine=service.engine,
        keeps_order=False,  # what is said again comes after what was said since
        must_have_all=True,
    )


def gateway_killed(service: Service, *, seed: int) -> Course:
    """The gateway is killed with -9; watches say again what was not answered."""

    def strike() -> None:
        service.gateway.kill()
        service.gateway.start()

    watches = Watches(service.gateway_port, _WATCHES, seed=seed, turn_s=_WATCH_TURN_S)
    return Course(
        talkers=watches,
        strike=strike,
        engine=service.engine,
        progress=lambda ledger: ledger.promised_count,
        by_second=True,
        keeps_order=False,  # what the spool holds is published again after each start
        must_have_all=True,
    )


def disk_filled(service: Service, broker_port: int, disk: SmallDisk, *, seed: int) -> Course:
    """The database's disk is filled until ingest complains, and freed; ingest goes on by itself."""
    talkers = bands(service, broker_port, seed=seed)

    def strike() -> None:
        complaints = service.ingest.log().count(AWAY)
        disk.fill()
        until(
            lambda: service.ingest.log().count(AWAY) > complaints,
            "ingest notices that the disk is full",
        )
        disk.free()
        seen = talkers.ledger.seen_count
        until(lambda: talkers.ledger.seen_count > seen, "ingest stores again")
        assert service.ingest.is_running

    return Course(
        talkers=talkers,
        strike=strike,
        engine=service.engine,
    )


def bands(service: Service, broker_port: int, *, seed: int, keeps: bool = False) -> ReportingBands:
    """Return the service's bands; they connect at once and speak when they are started."""
    return ReportingBands(
        broker_port, service.prefix, service.devices, seed=seed, turn_s=_BAND_TURN_S, keeps=keeps
    )
