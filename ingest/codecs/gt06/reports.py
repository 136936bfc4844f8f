"""Read GT06 locations and surroundings into readings. Pure.

A location begins with the GPS block, surroundings have cells or Wi-Fi instead. Types differ in what
follows and how wide it is; makers use some types for their own layouts, so a GPS block is looked
for where it can stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ingest.codecs.gt06.assembly import with_clock, with_gps, with_network
from ingest.codecs.gt06.clock import CLOCK_BYTES, Zone, read_clock, shown_time
from ingest.codecs.gt06.fix import GPS_BYTES, GPS_LENGTH, is_gps, may_be_gps
from ingest.codecs.gt06.radio import (
    MIDDLE,
    MIDDLE_LONG_MNC,
    NARROW,
    WIDE,
    CellForm,
    is_country,
    read_cells,
    read_one_cell,
)
from ingest.codecs.readings import Kind, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class _Location:
    """What stands behind the GPS block of a type."""

    cell: CellForm = NARROW
    #: bytes before the GPS block, and between it and the cell
    before: int = 0
    between: int = 0
    #: the places of several cells, not one cell
    has_cells: bool = False
    #: ACC 1, upload mode 1, sent again 1 follow the cell
    has_upload: bool = False
    #: … then mileage 4, altitude 2
    has_altitude: bool = False


_LOCATIONS: Mapping[int, _Location] = MappingProxyType(
    {
        0x10: _Location(),
        0x12: _Location(),
        0x1A: _Location(),  # asks for an address, as 2A; a phone number follows
        0x1E: _Location(has_cells=True),
        0x22: _Location(has_upload=True),
        0x2A: _Location(),
        0x2D: _Location(has_upload=True),
        0x31: _Location(cell=MIDDLE_LONG_MNC, has_upload=True, has_altitude=True),
        0x34: _Location(cell=MIDDLE, before=4, between=6),
        0x37: _Location(has_upload=True),
        0x38: _Location(cell=WIDE, between=3),
        0xA0: _Location(cell=WIDE, has_upload=True),
    }
)
#: GPS or surroundings, as the bytes tell
_EITHER: Mapping[int, _Location] = MappingProxyType(
    {
        0x11: _Location(cell=MIDDLE_LONG_MNC),
        0x17: _Location(),
        0x36: _Location(cell=MIDDLE),
        0xA2: _Location(cell=WIDE),
    }
)
#: cells, and whether access points follow
_SURROUNDINGS: Mapping[int, tuple[CellForm, bool]] = MappingProxyType(
    {
        0x11: (NARROW, False),
        0x17: (NARROW, True),
        0x18: (NARROW, False),
        0x24: (NARROW, False),
        0x28: (NARROW, False),
        0x2C: (NARROW, True),
        0x2E: (NARROW, False),
        0x33: (NARROW, True),
        0x69: (NARROW, True),
        0xA1: (WIDE, False),
        0xA2: (WIDE, True),
    }
)
#: types whose phone number behind the GPS block is not kept
ADDRESS_REQUESTS = frozenset({0x1A, 0x2A})

#: ask for an address where there is no GPS: a cell, a phone number
_CELL_REQUESTS: Mapping[int, CellForm] = MappingProxyType({0x17: NARROW, 0xA7: WIDE})
_SHARED_REQUEST = 0x17
#: a phone number, and perhaps the language
_REQUEST_TAILS = (21, 23)

#: where makers put a GPS block: behind a mark, behind an IMEI, behind that and a second clock
_OWN_PLACES = (8, 15, 3, 4)
#: what stands in place of GPS_LENGTH when it is a country code instead
_COUNTRY_NIBBLES = {0x0, 0x8}
_MOST_UPLOAD_MODE = 0x0F


def is_location(kind: int) -> bool:
    """Say whether type *kind* is for locations only."""
    return kind in _LOCATIONS


def may_be_location(kind: int) -> bool:
    """Say whether type *kind* may have a GPS block."""
    return kind in _LOCATIONS or kind in _EITHER or kind in _SURROUNDINGS


def is_surroundings(kind: int) -> bool:
    """Say whether type *kind* is for cells or Wi-Fi."""
    return kind in _SURROUNDINGS


def read_location(base: Reading, kind: int, body: bytes, zone: Zone) -> Reading | None:
    """Return *base* with a location; None where *body* has none."""
    layout = _LOCATIONS.get(kind) or _EITHER.get(kind) or _Location()
    if kind in _LOCATIONS:
        at = gps_at(body, layout.before)
    else:
        # Where surroundings have their country code, a GPS block has its length.
        is_likely = is_gps(body, 0) and body[CLOCK_BYTES] >> 4 not in _COUNTRY_NIBBLES
        at = 0 if is_likely else None
    if at is None:
        return None
    reading = with_gps(replace(base, kind=Kind.POSITION), body[at : at + GPS_BYTES], zone)
    cell_at = at + GPS_BYTES + layout.between
    if kind in ADDRESS_REQUESTS:
        return reading
    if at != layout.before and not is_country(body[cell_at : cell_at + 2]):
        return reading  # what follows is the maker's own
    if layout.has_cells:
        radio = read_cells(body, cell_at, layout.cell, with_wifi=False)
    else:
        form = _upload_form(body, cell_at, layout)
        radio = read_one_cell(body, cell_at, form)
    reading = with_network(reading, radio.network, radio.flags)
    if not layout.has_upload:
        return reading
    altitude_m = None
    if layout.has_altitude and len(body) >= radio.end + 9:
        altitude_m = int.from_bytes(body[radio.end + 7 : radio.end + 9], "big", signed=True)
    return replace(
        reading,
        is_backlog=_is_sent_again(body[radio.end : radio.end + 3]),
        altitude_m=altitude_m,
    )


def read_surroundings(base: Reading, kind: int, body: bytes, zone: Zone) -> Reading | None:
    """Return *base* with the cells and access points around the device; None if cut off."""
    has_clock, at = cell_place(body) or (True, CLOCK_BYTES)
    if len(body) < at + 3:
        return None
    form, with_wifi = _SURROUNDINGS[kind]
    reading = replace(base, kind=Kind.POSITION)
    if has_clock:
        reading = with_clock(reading, read_clock(body[:CLOCK_BYTES], zone))
    radio = read_cells(body, at, form, with_wifi=with_wifi)
    return with_network(reading, radio.network, radio.flags)


def read_cell_request(base: Reading, kind: int, body: bytes) -> tuple[Reading, int] | None:
    """Return *base* with its cell, and where the telephone number behind it begins.

    None where *body* asks for no address: type 17 has a clock and more cells then.
    """
    if kind not in _CELL_REQUESTS:
        return None
    has_clock, at = cell_place(body) or (False, 0)
    if has_clock:
        return None
    radio = read_one_cell(body, at, _CELL_REQUESTS[kind])
    if kind == _SHARED_REQUEST and len(body) - radio.end not in _REQUEST_TAILS:
        return None
    return with_network(replace(base, kind=Kind.INFO), radio.network, radio.flags), radio.end


def read_unknown(base: Reading, body: bytes, zone: Zone) -> Reading | None:
    """Return *base* with what a type we do not know begins with; None where that says nothing.

    That is a GPS block, or a clock and surroundings in a layout that fits to the last byte.
    """
    if is_gps(body, 0) and body[CLOCK_BYTES] >> 4 == GPS_LENGTH:
        return with_gps(replace(base, kind=Kind.POSITION), body[:GPS_BYTES], zone)
    clock = read_clock(body[:CLOCK_BYTES], zone)
    if clock.fix_time is None or not is_country(body[CLOCK_BYTES : CLOCK_BYTES + 2]):
        return None
    radio = read_cells(body, CLOCK_BYTES, NARROW, with_wifi=True)
    if radio.network is None or radio.flags:
        return None
    return with_network(
        with_clock(replace(base, kind=Kind.POSITION), clock), radio.network, radio.flags
    )


# -- layouts ---------------------------------------------------------------------------------------


def cell_place(body: bytes) -> tuple[bool, int] | None:
    """Say whether a clock stands first, and where the operator of the first cell begins.

    Some makers leave the clock out, some put a length or another byte in front of the operator.
    None where neither a clock nor a country can be seen.
    """
    shows_time = shown_time(body[:CLOCK_BYTES]) is not None
    behind = _country_from(body, CLOCK_BYTES)
    first = _country_from(body, 0)
    if behind is not None and (shows_time or first is None):
        return True, behind
    if first is not None and not shows_time:
        return False, first
    return (True, CLOCK_BYTES) if shows_time else None


def _country_from(body: bytes, at: int) -> int | None:
    return next((place for place in (at, at + 1) if is_country(body[place : place + 2])), None)


def gps_at(body: bytes, before: int = 0) -> int | None:
    """Return where the GPS block of a location or an alarm begins; None where there is none."""
    if is_gps(body, before):
        return before
    for at in _OWN_PLACES:
        if is_gps(body, at) and body[at + CLOCK_BYTES] >> 4 not in _COUNTRY_NIBBLES:
            return at
    return before if may_be_gps(body, before) else None


def _upload_form(body: bytes, at: int, layout: _Location) -> CellForm:
    """Return how wide the cell is. ACC behind it is 0 or 1: a clone's cell id is a byte longer."""
    form = layout.cell
    if layout.has_upload and form is NARROW:
        behind = read_one_cell(body, at, NARROW).end
        acc = body[behind : behind + 2]
        if len(acc) == 2 and acc[0] > 1 >= acc[1]:
            return MIDDLE
    return form


def _is_sent_again(upload: bytes) -> bool:
    """Say whether ACC, upload mode and the flag behind them tell of a stored report."""
    return len(upload) == 3 and (
        upload[0] <= 1 and upload[1] <= _MOST_UPLOAD_MODE and upload[2] == 1
    )
