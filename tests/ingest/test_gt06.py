"""GT06: what pendants and belt trackers say, and what they hear from us."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import FixSource
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Cell, Flag, Kind, Network, TimeQuality
from tests.ingest.gt06_frames import (
    CELL,
    CLOCK,
    IMEI,
    LAT,
    LOCATED,
    LON,
    NORTH,
    NOT_REAL_TIME,
    NOW,
    WEST,
    Connection,
    alarm,
    frame,
    gps,
    login,
    one,
    reply,
    where,
)

OUR_CELL = Cell(mcc=460, mnc=0, lac=22633, cid=12345)


def with_profile(**changes: object) -> Profile:
    """Return the protocol's default profile with *changes*."""
    return replace(profile_of("gt06"), **changes)  # type: ignore[arg-type]


# -- login -----------------------------------------------------------------------------------------


def test_a_login_names_the_device_for_the_connection() -> None:
    """The IMEI belongs to the connection from the login on; what came before belongs to nobody."""
    band = Connection()
    early = band.one(frame(0x13, bytes((0x44, 6, 4, 0, 2))))
    told = band.say(login())
    late = band.one(frame(0x13, bytes((0x44, 6, 4, 0, 2))))

    assert (None, IMEI, IMEI) == (early.device_id, told.readings[0].device_id, late.device_id)
    assert Kind.INFO is told.readings[0].kind
    assert reply(0x01) == told.reply


def test_a_login_may_tell_the_zone() -> None:
    """Where the login tells the zone, nothing is assumed any more."""
    east, west, utc = (Connection() for _ in range(3))
    east.say(login(more=bytes.fromhex("7000 3201")))
    west.say(login(more=bytes.fromhex("7000 4dd8")))
    utc.say(login(more=bytes.fromhex("7000 0000")))
    said = frame(0x12, gps() + CELL)

    assert (480, -765, 0) == tuple(band.device.zone_min for band in (east, west, utc))
    assert (NOW, TimeQuality.OK) == (
        east.one(said).fix_time,
        TimeQuality(east.one(said).fix_time_quality),
    )
    assert NOW + timedelta(hours=8) == utc.one(said).fix_time


def test_an_impossible_zone_is_left_out() -> None:
    """A zone of 99 hours costs a flag; the profile's zone holds."""
    band = Connection()
    told = band.one(login(more=bytes.fromhex("7000 f0f0")))

    assert (None, True) == (band.device.zone_min, Flag.BAD_FIELD in told.flags)


@pytest.mark.parametrize("body", [b"\x08\x60", bytes.fromhex("0abc000000000121"), b""])
def test_a_login_without_an_imei_is_no_login(body: bytes) -> None:
    """Who does not name itself is not answered, and tries again."""
    told = Connection().say(frame(0x01, body))

    assert ((), None) == (told.readings, told.reply)
    assert told.reason is not None


def test_the_newest_login_counts() -> None:
    """A device that starts anew on the same connection names itself again."""
    band = Connection()
    band.say(login())
    band.say(login(imei="860000000000998"))

    assert "860000000000998" == band.device.device_id


# -- locations -------------------------------------------------------------------------------------


def test_a_location_is_a_position() -> None:
    """Time by the profile's zone, place, movement and the cell; the reply is harmless."""
    told = Connection().say(frame(0x12, gps() + CELL))
    (reading,) = told.readings
    position = reading.position

    assert position is not None
    assert (LAT, LON) == where(reading)
    assert (None, FixSource.GNSS, True) == (
        position.accuracy_m,
        position.source,
        position.is_current,
    )
    assert (Kind.POSITION, "0x12", NOW, TimeQuality.ASSUMED_ZONE) == (
        reading.kind,
        reading.type,
        reading.fix_time,
        reading.fix_time_quality,
    )
    assert (9, 4, 71) == (reading.satellites, reading.speed_kmh, reading.course_deg)
    assert Network(cells=(OUR_CELL,)) == reading.network
    assert {Flag.NO_ACCURACY} == reading.flags
    assert reply(0x12) == told.reply


@pytest.mark.parametrize(
    ("word", "signs"), [(NORTH, (1, 1)), (0, (-1, 1)), (NORTH | WEST, (1, -1)), (WEST, (-1, -1))]
)
def test_two_bits_are_the_hemispheres(word: int, signs: tuple[int, int]) -> None:
    """North and west are set bits; the spare high bits mean nothing."""
    reading = one(frame(0x12, gps(word=word | LOCATED | 0xC000) + CELL))

    assert (LAT * signs[0], LON * signs[1]) == where(reading)


