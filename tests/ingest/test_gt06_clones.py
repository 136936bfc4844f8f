"""GT06 clones without serial and CRC: small pendants that reconnect unless they are answered."""

from dataclasses import replace

import pytest

from core.errors import BadOrder
from ingest.codecs.gt06 import GT06
from ingest.codecs.profiles import profile_of
from ingest.codecs.readings import AccessPoint, Cell, Flag, Kind, Network, Order, TimeQuality
from tests.ingest.gt06_frames import (
    CLOCK,
    IMEI,
    LAT,
    LON,
    NOW,
    Connection,
    frame,
    gps,
    login,
    one,
    where,
)

LOGIN = b"xx\x0d\x01" + bytes.fromhex("0" + IMEI) + b"\x34\r\n"
BCD_CLOCK = bytes.fromhex("260301101109")
POINT = bytes.fromhex("00005e00536d 3d")
#: a count of cells, MCC, MNC, then LAC, cell id, level
CELLS_2G = bytes.fromhex("02 01cc 00  5869 3039 5a  5869 303a 64")
CELLS_4G = bytes.fromhex("02 01cc 00  00005869 00003039 5a  00005869 0000303a 64")
SURROUNDINGS = Network(
    cells=(
        Cell(mcc=460, mnc=0, lac=22633, cid=12345, level=90),
        Cell(mcc=460, mnc=0, lac=22633, cid=12346, level=100),
    ),
    wifi=(AccessPoint(mac="00:00:5e:00:53:6d", dbm=-61),),
)


def said(kind: int, content: bytes = b"", declared: int | None = None) -> bytes:
    """Return a clone's frame."""
    return (
        b"xx"
        + bytes((len(content) + 1 if declared is None else declared, kind))
        + content
        + b"\r\n"
    )


def logged_in() -> Connection:
    """Return a connection whose device has logged in like a clone."""
    band = Connection()
    band.say(LOGIN)
    return band


def test_a_clone_names_itself_and_hears_its_own_answer() -> None:
    """Its login has one byte behind the IMEI; its length byte is not to be believed."""
    band = Connection()
    told = band.say(LOGIN)

    assert (IMEI, True) == (band.device.device_id, band.device.is_clone)
    assert b"xx\x01\x01\r\n" == told.reply
    assert frozenset() == told.readings[0].flags
    assert (LOGIN, LOGIN) == GT06.split(LOGIN + LOGIN).frames


def test_a_clone_may_leave_its_version_out() -> None:
    """Unanswered it would try again for ever."""
    told = Connection().say(said(0x01, bytes.fromhex("0" + IMEI)))

    assert (IMEI, b"xx\x01\x01\r\n") == (told.session.device_id, told.reply)


@pytest.mark.parametrize("declared", [0x12, 0x13])
def test_a_clones_location_is_read_and_answered_with_its_time(declared: int) -> None:
    """Type 10 ends behind the GPS block; its length counts the type or not."""
    frame_said = said(0x10, gps(), declared)
    told = Connection().say(frame_said)
    (reading,) = told.readings

    assert (frame_said,) == GT06.split(frame_said).frames
    assert (Kind.POSITION, NOW, False, {Flag.NO_ACCURACY}) == (
        reading.kind,
        reading.fix_time,
        reading.is_backlog,
        set(reading.flags),
    )
    assert reading.position is not None
    assert (LAT, LON) == where(reading)
    assert said(0x10, CLOCK) == told.reply


def test_a_clones_stored_location_is_backlog() -> None:
    """Type 11 was measured while it was offline; newer firmware adds altitude and alarm."""
    reading = one(said(0x11, gps() + b"\x00\x17\x00"))

    assert (True, 23) == (reading.is_backlog, reading.altitude_m)


@pytest.mark.parametrize(
    ("kind", "cells", "is_backlog"),
    [
        (0x69, CELLS_2G, False),
        (0x17, CELLS_2G, True),
        (0x18, CELLS_4G, False),
        (0x1A, CELLS_4G, False),
        (0x1B, CELLS_4G, True),
    ],
)
def test_a_clones_surroundings_are_read(kind: int, cells: bytes, is_backlog: bool) -> None:
    """The length byte counts access points; the clock is BCD; the answer repeats it."""
    frame_said = said(kind, BCD_CLOCK + POINT + cells, declared=1)
    told = Connection().say(frame_said)
    (reading,) = told.readings

    assert (frame_said,) == GT06.split(frame_said).frames
    assert (Kind.POSITION, NOW, TimeQuality.ASSUMED_ZONE, is_backlog) == (
        reading.kind,
        reading.fix_time,
        reading.fix_time_quality,
        reading.is_backlog,
    )
    assert SURROUNDINGS == reading.network
    assert said(kind, BCD_CLOCK, declared=0) == told.reply


def test_newer_firmware_adds_an_alarm_byte() -> None:
    """One byte more behind the cells changes nothing; none at all is a scan without cells."""
    longer = one(said(0x69, BCD_CLOCK + POINT + CELLS_2G + b"\0", declared=1))
    alone = one(said(0x69, BCD_CLOCK + POINT + b"\0", declared=1))

    assert SURROUNDINGS == longer.network
    assert replace(SURROUNDINGS, cells=()) == alone.network


