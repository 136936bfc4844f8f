"""Messages, calls and errors in the provider's own words: fields, states, codes.

Field names, date format and error bodies are those of Twilio's 2010-04-01 API, as its own package
reads them.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from simulators.phone_network.faults import Struck

API_VERSION = "2010-04-01"


def check_callback(url: str) -> None:
    """Raise ProviderError where the provider would not post to *url*; "" is no callback."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if url and (parts.scheme not in ("http", "https") or not host or "_" in host):
        raise ProviderError(400, 21609, "The 'StatusCallback' URL is not a valid URL.")


class ProviderError(Exception):
    """A request the provider refuses, with its code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """HTTP *status*, the provider's *code* and a sentence."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def to_json(self) -> dict[str, Any]:
        """Return the provider's error body."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


class ConnectionBreaks(Exception):
    """The request's connection is to break without an answer."""


@dataclass(slots=True, kw_only=True)
class Message:
    """One SMS, in either direction."""

    sid: str
    account_sid: str
    to: str
    sender: str
    body: str
    direction: str
    status: str
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    status_callback: str = ""
    error_code: int | None = None
    struck: Struck = field(default_factory=Struck, repr=False)
    #: receipts that wait for the last one
    held: list[dict[str, str]] = field(default_factory=list, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the message resource."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": rfc2822(self.created_at),
            "date_sent": rfc2822(self.sent_at),
            "date_updated": rfc2822(self.updated_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(segments(self.body)),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


@dataclass(slots=True, kw_only=True)
class Call:
    """One call to a phone."""

    sid: str
    account_sid: str
    to: str
    sender: str
    twiml: str
    url: str
    status: str
    created_at: datetime
    updated_at: datetime
    timeout_s: float
    started_at: datetime | None = None
    ended_at: datetime | None = None
    status_callback: str = ""
    callback_events: tuple[str, ...] = ("completed",)
    callbacks_sent: int = 0
    error_code: int | None = None
    #: who picked up, if the service asked to have that found out
    answered_by: str | None = None
    wants_detection: bool = False
    struck: Struck = field(default_factory=Struck, repr=False)
    #: receipts that wait for the last one
    held: list[dict[str, str]] = field(default_factory=list, repr=False)
    #: how many keys the person has pressed
    keys_pressed: int = 0
    #: what the person hears, for the demonstration's screen
    heard: str = ""
    #: set once: "answered", "busy" or "no-answer"
    fate: "asyncio.Future[str] | None" = field(default=None, repr=False)
    #: the key being waited for; None means the person hung up or nothing was pressed
    key: "asyncio.Future[str | None] | None" = field(default=None, repr=False)

    @property
    def duration_s(self) -> int:
        """Seconds between picking up and the end."""
        if self.started_at is None or self.ended_at is None:
            return 0
        return round((self.ended_at - self.started_at).total_seconds())

    @property
    def is_over(self) -> bool:
        """Say whether the call has ended."""
        return self.status in ("completed", "no-answer", "busy", "failed", "canceled")

    def to_json(self) -> dict[str, Any]:
        """Return the call resource."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "answered_by": self.answered_by,
            "api_version": API_VERSION,
            "caller_name": None,
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.updated_at),
            "direction": "outbound-api",
            "duration": str(self.duration_s) if self.is_over else None,
            "end_time": rfc2822(self.ended_at),
            "forwarded_from": None,
            "from": self.sender,
            "from_formatted": self.sender,
            "group_sid": None,
            "parent_call_sid": None,
            "phone_number_sid": None,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "sid": self.sid,
            "start_time": rfc2822(self.started_at),
            "status": self.status,
            "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
            "to": self.to,
            "to_formatted": self.to,
            "trunk_sid": None,
            "uri": f"{uri}.json",
        }


def rfc2822(instant: datetime | None) -> str | None:
    """Return *instant* as the provider writes dates, None for none."""
    return None if instant is None else format_datetime(instant)


def segments(body: str) -> int:
    """Return how many SMS a text takes: 160/153 plain characters, or 70/67 of any other script."""
    single, several = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= single else -(-len(body) // several)