def test_a_last_known_place_is_not_current() -> None:
    """Bit 12 clear: shown, never judged."""
    position = one(frame(0x12, gps(word=NORTH) + CELL)).position

    assert position is not None
    assert (False, FixSource.UNKNOWN) == (position.is_current, position.source)


def test_located_by_no_satellite_is_doubted() -> None:
    """Located with none: likely found by the network."""
    reading = one(frame(0x12, gps(satellites=0) + CELL))

    assert reading.position is not None
    assert FixSource.UNKNOWN is reading.position.source
    assert Flag.NO_SATELLITES in reading.flags


def test_zero_zero_is_no_place() -> None:
    """Coordinates 0,0 are nowhere; the time and the cell stand."""
    reading = one(frame(0x12, gps(lat=0, lon=0) + CELL))

    assert (None, NOW) == (reading.position, reading.fix_time)
    assert {Flag.NULL_ISLAND} == reading.flags
    assert Network(cells=(OUR_CELL,)) == reading.network


@pytest.mark.parametrize(("lat", "lon"), [(90.5, 10), (120.6, 30.5), (10, 180.5)])
def test_off_the_globe_is_no_place(lat: float, lon: float) -> None:
    """Latitude beyond 90, or swapped with the longitude: refused, not mended by guess."""
    reading = one(frame(0x12, gps(lat=lat, lon=lon) + CELL))

    assert (None, True) == (reading.position, Flag.OFF_THE_GLOBE in reading.flags)


def test_a_course_beyond_the_circle_is_left_out() -> None:
    """One bad optional field never costs the reading."""
    reading = one(frame(0x12, gps(course=700) + CELL))

    assert (None, True) == (reading.course_deg, Flag.BAD_FIELD in reading.flags)
    assert reading.position is not None


def test_bit_13_is_told() -> None:
    """Not real time, or differential: a flag, nothing more."""
    reading = one(frame(0x12, gps(word=NORTH | LOCATED | NOT_REAL_TIME) + CELL))

    assert (True, False) == (Flag.NOT_REAL_TIME in reading.flags, reading.is_backlog)


@pytest.mark.parametrize(
    "clock",
    [
        bytes(6),
        bytes((70, 1, 1, 0, 0, 5)),
        bytes((0, 1, 1, 8, 0, 0)),
        bytes((20, 1, 1, 0, 3, 0)),
        bytes((26, 13, 1, 0, 0, 0)),
        bytes((26, 2, 29, 0, 0, 0)),
        bytes((26, 3, 1, 24, 0, 0)),
        bytes((200, 3, 1, 0, 0, 0)),
    ],
)
def test_a_clock_that_was_never_set_has_no_time(clock: bytes) -> None:
    """Power-on defaults and impossible dates: no time, the place stands."""
    reading = one(frame(0x12, gps(clock=clock) + CELL))

    assert (None, TimeQuality.BAD_CLOCK) == (reading.fix_time, reading.fix_time_quality)
    assert Flag.BAD_CLOCK in reading.flags
    assert reading.position is not None


@pytest.mark.parametrize(("again", "expected"), [(0, False), (1, True)])
def test_a_stored_location_says_so(again: int, expected: bool) -> None:
    """Type 22 and its 4G form carry a re-upload flag behind ACC and upload mode."""
    wide = bytes.fromhex("81cc 0001 0000260e 000000000615f801")
    narrow = frame(0x22, gps() + CELL + bytes((1, 3, again)) + bytes(4))
    lte = frame(0xA0, gps() + wide + bytes((0, 0x0E, again)))

    assert [expected, expected] == [one(narrow).is_backlog, one(lte).is_backlog]
    assert Network(cells=(Cell(mcc=460, mnc=1, lac=9742, cid=102103041),)) == one(lte).network


def test_a_clones_cell_may_be_a_byte_longer() -> None:
    """ACC is 0 or 1; what is neither still belongs to the cell id."""
    said = gps() + bytes.fromhex("0136 04 81fe 066d9b03") + bytes((0, 0, 1)) + bytes(4)
    reading = one(frame(0x22, said))

    assert Network(cells=(Cell(mcc=310, mnc=4, lac=33278, cid=107846403),)) == reading.network
    assert reading.is_backlog