@pytest.mark.parametrize(
    "frame_said",
    [
        said(0x69, BCD_CLOCK + POINT + CELLS_2G + b"\x02", declared=1),
        said(0x69, BCD_CLOCK + POINT + b"\0\x01", declared=1),
        said(0x10, gps() + b"\x00\x17\x01"),
    ],
)
def test_an_alarm_byte_that_is_set_is_not_passed_over(frame_said: bytes) -> None:
    """Its bits are in no document, so it is unspecified; the rest stands."""
    reading = Connection().one(frame_said)

    assert (Kind.ALARM, {"unspecified"}, NOW) == (
        reading.kind,
        set(reading.alarms),
        reading.fix_time,
    )
    assert Flag.UNPROFILED_ALARM in reading.flags


def test_of_cells_that_do_not_fit_the_access_points_are_left() -> None:
    """The frame's header counts them, so they are certain."""
    reading = logged_in().one(said(0x69, BCD_CLOCK + POINT + CELLS_2G[:-3], declared=1))

    assert replace(SURROUNDINGS, cells=()) == reading.network
    assert Flag.BAD_FIELD in reading.flags


@pytest.mark.parametrize("noise", [b"xx\x03\x7e\x01\r\n", b"xx\x05\x12\0\0\r\n"])
def test_a_short_frame_of_no_known_type_is_no_clones(noise: bytes) -> None:
    """Garbage between marks is not understood, unless its device speaks so."""
    told = Connection().say(noise)

    assert ((), None, False) == (told.readings, told.reply, told.reason is None)


@pytest.mark.parametrize(
    ("frame_said", "battery", "charging"),
    [
        (said(0x13, bytes((85, 0x23, 8, 3))), 85, None),
        (said(0x13, bytes((85, 0x23, 8, 3, 90, 1))), 85, True),
        (said(0x13, bytes((255, 0x23, 8, 3))), None, None),
    ],
)
def test_a_clones_status_is_a_heartbeat_and_echoed(
    frame_said: bytes, battery: int | None, charging: bool | None
) -> None:
    """Battery percent, version, zone, interval; the device waits for the same bytes."""
    told = logged_in().say(frame_said)

    assert (Kind.HEARTBEAT, battery, charging, IMEI) == (
        told.readings[0].kind,
        told.readings[0].battery_pct,
        told.readings[0].charging,
        told.readings[0].device_id,
    )
    assert frame_said == told.reply


@pytest.mark.parametrize(("kind", "expected"), [(0x99, "sos"), (0x94, "vibration")])
def test_a_clones_alarm_is_heard(kind: int, expected: str) -> None:
    """Alarms of a clone are types of their own, and come without a place."""
    frame_said = said(kind, declared=9)
    reading = logged_in().one(frame_said)

    assert (frame_said,) == GT06.split(frame_said).frames
    assert (Kind.ALARM, {expected}) == (reading.kind, set(reading.alarms))


def test_a_clones_heartbeat_is_a_sign_of_life() -> None:
    """It needs no answer."""
    told = Connection().say(b"xx\x01\x08\r\n")

    assert (Kind.HEARTBEAT, None) == (told.readings[0].kind, told.reply)


@pytest.mark.parametrize(("kind", "expected"), [(0x82, True), (0x83, False), (0x14, None)])
def test_a_clone_tells_of_its_charger(kind: int, expected: bool | None) -> None:
    """Put on it, taken off it; other events are kept as information."""
    reading = logged_in().one(said(kind))

    assert (Kind.INFO, expected) == (reading.kind, reading.charging)


def test_a_clone_asks_the_time() -> None:
    """Type 30: the year in two bytes, UTC."""
    told = logged_in().say(said(0x30))

    assert said(0x30, bytes.fromhex("07ea 03 01 02 0b 09")) == told.reply


def test_a_frame_with_a_good_crc_is_no_clones() -> None:
    """A device that sends serial and CRC is answered as such, and a new login ends the rest."""
    band = logged_in()
    told = band.say(frame(0x13, bytes((0x44, 6, 4, 0, 2))))
    band.say(login())

    assert (100, False) == (told.readings[0].battery_pct, band.device.is_clone)


def test_its_profile_says_that_the_clock_shows_utc() -> None:
    """Zhongxun's documents call the clock GMT."""
    reading = one(said(0x10, gps()), profile_of("gt06", "topin"))

    assert (10, TimeQuality.OK) == (
        None if reading.fix_time is None else reading.fix_time.hour,
        reading.fix_time_quality,
    )


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order(do="locate"), said(0x80)),
        (Order(do="interval", args={"s": 600}), said(0x97, b"\x02\x58")),
        (Order(do="reboot"), said(0x48, b"\x01")),
        (Order(do="find"), None),
    ],
)
def test_a_clone_takes_other_orders(order: Order, expected: bytes | None) -> None:
    """It knows no texts; what it does not know is not sent."""
    band = logged_in()

    assert (None if expected is None else (expected, band.session)) == GT06.encode(
        order, band.session
    )


@pytest.mark.parametrize("seconds", [9, 7201, True, "60", None])
def test_a_clones_interval_has_bounds(seconds: object) -> None:
    """10 s to 2 h."""
    with pytest.raises(BadOrder, match="interval"):
        GT06.encode(Order(do="interval", args={"s": seconds}), logged_in().session)
