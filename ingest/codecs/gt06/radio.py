"""Read what GT06 devices hear around them: radio cells and Wi-Fi access points. Pure.

    MCC 2 | MNC 1, or 2 where bit 15 of MCC is set | LAC | cell id [| level 1] …

How wide LAC and cell id are, how many cells follow (a fixed number of places, or a count in front)
and what stands behind them differs by type and maker. A layout is believed where it fits to the
last byte; empty places are zeros.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.codecs.readings import AccessPoint, Cell, Flag, Network

_LONG_MNC = 1 << 15
#: country codes that networks have (ITU E.212); 901 and 999 are satellites and private networks
_COUNTRIES = frozenset((*range(200, 800), 901, 999))

MAC_BYTES = 6
_AP_BYTES = MAC_BYTES + 1
_NO_MACS = {bytes(MAC_BYTES), b"\xff" * MAC_BYTES}
#: how many places for cells there are, where no count stands in front
_PLACES, _FEWER_PLACES = (7, 6, 5), (4, 3, 2, 1)
_MOST_CELLS = 20
#: what may follow: timing advance 1, language 2
_MOST_TAIL = 3


@dataclass(frozen=True, slots=True)
class CellForm:
    """How many bytes the parts of a cell have."""

    lac: int
    cid: int
    #: MNC has two bytes even where MCC does not say so
    is_mnc_long: bool = False

    @property
    def bytes(self) -> int:
        """Return the bytes of a cell without its operator and its level."""
        return self.lac + self.cid


NARROW = CellForm(2, 3)
#: a four-byte cell id behind a two-byte LAC
MIDDLE = CellForm(2, 4)
MIDDLE_LONG_MNC = CellForm(2, 4, is_mnc_long=True)
#: what a form may be on models that name cells of 3G and 4G in it
_WIDER = {NARROW: (MIDDLE,)}
WIDE = CellForm(4, 8)
#: of clones without CRC: 2G, 4G
CLONE_2G, CLONE_4G = CellForm(2, 2), CellForm(4, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRadio:
    """The surroundings, and where in the body they ended."""

    network: Network | None = None
    end: int
    flags: frozenset[Flag] = frozenset()


@dataclass(frozen=True, slots=True)
class _Operator:
    mcc: int
    mnc: int
    #: where the cells begin
    end: int


def is_country(word: bytes) -> bool:
    """Say whether *word* (2 bytes) reads as a country code."""
    return len(word) == 2 and int.from_bytes(word, "big") & ~_LONG_MNC in _COUNTRIES


def read_one_cell(body: bytes, at: int, form: CellForm) -> ReadRadio:
    """Return the one cell at *at*, and where it ends. Zeros are no cell."""
    operator = _read_operator(body, at, form)
    end = len(body) if operator is None else min(len(body), operator.end + form.bytes)
    said = body[at:end]
    if operator is None or len(body) < operator.end + form.bytes or not any(said):
        return ReadRadio(end=end)
    if operator.mcc not in _COUNTRIES:
        return ReadRadio(end=end, flags=frozenset({Flag.BAD_FIELD}))
    cell = _cell(operator, body[operator.end : end], form, level=None)
    return ReadRadio(end=end, network=None if cell is None else Network(cells=(cell,)))


def read_cells(body: bytes, at: int, form: CellForm, *, with_wifi: bool) -> ReadRadio:
    """Return the cells, each with its level, and the access points that stand from *at* on."""
    operator = _read_operator(body, at, form)
    if operator is None or not (operator.mcc in _COUNTRIES or (with_wifi and operator.mcc == 0)):
        return ReadRadio(end=len(body), flags=frozenset({Flag.BAD_FIELD}))
    rest = body[operator.end :]
    for places, width, wifi_follows in _layouts(form, with_wifi=with_wifi):
        fitting = _fitting(operator, rest, places, width, with_wifi=wifi_follows)
        if fitting is not None:
            return ReadRadio(network=_network(*fitting), end=len(body))
    # No layout that we know; the first cell is the one the device uses, its level may be missing.
    left = len(rest) - form.bytes
    fits = 0 <= left <= 1 + _MOST_TAIL
    with_level = fits and left not in (0, 2)  # nothing, or the language, behind
    cells = _cells(operator, rest[: form.bytes + with_level], form, with_level=with_level)
    return ReadRadio(
        network=_network(cells, ()),
        end=len(body),
        flags=frozenset() if fits else frozenset({Flag.BAD_FIELD}),
    )


def read_all_cells(body: bytes, form: CellForm) -> tuple[Cell, ...]:
    """Return the cells of *body*, which holds an operator and cells with their levels only."""
    operator = _read_operator(body, 0, form)
    if operator is None or operator.mcc not in _COUNTRIES:
        return ()
    return _cells(operator, body[operator.end :], form, with_level=True)


def read_scan(declared: int, scan: bytes) -> ReadRadio | None:
    """Return the surroundings as clones without CRC send them; None where the bytes do not fit.

    *declared* access points (MAC 6, level 1), a count of cells, MCC 2, MNC 1, and the cells: LAC 2
    and cell id 2, or 4 and 4, each with its level. Newer firmware has one byte more.
    """
    cells_at = declared * _AP_BYTES
    if len(scan) <= cells_at:
        return None
    count, rest = scan[cells_at], scan[cells_at + 1 :]
    wifi = tuple(_access_points(scan[:cells_at]))
    if not count and len(rest) in (0, 1, 3, 4):  # the operator may be missing with its cells
        return ReadRadio(network=Network(wifi=wifi), end=cells_at + 1 + len(rest) // 3 * 3)
    operator = _read_operator(rest, 0, CLONE_2G)
    for form in (CLONE_2G, CLONE_4G):
        behind = 3 + count * (form.bytes + 1)
        if operator is not None and len(rest) in (behind, behind + 1):
            operator = _Operator(operator.mcc, operator.mnc, 3)
            cells = _cells(operator, rest[3:behind], form, with_level=True)
            return ReadRadio(network=Network(cells=cells, wifi=wifi), end=cells_at + 1 + behind)
    return None


def read_access_points(entries: bytes, *, most: int | None = None) -> tuple[AccessPoint, ...]:
    """Return the access points of *entries*, each MAC 6 and level 1; empty places left out.

    *most* is how many there are, where something else may follow.
    """
    return tuple(_access_points(entries if most is None else entries[: most * _AP_BYTES]))


def access_point(mac: bytes, level: int | None) -> AccessPoint | None:
    """Return the access point of its six octets and its level byte; None for an empty place.

    The level is dBm as a signed byte, or its amount without the sign; 0 is "not said".
    """
    if len(mac) != MAC_BYTES or mac in _NO_MACS:
        return None
    dbm = None if not level else level - 256 if level >= 128 else -level
    return AccessPoint(mac=mac.hex(":"), dbm=dbm)


# -- layouts ---------------------------------------------------------------------------------------


def _layouts(
    form: CellForm, *, with_wifi: bool
) -> Iterator[tuple[tuple[int, ...], CellForm, bool]]:
    """Yield numbers of places, how wide a cell is, and whether access points follow; likely first.

    Where access points may follow, some makers leave them out, and some leave places out: the count
    of access points then proves where they begin.
    """
    forms = (form, *_WIDER.get(form, ()))
    for width in forms:
        if with_wifi:
            yield _PLACES, width, True
        yield _PLACES, width, False
    if with_wifi:
        for width in forms:
            yield _FEWER_PLACES, width, True


def _fitting(
    operator: _Operator, rest: bytes, places: tuple[int, ...], form: CellForm, *, with_wifi: bool
) -> tuple[tuple[Cell, ...], tuple[AccessPoint, ...]] | None:
    """Return what *rest* holds if it fits to its last byte."""
    for begin, count in _counts(rest, places):
        behind = begin + count * (form.bytes + 1)
        tail = rest[behind:]
        wifi = _wifi_behind(tail) if with_wifi else () if _is_tail(tail) else None
        if behind <= len(rest) and wifi is not None:
            return _cells(operator, rest[begin:behind], form, with_level=True), wifi
    return None


def _counts(rest: bytes, places: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield where the cells may begin behind the operator, and how many they may be."""
    yield 0, places[0]
    if rest and rest[0] <= _MOST_CELLS:
        yield 1, rest[0]
    for count in places[1:]:
        yield 0, count


