"""English source texts for the words of the core; the catalogue holds the Chinese."""

from core.bands import Level, Trouble
from core.incidents import Answer, Outcome, Trigger
from core.notifications import NotificationStatus, Purpose
from core.people import Channel, Role
from core.pings import Doubt, FixSource, RejectReason
from core.zones import Side

TRIGGERS: dict[Trigger, str] = {
    Trigger.CROSSING: "Left the safe zone",
    Trigger.DANGER_ZONE: "Entered a danger zone",
    Trigger.SOS: "Pressed the SOS key",
    Trigger.FALL: "Perhaps fell",
    Trigger.STRAP_REMOVED: "Band taken off",
    Trigger.SILENCE: "Band silent",
}
TROUBLES: dict[Trouble, str] = {
    Trouble.SILENT: "Band silent",
    Trouble.MASS_SILENCE: "Many bands silent at once",
    Trouble.LOW_BATTERY: "Battery low",
    Trouble.NOT_WORN: "Band off the wrist",
    Trouble.POOR_FIXES: "Hardly any position",
    Trouble.WRONG_CLOCK: "Clock wrong",
}
LEVELS: dict[Level, str] = {
    Level.NOTICE: "next visit",
    Level.SOON: "today",
    Level.NOW: "now",
}
ANSWERS: dict[Answer, str] = {
    Answer.GOING: "I am going",
    Answer.CANNOT: "I cannot go",
    Answer.FOUND: "Found",
    Answer.NOT_REACHED: "Cannot reach them",
    Answer.NEED_RESCUE: "Rescue needed",
}
OUTCOMES: dict[Outcome, str] = {
    Outcome.FOUND: "found",
    Outcome.FALSE_ALARM: "false alarm",
    Outcome.NOT_CONFIRMED: "not confirmed, nobody was woken",
}
ROLES: dict[Role, str] = {
    Role.GUARDIAN: "guardian",
    Role.RESCUER: "rescuer",
    Role.OPERATOR: "operator",
}
CHANNELS: dict[str, str] = {
    Channel.SMS: "SMS",
    Channel.VOICE: "call",
    "page": "answer page",
    "console": "console",
}
SOURCES: dict[FixSource, str] = {
    FixSource.GNSS: "satellite",
    FixSource.WIFI: "WiFi",
    FixSource.CELL: "cell tower",
    FixSource.UNKNOWN: "unknown source",
}
PURPOSES: dict[Purpose, str] = {
    Purpose.ASK: "ask",
    Purpose.INFORM: "news",
    Purpose.CONFIRM: "confirmation",
    Purpose.REMIND: "reminder",
    Purpose.ALARM: "alarm to the duty room",
    Purpose.CLOSING: "closing",
}
STATUSES: dict[NotificationStatus, str] = {
    NotificationStatus.READY: "waiting",
    NotificationStatus.SENDING: "being sent",
    NotificationStatus.SENT: "handed over",
    NotificationStatus.DELIVERED: "delivered",
    NotificationStatus.FAILED: "failed",
    NotificationStatus.WITHHELD: "not needed any more",
}
SIDES: dict[Side, str] = {
    Side.INSIDE: "inside the safe zone",
    Side.UNSURE: "unsure",
    Side.OUTSIDE: "outside the safe zone",
}
REASONS: dict[str, str] = {
    "nobody_reachable": "nobody could be reached",
    "window_ended": "no guardian accepted in time",
    "both_cannot": "both guardians cannot go",
    "team_cannot": "the team cannot go",
    "guardian_asks": "a guardian asked for it",
    "not_reached": "the guardians could not reach them",
    "no_news": "no news from the team",
    "rounds_used": "every round was used up",
    "order": "the coordinator asked for it",
}
STAGES: dict[str, str] = {
    "guardians": "guardians",
    "rescue": "rescue team",
    "unanswered": "duty room",
}
REJECTS: dict[RejectReason, str] = {
    RejectReason.EMPTY: "empty message",
    RejectReason.TOO_LARGE: "too large",
    RejectReason.NOT_TEXT: "not text",
    RejectReason.NOT_JSON: "not JSON",
    RejectReason.TOO_DEEP: "nested too deep",
    RejectReason.WRONG_SHAPE: "wrong form",
    RejectReason.UNKNOWN_VERSION: "unknown version",
    RejectReason.UNKNOWN_TOPIC: "unknown topic",
    RejectReason.UNKNOWN_FRAME: "not understood by the gateway",
    RejectReason.IMPOSSIBLE_POSITION: "impossible position",
    RejectReason.ENCRYPTED: "encrypted, no key",
    RejectReason.FAILED: "storing failed",
}
DOUBTS: dict[Doubt, str] = {
    Doubt.NULL_ISLAND: "no position in it",
    Doubt.BAD_CLOCK: "the band's clock is not set",
    Doubt.FUTURE_CLOCK: "the band's clock is ahead",
    Doubt.WRONG_ZONE: "the band's time zone is wrong",
    Doubt.STALE_FIX: "an old position, sent again",
    Doubt.LATE: "sent late",
    Doubt.OUT_OF_ORDER: "older than one seen before",
    Doubt.NO_ACCURACY: "accuracy unknown",
    Doubt.NO_SATELLITES: "no satellites in view",
    Doubt.CELL_ONLY: "found by the cell tower only",
    Doubt.RESOLVED: "looked up from what is around",
    Doubt.MAYBE_GCJ02: "perhaps shifted, as maps in China are",
    Doubt.SHIFTED: "shifted on purpose by the band",
    Doubt.FROZEN_FIX: "exactly the same position again",
    Doubt.IMPOSSIBLE_SPEED: "too far in too short a time",
    Doubt.RETAINED: "kept by the broker, not news",
    Doubt.BAD_FIELD: "a field made no sense",
    Doubt.OBSERVED: "band model on trial",
}
#: why a message or call failed, in the provider's words
FAILURES: dict[str, str] = {
    "no-answer": "not picked up",
    "busy": "line busy",
    "undelivered": "not delivered",
    "canceled": "cancelled",
    "failed": "failed",
    "sender_died": "interrupted, may have gone out",
    "sent_twice_unsure": "tried twice, may have gone out",
    "lease_nearly_over": "not sent in time",
}
#: how an unknown band's words come; a gateway is named by its protocol
WAYS: dict[str, str] = {
    "mqtt": "by itself, MQTT",
    "owntracks": "phone with OwnTracks",
    "gateway": "through a gateway",
}
#: clockwise from north, 45° each
DIRECTIONS = (
    "north",
    "north-east",
    "east",
    "south-east",
    "south",
    "south-west",
    "west",
    "north-west",
)
