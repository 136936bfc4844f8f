"""What a native report says of radio around the band and of its wearer's health. Pure.

Every list is bounded, and an entry that makes no sense costs only itself.
"""

import re

from core.pings import Doubt, Health
from core.radio import AccessPoint, Cell, Network
from ingest.codecs.optional import Json, decimal, entries, record, text, whole

MOST_ACCESS_POINTS = 32
MOST_CELLS = 16
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_WEAKEST_DBM = -200
#: cell numbers have 36 bits on 5G; some devices send eight bytes
_LARGEST_CELL = 2**53 - 1
_LARGEST_AREA = 2**32 - 1


def read_network(report: Json, doubts: set[Doubt]) -> Network | None:
    """Return `wifi` and `cells` of *report*; None when it has neither."""
    if report.get("wifi") is None and report.get("cells") is None:
        return None
    points = entries(report, "wifi", MOST_ACCESS_POINTS, doubts)
    cells = entries(report, "cells", MOST_CELLS, doubts)
    return Network(
        cells=tuple(cell for said in cells if (cell := _cell(said, doubts)) is not None),
        wifi=tuple(point for said in points if (point := _point(said, doubts)) is not None),
    )


def read_health(report: Json, doubts: set[Doubt]) -> Health | None:
    """Return `health` of *report*; a failed measurement (0; of temperature also 1) is None."""
    if report.get("health") is None:
        return None
    said = record(report, "health", doubts)
    return Health(
        bpm=_measured(said, "bpm", 20, 300, doubts),
        sys=_measured(said, "sys", 40, 300, doubts),
        dia=_measured(said, "dia", 20, 200, doubts),
        spo2_pct=_measured(said, "spo2_pct", 50, 100, doubts),
        temp_c=_temperature_c(said, doubts),
        site=text(said, "site", 20, doubts),
    )


def _point(said: object, doubts: set[Doubt]) -> AccessPoint | None:
    mac = said.get("mac") if isinstance(said, dict) else None
    if not isinstance(mac, str) or not _MAC.fullmatch(mac):
        doubts.add(Doubt.BAD_FIELD)
        return None
    assert isinstance(said, dict)
    return AccessPoint(mac=mac.lower(), dbm=whole(said, "dbm", _WEAKEST_DBM, 0, doubts))


def _cell(said: object, doubts: set[Doubt]) -> Cell | None:
    if not isinstance(said, dict) or said.get("cid") is None:
        doubts.add(Doubt.BAD_FIELD)
        return None
    cid = whole(said, "cid", 0, _LARGEST_CELL, doubts)
    if cid is None:
        return None
    return Cell(
        mcc=whole(said, "mcc", 0, 999, doubts),
        mnc=whole(said, "mnc", 0, 999, doubts),
        lac=whole(said, "tac" if said.get("lac") is None else "lac", 0, _LARGEST_AREA, doubts),
        cid=cid,
        level=whole(said, "level", -(2**31), 2**31, doubts),
        rat=text(said, "rat", 10, doubts),
        dbm=whole(said, "dbm", _WEAKEST_DBM, 0, doubts),
    )


def _measured(said: Json, key: str, least: int, most: int, doubts: set[Doubt]) -> int | None:
    return None if _is_one_of((0,), said.get(key)) else whole(said, key, least, most, doubts)


def _temperature_c(said: Json, doubts: set[Doubt]) -> float | None:
    failed = _is_one_of((0, 1), said.get("temp_c"))
    return None if failed else decimal(said, "temp_c", 25, 45, doubts)


def _is_one_of(numbers: tuple[int, ...], value: object) -> bool:
    return value in numbers and not isinstance(value, bool)  # False equals 0 in Python
