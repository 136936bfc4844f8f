"""The alerts role: decides what is due and sends it."""

import fcntl
import os
import socket
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from alerts.channels.sender import Sender
from alerts.channels.twilio import TwilioAccount, TwilioSms, TwilioVoice
from alerts.outbox import Outbox
from alerts.ticker import Ticker
from core.clock import Clock
from core.errors import SettingError
from core.people import Channel
from core.settings import Settings


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
