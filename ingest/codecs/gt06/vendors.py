"""Read reports that single makers put into GT06 frames. Pure.

Type 70 has modules: id 2, length 2, value. Types 32 and 33 in long frames have a clock, then GPS,
own cell, other cells and Wi-Fi, each behind its length. Type F3 has a clock, then a count of access
points, each level 2 and MAC 6. Types 65, 66 and 8C are what a vehicle says of itself, as text
between a clock and a place.
"""

from collections.abc import Iterator
from dataclasses import replace

from ingest.codecs.gt06.assembly import (
    with_clock,
    with_fix,
    with_gps,
    with_network,
    with_status,
)
from ingest.codecs.gt06.clock import CLOCK_BYTES, Zone, read_clock, read_unix_clock
from ingest.codecs.gt06.fix import (
    FIX_BYTES,
    GPS_BYTES,
    GPS_LENGTH,
    is_gps,
    make_fix,
    read_fix,
)
from ingest.codecs.gt06.radio import (
    MAC_BYTES,
    MIDDLE_LONG_MNC,
    NARROW,
    access_point,
    read_access_points,
    read_all_cells,
    read_one_cell,
)
from ingest.codecs.gt06.status import ReadStatus, name_alarm
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind, Network, Reading

# -- 70: modules -----------------------------------------------------------------------------------

_CELL_MODULE, _CLOCK_MODULE, _GPS_MODULE = 0x0011, 0x002C, 0x0033
#: subscriber and SIM card numbers
_PRIVATE_MODULES = {0x0002, 0x0003}
_GPS_MODULE_BYTES = 18
_MODULE_HEADER = 4


def read_modules(base: Reading, body: bytes) -> Reading:
    """Return *base* with the modules that we know; times in them are UTC."""
    modules = dict(_modules(body))
    reading = replace(base, kind=Kind.INFO)
    clock = modules.get(_CLOCK_MODULE, b"")
    gps = modules.get(_GPS_MODULE, b"")
    if len(clock) == 4:
        reading = with_clock(reading, read_unix_clock(int.from_bytes(clock, "big")))
    if len(gps) == _GPS_MODULE_BYTES:
        reading = replace(base, kind=Kind.POSITION)
        reading = with_clock(reading, read_unix_clock(int.from_bytes(gps[:4], "big")))
        fix = make_fix(
            satellites=gps[4],
            altitude_m=int.from_bytes(gps[5:7], "big", signed=True),
            lat_units=int.from_bytes(gps[7:11], "big"),
            lon_units=int.from_bytes(gps[11:15], "big"),
            speed_kmh=gps[15],
            word=int.from_bytes(gps[16:18], "big"),
        )
        reading = with_fix(reading, fix)
    radio = read_one_cell(modules.get(_CELL_MODULE, b""), 0, MIDDLE_LONG_MNC)
    reading = with_network(reading, radio.network, radio.flags)
    if modules.keys() & _PRIVATE_MODULES:
        kept = (gps, clock, modules.get(_CELL_MODULE, b""))
        reading = replace(reading, flags=reading.flags | {Flag.PRIVATE_CONTENT}, raw=b"".join(kept))
    return reading


def _modules(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _MODULE_HEADER <= len(body):
        name = int.from_bytes(body[at : at + 2], "big")
        length = int.from_bytes(body[at + 2 : at + _MODULE_HEADER], "big")
        at += _MODULE_HEADER
        if at + length > len(body):
            return
        yield name, body[at : at + length]
        at += length


# -- 32, 33: blocks --------------------------------------------------------------------------------

_BLOCKS_ALARM = 0x33


def read_blocks(base: Reading, kind: int, body: bytes, zone: Zone, profile: Profile) -> Reading:
    """Return *base* with the blocks behind the clock; of an alarm (33) also what it says."""
    reading = with_clock(
        replace(base, kind=Kind.ALARM if kind == _BLOCKS_ALARM else Kind.POSITION),
        read_clock(body[:CLOCK_BYTES], zone),
    )
    gps, at = _block(body, CLOCK_BYTES)
    own, at = _block(body, at)
    others, at = _block(body, at)
    points, at = _block(body, at)
    if len(gps) == FIX_BYTES:
        reading = with_fix(reading, read_fix(gps))
    elif gps:
        reading = replace(reading, flags=reading.flags | {Flag.BAD_FIELD})
    cells = read_all_cells(own + others, NARROW)
    wifi = read_access_points(points)
    reading = replace(reading, network=Network(cells=cells, wifi=wifi) if cells or wifi else None)
    if kind != _BLOCKS_ALARM:
        return reading
    alarms, flags = frozenset({profile.bare_alarm}), frozenset({Flag.UNPROFILED_ALARM})
    if at < len(body):
        alarms, flags = name_alarm(body[at], profile)
    return with_status(reading, ReadStatus(alarms=alarms, flags=flags))


def _block(body: bytes, at: int) -> tuple[bytes, int]:
    """Return the block whose length stands at *at*, and where it ends."""
    length = body[at] if at < len(body) else 0
    return body[at + 1 : at + 1 + length], at + 1 + length


# -- F3: access points -----------------------------------------------------------------------------


def read_access_point_list(base: Reading, body: bytes, zone: Zone) -> Reading:
    """Return *base* with the access points in reach."""
    reading = with_clock(replace(base, kind=Kind.POSITION), read_clock(body[:CLOCK_BYTES], zone))
    step = 2 + MAC_BYTES
    listed = body[CLOCK_BYTES + 1 :]
    found = (
        access_point(listed[at + 2 : at + step], listed[at + 1])
        for at in range(0, len(listed) - step + 1, step)
    )
    wifi = tuple(point for point in found if point is not None)
    return replace(reading, network=Network(wifi=wifi) if wifi else None)


# -- 65, 66, 8C: diagnostics -----------------------------------------------------------------------


def read_diagnostics(base: Reading, body: bytes, zone: Zone) -> Reading:
    """Return *base* with its time, and its place if one stands behind the text."""
    reading = replace(base, kind=Kind.INFO)
    block = body[:CLOCK_BYTES] + body[-FIX_BYTES:]
    if len(body) < GPS_BYTES or not is_gps(block, 0) or block[CLOCK_BYTES] >> 4 != GPS_LENGTH:
        return reading
    return with_gps(replace(base, kind=Kind.POSITION), block, zone)
