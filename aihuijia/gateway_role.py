"""The gateway role: bands that speak a TCP protocol in, native reports out."""

import asyncio
import fcntl
import hmac
import logging
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.clock import Clock
from core.errors import AihuijiaError, SettingError
from core.settings import Settings, explain
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Codec
from ingest.gateways.languages import CODECS, codecs_with
from ingest.gateways.server import Gateway, Plan
from store import band_models, workers
from store.database import reading
from store.spool import open_spool

log = logging.getLogger(__name__)

_START_S = 20.0
#: files beside the connections: the spool, the broker, the libraries
_OTHER_FILES = 100
#: how often the registry is asked for models, and told that we live; wall seconds
REFRESH_EVERY_S = 15.0
#: the first answer of the database is waited for so long before bands are let in
_FIRST_MODELS_S = 5.0


class GatewayRole:
    """Runs the gateway in a thread of its own."""

    def __init__(
        self, settings: Settings, engine: Engine, clock: Clock, *, broker_url: str
    ) -> None:
        """*engine* is the service's database; the gateway works without it, too.

        SettingError when the spool cannot be opened or belongs to another gateway.
        """
        self._settings = settings
        self._registry = _Registry(
            engine, clock, worker=f"{socket.gethostname()}:{os.getpid()}:gateway"
        )
        raise_file_limit(settings.gateway_most_connections)
        self._lock, self._spool = _open_spool(settings)
        self._gateway = Gateway(
            Plan(
                name=settings.gateway_name,
                host=settings.gateway_host,
                port=settings.gateway_port,
                broker_url=broker_url,
                client_id=urlsplit(broker_url).username or f"aihuijia-{settings.gateway_name}",
                prefix=settings.topic_prefix,
                broker_ca=settings.broker_ca,
                codecs=_codecs(settings),
                profile_for=self._registry.profile_for,
                most_connections=settings.gateway_most_connections,
                connections_per_address=settings.gateway_connections_per_address,
                frames_per_minute=settings.gateway_frames_per_minute,
            ),
            self._spool,
            clock,
        )
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return self._gateway.port

    def start(self) -> None:
        """Listen; SettingError when the port is taken."""
        self._registry.start()
        self._thread.start()
        self._ready.wait(_START_S)
        if self._failure is not None or not self._ready.is_set():
            self._registry.stop()
            self._spool.dispose()
            self._lock.close()
            if isinstance(self._failure, AihuijiaError):
                raise self._failure
            address = f"{self._settings.gateway_host}:{self._settings.gateway_port}"
            problem = f"the gateway cannot listen on {address}: {self._failure}"
            raise SettingError(explain("gateway_port", problem))
        self._registry.figures = self._gateway.figures
        log.info(
            "The gateway listens.", extra={"action": "gateway_listens", "port": self._gateway.port}
        )

    def stop(self) -> None:
        """Hang up, write what is in hand, end."""
        self._gateway.stop()
        self._thread.join(20)
        self._registry.stop()
        self._spool.dispose()
        self._lock.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._gateway.run(self._ready.set))
        except BaseException as error:  # handed to the thread that waits in start()
            self._failure = error
            if self._ready.is_set():
                log.exception("The gateway failed.", extra={"action": "gateway_failed"})
                os.kill(os.getpid(), signal.SIGTERM)  # whoever started us starts us again
            self._ready.set()


class _Registry:
    """Knows which model a band is, as the database last said; tells it that the gateway lives."""

    def __init__(self, engine: Engine, clock: Clock, *, worker: str) -> None:
        #: what is told with each beat
        self.figures: Callable[[], dict[str, Any]] = dict
        self._engine = engine
        self._clock = clock
        self._worker = worker
        self._models: Mapping[str, str] = {}
        self._is_away = False
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="gateway-registry", daemon=True)

    def start(self) -> None:
        """Ask, and wait a moment for the first answer: a wrong profile is hours off."""
        self._thread.start()
        self._asked.wait(_FIRST_MODELS_S)

    def stop(self) -> None:
        self._stopping.set()

    def profile_for(self, protocol: str, device_id: str) -> Profile:
        return profile_of(protocol, self._models.get(device_id))

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._refresh()
            self._asked.set()
            self._stopping.wait(REFRESH_EVERY_S)

    def _refresh(self) -> None:
        """Ask and tell; while the database is away what it said last is good enough."""
        try:
            with reading(self._engine) as connection:
                self._models = band_models.models(connection)
            with self._engine.begin() as connection:
                workers.beat(
                    connection,
                    self._worker,
                    role="gateway",
                    detail=self.figures(),
                    now=self._clock.now(),
                )
            self._is_away = False
        except SQLAlchemyError:
            if not self._is_away:
                log.warning(
                    "The database is away; bands are read as the models last known.",
                    extra={"action": "models_unknown"},
                )
            self._is_away = True


def own_broker_url(settings: Settings) -> str:
    """Return the broker the gateway signs in to; SettingError when it has no login of its own.

    The broker takes the login for the client id, so with the ingest role's they would throw each
    other out for ever.
    """
    url = settings.gateway_broker_url or settings.broker_url
    if not settings.gateway_broker_url and urlsplit(url).username:
        raise SettingError(
            explain("gateway_broker_url", "the gateway needs a login of its own on the broker")
        )
    return url


def why_left_out(settings: Settings) -> str | None:
    """Return why `aihuijia up` runs no gateway; None when it should.

    Somebody who named a port or a login wants one, and is told by an error what is in its way.
    """
    if settings.gateway_port == 0:
        return "AIHUIJIA_GATEWAY_PORT is 0."
    if {"gateway_port", "gateway_broker_url"} & settings.model_fields_set:
        return None
    if urlsplit(settings.broker_url).username:
        return "it needs a login of its own, AIHUIJIA_GATEWAY_BROKER_URL."
    with socket.socket() as probe:
        if probe.connect_ex((settings.gateway_host, settings.gateway_port)) == 0:
            return f"port {settings.gateway_port} is in use; set AIHUIJIA_GATEWAY_PORT."
    return None


def raise_file_limit(connections: int) -> None:
    """Let this process open as many files as it may; say so when they are too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with suppress(OSError, ValueError):  # a sandbox may forbid it; then what there is must do
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    if soft < connections + _OTHER_FILES:
        log.warning(
            "Only %d files may be open, too few for %d connections: raise LimitNOFILE= of the unit"
            " or lower AIHUIJIA_GATEWAY_MOST_CONNECTIONS.",
            soft,
            connections,
            extra={"action": "too_few_files"},
        )


def _codecs(settings: Settings) -> tuple[Codec, ...]:
    """Return the protocols; with a key, JT/T 808 devices get codes that nobody can guess."""
    key = settings.secret_key.get_secret_value().encode()
    if not key:
        return CODECS
    return codecs_with(
        lambda device_id: hmac.digest(key, f"jt808:{device_id}".encode(), "sha256").hex()[:16]
    )


def _open_spool(settings: Settings) -> tuple[IO[str], Engine]:
    """Return the spool, and the lock that keeps others from it."""
    path = settings.gateway_spool
    lock: IO[str] | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = Path(f"{path}.lock").open("w")  # noqa: SIM115  held while the role lives
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock, open_spool(path, most_mib=settings.gateway_spool_mib)
    except BlockingIOError:
        problem = f"another gateway works on {path}; give each its own"
    except OSError as error:
        problem = f"{path} cannot be made: {error}"
    except DBAPIError as error:
        problem = f"{path} cannot be opened: {error.orig}"
    if lock is not None:
        lock.close()
    raise SettingError(explain("gateway_spool", problem))
