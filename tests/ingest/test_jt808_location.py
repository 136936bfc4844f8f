"""JT/T 808: what a location says, with its items, in batches, and in one maker's own words."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import FixSource
from ingest.codecs.jt808 import JT808
from ingest.codecs.profiles import profile_of
from ingest.codecs.readings import AccessPoint, Cell, Flag, Kind, Network, Reading, TimeQuality
from tests.ingest.test_jt808 import NOW, PROFILE, frame_of, hear, one

LOCATED, SOUTH, WEST, SHIFTED = 1 << 1, 1 << 2, 1 << 3, 1 << 5


def body_of(
    *,
    alarm: int = 0,
    status: int = LOCATED,
    lat: int = 30_528_110,
    lon: int = 120_689_450,
    altitude: int = 5,
    speed: int = 21,
    course: int = 71,
    time: str = "260301101109",
    items: str = "",
) -> bytes:
    """Return the body of a location; numbers as they are sent, *items* in hexadecimal."""
    words = b"".join(word.to_bytes(4, "big") for word in (alarm, status, lat, lon))
    moves = altitude.to_bytes(2, "big", signed=True)
    moves += speed.to_bytes(2, "big") + course.to_bytes(2, "big")
    return words + moves + bytes.fromhex(time) + bytes.fromhex(items)


def read(**fields: Any) -> Reading:
    """Return the reading of a 0200."""
    reading: Reading = one(frame_of(0x0200, body_of(**fields)))
    return reading


# -- the fixed part --------------------------------------------------------------------------------


def test_a_location_is_a_position() -> None:
    """Place, height, movement and time come through; the time is China's."""
    frame = frame_of(0x0200, body_of(items="310109"))
    reading = one(frame)

    assert reading.position is not None
    assert (30.52811, 120.68945, FixSource.GNSS, True, None) == (
        reading.position.lat,
        reading.position.lon,
        reading.position.source,
        reading.position.is_current,
        reading.position.accuracy_m,
    )
    assert (5.0, 2.1, 71.0, 9) == (
        reading.altitude_m,
        reading.speed_kmh,
        reading.course_deg,
        reading.satellites,
    )
    assert (NOW, TimeQuality.OK) == (reading.fix_time, reading.fix_time_quality)
    assert (Kind.POSITION, "0200", False) == (reading.kind, reading.type, reading.is_backlog)
    assert (frozenset({Flag.NO_ACCURACY}), frame) == (reading.flags, reading.raw)


@pytest.mark.parametrize(
    ("status", "lat", "lon"),
    [(0, 1, 1), (SOUTH, -1, 1), (WEST, 1, -1), (SOUTH | WEST, -1, -1)],
)
def test_hemispheres_stand_in_the_status(status: int, lat: int, lon: int) -> None:
    """Coordinates have no sign of their own."""
    position = read(status=LOCATED | status).position

    assert position is not None
    assert (lat * 30.52811, lon * 120.68945) == (position.lat, position.lon)


@pytest.mark.parametrize(
    ("fields", "source", "is_current", "flags"),
    [
        ({}, FixSource.GNSS, True, set()),
        ({"status": 0}, FixSource.UNKNOWN, False, set()),  # the last one known
        ({"status": 0, "items": "310100"}, FixSource.UNKNOWN, False, set()),
        ({"items": "310100"}, FixSource.UNKNOWN, True, {Flag.NO_SATELLITES}),
        ({"status": LOCATED | SHIFTED}, FixSource.GNSS, False, {Flag.SHIFTED}),
    ],
)
def test_how_far_a_position_can_be_trusted(
    fields: dict[str, Any], source: FixSource, is_current: bool, flags: set[Flag]
) -> None:
    """Not located, without satellites, or shifted on purpose: kept, and said so."""
    reading = read(**fields)

    assert reading.position is not None
    assert (source, is_current) == (reading.position.source, reading.position.is_current)
    assert flags | {Flag.NO_ACCURACY} == reading.flags


@pytest.mark.parametrize(
    ("lat", "lon", "flag"),
    [
        (0, 0, Flag.NULL_ISLAND),
        (120_689_450, 30_528_110, Flag.OFF_THE_GLOBE),  # swapped; not swapped back by guess
        (90_000_001, 0, Flag.OFF_THE_GLOBE),
        (0, 180_000_001, Flag.OFF_THE_GLOBE),
        (0xFFFF_FFFF, 0xFFFF_FFFF, Flag.OFF_THE_GLOBE),
    ],
)
def test_coordinates_that_cannot_be_are_no_position(lat: int, lon: int, flag: Flag) -> None:
    """The rest of the reading stays, and an SOS in it rings."""
    reading = read(lat=lat, lon=lon, alarm=1, items="D40140")

    assert (None, frozenset({flag})) == (reading.position, reading.flags)
    assert (Kind.ALARM, 64, NOW) == (reading.kind, reading.battery_pct, reading.fix_time)