def test_type_31_tells_the_altitude() -> None:
    """Its MNC has two bytes, its cell id four; the altitude stands last."""
    said = gps() + bytes.fromhex("02d4 000a c3c7 0dbdc415 01 00 00 00000000 02a6")
    reading = one(frame(0x31, said))

    assert 678 == reading.altitude_m
    assert Network(cells=(Cell(mcc=724, mnc=10, lac=50119, cid=230540309),)) == reading.network


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (0x10, gps()),
        (0x11, gps() + bytes.fromhex("012e 02d0 75df 0084890c")),
        (0x17, gps() + CELL + bytes(9)),
        (0x1E, gps() + CELL + b"\x40" + bytes(36) + b"\xff\0\2"),
        (0x2D, gps() + CELL),
        (0x34, bytes(4) + gps() + bytes(6) + CELL + bytes(9)),
        (0x36, gps() + bytes.fromhex("01cc 00 25ef 0540e88c") + bytes(9)),
        (0x37, gps() + CELL),
        (0x38, gps() + bytes(3) + bytes.fromhex("02c8 01 00000c24 0000000000048b08")),
        (0xA2, gps() + bytes.fromhex("02dc 65 00006981 00000000095674c9") + bytes(20)),
        (0x12, bytes.fromhex("0860000000000121") + gps() + CELL),
        (0x22, b"\1" + bytes.fromhex("0860000000000121") + CLOCK + gps() + bytes(20)),
        (0xC7, gps() + b"what else?"),
    ],
)
def test_many_types_begin_with_a_gps_block(kind: int, body: bytes) -> None:
    """Makers add to it, or put an IMEI before it; the place is the same."""
    reading = one(frame(kind, body))

    assert (Kind.POSITION, NOW) == (reading.kind, reading.fix_time)
    assert reading.position is not None
    assert (LAT, LON) == where(reading)


def test_a_location_too_short_for_one_says_why() -> None:
    """A body without room for a GPS block is not understood, and the connection stays."""
    told = Connection().say(frame(0x12, CLOCK))

    assert ((), None) == (told.readings, told.reply)
    assert told.reason is not None


def test_an_echo_is_not_answered() -> None:
    """A frame without a body is what we send; answering it would never end."""
    told = Connection().say(reply(0x12))

    assert (Kind.UNKNOWN, None) == (told.readings[0].kind, told.reply)


def test_an_address_request_keeps_no_telephone_number() -> None:
    """The place counts; who asked is private, and the short reply is not what is waited for."""
    number = b"13800000000".ljust(21, b"\0")
    told = Connection().say(frame(0x2A, gps() + number + b"\x01\x00"))
    (reading,) = told.readings

    assert reading.position is not None
    assert None is told.reply
    assert b"13800000000" not in reading.raw
    assert Flag.PRIVATE_CONTENT in reading.flags


def test_modules_tell_place_altitude_and_time_in_utc() -> None:
    """Type 70 is a row of modules; subscriber and card numbers are not kept."""
    at = int(NOW.timestamp()).to_bytes(4, "big")
    fix = at + b"\x07" + (23).to_bytes(2, "big") + gps()[7:]
    modules = b"".join(
        name.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
        for name, value in [
            (0x00, b"\2"),
            (0x33, fix),
            (0x11, bytes.fromhex("01cc 0000 5869 00003039")),
            (0x03, b"\x89860000000000000000"),
        ]
    )
    reading = one(frame(0x70, modules + b"\0\1\xff\xff", is_long=True))

    assert (Kind.POSITION, NOW, TimeQuality.OK, 23, 7) == (
        reading.kind,
        reading.fix_time,
        reading.fix_time_quality,
        reading.altitude_m,
        reading.satellites,
    )
    assert reading.position is not None
    assert LAT == pytest.approx(reading.position.lat)
    assert b"860000" not in reading.raw


