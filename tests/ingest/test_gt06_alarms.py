"""GT06 alarms: two bytes may name one, models differ, and no cry for help is lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import Alarm
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Cell, Flag, Kind, Network
from tests.ingest.gt06_frames import (
    CELL,
    CLOCK,
    LAT,
    LON,
    NOW,
    Connection,
    alarm,
    frame,
    gps,
    one,
    reply,
    where,
)

WIDE_CELL = bytes.fromhex("81cc 0001 0000260e 000000000615f801")


def profiled(**alarm_map: str) -> Profile:
    """Return the default profile with a model's own alarm codes; `_` stands for a colon."""
    named = {key.replace("_", ":"): name for key, name in alarm_map.items()}
    return replace(profile_of("gt06"), alarm_map=named)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0x01, Alarm.SOS),
        (0x02, Alarm.POWER_CUT),
        (0x03, Alarm.VIBRATION),
        (0x04, Alarm.FENCE_ENTER),
        (0x05, Alarm.FENCE_EXIT),
        (0x06, "other:overspeed"),
        (0x0E, Alarm.LOW_BATTERY),
        (0x0F, Alarm.LOW_BATTERY),
        (0x11, Alarm.POWER_OFF),
        (0x13, "other:tamper"),
        (0x18, Alarm.REMOVED),
        (0x19, Alarm.LOW_BATTERY),
        (0x23, Alarm.FALL),
    ],
)
def test_the_alarm_byte_names_the_alarm(code: int, expected: str) -> None:
    """With place, battery and cell; each alarm is answered."""
    told = Connection().say(alarm(code))
    (reading,) = told.readings

    assert (Kind.ALARM, {expected}, NOW, 83, False) == (
        reading.kind,
        set(reading.alarms),
        reading.fix_time,
        reading.battery_pct,
        reading.charging,
    )
    assert Network(cells=(Cell(mcc=460, mnc=0, lac=22633, cid=12345),)) == reading.network
    assert reply(0x16) == told.reply


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (0x40, set()),
        (0x48, {"vibration"}),
        (0x50, {"power_cut"}),
        (0x58, {"low_battery"}),
        (0x60, {"sos"}),
        (0x68, set()),
        (0x78, {"removed"}),
    ],
)
def test_the_info_byte_names_it_too(info: int, expected: set[str]) -> None:
    """Bits 5 to 3, when the alarm byte says "normal"."""
    assert expected == one(alarm(0, info=info)).alarms


def test_one_sos_in_both_bytes_is_one_alarm() -> None:
    """The same SOS may stand twice."""
    assert {"sos"} == one(alarm(1, info=0x65)).alarms


def test_two_alarms_in_two_bytes_are_two() -> None:
    """What differs is kept apart."""
    assert {"sos", "low_battery"} == one(alarm(1, info=0x58)).alarms


def test_taken_off_is_not_worn() -> None:
    """Only "taken off" says something of wearing; its absence says nothing."""
    assert (False, None) == (one(alarm(0x18)).worn, one(alarm(0x01)).worn)


def test_a_code_nobody_knows_waits_for_its_profile() -> None:
    """It is unspecified and flagged; the model's profile names it, or says that it is nothing."""
    plain = one(alarm(0xE8))
    named = one(alarm(0xE8), profiled(**{"0xe8": "sos"}))
    silenced = one(alarm(0x02, info=0x50), profiled(**{"0x02": "", "info_2": ""}))

    assert ({"unspecified"}, True) == (set(plain.alarms), Flag.UNPROFILED_ALARM in plain.flags)
    assert ({"sos"}, False) == (set(named.alarms), Flag.UNPROFILED_ALARM in named.flags)
    assert frozenset() == silenced.alarms


def test_the_shipped_profiles_name_what_their_models_mean() -> None:
    """Code 19 is no low battery on every model."""
    assert {"other:hard_acceleration"} == one(alarm(0x19), profile_of("gt06", "lw4g-4b")).alarms


@pytest.mark.parametrize("kind", [0x16, 0x26, 0x27, 0xA4, 0x19, 0xA5])
def test_an_alarm_cut_off_before_its_name_is_the_profiles(kind: int) -> None:
    """A lost SOS is worse than a false one."""
    reading = one(frame(kind, CLOCK))

    assert (Kind.ALARM, {"sos"}) == (reading.kind, set(reading.alarms))
    assert Flag.UNPROFILED_ALARM in reading.flags


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (0x26, gps() + b"\x08" + CELL + bytes((0x40, 5, 4, 1, 2)) + bytes(4)),  # with mileage
        (0x27, gps() + b"\x09" + CELL + bytes((0x40, 5, 4, 1, 2, 0xFF))),  # with fence number
        (0x16, gps() + b"\x00" + bytes((0x40, 5, 4, 1, 2))),  # without a cell
        (0x16, gps() + b"\x0a" + bytes.fromhex("81cc00005869003039") + bytes((0, 5, 4, 1, 2))),
        (0x16, gps() + b"\x09" + bytes.fromhex("0136 04 81fe 066d9b03") + bytes((1, 62, 66, 1, 2))),
        (0xA3, gps() + b"\x39" + bytes.fromhex("01cc 00 00009191 0000000009061703 0405040101")),
        (0xA4, gps() + b"\x11" + WIDE_CELL + bytes((0x2C, 5, 4, 1, 2, 0xFF))),
        # its length byte says that more belongs to the cell, itself counted or not
        (0x16, gps() + b"\x0d" + CELL + bytes(4) + bytes((0x44, 4, 3, 1, 2))),
        (0x16, gps() + b"\x0c" + CELL + bytes(4) + bytes((0x44, 87, 60, 1, 2))),
        # an operator of two bytes that bit 15 does not tell of, but the length
        (
            0xA4,
            gps()
            + b"\x11"
            + bytes.fromhex("01cc 0000 00005869 0000000003b1a0d2")
            + bytes((0x44, 4, 3, 1, 2, 0xFF)),
        ),
        # no length byte at all
        (0x16, gps() + CELL + bytes((0x44, 4, 3, 1, 2))),
        (0x26, gps() + CELL + bytes((0x44, 4, 3, 1, 2)) + bytes(4)),
    ],
)
def test_layouts_differ_and_the_sos_is_found(kind: int, body: bytes) -> None:
    """Cells are one to sixteen bytes wide, and things follow the status."""
    reading = one(frame(kind, body))

    assert {"sos"} == set(reading.alarms)
    assert reading.position is not None


