"""What every decoder yields: readings, a reply, and what was learned of the connection. Pure.

Fields and their meaning are fixed for all protocols, so that what comes after need not know which
language a band speaks. `None` always means "the band did not say". Positions are WGS-84 degrees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.pings import FixSource, Health
from core.places import Position
from core.radio import AccessPoint, Cell, Network
from ingest.codecs.profiles import Profile

__all__ = [
    "AccessPoint",
    "Cell",
    "Codec",
    "Confirmation",
    "Flag",
    "Frame",
    "Health",
    "Kind",
    "Network",
    "Order",
    "ReadPosition",
    "Reading",
    "Session",
    "Split",
    "TimeQuality",
    "network_json",
]


class Kind(StrEnum):
    """What a reading is about."""

    POSITION = "position"
    ALARM = "alarm"
    HEARTBEAT = "heartbeat"
    HEALTH = "health"
    INFO = "info"
    COMMAND_REPLY = "command_reply"
    MEDIA = "media"
    UNKNOWN = "unknown"


class TimeQuality(StrEnum):
    """How far the band's own time can be used."""

    OK = "ok"
    ASSUMED_ZONE = "assumed_zone"  #: the protocol does not say which zone; the profile did
    BAD_CLOCK = "bad_clock"  #: a date that cannot be, or one a clock shows that was never set
    NONE = "none"


