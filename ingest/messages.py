"""One message as the broker gave it, and what decoding makes of it."""

from dataclasses import dataclass
from datetime import datetime

from core.pings import Ping, RejectReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One MQTT message, not yet understood."""

    topic: str
    payload: bytes
    received_at: datetime
    #: the broker kept it and gives it to every newcomer: it is old
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Something in a message that could not be used: kept, counted and shown."""

    reason: RejectReason
    #: where and what, without the values
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswer:
    """A band's answer to an order of ours."""

    device_id: str
    command: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A band's birth message or last will."""

    device_id: str
    online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """All that one message said."""

    pings: tuple[Ping, ...] = ()
    command_answer: CommandAnswer | None = None
    presence: Presence | None = None
    complaints: tuple[Complaint, ...] = ()
