"""The three roles of the service, each something that starts and stops.

They share nothing but the settings and the database; `up` runs them in one process, production runs
each in its own. In one process a commit rings the alerts role's bell, which only makes it faster.
"""

import fcntl
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from alerts.channels.sender import Sender
from alerts.channels.twilio import TwilioAccount, TwilioSms, TwilioVoice
from alerts.outbox import Outbox
from alerts.ticker import Ticker
from api.app import create_app
from api.services import Services
from core.clock import Clock, monotonic, pause
from core.errors import ServerMissing, SettingError
from core.people import Channel
from core.settings import Settings
from ingest.subscriber import Subscriber
from store.database import check_reachable

log = logging.getLogger(__name__)

_START_S = 20


class Role(Protocol):
    """Something that runs until it is stopped."""

    def start(self) -> None:
        """Begin; returns when it works or keeps trying by itself."""
        ...

    def stop(self) -> None:
        """Finish what is in hand and end."""
        ...


def wait_for_database(engine: Engine, stopping: threading.Event) -> bool:
    """Wait until the database answers, saying once a round what to do; False when stopped."""
    while not stopping.is_set():
        try:
            check_reachable(engine)
            return True
        except ServerMissing as missing:
            log.warning("%s. Trying again.", missing, extra={"action": "database_missing"})
            stopping.wait(2)
    return False


def ingest_role(
    settings: Settings,
    engine: Engine,
    clock: Clock,
    *,
    broker_url: str,
    on_incident: Callable[[], None] = lambda: None,
) -> Subscriber:
    """Return the ingest role."""
    return Subscriber(
        engine,
        clock,
        broker_url=broker_url,
        client_id=settings.mqtt_client_id,
        prefix=settings.topic_prefix,
        on_incident=on_incident,
    )


class AlertsRole:
    """Decides what is due and sends it."""

    def __init__(self, settings: Settings, engine: Engine, clock: Clock) -> None:
        """SettingError when no message could be delivered."""
        settings.require_provider()
        secret = settings.require_secret_key()
        account = TwilioAccount(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            sender_number=settings.twilio_from,
            api_url=settings.twilio_api_url,
            callback_url=settings.public_url,
        )
        senders: dict[Channel, Sender] = {
            Channel.SMS: TwilioSms(account),
            Channel.VOICE: TwilioVoice(account),
        }
        outbox = Outbox(
            engine,
            clock,
            senders,
            secret=secret,
            answer_url=settings.public_url if settings.sms_links else "",
        )
        self._lock = _only_one(settings)
        self.ticker = Ticker(
            engine,
            clock,
            outbox,
            tick_s=settings.tick_s,
            worker=f"{socket.gethostname()}:{os.getpid()}",
        )

    def start(self) -> None:
        """Begin to tick."""
        self.ticker.start()

    def stop(self) -> None:
        """Finish the calls under way and stop."""
        self.ticker.stop()
        if self._lock is not None:
            self._lock.close()


class ApiRole:
    """Serves people and the provider's callbacks."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        *,
        is_demo: bool = False,
        inbox_arrived: Callable[[], None] = lambda: None,
    ) -> None:
        """SettingError when a secret is missing."""
        settings.require_secret_key()
        if not is_demo:
            settings.require_coordinator_token()
        self.app: FastAPI = create_app(
            Services(
                engine=engine,
                clock=clock,
                settings=settings,
                is_demo=is_demo,
                inbox_arrived=inbox_arrived,
            )
        )
        config = uvicorn.Config(
            self.app,
            host=settings.http_host,
            port=settings.http_port,
            log_level="warning",
            access_log=False,  # addresses hold tokens
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        self._address = f"{settings.http_host}:{settings.http_port}"
        self._thread = threading.Thread(target=self._server.run, name="api", daemon=True)

    def start(self) -> None:
        """Listen; SettingError when the port is taken."""
        self._thread.start()
        deadline = monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or monotonic() > deadline:
                raise SettingError(
                    f"Setting AIHUIJIA_HTTP_PORT: cannot listen on {self._address}; is the port in"
                    " use? Example: AIHUIJIA_HTTP_PORT=8122"
                )
            pause(0.02)

    def stop(self) -> None:
        """Answer what is under way and stop listening."""
        self._server.should_exit = True
        self._thread.join(10)


def _only_one(settings: Settings) -> IO[str] | None:
    """On SQLite there is exactly one alerts role: hold a lock beside the file."""
    if not settings.database_url.startswith("sqlite:///"):
        return None
    path = Path(settings.database_url.removeprefix("sqlite:///") + ".alerts.lock")
    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise SettingError(
            "Setting AIHUIJIA_DATABASE_URL: another alerts role works on this SQLite file."
            " Stop it, or use PostgreSQL for several."
        ) from None
    return handle