class Flag(StrEnum):
    """A quirk found while decoding. The reading stands; what came of the quirk is its name."""

    NULL_ISLAND = "null_island"  #: coordinates 0,0: no position
    BAD_CLOCK = "bad_clock"  #: no usable time of its own
    BAD_FIELD = "bad_field"  #: an optional field made no sense and was left out
    BAD_LENGTH = "bad_length"  #: the declared length is wrong
    BAD_CHECKSUM = "bad_checksum"
    NO_HEMISPHERE = "no_hemisphere"  #: the letter is missing; north and east were assumed
    NO_ACCURACY = "no_accuracy"  #: not said, or said as 0
    NO_SATELLITES = "no_satellites"  #: "located" with none: likely found by the network
    OFF_THE_GLOBE = "off_the_globe"  #: coordinates that cannot be, or swapped: no position
    SHIFTED = "shifted"  #: the device says its coordinates are not WGS-84
    MAYBE_GCJ02 = "maybe_gcj02"  #: perhaps taken from a Chinese map; shown, not judged
    NOT_REAL_TIME = "not_real_time"  #: the device marks it as sent later than measured
    STALE_FIX = "stale_fix"  #: an old position sent again
    UNPROFILED_ALARM = "unprofiled_alarm"  #: an alarm whose meaning only the model's profile tells
    FRAGMENT = "fragment"  #: part of a message whose other parts are awaited
    ENCRYPTED = "encrypted"
    PRIVATE_CONTENT = "private_content"  #: voice, picture, phone book: acknowledged and dropped
    OBSERVED = "observed"  #: of a model on trial: stored and shown, only its SOS rings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPosition:
    """A position as a device told it, WGS-84 degrees."""

    lon: float
    lat: float
    #: 68 % radius in metres; None when the device did not say, or said 0
    accuracy_m: float | None = None
    source: FixSource = FixSource.UNKNOWN
    #: False when the device says that it has no fix now, or repeats an old one
    is_current: bool = True

    def __post_init__(self) -> None:
        Position(self.lon, self.lat)  # refuses what is not on the globe


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thing a device said, in the words of all protocols."""

    device_id: str | None
    kind: Kind
    #: the keyword or message type as the protocol names it
    type: str = ""
    #: UTC
    fix_time: datetime | None = None
    fix_time_quality: TimeQuality = TimeQuality.NONE
    position: ReadPosition | None = None
    satellites: int | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    altitude_m: float | None = None
    battery_pct: int | None = None
    charging: bool | None = None
    worn: bool | None = None
    steps: int | None = None
    #: our names (core.pings.Alarm), or `other:<name>` for what concerns vehicles
    alarms: frozenset[str] = frozenset()
    network: Network | None = None
    health: Health | None = None
    is_backlog: bool = False
    flags: frozenset[Flag] = frozenset()
    #: the part of the frame that said so
    raw: bytes = field(default=b"", repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy under the documented names, `raw` left out."""
        position = self.position
        return {
            "device_id": self.device_id,
            "kind": self.kind.value,
            "type": self.type,
            "fix_time": None if self.fix_time is None else _instant(self.fix_time),
            "fix_time_quality": self.fix_time_quality.value,
            "position": None
            if position is None
            else {
                "lon": position.lon,
                "lat": position.lat,
                "accuracy_m": position.accuracy_m,
                "source": position.source.value,
                "is_current": position.is_current,
            },
            "satellites": self.satellites,
            "speed_kmh": self.speed_kmh,
            "course_deg": self.course_deg,
            "altitude_m": self.altitude_m,
            "battery_pct": self.battery_pct,
            "charging": self.charging,
            "worn": self.worn,
            "steps": self.steps,
            "alarms": sorted(self.alarms),
            "network": None if self.network is None else network_json(self.network),
            "health": None if self.health is None else _said(self.health),
            "is_backlog": self.is_backlog,
            "flags": sorted(self.flags),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Something a device is asked to do, in our words."""

    #: `locate`, `interval`, `find`, `contacts`, `removal_alarm`, `sos_taken`, `reboot`
    do: str
    #: `interval`: {"s": 60}; `contacts`: {"sos": ["+86…", …]}; `removal_alarm`: {"on": true}
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A device's word that an order reached it (not that it was carried out)."""

    #: the order's `do` where the echo tells; None where only the serial does
    do: str | None = None
    #: the serial number under which we sent it, where the protocol has one
    serial: int | None = None
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is known of one connection between frames. Codecs add their own fields by subclass."""

    profile: Profile
    #: whose connection this is; set by the first frame that says so
    device_id: str | None = None
    #: of the next frame we send on our own account, where the protocol counts them
    next_serial: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame, understood as far as it could be."""

    session: Session
    readings: tuple[Reading, ...] = ()
    #: what the device waits to hear, ready for the wire; None when nothing is due
    reply: bytes | None = None
    confirmations: tuple[Confirmation, ...] = ()
    #: why nothing at all could be understood, for technicians; None otherwise
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a stream's bytes hold."""

    frames: tuple[bytes, ...] = ()
    #: the beginning of a frame whose end has not come yet
    rest: bytes = b""
    #: bytes that belong to no frame and were passed over
    skipped: int = 0


class Codec(Protocol):
    """One protocol that devices speak over TCP. Stateless: what to remember is in `Session`."""

    #: its name on the command line and in topics
    name: str
    #: more waiting bytes than this without a frame are no frame
    most_buffer: int
    #: a connection that says nothing for longer is dead, seconds
    idle_s: float

    def recognises(self, start: bytes) -> bool:
        """Say whether a connection that begins with *start* (1 byte or more) speaks this."""
        ...

    def split(self, buffer: bytes) -> Split:
        """Take whole frames off *buffer*; never raises, always makes progress or waits."""
        ...

    def open(self, profile: Profile) -> Session:
        """Return the session of a new connection."""
        ...

    def decode(self, frame: bytes, session: Session, received_at: datetime) -> Frame:
        """Return what one frame says; never raises on any bytes. *received_at*: aware, UTC."""
        ...

    def encode(self, order: Order, session: Session) -> tuple[bytes, Session] | None:
        """Return *order* in this protocol's words; None where it has no words for it.

        The session is the one to go on with (a serial was used). Raises BadOrder for arguments
        that cannot be sent.
        """
        ...


def network_json(network: Network) -> dict[str, Any]:
    """Return a JSON-ready copy; what the device did not say is left out."""
    return {
        "cells": [_said(cell) for cell in network.cells],
        "wifi": [_said(point) for point in network.wifi],
    }


def _said(record: Any) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return {name: value for name, value in values.items() if value is not None}


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
