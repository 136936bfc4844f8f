"""English source texts for the words of the core; the catalogue holds the Chinese."""

from alerts.explaining import Note, Replay
from core.bands import Level, Trouble
from core.false_alarms import PartOfDay, ProposalKind
from core.incidents import Answer, Outcome, Trigger
from core.notifications import NotificationStatus, Purpose
from core.people import Channel, Role
from core.pings import Doubt, FixSource, RejectReason
from core.policies import Severity
from core.working_days import DayRule
from core.zones import Side
from geofence.engine import WhyNot
from geofence.trying import Cause

TRIGGERS: dict[Trigger, str] = {
    Trigger.CROSSING: "Left the safe zone",
    Trigger.DANGER_ZONE: "Entered a danger zone",
    Trigger.SOS: "Pressed the SOS key",
    Trigger.FALL: "Perhaps fell",
    Trigger.STRAP_REMOVED: "Band taken off",
    Trigger.SILENCE: "Band silent",
}
SEVERITIES: dict[Severity, str] = {
    Severity.NORMAL: "Ordinary: left home, band off, silent",
    Severity.URGENT: "Urgent: SOS, fall, night, ill",
    Severity.DANGER: "Danger: water, railway",
}
WEEKDAYS: dict[int, str] = {
    0: "Mon",
    1: "Tue",
    2: "Wed",
    3: "Thu",
    4: "Fri",
    5: "Sat",
    6: "Sun",
}
DAY_RULES: dict[DayRule, str] = {
    DayRule.EVERY: "every day",
    DayRule.WORKING: "working days",
    DayRule.OFF: "weekends and holidays",
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
    Answer.FALSE_ALARM: "False alarm, they are fine",
    Answer.NOT_REACHED: "Cannot reach them",
    Answer.NEED_RESCUE: "Rescue needed",
}
OUTCOMES: dict[Outcome, str] = {
    Outcome.FOUND: "found",
    Outcome.FALSE_ALARM: "false alarm",
    Outcome.NOT_CONFIRMED: "not confirmed, nobody was woken",
    Outcome.DRILL: "drill",
}
ROLES: dict[Role, str] = {
    Role.GUARDIAN: "guardian",
    Role.RESCUER: "rescuer",
    Role.OPERATOR: "operator",
}
CHANNELS: dict[str, str] = {
    Channel.SMS: "SMS",
    Channel.VOICE: "call",
    Channel.PUSH: "browser",
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
#: why a report was not judged
WHY_NOT: dict[WhyNot, str] = {
    WhyNot.NO_FIX: "no position in it",
    WhyNot.NOT_CURRENT: "the band repeats a position or has none now",
    WhyNot.NULL_ISLAND: DOUBTS[Doubt.NULL_ISLAND],
    WhyNot.STALE_FIX: DOUBTS[Doubt.STALE_FIX],
    WhyNot.RETAINED: DOUBTS[Doubt.RETAINED],
    WhyNot.FROZEN_FIX: DOUBTS[Doubt.FROZEN_FIX],
    WhyNot.SHIFTED: DOUBTS[Doubt.SHIFTED],
    WhyNot.OBSERVED: DOUBTS[Doubt.OBSERVED],
    WhyNot.IMPOSSIBLE_SPEED: DOUBTS[Doubt.IMPOSSIBLE_SPEED],
    WhyNot.DUPLICATE: "counted before",
    WhyNot.TOO_OLD: "came too late to be put in its place",
}
REPLAYS: dict[Replay, str] = {
    Replay.SAME: "Judged again: the same, bit for bit",
    Replay.DIFFERENT: "Judged again: NOT the same",
    Replay.PINGS_GONE: "Cannot be judged again: reports it stood on were deleted",
    Replay.UNREADABLE: "Cannot be judged again: kept by a version that nobody can read any more",
}
NOTES: dict[Note, str] = {
    Note.NO_DECISION: "Nothing was decided earlier; judged from the first report that is stored.",
    Note.ZONES_CHANGED: "Zones of that time were changed by hand; each decision has its own.",
    Note.RULES_CHANGED: "The rules were changed since; fixes are judged by today's.",
    Note.PINGS_GONE: "Reports that decisions stood on were deleted.",
    Note.NOT_ALL_PINGS: "There are too many reports; the oldest were left out.",
    Note.BROKEN: "Between two decisions the stored reports lead elsewhere than then;"
    " perhaps another radio was known at home.",
}
PROPOSALS: dict[ProposalKind, str] = {
    ProposalKind.BETTER_HOME: "A better zone around home",
    ProposalKind.MISSING_PLACE: "A zone that is missing",
}
PARTS_OF_DAY: dict[PartOfDay, str] = {
    PartOfDay.NIGHT: "at night",
    PartOfDay.MORNING: "in the morning",
    PartOfDay.NOON: "at noon",
    PartOfDay.AFTERNOON: "in the afternoon",
    PartOfDay.EVENING: "in the evening",
}
#: why there would have been an alarm
CAUSES: dict[Cause, str] = {
    Cause.LEFT: "left the safe zones",
    Cause.SILENCE: "perhaps left, and then silent",
    Cause.DANGER: "entered a danger zone",
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
