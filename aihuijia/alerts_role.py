"""The alerts role: decides what is due and sends it."""

import fcntl
import os
import socket
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from aihuijia.senders import limits_of, senders_for
from alerts.dead_man import DeadMan
from alerts.guard import Guard
from alerts.keeper import Keeper
from alerts.notice_sender import NoticeSender
from alerts.outbox import Outbox
from alerts.providers import Providers, key_of
from alerts.relay_sender import RelaySender
from alerts.ticker import Ticker
from core.clock import Clock
from core.errors import SettingError
from core.people import PHONE
from core.retention import read_rules
from core.settings import Settings


class AlertsRole:
    """Decides what is due and sends it."""

    def __init__(self, settings: Settings, engine: Engine, clock: Clock) -> None:
        """SettingError when no message could be delivered."""
        senders = senders_for(settings)
        secret = settings.require_secret_key()
        outbox = Outbox(
            engine,
            clock,
            senders,
            secret=secret,
            answer_url=settings.public_url if settings.sms_links else "",
            push_url=settings.public_url,
            limits=limits_of(settings),
        )
        worker = f"{socket.gethostname()}:{os.getpid()}"
        self._lock = _only_one(settings)
        self.notices = NoticeSender(
            engine, clock, Providers(senders), secret=secret, limits=limits_of(settings)
        )
        self.relays = RelaySender(
            engine,
            clock,
            secret=secret,
            public_url=settings.public_url,
            rooms=settings.team_rooms.get_secret_value().split(),
        )
        self.ticker = Ticker(
            engine,
            clock,
            outbox,
            tick_s=settings.tick_s,
            worker=worker,
        )
        self.guard = Guard(engine, clock, worker=worker, limits=limits_of(settings))
        self.keeper = Keeper(engine, clock, days=read_rules(settings.retention), worker=worker)
        for hand in (self.notices, self.relays, self.keeper):
            hand.may_work = self._schema_fits
        self.guard.schema_fits = self._schema_fits
        self._dead_man: DeadMan | None = None
        if settings.heartbeat_url.get_secret_value():
            self._dead_man = DeadMan(
                engine,
                clock,
                self.guard,
                self.ticker,
                url=settings.heartbeat_url.get_secret_value(),
                provider_keys=[
                    key_of(sender.provider, channel)
                    for channel in PHONE
                    for sender in senders.get(channel, ())
                ],
            )
            self.guard.more = self._dead_man.figures

    def _schema_fits(self) -> bool:
        return self.ticker.schema_fits

    def start(self) -> None:
        """Begin to tick."""
        self.guard.start()
        if self._dead_man is not None:
            self._dead_man.start()
        self.ticker.start()
        self.notices.start()
        self.relays.start()
        self.keeper.start()

    def stop(self) -> None:
        """Finish the calls under way and stop."""
        if self._dead_man is not None:
            self._dead_man.stop()
        self.guard.stop()
        self.keeper.stop()
        self.ticker.stop()
        self.notices.stop()
        self.relays.stop()
        if self._lock is not None:
            self._lock.close()


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
