"""One logical message to one person (notification) and one physical provider call (attempt)."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from core.people import Channel, Role


class Purpose(StrEnum):
    """What a message is for; decides its words and whether it is still wanted."""

    ASK = "ask"  #: "can you go?"
    INFORM = "inform"  #: somebody else goes, the team was asked, seems back …
    CONFIRM = "confirm"  #: to the person who answered: we have it
    REMIND = "remind"  #: "any news?"
    ALARM = "alarm"  #: to an operator: nobody answered
    CLOSING = "closing"  #: it is over, thank you


class Priority(IntEnum):
    """Lower goes first."""

    FIRST_ASK = 0
    RESCUE = 1
    REPEAT = 2
    CONFIRM = 3
    CLOSING = 4
    DRILL = 5  #: whatever a drill sends: nobody real may wait behind it

    @property
    def is_urgent(self) -> bool:
        """Say whether somebody may be out there alone while this waits."""
        return self <= Priority.REPEAT


class NotificationStatus(StrEnum):
    """Where one logical message stands."""

    READY = "ready"  #: waiting for its time or its next try
    SENDING = "sending"  #: claimed by a sender until the lease ends
    SENT = "sent"  #: the provider took it
    DELIVERED = "delivered"  #: the phone has it; never counts as an answer
    FAILED = "failed"  #: every try was refused, or a person must act
    WITHHELD = "withheld"  #: not wanted any more, with the reason


class AttemptResult(StrEnum):
    """What one provider call came to."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"  #: refused; trying again can help
    PERMANENT = "permanent"  #: refused: this number can never be reached on this channel
    ELSEWHERE = "elsewhere"  #: refused: not by this provider; another one may
    AMBIGUOUS = "ambiguous"  #: it may or may not have gone out
    NOT_SENT = "not_sent"  #: we stopped before the call


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A message the lifecycle wants; the desk turns it into a notification row."""

    person_id: int
    role: Role
    channel: Channel
    purpose: Purpose
    priority: Priority
    #: step of the ladder it belongs to; part of the idempotency key
    step: int
    #: tells apart the several INFORM messages of one step; part of the idempotency key
    topic: str = ""
    due_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One logical message as stored."""

    id: int
    incident_id: int
    round: int
    step: int
    person_id: int
    role: Role
    channel: Channel
    purpose: Purpose
    topic: str
    priority: Priority
    status: NotificationStatus
    next_try_at: datetime
    expires_at: datetime
    attempts: int

    @property
    def is_ask(self) -> bool:
        """Say whether somebody is to answer this."""
        return self.purpose in (Purpose.ASK, Purpose.ALARM)

    @property
    def is_waiting(self) -> bool:
        """Say whether it is still to be sent, or in the hands of a sender."""
        return self.status in (NotificationStatus.READY, NotificationStatus.SENDING)

    @property
    def subject(self) -> tuple[str, str]:
        """Return what the message speaks of: `("going", "12")`, `("rescue_asked", "")`."""
        subject, _, about = self.topic.partition("|")[0].partition(":")
        return subject, about


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What a channel says after one call; retry depends on `result` alone."""

    result: AttemptResult
    provider_id: str | None = None
    #: the provider's error code or our word for what happened; no personal data
    reason: str = ""
    #: how long the provider asked us to wait, seconds
    retry_after_s: float | None = None
    #: the provider serves nobody now (credentials, account): it rests, and another one is asked
    provider_is_out: bool = False
    #: an operator has something to mend at the provider
    needs_operator: bool = False
    #: the provider is well and only asks for fewer calls at a time
    is_busy: bool = False


class Found(StrEnum):
    """What a provider knows of a call that nobody can be sure of."""

    YES = "yes"
    NO = "no"
    CANNOT_ASK = "cannot_ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of asking a provider whether it took a message."""

    found: Found
    provider_id: str | None = None


class Trouble(StrEnum):
    """Why a message did not arrive, as its receipt says; each needs something else."""

    DEAD_NUMBER = "dead_number"  #: never will: stop using the number on this channel
    OPTED_OUT = "opted_out"  #: they asked the provider to stop: a person must call them
    AWAY = "away"  #: phone off, no network: another way now
    BLOCKED = "blocked"  #: filtered on its way: do not send the same text again
    EXPIRED = "expired"  #: the ask was over before it arrived; the ladder has gone on
    PROVIDER = "provider"  #: the provider's or a carrier's own fault
    CONFIGURATION = "configuration"  #: an operator has to mend something
    NOT_ANSWERED = "not_answered"  #: a call that nobody took: ordinary
