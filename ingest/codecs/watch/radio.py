"""Read the end of a position report: radio cells, Wi-Fi access points, accuracy. Pure.

    n, [timing advance, MCC, MNC, n x (LAC, cell id, level)], m, m x (name, MAC, dBm), accuracy

Cells are read by their count. Access points are found by the shape of their MAC, because a name may
hold commas and anything else; names are private and never kept.
"""

import re
from collections.abc import Sequence

from ingest.codecs.readings import AccessPoint, Cell, Network
from ingest.codecs.watch.fields import number_in, whole_in

_MOST_CELLS = 32
_MOST_ACCESS_POINTS = 64
_MOST_ACCURACY_M = 100_000
#: a count beyond this is no count: CDMA reports put their system number there
_MOST_COUNT = 99

_NO_CELL = {"FFFF", "FFFE", "FFFFFFF", "FFFFFFFF", "2147483647"}
_HEX = re.compile(r"[0-9A-Fa-f]{1,10}")
#: 0 is sent by a modem without a network
_MCC = re.compile(r"[2-7][0-9]{2}|0{1,3}")
_MOST_MNC_DIGITS = 3
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}")
#: a MAC, or one that was garbled on its way
_MAC_PLACE = re.compile(r"(?=(?:[^:]*:){4})[0-9A-Fa-f:.]{8,20}")
#: some models end each report with one of these; they are no accuracy
_MODEL_TAILS = ("00", "10")


def read_radio(tail: Sequence[str]) -> tuple[Network | None, float | None]:
    """Return what is in reach, and the accuracy in metres; None for what was not said."""
    cells, behind = _read_cells(tail)
    rest = tail[behind:]
    wifi, behind = _read_access_points(rest)
    network = Network(cells=cells, wifi=wifi) if cells or wifi else None
    if behind == 0 and rest and "." not in rest[0]:
        behind = 1  # the count of access points
    return network, _read_accuracy(rest[behind:])


# -- cells -----------------------------------------------------------------------------------------


def _read_cells(tail: Sequence[str]) -> tuple[tuple[Cell, ...], int]:
    """Return the cells, and how many fields they took."""
    if not tail:
        return (), 0
    count = whole_in(tail[0])
    if count == 0 or tail[0] == "":
        return (), 4 if _is_operator(tail[1:4]) else 1
    if count is None or not 0 < count <= _MOST_COUNT or not _is_operator(tail[1:4]):
        return (), min(4, len(tail))  # CDMA: system, network, base station, signal
    told: list[Sequence[str]] = []
    at = 4
    while len(told) < count and _is_cell(tail[at : at + 3]):
        told.append(tail[at : at + 3])
        at += 3
    base = 16 if any(_must_be_hex(said) for cell in told for said in cell[:2]) else 10
    mcc, mnc = whole_in(tail[2]), whole_in(tail[3])
    cells = tuple(
        Cell(
            mcc=mcc,
            mnc=mnc,
            lac=_cell_number(cell[0], base),
            cid=_cell_number(cell[1], base),
            level=None if len(cell) < 3 or cell[2] in _NO_CELL else whole_in(cell[2]),
        )
        for cell in told[:_MOST_CELLS]
    )
    return cells, min(at, len(tail))


def _is_operator(said: Sequence[str]) -> bool:
    """Say whether *said* is timing advance, MCC and MNC."""
    return (
        len(said) == 3
        and all(text == "" or text.isdecimal() for text in (said[0], said[2]))
        and _MCC.fullmatch(said[1]) is not None
        and len(said[2]) <= _MOST_MNC_DIGITS
    )


def _is_cell(said: Sequence[str]) -> bool:
    """Say whether *said* can be LAC, cell id and level; it is cut short at a frame's end."""
    return (
        len(said) >= 2
        and all(_HEX.fullmatch(text) or text.upper() in _NO_CELL | {""} for text in said[:2])
        and (len(said) == 2 or said[2] == "" or whole_in(said[2]) is not None)
    )


def _must_be_hex(text: str) -> bool:
    return not text.isdigit() and text != "" and text.upper() not in _NO_CELL


def _cell_number(text: str, base: int) -> int | None:
    if not text or text.upper() in _NO_CELL or not (base == 16 or text.isdigit()):
        return None
    return int(text, base)


# -- access points ---------------------------------------------------------------------------------


def _read_access_points(rest: Sequence[str]) -> tuple[tuple[AccessPoint, ...], int]:
    """Return the access points, and the place behind the last of them."""
    found: list[AccessPoint] = []
    behind = 0
    for at, text in enumerate(rest):
        if not _MAC_PLACE.fullmatch(text):
            continue
        said = rest[at + 1] if at + 1 < len(rest) else ""
        dbm = number_in(said)
        if said and dbm is None:
            continue  # a network that is named like a MAC
        behind = min(at + 2, len(rest))
        if _MAC.fullmatch(text) and len(found) < _MOST_ACCESS_POINTS:
            # Some forget the minus sign.
            found.append(
                AccessPoint(mac=_full_mac(text), dbm=None if dbm is None else -abs(int(dbm)))
            )
    return tuple(found), behind


def _full_mac(text: str) -> str:
    return ":".join(octet.zfill(2) for octet in text.lower().split(":"))


# -- accuracy --------------------------------------------------------------------------------------


def _read_accuracy(left: Sequence[str]) -> float | None:
    if left and left[-1] in _MODEL_TAILS:
        left = left[:-1]
    said = number_in(left[-1]) if left else None
    return said if said is not None and 0 < said <= _MOST_ACCURACY_M else None
