"""The `$`-led binary form of H02: decimal figures packed two a byte. Pure.

    $ | id 5 | hhmmss | ddmmyy | ddmm.mmmm 4 | battery 1 | dddmm.mmmm, flags 5 | speed, course 3 |
    status 4 | user alarm 1 | reserved 1 | …

Knots and degrees have three figures each. The flags are the last half byte of the longitude: 2
located, 4 north, 8 east. A message of 45 bytes goes on with signal, satellites, odometer (4), mcc
(2), mnc, lac (2), cell (2) and its number, one of 48 with what we do not know; one with an id of 8
bytes (15 figures) exists.
"""

import re

from ingest.codecs.h02.status import alarms_in, is_urgent, level_pct
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Cell, Flag, Kind, Network, Reading
from ingest.codecs.sentences import KMH_PER_KNOT, decimal, degrees, instant, place

#: no message is shorter, bytes
SHORTEST = 32
#: whole lengths with an id of 5 bytes, and with one of 8
_LENGTHS = (SHORTEST, 45, 48)
_LONG_ID_LENGTH = 42
#: what follows the status in a message of 45 bytes
_LONG_TAIL = 16
_LOCATED, _NORTH, _EAST = 0x2, 0x4, 0x8
#: some add this to their battery level of 1 to 6
_LEVEL_MARK = 0xF0

#: time, date, latitude, battery, longitude with its flags, speed, course, status
_BODY = re.compile(
    r"(?P<time>[0-9]{6})(?P<date>[0-9]{6})(?P<lat>[0-9]{8})(?P<battery>[0-9a-f]{2})"
    r"(?P<lon>[0-9]{9})(?P<flags>[0-9a-f])(?P<speed>[0-9a-f]{3})(?P<course>[0-9a-f]{3})"
    r"(?P<status>[0-9a-f]{8})"
)
_CLOCK = re.compile(
    r"([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9](0[0-9]|[12][0-9]|3[01])(0[0-9]|1[0-2])"
)


def read(frame: bytes, profile: Profile) -> Reading | None:
    """Return what a binary message says; None when it is none."""
    figures = frame[1:64].hex()
    sizes = (16, 10) if len(frame) == _LONG_ID_LENGTH else (10, 16)
    bodies = [(size, body) for size in sizes if (body := _BODY.match(figures, size))]
    if not bodies or not frame.startswith(b"$"):
        return None
    # Both may fit by chance; a clock that can be is the better witness than the length.
    size, body = next((b for b in bodies if _CLOCK.match(figures, b[0])), bodies[0])
    device_id = figures[:10] if size == 10 else figures[:15]
    if not device_id.isdigit():
        return None
    tail = frame[1 + body.end() // 2 :]
    flags = int(body["flags"], 16)
    position, odd = place(
        degrees(f"{body['lat'][:4]}.{body['lat'][4:]}", "N" if flags & _NORTH else "S"),
        degrees(f"{body['lon'][:5]}.{body['lon'][5:]}", "E" if flags & _EAST else "W"),
        located=bool(flags & _LOCATED),
    )
    fix_time, quality = instant(body["date"], body["time"], profile)
    knots, course_deg = decimal(body["speed"], 0, 800), decimal(body["course"], 0, 360)
    alarms, puzzling = alarms_in(body["status"], profile)
    unread = {Flag.BAD_FIELD} if knots is None or course_deg is None else set()
    return Reading(
        device_id=device_id,
        kind=Kind.ALARM if is_urgent(alarms) else Kind.POSITION,
        type="$",
        fix_time=fix_time,
        fix_time_quality=quality,
        position=position,
        speed_kmh=None if knots is None else knots * KMH_PER_KNOT,
        course_deg=course_deg,
        battery_pct=_battery_pct(int(body["battery"], 16), profile),
        alarms=alarms,
        network=_network(tail),
        flags=odd | puzzling | unread,
    )


def _battery_pct(level: int, profile: Profile) -> int | None:
    return level_pct(level - _LEVEL_MARK if level > _LEVEL_MARK else level, profile)


def _network(tail: bytes) -> Network | None:
    if len(tail) != _LONG_TAIL:
        return None
    mcc, mnc = int.from_bytes(tail[8:10]), tail[10]
    lac, cid = int.from_bytes(tail[11:13]), int.from_bytes(tail[13:15])
    if not 200 <= mcc < 800 or not (lac or cid):
        return None
    return Network(cells=(Cell(mcc=mcc, mnc=mnc, lac=lac, cid=cid),))


def lengths(start: bytes) -> tuple[int, ...]:
    """Return how long the message that begins with *start* (32 bytes or more) may be."""
    if _CLOCK.match(start[:SHORTEST].hex(), 2 + 16):
        return (*_LENGTHS, _LONG_ID_LENGTH)
    return _LENGTHS


def begins_later(start: bytes) -> bool:
    """Say whether the `$` of *start* (16 bytes) is the end of another, and the next one begins.

    Only a clock that can be tells: an id may begin with the figures of a `$`.
    """
    return (
        start[1:2] == b"$"
        and may_begin(start[1:13])
        and not _has_clock(start)
        and (_has_clock(start[1:]))
    )


def _has_clock(start: bytes) -> bool:
    figures = start[1:15].hex()
    return any(_CLOCK.match(figures, at) is not None for at in (10, 16))


def may_begin(start: bytes) -> bool:
    """Say whether *start* (1 byte or more) can be the beginning of a binary message."""
    return start[:1] == b"$" and all(byte >> 4 <= 9 and byte & 15 <= 9 for byte in start[1:12])
