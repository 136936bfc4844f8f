"""A message in a sender's hands: what was claimed, and what is not known of its earlier calls."""

from dataclasses import dataclass

from alerts.channels.sender import Outgoing, Sender
from core.notifications import Notification
from store.attempts import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """An earlier call of the same message that may or may not have gone out."""

    attempt: Attempt
    sender: Sender | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that is ours until its lease ends, and the call that is to be made for it."""

    notification: Notification
    number: int
    outgoing: Outgoing
    sender: Sender
    #: providers that could still be asked if this one cannot
    has_other: bool
    unsure: Unsure | None
    use_id: int | None
    lease_ends_monotonic: float
