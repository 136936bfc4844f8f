"""The sentences of H02 that name radio cells or Wi-Fi instead of a position. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from core.radio import AccessPoint, Cell, Network
from ingest.codecs.h02.status import alarms_in, level_pct
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind
from ingest.codecs.sentences import cell, instant, mac, whole

_DATE = re.compile(r"[0-9]{6}")
_TIME = re.compile(r"[0-9]{6}(?:\.[0-9]+)?")
_STATUS = re.compile(r"[0-9A-Fa-f]{8}")
#: the address of an access point, and how many dBm below zero it is heard
_POINT = re.compile(r"([0-9A-Fa-f]{12})([0-9]{2})")
_MOST_POINTS = 32
_MOST_CELLS = 32

Values = dict[str, Any]


def read_end(fields: Sequence[str], profile: Profile) -> tuple[int, Values]:
    """Return where the date stands that, with a status, ends a sentence, and what both say.

    The time of day is its first field, in sentences that tell one. Without a status it has no end:
    a place behind its fields.
    """
    time = fields[0].strip() if fields else ""
    time = time if _TIME.fullmatch(time) else ""
    for at in range(len(fields) - 1, 0, -1):
        if not _STATUS.fullmatch(fields[at].strip()):
            continue
        alarms, flags = alarms_in(fields[at], profile)
        values: Values = {"alarms": alarms, "flags": flags}
        if _DATE.fullmatch(fields[at - 1].strip()):
            fix_time, quality = instant(fields[at - 1], time, profile)
            values |= {"fix_time": fix_time, "fix_time_quality": quality}
        return at - 1, values
    return len(fields), {}


def read_neighbours(fields: Sequence[str], profile: Profile) -> Values:
    """Read `NBR`: time, mcc, mnc, timing advance, n, n times (lac, cell, level), date, status."""
    end, values = read_end(fields, profile)
    said = _groups(fields[5:end], 3)
    count = whole(fields[4], 0, 99) if len(fields) > 4 else None
    flags = values.get("flags", frozenset())
    if count != len(said):
        flags |= {Flag.BAD_FIELD}
    after = fields[end + 2 :]
    level = whole(after[0], 0, 100) if len(after) == 1 else None
    return values | {
        "kind": Kind.INFO,
        "network": _network(cell(*fields[1:3], *tower) for tower in said[:count]),
        "battery_pct": level_pct(level, profile),
        "flags": flags,
    }


def read_counted(fields: Sequence[str], profile: Profile) -> Values:
    """Read `V3`: time, mcc and mnc in one, n, n times (lac, cell, level, something), …, status."""
    end, values = read_end(fields, profile)
    count = (whole(fields[2], 0, 99) or 0) if len(fields) > 2 else 0
    country = fields[1].strip() if len(fields) > 1 else ""
    said = _groups(fields[3:end], 4)[:count]
    cells = (cell(country[:3], country[3:], *tower[:3]) for tower in said)
    return values | {"kind": Kind.INFO, "network": _network(cells)}


def read_base(fields: Sequence[str], profile: Profile) -> Values:
    """Read `BASE`: time, mcc, mnc, lac, cell, date, status."""
    _, values = read_end(fields, profile)
    cells = [cell(*fields[1:5])] if len(fields) > 4 else []
    return values | {"kind": Kind.INFO, "network": _network(cells)}


def read_hex_neighbours(fields: Sequence[str], profile: Profile) -> Values:
    """Read `BS`: time, then mcc, mnc and (lac, cell) in hexadecimal with a decimal level each."""
    end, values = read_end(fields, profile)
    cells = (cell(*fields[1:3], *tower) for tower in _groups(fields[3:end], 3))
    return values | {"kind": Kind.INFO, "network": _network(cells)}


def read_access_points(fields: Sequence[str], profile: Profile) -> Values:
    """Read `V5` of bands with Wi-Fi: [time,] n, n access points, battery voltage, date, status."""
    end, values = read_end(fields, profile)
    found = [point for field in fields[:end] if (point := _POINT.fullmatch(field.strip()))]
    points = [
        AccessPoint(mac=address, dbm=-int(point[2]))
        for point in found[:_MOST_POINTS]
        if (address := mac(":".join(re.findall("..", point[1])))) is not None
    ]
    network = Network(wifi=tuple(points)) if points else None
    kind = Kind.INFO if network else Kind.UNKNOWN
    return values | {"kind": kind, "network": network}


def read_joined(fields: Sequence[str]) -> Values:
    """Read `VP1` without a fix: V, mcc, mnc, then lac, cell and level, with a `Y` between cells."""
    towers = [tower.split(",") for tower in ",".join(fields[3:]).split("Y")[:_MOST_CELLS]]
    cells = (cell(*fields[1:3], *tower[:3]) for tower in towers if len(tower) >= 3)
    return {"kind": Kind.INFO, "network": _network(cells)}


def _groups(fields: Sequence[str], size: int) -> list[Sequence[str]]:
    last = min(len(fields) - size + 1, size * _MOST_CELLS)
    return [fields[at : at + size] for at in range(0, last, size)]


def _network(cells: Iterable[Cell | None]) -> Network | None:
    known = tuple(tower for tower in cells if tower is not None)
    return Network(cells=known) if known else None