@pytest.mark.parametrize(
    "time",
    [
        "000000000000",
        "700101000000",  # 1970
        "000101080012",  # 2000
        "200101000000",  # 2020-01-01
        "260231000000",  # no such day
        "261301000000",
        "260301240000",
        "2603011011ff",
    ],
)
def test_a_clock_that_was_never_set_tells_no_time(time: str) -> None:
    """No time, a flag, and the position stays."""
    reading = read(time=time, alarm=1)

    assert (None, TimeQuality.BAD_CLOCK) == (reading.fix_time, reading.fix_time_quality)
    assert Flag.BAD_CLOCK in reading.flags
    assert (Kind.ALARM, True) == (reading.kind, reading.position is not None)


def test_a_profile_may_set_another_clock() -> None:
    """An offset of zero reads the same digits as UTC; an assumed zone is named so."""
    profile = replace(PROFILE, utc_offset_min=0, zone_is_assumed=True)
    reading = one(frame_of(0x0200, body_of()), profile)

    assert datetime(2026, 3, 1, 10, 11, 9, tzinfo=UTC) == reading.fix_time
    assert TimeQuality.ASSUMED_ZONE == reading.fix_time_quality


def test_movement_that_cannot_be_is_left_out() -> None:
    """Each field costs only itself; below sea level is fine."""
    reading = read(speed=0xFFFF, course=361, altitude=-3)

    assert (None, None, -3.0) == (reading.speed_kmh, reading.course_deg, reading.altitude_m)
    assert Flag.BAD_FIELD in reading.flags
    assert reading.position is not None


@pytest.mark.parametrize("kept", [0, 3, 4, 15, 16, 27])
def test_of_a_cut_location_what_is_there_is_read(kept: int) -> None:
    """Its first four bytes are enough for a cry for help."""
    reading = one(frame_of(0x0200, body_of(alarm=1)[:kept]))

    assert Flag.BAD_LENGTH in reading.flags
    assert (Kind.ALARM if kept >= 4 else Kind.UNKNOWN) == reading.kind
    assert (kept >= 16) == (reading.position is not None)
    assert reading.fix_time is None


# -- alarms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bit", "alarm", "kind"),
    [
        (0, "sos", Kind.ALARM),
        (7, "low_battery", Kind.ALARM),
        (8, "power_cut", Kind.ALARM),
        (1, "other:overspeed", Kind.POSITION),
        (4, "other:gnss_fault", Kind.POSITION),
        (18, "other:day_driving_timeout", Kind.POSITION),
        (26, "other:stolen", Kind.POSITION),
        (30, "other:roll_over", Kind.POSITION),
    ],
)
def test_alarms_of_the_plain_table(bit: int, alarm: str, kind: Kind) -> None:
    """Ours make an alarm; those of vehicles are recorded beside the position."""
    reading = read(alarm=1 << bit)

    assert (frozenset({alarm}), kind) == (reading.alarms, reading.kind)


def test_spare_bits_need_a_profile() -> None:
    """Without one they are flagged, with one they have names."""
    personal = profile_of("jt808", "personal")
    frame = frame_of(0x0200, body_of(alarm=1 << 17 | 1 << 15))
    plain, named = one(frame), one(frame, personal)

    assert (frozenset(), True) == (plain.alarms, Flag.UNPROFILED_ALARM in plain.flags)
    assert (frozenset({"removed", "low_battery"}), False) == (
        named.alarms,
        Flag.UNPROFILED_ALARM in named.flags,
    )
    assert (None, False) == (plain.worn, named.worn)
    silenced = replace(PROFILE, alarm_map={"15": "", "17": ""})
    assert (frozenset(), plain.flags - {Flag.UNPROFILED_ALARM}) == (
        one(frame, silenced).alarms,
        one(frame, silenced).flags,
    )


