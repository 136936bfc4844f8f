"""GT06 surroundings: cells and access points, in the layouts of many makers."""

from dataclasses import replace

import pytest

from ingest.codecs.readings import AccessPoint, Cell, Flag, Kind, Network, TimeQuality
from tests.ingest.gt06_frames import CELL, CLOCK, NOW, Connection, frame, one, reply

OPERATOR = bytes.fromhex("01cc 00")
#: LAC 22633, cells 12345 and 12346, with their levels
PLACES = bytes.fromhex("5869 003039 3e  5869 00303a 31")
CELLS = (
    Cell(mcc=460, mnc=0, lac=22633, cid=12345, level=62),
    Cell(mcc=460, mnc=0, lac=22633, cid=12346, level=49),
)
WIDE_PLACE = bytes.fromhex("00005869 0000000003b1a0d2 04")
WIDE_CELL = Cell(mcc=310, mnc=260, lac=22633, cid=61972690, level=4)
POINT = bytes.fromhex("00005e00536d 3d")
POINTS = (AccessPoint(mac="00:00:5e:00:53:6d", dbm=-61),)
TAIL = b"\xff\x00\x02"
EMPTY_POINT = bytes(7)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        # seven places, empty ones zero; timing advance and language behind
        (0x28, CLOCK + OPERATOR + PLACES + bytes(30) + TAIL, Network(cells=CELLS)),
        (0x18, CLOCK + OPERATOR + PLACES + bytes(30) + TAIL, Network(cells=CELLS)),
        (0x2E, CLOCK + OPERATOR + b"\x02" + PLACES + TAIL, Network(cells=CELLS)),
        # a byte before the country, a count, and more places than it says
        (0x24, CLOCK + b"\0" + OPERATOR + b"\x02" + PLACES + bytes(21), Network(cells=CELLS)),
        # one cell, without its level, then the language
        (
            0x11,
            CLOCK + CELL + b"\0\2",
            Network(cells=(Cell(mcc=460, mnc=0, lac=22633, cid=12345),)),
        ),
        # 4G: MNC of two bytes, LAC 4, cell id 8
        (
            0xA1,
            CLOCK + bytes.fromhex("8136 0104") + WIDE_PLACE + bytes(78) + TAIL,
            Network(cells=(WIDE_CELL,)),
        ),
        (
            0xA2,
            CLOCK
            + bytes.fromhex("8136 0104")
            + WIDE_PLACE
            + bytes(78)
            + b"\xff\x02"
            + POINT
            + EMPTY_POINT,
            Network(cells=(WIDE_CELL,), wifi=POINTS),
        ),
        # one place only: the count of access points proves it
        (
            0xA2,
            CLOCK + bytes.fromhex("8136 0104") + WIDE_PLACE + b"\xff\x01" + POINT,
            Network(cells=(WIDE_CELL,), wifi=POINTS),
        ),
        # seven places with cell ids of four bytes
        (
            0x28,
            CLOCK + OPERATOR + bytes.fromhex("5869 03b1a0d2 3e") + bytes(42) + TAIL,
            Network(cells=(replace(CELLS[0], cid=61972690),)),
        ),
        # access points behind the cells
        (
            0x2C,
            CLOCK + OPERATOR + PLACES + bytes(30) + b"\xff\x01" + POINT,
            Network(cells=CELLS, wifi=POINTS),
        ),
        (
            0x2C,
            CLOCK + OPERATOR + b"\x02" + PLACES + b"\xff\x01" + POINT + b"\0\2",
            Network(cells=CELLS, wifi=POINTS),
        ),
        (
            0x33,
            CLOCK + OPERATOR + PLACES + bytes(24) + b"\xff\x01" + POINT,
            Network(cells=CELLS, wifi=POINTS),
        ),
        (0x69, CLOCK + OPERATOR + b"\x02" + PLACES + b"\x00", Network(cells=CELLS)),
        # without any cell
        (0x33, CLOCK + bytes(3) + bytes(42) + b"\xff\x01" + POINT, Network(wifi=POINTS)),
        # a list of access points only
        (0xF3, CLOCK + b"\x01\0\x3d" + POINT[:6], Network(wifi=POINTS)),
        # a type nobody has told us of
        (0xC5, CLOCK + OPERATOR + PLACES + bytes(30) + b"\xff\x01" + POINT, None),
    ],
)
def test_surroundings_are_read(kind: int, body: bytes, expected: Network | None) -> None:
    """A report without a place has what hears it around it; it is answered like a location."""
    told = Connection().say(frame(kind, body))
    (reading,) = told.readings

    assert (Kind.POSITION, None, NOW, TimeQuality.ASSUMED_ZONE) == (
        reading.kind,
        reading.position,
        reading.fix_time,
        reading.fix_time_quality,
    )
    assert (expected or Network(cells=CELLS, wifi=POINTS)) == reading.network
    assert frozenset() == reading.flags
    assert reply(kind) == told.reply


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (0x11, CELL),
        (0x11, CELL + b"\0\2"),
        (0x28, OPERATOR + PLACES[:6] + TAIL),
        (0x18, OPERATOR + PLACES[:6] + bytes(36) + TAIL),
        (0x11, bytes(6) + CELL),
    ],
)
def test_the_clock_may_be_missing(kind: int, body: bytes) -> None:
    """The cell stands first then; no time is made of it."""
    told = Connection().say(frame(kind, body))
    (reading,) = told.readings

    assert reading.network is not None
    assert (460, 0, 22633, 12345) == (
        reading.network.cells[0].mcc,
        reading.network.cells[0].mnc,
        reading.network.cells[0].lac,
        reading.network.cells[0].cid,
    )
    assert (None, reply(kind)) == (reading.fix_time, told.reply)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [(0x17, CELL), (0xA7, bytes.fromhex("81cc 0000 00005869 0000000000003039"))],
)
def test_an_address_request_from_a_cell_keeps_no_telephone_number(kind: int, cell: bytes) -> None:
    """The cell counts; who asked is private, and waits for an address, not for the short reply."""
    number = b"13800000000".ljust(21, b"\0")
    told = Connection().say(frame(kind, cell + number + b"\0\2"))
    (reading,) = told.readings

    assert Network(cells=(replace(CELLS[0], level=None),)) == reading.network
    assert (Kind.INFO, None, True) == (
        reading.kind,
        told.reply,
        Flag.PRIVATE_CONTENT in reading.flags,
    )
    assert b"138" not in reading.raw


