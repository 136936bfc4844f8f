"""A way to reach one person on one channel, and what is known of it."""

from dataclasses import dataclass
from datetime import datetime

from core.people import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoint:
    """A number (E.164) of a person. Its value stays out of logs and addresses."""

    id: int
    person_id: int
    channel: Channel
    value: str
    #: when a code that went there came back; None: nobody knows whose it is
    verified_at: datetime | None = None
    #: when a message was delivered there last, a call was taken, or an answer came from there
    last_ok_at: datetime | None = None
    #: why it is not used any more; None: it is
    disabled_reason: str | None = None
