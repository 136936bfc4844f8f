"""Other systems that are told what happens in an incident: which events, and whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.incidents import EntryKind, Outcome, TimelineEntry


class RelayEvent(StrEnum):
    """What another system can be told. The names are part of what agencies program against."""

    OPENED = "opened"  #: somebody is believed to be missing; people are being asked
    WORSE = "worse"  #: another alarm of the same elder
    RESCUE_ASKED = "rescue_asked"
    TAKEN_OVER = "taken_over"  #: somebody said they are going
    LEASE_ENDED = "lease_ended"  #: whoever was going is not heard of; others are asked again
    UNANSWERED = "unanswered"  #: everybody was asked, nobody came
    SEEMS_BACK = "seems_back"  #: the band is at home again; a human has to confirm
    CLOSED = "closed"
    TEST = "test"  #: an operator tries whether the way works


class SubscriberKind(StrEnum):
    """How a subscriber is spoken to."""

    WEBHOOK = "webhook"  #: an agency's own system, signed
    ROOM = "room"  #: a chat of the team


class RelayStatus(StrEnum):
    """Where one event for one subscriber stands."""

    WAITING = "waiting"
    SENDING = "sending"  #: claimed until the lease ends
    DONE = "done"  #: taken by the other side
    GIVEN_UP = "given_up"  #: tried for as long as it makes sense; somebody was told
    DROPPED = "dropped"  #: the subscriber was removed before


#: what a timeline entry means to others; entries that are not here are our own business
_EVENTS = {
    EntryKind.OPENED: RelayEvent.OPENED,
    EntryKind.CONFIRMED: RelayEvent.OPENED,
    EntryKind.SILENCE_CONFIRMED: RelayEvent.OPENED,
    EntryKind.TRIGGERED_AGAIN: RelayEvent.WORSE,
    EntryKind.RESCUE_ASKED: RelayEvent.RESCUE_ASKED,
    EntryKind.TOOK_OVER: RelayEvent.TAKEN_OVER,
    EntryKind.LEASE_ENDED: RelayEvent.LEASE_ENDED,
    EntryKind.UNANSWERED: RelayEvent.UNANSWERED,
    EntryKind.SEEMS_BACK: RelayEvent.SEEMS_BACK,
    EntryKind.CLOSED: RelayEvent.CLOSED,
}
#: what a subscriber hears who did not choose
ALL_EVENTS = tuple(event for event in RelayEvent if event is not RelayEvent.TEST)


def event_of(entry: TimelineEntry) -> RelayEvent | None:
    """Return what *entry* is to others; None when nobody else needs to hear of it."""
    if entry.kind is EntryKind.CLOSED and entry.detail.get("outcome") == Outcome.NOT_CONFIRMED:
        return None  # nobody was woken, so nobody was told of its beginning
    return _EVENTS.get(entry.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Another system, as stored."""

    id: int
    kind: SubscriberKind
    name: str
    #: of a webhook; of a room only a digest of its address, which is a secret
    address: str
    #: only elders of this organisation; None: all
    organisation_id: str | None
    events: frozenset[RelayEvent]
    #: may it be told where the elder is?
    with_position: bool
    #: number of its secret; the one before is good for a while after a change
    generation: int
    rotated_at: datetime | None
    paused_at: datetime | None
    removed_at: datetime | None
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One event for one subscriber, as stored."""

    id: int
    subscriber_id: int
    #: None: a test
    incident_id: int | None
    event: RelayEvent
    #: when it happened
    at: datetime
    #: state, severity, trigger, outcome … at that instant
    facts: dict[str, str | int | float | bool | None]
    #: as it goes out, the same at every try; None before the first
    body: dict[str, object] | None
    status: RelayStatus
    attempts: int
    next_try_at: datetime
    answer_code: int | None
    reason: str | None
    receipt: str | None
    receipt_at: datetime | None
    finished_at: datetime | None

    @property
    def event_id(self) -> str:
        """Return the name under which the receiver knows it, the same at every try."""
        return f"evt_{self.id}"


def read_event_id(event_id: str) -> int | None:
    """Return the relay's id; None when *event_id* is not one of ours."""
    number = event_id.removeprefix("evt_")
    is_ours = event_id.startswith("evt_") and number.isascii() and number.isdecimal()
    return int(number) if is_ours and len(number) <= 18 else None
