"""What every channel looks like: one message in, one result out, nothing raised."""

from dataclasses import dataclass
from typing import Protocol

from core.notifications import SendResult
from core.people import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One physical message, complete. Its text and number stay out of logs."""

    to: str
    text: str
    language: Language
    #: correlates a receipt with the attempt, also after a crash: "<notification>-<number>"
    token: str
    #: how long the provider may keep trying, seconds of service time
    validity_s: float
    #: can the receiver answer this message (a call then listens for a key)
    answerable: bool


class Sender(Protocol):
    """One provider on one channel."""

    @property
    def provider(self) -> str:
        """Return the provider's short name, as stored with each attempt."""
        ...

    def send(self, message: Outgoing) -> SendResult:
        """Call the provider once. Every failure is a result; takes at most about 10 s."""
        ...
