"""What each JT/T 808 message says: which ones hold locations, which are only signs of life. Pure.

Message ids are those of JT/T 808-2019; 0210, 0506, 1007, 1300, 6006 and 8888 are vendors'.
"""

import struct
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ingest.codecs.jt808.framing import LOCK_BACKLOG, LOCK_LOCATION, Message
from ingest.codecs.jt808.location import FIXED_BYTES, MOST_RAW, read_location
from ingest.codecs.jt808.locks import read_lock_location
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Confirmation, Flag, Kind, Reading

ANSWER, REGISTER, ASK_TIME, ASK_STANDARD_TIME = 0x0001, 0x0100, 0x0109, 0x0004
LOCATED, TEXT_ANSWER, VENDOR_PHOTO = 0x0201, 0x1300, 0x8888
_CONTROLLED = 0x0500
#: the serial of ours that they answer stands before their location
_WHERE_ANSWERS = frozenset({LOCATED, _CONTROLLED})
_HEARTBEAT, _LOCATION, _BATCH, _VENDOR_BATCH = 0x0002, 0x0200, 0x0704, 0x0210

MEDIA = frozenset({0x0800, 0x0801, VENDOR_PHOTO})
#: parameters (telephone numbers), attributes (number of the SIM card), a driver's card
_PRIVATE = MEDIA | {0x0104, 0x0107, 0x0702}

_KINDS: Mapping[int, Kind] = MappingProxyType(
    {
        **dict.fromkeys((_HEARTBEAT, 0x0506), Kind.HEARTBEAT),
        **dict.fromkeys(MEDIA, Kind.MEDIA),
        **dict.fromkeys((ANSWER, TEXT_ANSWER), Kind.COMMAND_REPLY),
        **dict.fromkeys(
            (
                *(0x0003, ASK_STANDARD_TIME, 0x0005, REGISTER, 0x0102, 0x0104, 0x0107, 0x0108),
                *(ASK_TIME, _VENDOR_BATCH, 0x0301, 0x0302, 0x0303, 0x0608, 0x0700, 0x0701, 0x0702),
                *(0x0705, 0x0802, 0x0805, 0x0900, 0x0901, 0x0A00, 0x1007, 0x6006),
            ),
            Kind.INFO,
        ),
    }
)
#: vendors' messages whose first byte is the battery in percent: id and length
_BATTERY_FIRST = frozenset({(_HEARTBEAT, 3), (_VENDOR_BATCH, 7)})


def read_readings(message: Message, raw: bytes, profile: Profile) -> tuple[Reading, ...]:
    """Return what *message* says. *raw* is what to keep of it: the frame, or its parts joined."""
    if message.message_id == _LOCATION:
        return (read_location(message.body, message, profile, raw=raw),)
    if message.message_id in _WHERE_ANSWERS:
        return (read_location(message.body[2:], message, profile, raw=raw),)
    if message.message_id in (LOCK_LOCATION, LOCK_BACKLOG):
        return (read_lock_location(message, raw=raw),)
    readings: tuple[Reading, ...] = ()
    if message.message_id == _BATCH and len(message.body) >= 3:
        count, kind = struct.unpack_from(">HB", message.body)
        readings = _batch(message, 3, 2, profile, count=count, is_backlog=kind != 0)
    elif message.message_id == _VENDOR_BATCH:
        readings = _batch(message, 0, 1, profile)
    return readings or (read_aside(message, raw),)


def read_aside(message: Message, raw: bytes, flag: Flag | None = None) -> Reading:
    """Return the reading of a message whose content is not for us; *flag*: whose cannot be."""
    flags = set(message.flags)
    kind = _KINDS.get(message.message_id, Kind.UNKNOWN)
    battery_pct = None
    if flag is not None:
        flags.add(flag)
        kind = Kind.UNKNOWN
    elif (message.message_id, len(message.body)) in _BATTERY_FIRST:
        battery_pct = message.body[0]
    is_private = message.message_id in _PRIVATE
    if is_private:
        flags.add(Flag.PRIVATE_CONTENT)
    return Reading(
        device_id=message.sender.device_id,
        kind=kind,
        type=message.type,
        battery_pct=battery_pct if battery_pct is not None and battery_pct <= 100 else None,
        flags=frozenset(flags),
        raw=b"" if is_private else raw[:MOST_RAW],
    )


def read_confirmations(message: Message) -> tuple[Confirmation, ...]:
    """Return which of our messages it says has come."""
    if len(message.body) < 2:
        return ()
    serial = int.from_bytes(message.body[:2], "big")
    if message.message_id == LOCATED:
        return (Confirmation(do="locate", serial=serial),)
    if message.message_id in (TEXT_ANSWER, _CONTROLLED):
        return (Confirmation(serial=serial),)
    if message.message_id == ANSWER and len(message.body) >= 5:
        return (Confirmation(serial=serial, ok=message.body[4] == 0),)
    return ()


def _batch(
    message: Message,
    at: int,
    width: int,
    profile: Profile,
    *,
    count: int | None = None,
    is_backlog: bool = False,
) -> tuple[Reading, ...]:
    """Read locations that stand behind their lengths of *width* bytes, from *at* on.

    One that is cut off, or shorter than a location can be, is left out: after a wrong length all
    bytes are out of place, and a bit among them is no cry for help.
    """
    body, parts = message.body, []
    while at + width <= len(body):
        length = int.from_bytes(body[at : at + width], "big")
        at += width + length
        if length >= FIXED_BYTES and at <= len(body):
            parts.append(body[at - length : at])
    if at != len(body) or count not in (None, len(parts)):
        message = replace(message, flags=message.flags | {Flag.BAD_LENGTH})
    return tuple(
        read_location(part, message, profile, raw=part, is_backlog=is_backlog) for part in parts
    )