@given(
    kind=st.sampled_from([0x16, 0x26, 0x27, 0xA3, 0xA4]),
    is_counted=st.booleans(),
    info=st.integers(0, 7),
    level=st.integers(0, 6),
    gsm=st.integers(0, 4),
    code=st.sampled_from([0, 1, 2, 3, 4, 5, 0x13, 0x18, 0x23]),
    language=st.integers(0, 2),
    behind=st.sampled_from([b"", b"\0", b"\xff", bytes(4), b"\xff\0\0\1\2"]),
)
def test_a_documented_alarm_is_read_as_documented(
    kind: int,
    is_counted: bool,
    info: int,
    level: int,
    gsm: int,
    code: int,
    language: int,
    behind: bytes,
) -> None:
    """Whatever else its bytes could mean: the layout of the documents comes first."""
    cell = WIDE_CELL if kind >= 0xA0 else CELL
    status = bytes((info, level, gsm, code, language))
    body = gps() + bytes((len(cell) + is_counted,)) + cell + status + behind
    reading = one(frame(kind, body))

    assert one(alarm(code)).alarms == reading.alarms
    assert (level * 100 // 6, bool(info & 4)) == (reading.battery_pct, reading.charging)


def test_a_clones_battery_is_percent() -> None:
    """Type 16 with a four-byte cell id has percent in the voltage byte."""
    cell = bytes.fromhex("0136 04 81fe 066d9b03")
    reading = one(frame(0x16, gps() + b"\x09" + cell + bytes((0x41, 62, 66, 1, 2))))

    assert 62 == reading.battery_pct
    assert Network(cells=(Cell(mcc=310, mnc=4, lac=33278, cid=107846403),)) == reading.network


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (0x19, CLOCK + CELL + bytes((0x40, 5, 4, 1))),
        (0x19, CELL + bytes((0x40, 5, 4, 1, 2))),
        (0xA5, WIDE_CELL + bytes((0x40, 5, 4, 1, 2))),
        (0xA5, CLOCK + WIDE_CELL + bytes((0x40, 5, 4, 1, 2))),
        (0x19, b"\x09" + CELL + bytes((0x40, 5, 4, 1, 2))),
        (0x19, CLOCK + b"\x09" + CELL + bytes((0x40, 5, 4, 1, 2))),
        (0xA5, b"\x11" + WIDE_CELL + bytes((0x40, 5, 4, 1, 2))),
    ],
)
def test_an_alarm_without_a_place_has_its_cell(kind: int, body: bytes) -> None:
    """Indoors only cells are left; the clock may be missing."""
    told = Connection().say(frame(kind, body))
    (reading,) = told.readings

    assert (Kind.ALARM, {"sos"}, 83, None) == (
        reading.kind,
        set(reading.alarms),
        reading.battery_pct,
        reading.position,
    )
    assert reading.network is not None
    assert reading.network.cells[0].mcc == 460
    assert (NOW if body.startswith(CLOCK) else None) == reading.fix_time
    assert reply(kind) == told.reply


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (CLOCK + b"\x90", "other:hard_acceleration"),
        (CLOCK + gps()[7:15] + b"\x14\xc5" + b"\x91\0\0EVENT.mp4", "other:hard_braking"),
        (
            b"\xff\xff\x01" + CLOCK + b"\xda" + gps()[7:15] + b"\x14\xc5\0\x2c\0\x8a\x93\0\0E",
            "other:accident",
        ),
        (CLOCK + b"\0\0", "unspecified"),
    ],
)
def test_cameras_in_vehicles_tell_how_one_drives(body: bytes, expected: str) -> None:
    """Type 95: never a cry for help, whatever is missing."""
    reading = one(frame(0x95, body))

    assert (Kind.ALARM, {expected}, NOW) == (reading.kind, set(reading.alarms), reading.fix_time)
    if len(body) > 10:
        assert reading.position is not None
        assert (LAT, LON) == where(reading)


@pytest.mark.parametrize(
    ("status", "expected"), [(b"\x01", "sos"), (b"\xa2", "unspecified"), (b"", "sos")]
)
def test_an_alarm_in_blocks_names_itself_last(status: bytes, expected: str) -> None:
    """Type 33 of the long form: clock, then blocks behind their lengths, then the status."""
    body = CLOCK + b"\x0c" + gps()[6:] + b"\x09" + CELL + b"\x24\0\0" + status
    reading = one(frame(0x33, body, is_long=True))

    assert (Kind.ALARM, {expected}, NOW) == (reading.kind, set(reading.alarms), reading.fix_time)
    assert reading.position is not None