@pytest.mark.parametrize(
    ("items", "alarms"),
    [
        ("E708 0001000000000000", {"vibration"}),
        ("E708 0002000000000000", {"sos"}),
        ("E708 0008000000000000", {"sos"}),
        ("E708 0010000400000000", set()),
        ("E702 000f", set()),  # another maker's
        ("D004 00000008", {"vibration"}),
        ("EB08 00060089 ffffffff", set()),  # inverted: all is well
        ("EB08 00060089 fffffffe", {"power_cut"}),
        ("EB08 00060089 ffffefff", {"removed"}),
        ("EB08 00060089 ffffffef", {"other:collision"}),
        ("EB08 000600c5 ffffffaf", {"vibration"}),
        ("EB08 000600c5 ffffbfff", {"other:light"}),
        ("EB05 000300c6 03", {"low_battery"}),
        ("EB05 000300c6 02", set()),
    ],
)
def test_alarms_in_items(items: str, alarms: set[str]) -> None:
    """Trackers say in items what the standard has no bit for."""
    assert alarms == read(items=items).alarms


def test_a_code_in_an_item_needs_a_profile() -> None:
    """The same code is an SOS on one maker's line and a lock's state on another."""
    frame = frame_of(0x0200, body_of(items="E804 0C010000"))

    assert frozenset() == one(frame).alarms
    assert frozenset({"sos"}) == one(frame, profile_of("jt808", "jc371")).alarms


# -- items -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "battery_pct", "charging"),
    [
        ("060140", 64, None),
        ("06020040", None, None),  # 2019: the temperature of a load
        ("D40164", 100, None),
        ("D401FF", None, True),
        ("E90140", 64, None),
        ("E10140", 64, None),
        ("FE0140", 64, None),
        ("FE020078", None, None),  # volts
        ("56020900", 90, None),
        ("68021F40", 80, None),
        ("E306004001A40000", 64, None),
        ("E30A4E61747572654C696E6B", None, None),  # a maker's name
        ("E4020040", 64, True),
        ("E4020140", 64, False),
        ("F70600000E480240", 64, True),
        ("F70600000E480140", 64, False),
        ("F70400000E48", None, None),
        ("EB05 000300a840", 64, None),
        ("EB05 000300e140", 64, None),
        ("06014006010A", 64, None),  # the first one counts
    ],
)
def test_battery_in_its_many_items(
    items: str, battery_pct: int | None, charging: bool | None
) -> None:
    """Id and length together tell which maker's it is."""
    reading = read(items=items)

    assert (battery_pct, charging) == (reading.battery_pct, reading.charging)
    assert Flag.BAD_FIELD not in reading.flags


@pytest.mark.parametrize("items", ["060165", "5602FF00", "E40200AA"])
def test_a_battery_that_cannot_be_is_left_out(items: str) -> None:
    """Only the field is lost."""
    reading = read(items=items)

    assert (None, True) == (reading.battery_pct, Flag.BAD_FIELD in reading.flags)


@pytest.mark.parametrize(
    ("items", "steps"),
    [
        ("F80208A2", 2210),
        ("F804000008A2", 2210),
        ("F81D" + 29 * "01", None),  # model and card numbers
        ("F6020400F80208A2", None),  # beside air pressure it is a temperature
    ],
)
def test_steps(items: str, steps: int | None) -> None:
    """Two or four bytes count steps."""
    assert steps == read(items=items).steps


CELL = Cell(mcc=460, mnc=0, lac=0x24A4, cid=0x0F4B, level=0x3B)


@pytest.mark.parametrize(
    ("items", "cells"),
    [
        ("5309 01 01cc 00 24a4 0f4b 3b", (CELL,)),
        ("5311 02 01cc 00 24a4 0f4b 3b 0000 00 0000 0000 00", (CELL,)),  # an empty place
        ("5308 01 01cc 00 24a4 0f4b", ()),  # fewer than it says
        ("600b 01 01cc 00 24a4 00000f4b 3b", (CELL,)),
        ("5d0b 01 01cc 00 24a4 00000f4b 3b", (CELL,)),
        ("fd0a 01cc 0000 00000f4b 24a4", (replace(CELL, level=None),)),
        ("e10c 01cc 0000 0024a4 00000f4b 3b", (CELL,)),
        (
            "e114 01cc 0000 0024a4 00000f4b 3b 0024a4 00000f4c 3a",
            (CELL, replace(CELL, cid=0x0F4C, level=0x3A)),
        ),
        ("ee0a 01cc 00 24a4 00000f4b 3b", (CELL,)),
        ("f00d 01cc 0000 00000f4b 000024a4 3b", (CELL,)),
        ("ff0c 01cc 0000 000024a4 00000f4b", (replace(CELL, level=None),)),
        ("eb08 01cc 00 24a4 0f4b 3b", (CELL,)),
        ("eb0d 000b00d8 01cc 00 24a4 00000f4b", (replace(CELL, level=None),)),
    ],
)
def test_cells_in_their_many_items(items: str, cells: tuple[Cell, ...]) -> None:
    """Each maker has its own widths."""
    network = read(items=items).network

    assert cells == (network.cells if network else ())