@pytest.mark.parametrize("kind", [0x65, 0x66, 0x8C])
def test_what_a_vehicle_says_of_itself_may_end_with_a_place(kind: int) -> None:
    """Clock, text, and the rest of a GPS block; without one it is only information."""
    text = b"\x01,2110=00003d84,2105=00001c20,"
    located = one(frame(kind, CLOCK + text + gps()[6:], is_long=True))
    plain = one(frame(kind, CLOCK + text, is_long=True))

    assert ((LAT, LON), NOW, Kind.POSITION) == (where(located), located.fix_time, located.kind)
    assert (None, Kind.INFO) == (where(plain), plain.kind)


# -- heartbeats ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("voltage", "scale", "expected"),
    [
        (0, "auto", 0),
        (3, "auto", 50),
        (6, "auto", 100),
        (62, "auto", 62),
        (100, "auto", 100),
        (101, "auto", None),
        (255, "auto", None),
        (6, "percent", 6),
        (7, "level6", None),
        (4, "level6", 66),
    ],
)
def test_a_heartbeat_tells_the_battery(voltage: int, scale: str, expected: int | None) -> None:
    """Six even steps, or percent in the same byte; what is neither is unknown."""
    told = Connection(with_profile(battery_scale=scale)).say(
        frame(0x13, bytes((0x44, voltage, 4, 0, 2)))
    )
    (reading,) = told.readings

    assert (Kind.HEARTBEAT, expected, True) == (
        reading.kind,
        reading.battery_pct,
        reading.charging,
    )
    assert reply(0x13) == told.reply


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (0x23, "c0 0122 04 0001", (None, False, frozenset())),
        (0x13, "02 8019 00 00 2e 42 016f 00 0000 003a", (46, False, frozenset())),
        (0x13, "02 8019 01 00 2e 42 016f 00 0000 003a", (46, False, frozenset({"sos"}))),
        # as long, but another maker's: nothing where the voltage stands
        (0x13, "40 b2fa 00 02 01 04 0000 0000 0000 011c", (None, False, frozenset())),
        (0x13, "46 0b 12 04 00", (11, True, frozenset())),
        (0x13, "40 04 03 01 02", (66, False, frozenset({"sos"}))),
        (0x13, "4b 04 03 00 01", (66, False, frozenset({"vibration"}))),
        (0x13, "44", (None, True, frozenset())),
        (0x36, "44 06 04 01 02", (None, True, frozenset())),
    ],
)
def test_heartbeats_differ(
    kind: int, body: str, expected: tuple[int | None, bool, frozenset[str]]
) -> None:
    """Models put voltages, satellites and modes between the same bytes."""
    reading = one(frame(kind, bytes.fromhex(body)))

    assert Kind.HEARTBEAT is reading.kind
    assert expected == (reading.battery_pct, reading.charging, reading.alarms)


# -- frames with faults ----------------------------------------------------------------------------


def test_a_bad_checksum_is_flagged_and_refused_only_on_demand() -> None:
    """A wrong CRC costs a flag, unless the profile insists."""
    good = frame(0x12, gps() + CELL)
    bad = good[:-3] + bytes((good[-3] ^ 1,)) + good[-2:]
    lax = Connection().say(bad)
    strict = Connection(with_profile(crc_required=True)).say(bad)

    assert Flag.BAD_CHECKSUM in lax.readings[0].flags
    assert reply(0x12) == lax.reply
    assert ((), None) == (strict.readings, strict.reply)
    assert strict.reason is not None
    assert Connection(with_profile(crc_required=True)).say(good).readings


def test_a_vendors_heartbeat_with_a_wrong_length_is_answered() -> None:
    """The sample says 8 bytes and has 10; it is heard, flagged and answered."""
    told = Connection().say(bytes.fromhex("787808134b040300010011061f0d0a"))

    assert {Flag.BAD_LENGTH, Flag.BAD_CHECKSUM} <= told.readings[0].flags
    assert bytes.fromhex("787805130011f9700d0a") == told.reply


