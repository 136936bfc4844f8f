"""What every channel looks like: one message in, one result out, nothing raised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.notifications import Finding, SendResult
from core.people import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One physical message, complete. Its text and number stay out of logs."""

    #: a number (E.164); on the push channel a subscription, as JSON
    to: str
    text: str
    language: Language
    #: correlates a receipt with the attempt, also after a crash: "<notification>-<number>"
    token: str
    #: how long the provider may keep trying, seconds of service time
    validity_s: float
    #: can the receiver answer this message (a call then listens for a key)
    answerable: bool
    #: the same as *text* for providers that send approved templates only: name and variables
    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


class Sender(Protocol):
    """One provider on one channel."""

    @property
    def provider(self) -> str:
        """Return the provider's short name, as stored with each attempt."""
        ...

    def send(self, message: Outgoing) -> SendResult:
        """Call the provider once. Every failure is a result; takes at most about 10 s."""
        ...

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Ask the provider whether it took *message* (told by token, or number and text).

        Nothing raised; takes at most about 10 s.
        """
        ...