def _is_tail(tail: bytes) -> bool:
    return len(tail) <= _MOST_TAIL or not any(tail)


def _wifi_behind(tail: bytes) -> tuple[AccessPoint, ...] | None:
    """Return the access points behind the cells; None where none fit.

    [timing advance 1,] count 1, the access points, [language 2].
    """
    for before in (1, 0):
        if len(tail) <= before:
            continue
        begin, count = before + 1, tail[before]
        left = len(tail) - begin - count * _AP_BYTES
        if left in (0, 2):
            return tuple(_access_points(tail[begin : begin + count * _AP_BYTES]))
    return None


def _read_operator(body: bytes, at: int, form: CellForm) -> _Operator | None:
    word = int.from_bytes(body[at : at + 2], "big")
    width = 2 if form.is_mnc_long or word & _LONG_MNC else 1
    end = at + 2 + width
    if len(body) < end:
        return None
    return _Operator(word & ~_LONG_MNC, int.from_bytes(body[at + 2 : end], "big"), end)


def _cells(
    operator: _Operator, places: bytes, form: CellForm, *, with_level: bool
) -> tuple[Cell, ...]:
    step = form.bytes + with_level
    found = (
        _cell(
            operator,
            places[at : at + form.bytes],
            form,
            level=places[at + form.bytes] if with_level else None,
        )
        for at in range(0, len(places) - step + 1, step)
    )
    return tuple(cell for cell in found if cell is not None)


def _cell(operator: _Operator, said: bytes, form: CellForm, *, level: int | None) -> Cell | None:
    lac = int.from_bytes(said[: form.lac], "big")
    cid = int.from_bytes(said[form.lac :], "big")
    if operator.mcc == 0 or (lac == 0 and cid == 0) or said == b"\xff" * len(said):
        return None
    return Cell(mcc=operator.mcc, mnc=operator.mnc, lac=lac, cid=cid, level=level)


def _access_points(entries: bytes) -> Iterator[AccessPoint]:
    for at in range(0, len(entries) - _AP_BYTES + 1, _AP_BYTES):
        point = access_point(entries[at : at + MAC_BYTES], entries[at + MAC_BYTES])
        if point is not None:
            yield point


def _network(cells: tuple[Cell, ...], wifi: tuple[AccessPoint, ...]) -> Network | None:
    return Network(cells=cells, wifi=wifi) if cells or wifi else None