def test_an_unknown_type_is_kept() -> None:
    """A good frame of an unknown type is stored and counted, a bad one is noise."""
    good = frame(0xF2, b"something new")
    told = Connection().say(good)
    noise = Connection().say(good[:-4] + b"\0\0\r\n")

    assert (Kind.UNKNOWN, "0xf2", good) == (
        told.readings[0].kind,
        told.readings[0].type,
        told.readings[0].raw,
    )
    assert (None, None, ()) == (told.reply, told.reason, noise.readings)
    assert noise.reason is not None


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (0x94, b"\0\x04\x9f", False),
        (0x94, b"\x0a" + bytes(26), True),
        (0x94, b"\x04SOS=13800000000", True),
        (0x98, b"\0", False),
    ],
)
def test_information_is_counted_and_private_numbers_are_dropped(
    kind: int, body: bytes, expected: bool
) -> None:
    """Voltages and settings are info; card and telephone numbers are not kept."""
    told = Connection().say(frame(kind, body, is_long=True))
    (reading,) = told.readings

    assert (Kind.INFO, None) == (reading.kind, told.reply)
    assert expected is (Flag.PRIVATE_CONTENT in reading.flags)
    assert expected is (len(reading.raw) < len(body) + 10)


def test_voice_is_not_kept() -> None:
    """A recording is counted, its bytes are not stored."""
    reading = one(frame(0x8D, b"voice" * 30, is_long=True))

    assert Kind.MEDIA is reading.kind
    assert b"voice" not in reading.raw


def test_the_time_is_told_in_utc() -> None:
    """Type 8A asks for the time; year, month, day, hour, minute, second."""
    told = Connection().say(frame(0x8A, serial=6))
    expected = frame(0x8A, bytes((26, 3, 1, 2, 11, 9)), serial=6)

    assert expected == told.reply
    assert Kind.INFO is told.readings[0].kind


# -- alarms ring, whatever else is wrong -----------------------------------------------------------


@given(clock=st.binary(min_size=6, max_size=6), place=st.binary(min_size=12, max_size=12))
def test_an_sos_is_heard_with_any_clock_and_place(clock: bytes, place: bytes) -> None:
    """Neither a bad clock nor a bad place silences a cry for help."""
    said = frame(0x16, clock + place + b"\x09" + CELL + bytes((0x40, 5, 4, 1, 2)))

    assert "sos" in one(said).alarms


# -- any bytes -------------------------------------------------------------------------------------

SAMPLES = [
    login(more=bytes.fromhex("7000 3201")),
    frame(0x12, gps() + CELL),
    frame(0x22, gps() + CELL + bytes(7)),
    frame(0xA0, gps() + bytes(18)),
    frame(0x13, bytes((0x44, 6, 4, 0, 2))),
    frame(0x28, CLOCK + CELL + bytes(40)),
    frame(0x2C, CLOCK + CELL + bytes(40)),
    frame(0x95, CLOCK + bytes(12)),
    frame(0xA5, CELL + bytes(12)),
    frame(0x70, b"\0\x33\0\x12" + bytes(18), is_long=True),
    frame(0x33, CLOCK + b"\x0c" + bytes(60), is_long=True),
    frame(0xF3, CLOCK + b"\x02" + bytes(16)),
    frame(0x21, b"\0\0\0\1\1Lat:N30.5,Lon:E120.6,DateTime:2026-03-01  10:11:09", is_long=True),
    bytes.fromhex("787803691604130318491475905bd30e2500cc08010c4e2fa55a0d0a"),
    alarm(1),
]


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Return a frame of any type and body, or one that was damaged on its way."""
    if draw(st.booleans()):
        kind, body = draw(st.integers(0, 255)), draw(st.binary(max_size=120))
        return frame(kind, body, is_long=draw(st.booleans()))
    said = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 6))):
        said[draw(st.integers(0, len(said) - 1))] = draw(st.integers(0, 255))
    return bytes(said)


@given(said=st.lists(st.one_of(frames(), st.binary(max_size=60)), max_size=4))
def test_any_bytes_are_read_or_refused(said: list[bytes]) -> None:
    """Nothing that a device sends stops a worker: a reading, or a reason, each time."""
    band = Connection()
    for one_frame in said:
        told = band.say(one_frame)

        assert bool(told.readings) is not bool(told.reason)
        assert all(len(reading.raw) <= 2048 for reading in told.readings)
        for reading in told.readings:
            reading.to_json()


@given(body=st.binary(max_size=200))
def test_a_good_time_is_never_invented(body: bytes) -> None:
    """Every time read is one that a clock of two digits a year can show."""
    for kind in (0x12, 0x16, 0x17, 0x28, 0x70):
        for reading in Connection().say(frame(kind, body, is_long=True)).readings:
            at = reading.fix_time
            assert at is None or at.tzinfo is UTC
            assert at is None or datetime(1970, 1, 1, tzinfo=UTC) < at
