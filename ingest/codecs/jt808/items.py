"""The items behind a JT/T 808 location: id, length, value; most of them are some maker's. Pure.

Facts: JT/T 808-2019 table "additional information" (01 to 31), and what personal trackers and
their open servers show for the rest. One id has several meanings; its length tells most apart, and
a value that fits none of them is left out.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.pings import Alarm
from ingest.codecs.readings import AccessPoint, Cell, Flag, Network

#: more cells, or more access points, than this are left out
_MOST_HEARD = 64
#: what a model says for "on the charger" in place of a percentage
_CHARGING = 0xFF


@dataclass(slots=True, kw_only=True)
class Items:
    """What the items said; the first of two that say the same counts."""

    satellites: int | None = None
    battery_pct: int | None = None
    charging: bool | None = None
    steps: int | None = None
    cells: list[Cell] = field(default_factory=list)
    wifi: list[AccessPoint] = field(default_factory=list)
    alarms: set[str] = field(default_factory=set)
    #: `E8:0C01` and the like: what only a model's profile can name
    codes: set[str] = field(default_factory=set)
    flags: set[Flag] = field(default_factory=set)

    @property
    def network(self) -> Network | None:
        """The radio surroundings; None when the items named none."""
        if not self.cells and not self.wifi:
            return None
        return Network(cells=tuple(self.cells), wifi=tuple(self.wifi))

    def take_battery(self, percent: float) -> None:
        """Keep the charge, unless it cannot be."""
        if not 0 <= percent <= 100:
            self.flags.add(Flag.BAD_FIELD)
        elif self.battery_pct is None:
            self.battery_pct = round(percent)

    def take_cell(self, mcc: int, mnc: int, lac: int, cid: int, level: int | None = None) -> None:
        """Keep a cell, unless it is an empty place in a table."""
        if mcc and cid and len(self.cells) < _MOST_HEARD:
            self.cells.append(Cell(mcc=mcc, mnc=mnc, lac=lac, cid=cid, level=level))

    def take_wifi(self, octets: bytes, dbm: int) -> None:
        """Keep an access point, unless it is an empty place in a table."""
        if any(octets) and len(self.wifi) < _MOST_HEARD:
            self.wifi.append(AccessPoint(mac=octets.hex(":"), dbm=-abs(dbm) or None))


def read_items(data: bytes) -> Items:
    """Return what the items in *data* say. One that is longer than the rest ends the list."""
    items = Items()
    lengths: dict[int, int] = {}
    at = 0
    while at + 2 <= len(data):
        item, length = data[at], data[at + 1]
        value = data[at + 2 : at + 2 + length]
        if len(value) < length:
            items.flags.add(Flag.BAD_FIELD)
            break
        lengths[item] = length
        if item in _READERS:
            _READERS[item](items, value)
        at += 2 + length
    if lengths.get(0xF6) == 2 or lengths.get(0xF7) == 2:
        items.steps = None  # a line with sensors of air pressure and humidity: F8 is a temperature
    return items


# -- satellites, battery, steps --------------------------------------------------------------------


def _satellites(items: Items, value: bytes) -> None:
    if len(value) == 1:
        items.satellites = value[0]


def _percent(items: Items, value: bytes) -> None:
    """06, D4, E9, FE: one byte; of another length they mean something else."""
    if len(value) != 1:
        return
    if value[0] == _CHARGING:
        items.charging = True
    else:
        items.take_battery(value[0])


def _tenths(items: Items, value: bytes) -> None:
    """56: 0 to 10, and a spare byte."""
    if len(value) == 2:
        items.take_battery(value[0] * 10)


def _hundredths(items: Items, value: bytes) -> None:
    """68: percent, two decimals."""
    if len(value) == 2:
        items.take_battery(int.from_bytes(value, "big") / 100)


def _percent_and_voltage(items: Items, value: bytes) -> None:
    """E3: a spare byte, percent, 0.01 V, two spare bytes; longer ones are a maker's name."""
    if len(value) in (4, 6):
        items.take_battery(value[1])


def _charging_and_percent(items: Items, value: bytes) -> None:
    """E4: 0 charging, 1 not; percent."""
    if len(value) == 2:
        items.charging = {0: True, 1: False}.get(value[0], items.charging)
        items.take_battery(value[1])


def _battery_block(items: Items, value: bytes) -> None:
    """F7: millivolts, state (2, 3 on the charger), percent."""
    if len(value) >= 6:
        items.charging = {0: None, 2: True, 3: True}.get(value[4], False)
        items.take_battery(value[5])


def _steps(items: Items, value: bytes) -> None:
    """F8; longer ones hold a model and card numbers."""
    if len(value) in (2, 4):
        items.steps = int.from_bytes(value, "big")


# -- cells and access points -----------------------------------------------------------------------


def _counted_cells(layout: str) -> Callable[[Items, bytes], None]:
    """53, 5D, 60: a count and that many cells."""

    def read(items: Items, value: bytes) -> None:
        if value and len(value) == 1 + value[0] * struct.calcsize(layout):
            for cell in struct.iter_unpack(layout, value[1:]):
                items.take_cell(*cell)

    return read


def _one_cell(layout: str) -> Callable[[Items, bytes], None]:
    """EE, FF: one cell."""

    def read(items: Items, value: bytes) -> None:
        if len(value) == struct.calcsize(layout):
            items.take_cell(*struct.unpack(layout, value))

    return read