POINT = AccessPoint(mac="00:00:5e:00:53:6d", dbm=-61)


@pytest.mark.parametrize(
    "items",
    [
        "5408 01 00005e00536d c3",
        "ec07 00005e00536d c3",
        "f407 00005e00536d 3d",  # without its minus sign
        "f40e 00005e00536d c3 000000000000 00",  # an empty place
        "eb1a 001800b9 01" + b"00:00:5E:00:53:6D,-61".hex(),
        "eb20 001e00b9 02" + b"00:00:5E:00:53:6D,-61,7.4,-1".hex(),  # a broken address
    ],
)
def test_access_points_in_their_many_items(items: str) -> None:
    """Binary or text, the address and its strength come out."""
    assert Network(wifi=(POINT,)) == read(items=items).network


def test_an_item_longer_than_the_rest_ends_the_list() -> None:
    """What stood before it counts, and so does the position."""
    reading = read(items="310107 D40A 64")

    assert (7, None) == (reading.satellites, reading.battery_pct)
    assert Flag.BAD_FIELD in reading.flags
    assert reading.position is not None


def test_unknown_items_are_passed_over() -> None:
    """A mileage, an empty item and a stranger cost nothing."""
    reading = read(items="01040000000b F300 7703aabbcc 31010c")

    assert (12, frozenset({Flag.NO_ACCURACY})) == (reading.satellites, reading.flags)


@given(st.binary(max_size=120))
def test_any_items_are_survived(noise: bytes) -> None:
    """Whatever follows the fixed part, the position stands."""
    reading = read(items=noise.hex())

    assert reading.position is not None
    assert reading.battery_pct is None or 0 <= reading.battery_pct <= 100


# -- batches ---------------------------------------------------------------------------------------


def batch_of(*bodies: bytes, count: int | None = None, kind: int = 1) -> bytes:
    """Return the body of a 0704."""
    parts = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
    return (count or len(bodies)).to_bytes(2, "big") + bytes([kind]) + parts


@pytest.mark.parametrize("kind", [0, 1])
def test_a_batch_is_read_item_by_item(kind: int) -> None:
    """Kind 1 was stored out of coverage; alarms and raw bytes are each item's own."""
    bodies = body_of(alarm=1), body_of(lat=30_500_000, status=0, items="310105")
    (frame,) = hear(frame_of(0x0704, batch_of(*bodies, kind=kind)))
    first, second = frame.readings

    assert (bool(kind), bool(kind)) == (first.is_backlog, second.is_backlog)
    assert (Kind.ALARM, Kind.POSITION) == (first.kind, second.kind)
    assert (bodies[0], bodies[1]) == (first.raw, second.raw)
    assert second.position is not None
    assert (30.5, False, 5) == (
        second.position.lat,
        second.position.is_current,
        second.satellites,
    )


@pytest.mark.parametrize(
    "damaged",
    [
        batch_of(body_of(), body_of(alarm=1))[:-1],  # cut: its bits may be out of place
        batch_of(body_of(), body_of(alarm=1)[:27]),
        batch_of(body_of(), count=2),
        batch_of(body_of()) + b"\x00",
    ],
)
def test_of_a_damaged_batch_whole_items_are_read(damaged: bytes) -> None:
    """What is whole counts; that something is wrong is said."""
    (frame,) = hear(frame_of(0x0704, damaged))
    (reading,) = frame.readings

    assert (frozenset(), True) == (reading.alarms, Flag.BAD_LENGTH in reading.flags)
    assert reading.position is not None


@pytest.mark.parametrize("body", [b"", b"\x00\x00\x00", b"\x00\x01\x01\x00", bytes(300)])
def test_a_batch_without_a_location_is_a_sign_of_life(body: bytes) -> None:
    """It is answered and kept."""
    (frame,) = hear(frame_of(0x0704, body))

    assert [None] == [reading.position for reading in frame.readings]
    assert (True, None) == (frame.reply is not None, frame.reason)


def test_a_vendors_batch_has_short_lengths() -> None:
    """0210: lengths of one byte, neither count nor kind; of seven bytes it tells a battery."""
    bodies = body_of(), body_of(lat=30_500_000)
    (frame,) = hear(frame_of(0x0210, b"".join(b"\x1c" + body for body in bodies)))

    assert [30.52811, 30.5] == [r.position.lat for r in frame.readings if r.position]
    assert (64, Kind.INFO) == (
        one(frame_of(0x0210, b"\x40" + body_of()[22:28])).battery_pct,
        one(frame_of(0x0210, b"\x40" + body_of()[22:28])).kind,
    )
    assert 64 == one(frame_of(0x0002, b"\x40\x1f\x00")).battery_pct