def test_blocks_behind_their_lengths_are_read() -> None:
    """Type 32 of the long form: GPS (none), own cell, other cells, access points."""
    body = (
        CLOCK + b"\0\x09" + CELL + b"\x3e\x24" + PLACES[6:] + bytes(30) + b"\x07" + POINT + b"\0\0"
    )
    reading = one(frame(0x32, body, is_long=True))

    assert (Kind.POSITION, Network(cells=CELLS, wifi=POINTS)) == (reading.kind, reading.network)


def test_a_layout_we_do_not_know_gives_its_first_cell() -> None:
    """The cell in use stands first; what follows is left out and flagged, perhaps its level."""
    reading = one(frame(0x28, CLOCK + OPERATOR + PLACES[:6] + b"\xfe" * 20))

    assert Network(cells=(replace(CELLS[0], level=None),)) == reading.network
    assert Flag.BAD_FIELD in reading.flags


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (0x28, CLOCK + bytes.fromhex("1fff 00") + PLACES),
        (0x28, CLOCK + bytes(3) + PLACES),
        (0x2C, CLOCK + bytes.fromhex("00ff 00") + b"\xff"),
    ],
)
def test_a_country_that_is_none_gives_no_cell(kind: int, body: bytes) -> None:
    """Where no network can be named, nothing is looked up; the sign of life counts."""
    reading = one(frame(kind, body))

    assert (None, NOW) == (reading.network, reading.fix_time)


@pytest.mark.parametrize(
    ("level", "expected"), [(61, -61), (0xC8, -56), (0x80, -128), (0, None), (0x7F, -127)]
)
def test_a_level_is_dbm_with_or_without_its_sign(level: int, expected: int | None) -> None:
    """Makers send the signed byte or its amount; 0 is not said."""
    point = POINT[:6] + bytes((level,))
    reading = one(frame(0x2C, CLOCK + OPERATOR + PLACES + bytes(30) + b"\xff\x01" + point))

    assert reading.network is not None
    assert expected == reading.network.wifi[0].dbm


def test_surroundings_cut_off_say_why() -> None:
    """Less than a clock and an operator is nothing."""
    told = Connection().say(frame(0x28, CLOCK))

    assert ((), None) == (told.readings, told.reply)
    assert told.reason is not None
