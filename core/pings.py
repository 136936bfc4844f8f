"""What a wristband says: one message (ping), the position in it (fix), and our doubts about it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.places import Position
from core.radio import Network


class FixSource(StrEnum):
    """How the band came by a position."""

    GNSS = "gnss"
    WIFI = "wifi"
    CELL = "cell"
    UNKNOWN = "unknown"


class Alarm(StrEnum):
    """What a band can shout. Only `SOS` and `FALL` open an incident by themselves."""

    SOS = "sos"
    FALL = "fall"
    REMOVED = "removed"
    LOW_BATTERY = "low_battery"
    POWER_OFF = "power_off"
    POWER_CUT = "power_cut"
    FENCE_EXIT = "fence_exit"
    FENCE_ENTER = "fence_enter"
    VIBRATION = "vibration"
    HEART_RATE = "heart_rate"
    UNSPECIFIED = "unspecified"


class Doubt(StrEnum):
    """A named reason to trust a ping less. A doubted ping is stored; what it may do is limited."""

    NULL_ISLAND = "null_island"  #: coordinates 0,0: no position
    BAD_CLOCK = "bad_clock"  #: no usable time of its own; ordered by arrival
    FUTURE_CLOCK = "future_clock"  #: more than 2 min ahead of us; ordered by arrival
    WRONG_ZONE = "wrong_zone"  #: 7, 8 or 9 h off, again and again; ordered by arrival
    STALE_FIX = "stale_fix"  #: an old position sent again; never judged
    LATE = "late"  #: stored before sending; history only when older than what was judged
    OUT_OF_ORDER = "out_of_order"  #: older than one already judged
    NO_ACCURACY = "no_accuracy"  #: the band did not say how good the fix is
    NO_SATELLITES = "no_satellites"  #: called a satellite fix, from no satellite; 100 m at best
    CELL_ONLY = "cell_only"  #: found by radio cells; shifts the odds, decides nothing
    RESOLVED = "resolved"  #: the band had no fix; we looked its surroundings up
    MAYBE_GCJ02 = "maybe_gcj02"  #: perhaps taken from a Chinese map; shown, not judged
    SHIFTED = "shifted"  #: the device says it is not WGS-84; shown, not judged
    FROZEN_FIX = "frozen_fix"  #: the same to the last digit, while the wearer moves; never judged
    IMPOSSIBLE_SPEED = "impossible_speed"  #: no person or car covers that distance in that time
    RETAINED = "retained"  #: the broker kept it; it is not news
    BAD_FIELD = "bad_field"  #: an optional field made no sense and was left out
    OBSERVED = "observed"  #: of a model on trial: stored and shown, only its SOS rings


class RejectReason(StrEnum):
    """Why a message could not become a ping. Each is counted and can be looked up."""

    EMPTY = "empty"  #: no bytes at all
    TOO_LARGE = "too_large"  #: more bytes than a report may have
    NOT_TEXT = "not_text"  #: not UTF-8
    NOT_JSON = "not_json"  #: not a JSON document (NaN and Infinity are not JSON)
    TOO_DEEP = "too_deep"  #: nested deeper than any report
    WRONG_SHAPE = "wrong_shape"  #: JSON, but not of the documented form
    UNKNOWN_VERSION = "unknown_version"  #: a newer form than we know
    UNKNOWN_TOPIC = "unknown_topic"  #: no message of ours belongs on this topic
    UNKNOWN_FRAME = "unknown_frame"  #: a gateway heard it and could make no report of it
    IMPOSSIBLE_POSITION = "impossible_position"  #: coordinates off the globe, or not finite
    ENCRYPTED = "encrypted"  #: an OwnTracks secret we have no key for
    FAILED = "failed"  #: storing it failed again and again; the detail names the error


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A position with its accuracy: a disc, not a dot."""

    position: Position
    #: 68 % radius in metres; None when the band did not say. 0 is "did not say".
    accuracy_m: float | None
    source: FixSource = FixSource.UNKNOWN
    #: False when the band repeats an old position or says it has none now.
    is_current: bool = True
    satellites: int | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Wellness figures, never a medical statement. A failed measurement is None."""

    bpm: int | None = None
    sys: int | None = None  #: mmHg
    dia: int | None = None  #: mmHg
    spo2_pct: int | None = None
    temp_c: float | None = None
    site: str | None = None  #: where the temperature was taken: wrist, forehead


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One message of one band, decoded. `None` always means "the band did not say"."""

    device_id: str
    #: unique per device for good; a resend keeps it
    report_id: str
    #: the band's own time of measuring, UTC; None when it has no usable clock
    measured_at: datetime | None
    #: our time of arrival, UTC
    received_at: datetime
    fix: Fix | None = None
    battery_pct: int | None = None
    charging: bool | None = None
    worn: bool | None = None
    steps: int | None = None
    alarms: frozenset[Alarm] = frozenset()
    #: why the band spoke: timer, move, boot, reply, alarm, backlog; "" when it did not say
    why: str = ""
    #: the order that this report answers
    command: str | None = None
    network: Network | None = None
    health: Health | None = None
    is_backlog: bool = False
    doubts: frozenset[Doubt] = frozenset()
    #: the message as it came, kept for replay
    raw: bytes = field(default=b"", repr=False)

    @property
    def at(self) -> datetime:
        """The instant this ping speaks of: the band's if usable, else ours."""
        return self.measured_at or self.received_at