# -- one maker's own words -------------------------------------------------------------------------

#: day first, degrees and minutes, mark bits; signal, satellites, km, battery, cell, product 3
LOCK = (
    "010326021109"
    "30316866"
    "12041367{mark}"
    "0223"
    "1f09"
    "00000012"
    "{battery}"
    "00000f4b24a4"
    "03"
    "0000"
    "{alarm}"
    "0202fffd"
    "0a0301cc00"
)


def lock(*, mark: str = "7", battery: str = "40", alarm: str = "0000") -> bytes:
    """Return the body of a 5501 or 5502; each mark stands behind a ninth digit of longitude."""
    return bytes.fromhex(LOCK.format(mark=f"0{mark}", battery=battery, alarm=alarm))


def test_a_locks_location_is_read() -> None:
    """Coordinates in degrees and minutes, the time in UTC, the serial in one byte."""
    (frame,) = hear(frame_of(0x5501, lock(), serial=0x21, bits=0x8000))
    (reading,) = frame.readings

    assert reading.position is not None
    assert pytest.approx((30.528110, 120.689450), abs=1e-6) == (
        reading.position.lat,
        reading.position.lon,
    )
    assert (True, FixSource.GNSS) == (reading.position.is_current, reading.position.source)
    assert (NOW, TimeQuality.ASSUMED_ZONE) == (reading.fix_time, reading.fix_time_quality)
    assert (9, 64, 70.0, -3.0, None) == (
        reading.satellites,
        reading.battery_pct,
        reading.course_deg,
        reading.altitude_m,
        reading.speed_kmh,
    )
    assert Network(cells=(replace(CELL, level=None),)) == reading.network
    assert frame.reply is not None
    assert frame_of(0x4401, b"\x55\x01\x00", serial=0)[1:11] == frame.reply[1:11]
    assert b"\x00\x55\x01\x00" == frame.reply[11:15]


def test_a_lock_is_answered_only_when_it_asks() -> None:
    """Attribute bit 15 asks; 5502 was stored out of coverage."""
    (quiet,) = hear(frame_of(0x5502, lock()))

    assert (None, True) == (quiet.reply, quiet.readings[0].is_backlog)


@pytest.mark.parametrize(
    ("fields", "attribute", "expected"),
    [
        ({"alarm": "0004"}, "alarms", frozenset({"vibration"})),
        ({"alarm": "000a"}, "alarms", frozenset({"low_battery"})),
        ({"alarm": "0001"}, "kind", Kind.POSITION),
        ({"battery": "ff"}, "charging", True),
        ({"battery": "ff"}, "battery_pct", None),
    ],
)
def test_a_locks_fields(fields: dict[str, str], attribute: str, expected: object) -> None:
    """Alarms by product, and a battery byte that may mean its charger."""
    assert expected == getattr(one(frame_of(0x5501, lock(**fields))), attribute)


@pytest.mark.parametrize(
    ("mark", "lat", "lon", "is_current"),
    [("7", 1, 1, True), ("6", 1, 1, False), ("3", 1, -1, True), ("5", -1, 1, True)],
)
def test_a_locks_marks(mark: str, lat: int, lon: int, is_current: bool) -> None:
    """Bit 0 located, 1 north, 2 east."""
    position = one(frame_of(0x5501, lock(mark=mark))).position

    assert position is not None
    assert (lat, lon, is_current) == (
        round(position.lat / 30.52811),
        round(position.lon / 120.68945),
        position.is_current,
    )


@pytest.mark.parametrize("kept", [0, 10, 34])
def test_a_cut_lock_location_is_a_sign_of_life(kept: int) -> None:
    """Nothing is guessed from it."""
    reading = one(frame_of(0x5501, lock()[:kept]))

    assert (Kind.UNKNOWN, None) == (reading.kind, reading.position)
    assert Flag.BAD_LENGTH in reading.flags


def test_a_locks_nonsense_costs_only_itself() -> None:
    """Digits that are none: no position, no time, the battery stays."""
    body = b"\xff" * 12 + lock()[12:]
    reading = one(frame_of(0x5501, body))

    assert (None, None, 64) == (reading.position, reading.fix_time, reading.battery_pct)
    assert {Flag.BAD_CLOCK, Flag.BAD_FIELD} <= reading.flags


@given(st.binary(max_size=80))
def test_any_lock_location_is_survived(noise: bytes) -> None:
    """Whatever stands there, one reading comes of it."""
    assert 1 == len(JT808.decode(frame_of(0x5501, noise), JT808.open(PROFILE), NOW).readings)