def _network_cells(items: Items, value: bytes) -> None:
    """E1: percent; or MCC 2, MNC 2 and n of LAC 3, cell 4, level 1."""
    _percent(items, value)
    if len(value) >= 12 and len(value) % 8 == 4:
        mcc, mnc = struct.unpack_from(">HH", value)
        for lac_high, lac, cid, level in struct.iter_unpack(">BHIB", value[4:]):
            items.take_cell(mcc, mnc, lac_high << 16 | lac, cid, level)


def _long_cells(items: Items, value: bytes) -> None:
    """F0: n of MCC 2, MNC 2, cell 4, LAC 4, level 1."""
    if len(value) % 13 == 0:
        for mcc, mnc, cid, lac, level in struct.iter_unpack(">HHIIB", value):
            items.take_cell(mcc, mnc, lac, cid, level)


def _cell_before_area(items: Items, value: bytes) -> None:
    """FD: MCC 2, MNC 2, cell 4, LAC 2."""
    if len(value) == 10:
        mcc, mnc, cid, lac = struct.unpack(">HHIH", value)
        items.take_cell(mcc, mnc, lac, cid)


def _counted_wifi(items: Items, value: bytes) -> None:
    """54: a count and that many access points."""
    if value and len(value) == 1 + 7 * value[0]:
        _wifi(items, value[1:])


def _wifi(items: Items, value: bytes) -> None:
    """EC, F4: n of address 6, dBm 1 (signed)."""
    if len(value) % 7 == 0:
        for octets, dbm in struct.iter_unpack(">6sb", value):
            items.take_wifi(octets, dbm)


# -- alarms and nested items -----------------------------------------------------------------------


def _tracker_alarms(items: Items, value: bytes) -> None:
    """E7: bit 0 shock, bits 1 to 3 SOS."""
    if len(value) == 8:
        word = int.from_bytes(value[:2], "big")
        items.alarms |= {Alarm.VIBRATION.value} if word & 0x0001 else set()
        items.alarms |= {Alarm.SOS.value} if word & 0x000E else set()


def _shock(items: Items, value: bytes) -> None:
    """D0: user status, bit 3 shock."""
    if len(value) == 4 and value[3] & 0x08:
        items.alarms.add(Alarm.VIBRATION.value)


def _event(items: Items, value: bytes) -> None:
    """E8: a code of two bytes on one maker's line, a lock's state on another."""
    if len(value) >= 2:
        items.codes.add(f"E8:{value[:2].hex().upper()}")


#: nested id and bit to the alarm that a **clear** bit raises
_INVERTED = (
    (0x0089, 0, Alarm.POWER_CUT.value),
    (0x0089, 4, "other:collision"),
    (0x0089, 12, Alarm.REMOVED.value),
    (0x00C5, 6, Alarm.VIBRATION.value),
    (0x00C5, 14, "other:light"),
)
_WIFI_TEXT = re.compile(rb"((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}),-?([0-9]{1,3})(?![0-9])")


def _nested(items: Items, value: bytes) -> None:
    """EB: items in the item (length 2, counting the id; id 2; value), or cells of one network."""
    if len(value) >= 8 and len(value) % 5 == 3 and int.from_bytes(value[:2], "big") > 200:
        mcc, mnc = struct.unpack_from(">HB", value)
        for lac, cid, level in struct.iter_unpack(">HHB", value[3:]):
            items.take_cell(mcc, mnc, lac, cid, level)
        return
    at = 0
    while at + 4 <= len(value):
        length, item = struct.unpack_from(">HH", value, at)
        if not 2 <= length <= len(value) - at - 2:
            return
        _read_nested(items, item, value[at + 4 : at + 2 + length])
        at += 2 + length


def _read_nested(items: Items, item: int, value: bytes) -> None:
    if item in (0x00A8, 0x00E1) and len(value) == 1:
        items.take_battery(value[0])
    elif item in (0x0089, 0x00C5) and len(value) == 4:
        word = int.from_bytes(value, "big")
        items.alarms |= {
            alarm for at, bit, alarm in _INVERTED if at == item and not word >> bit & 1
        }
    elif item == 0x00C6 and value in (b"\x03", b"\x04"):
        items.alarms.add(Alarm.LOW_BATTERY.value)
    elif item == 0x00D8 and len(value) == 9:
        items.take_cell(*struct.unpack(">HBHI", value))
    elif item == 0x00B9:
        for octets, dbm in _WIFI_TEXT.findall(value):
            items.take_wifi(bytes.fromhex(octets.decode().replace(":", "")), int(dbm))


_READERS: Mapping[int, Callable[[Items, bytes], None]] = MappingProxyType(
    {
        0x06: _percent,
        0x31: _satellites,
        0x53: _counted_cells(">HBHHB"),
        0x54: _counted_wifi,
        0x56: _tenths,
        0x5D: _counted_cells(">HBHIB"),
        0x60: _counted_cells(">HBHIB"),
        0x68: _hundredths,
        0xD0: _shock,
        0xD4: _percent,
        0xE1: _network_cells,
        0xE3: _percent_and_voltage,
        0xE4: _charging_and_percent,
        0xE7: _tracker_alarms,
        0xE8: _event,
        0xE9: _percent,
        0xEB: _nested,
        0xEC: _wifi,
        0xEE: _one_cell(">HBHIB"),
        0xF0: _long_cells,
        0xF4: _wifi,
        0xF7: _battery_block,
        0xF8: _steps,
        0xFD: _cell_before_area,
        0xFE: _percent,
        0xFF: _one_cell(">HHII"),
    }
)
