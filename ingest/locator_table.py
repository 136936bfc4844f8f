"""A table of access points and cells with their places, read from a file. Asks nobody outside.

CSV (UTF-8) with the columns kind, key, lon, lat, range_m and system, in any order:

    kind,key,lon,lat,range_m,system
    wifi,00:00:5e:00:53:6d,120.68945,30.52811,,wgs84
    cell,460-0-22633-61712131,120.69361,30.52564,800,gcj02

`key` of a cell is mcc-mnc-lac-cid. `system` (wgs84, gcj02, bd09) must be said: what a Chinese
service found, taken for WGS-84, is half a kilometre off and looks like somebody leaving.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from core.datums import SYSTEMS, System, to_wgs84
from core.errors import SettingError
from core.pings import Fix
from core.places import Position
from core.radio import Network
from core.settings import explain
from ingest.locating import KnownCell, KnownPoint, weigh

COLUMNS = ("kind", "key", "lon", "lat", "range_m", "system")
MOST_ROWS = 2_000_000
#: of a cell whose range the table does not say; published medians are 500 to 600 m
UNKNOWN_RANGE_M = 1000.0
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_CELL = re.compile(r"[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,10}-[0-9]{1,16}")


class LocatorTable:
    """Places by access point and cell. Access points are kept in arrays: a town has a million."""

    def __init__(
        self, points: Iterable[tuple[str, Position]], cells: Mapping[str, KnownCell]
    ) -> None:
        """*points*: MAC (lower case) and place; of one that comes twice the later place counts."""
        rows = [(_number(mac), place.lon, place.lat) for mac, place in points]
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        # 48 bits fit into a double exactly.
        table = table[np.argsort(table[:, 0], kind="stable")]
        self._macs, self._lons, self._lats = table[:, 0], table[:, 1], table[:, 2]
        self._cells = dict(cells)

    def __len__(self) -> int:
        return len(self._macs) + len(self._cells)

    def locate(self, network: Network) -> Fix | None:
        """Return the place where *network* is heard; None when nothing in it is known."""
        points = [
            KnownPoint(position=place, dbm=point.dbm)
            for point in network.wifi
            if point.stays and (place := self._place(point.mac)) is not None
        ]
        keys = (cell.key for cell in network.cells)
        cells = [known for key in keys if key and (known := self._cells.get(key)) is not None]
        return weigh(points, cells)

    def _place(self, mac: str) -> Position | None:
        number = _number(mac)
        row = int(np.searchsorted(self._macs, number, side="right")) - 1
        if row < 0 or self._macs[row] != number:
            return None
        return Position(float(self._lons[row]), float(self._lats[row]))


def load_table(path: Path) -> LocatorTable:
    """Read the table at *path*; SettingError that names the line and what is wrong with it."""
    points: list[tuple[str, Position]] = []
    cells: dict[str, KnownCell] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, row in _rows(file):
                try:
                    _take(row, points, cells)
                except ValueError as error:
                    raise _wrong(path, f"line {line}: {error}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _wrong(path, f"cannot be read ({type(error).__name__})") from None
    return LocatorTable(points, cells)


def _rows(file: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(file, restval="", restkey="more")
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        yield 1, {"missing": ", ".join(missing)}
        return
    for number, row in enumerate(reader):
        if number >= MOST_ROWS:
            yield reader.line_num, {"too_many": ""}
            return
        yield reader.line_num, row


def _take(
    row: Mapping[str, str], points: list[tuple[str, Position]], cells: dict[str, KnownCell]
) -> None:
    """Add a row to what is known; ValueError says what is wrong with it."""
    if "missing" in row:
        raise ValueError(f"the heading lacks {row['missing']}; it is {','.join(COLUMNS)}")
    if "too_many" in row:
        raise ValueError(f"more than {MOST_ROWS} rows")
    kind, key = row["kind"], row["key"].lower()
    position = to_wgs84(_system(row["system"]), _position(row))
    if kind == "wifi" and _MAC.fullmatch(key):
        points.append((key, position))
    elif kind == "cell" and _CELL.fullmatch(key):
        cells[key] = KnownCell(position=position, range_m=_range_m(row["range_m"]))
    else:
        raise ValueError(
            "kind and key: wifi with a MAC like 00:00:5e:00:53:6d,"
            " or cell with mcc-mnc-lac-cid like 460-0-22633-61712131"
        )


def _system(name: str) -> System:
    for system in SYSTEMS:
        if name == system:
            return system
    raise ValueError(f"system: one of {', '.join(SYSTEMS)}")


def _position(row: Mapping[str, str]) -> Position:
    try:
        return Position(float(row["lon"]), float(row["lat"]))
    except ValueError:
        raise ValueError("lon, lat: degrees, -180 to 180 and -90 to 90") from None


def _range_m(said: str) -> float:
    try:
        range_m = float(said) if said else UNKNOWN_RANGE_M
    except ValueError:
        range_m = 0.0
    if not 10 <= range_m <= 100_000:
        raise ValueError("range_m: 10 to 100000, or empty")
    return range_m


def _number(mac: str) -> float:
    return float(int(mac.replace(":", ""), 16))


def _wrong(path: Path, problem: str) -> SettingError:
    return SettingError(explain("locator_table", f"{path.name}: {problem}"))
