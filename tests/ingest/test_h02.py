"""H02: sentences of many makers, and the packed form; each is read as far as it says something."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadOrder
from core.pings import FixSource
from core.radio import Cell
from ingest.codecs.h02 import H02
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Confirmation, Flag, Frame, Kind, Order, Reading, TimeQuality

NOW = datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC)
FRAMES = Path(__file__).parents[3] / "shared" / "data" / "frames" / "h02.jsonl"

#: lat 30 + 31.5/60, lon 120 + 41.4/60, at the instant NOW
PLACE = "A,3031.5000,N,12041.4000,E,10.00,090"
V1 = f"*HQ,1210000001,V1,021109,{PLACE},010326,FFFFFBFF#"
#: the same place and instant, packed
PACKED = "2412100000010211090103263031500005120414000e010090fffffbff"
SHORT = bytes.fromhex(PACKED + "ff0001")
LONG = bytes.fromhex(PACKED + "ff0014060000000001cc00262b0f170a")
LONG_ID = bytes.fromhex("241234567890123450" + PACKED[12:] + "ff" + 9 * "00")


def decode(frame: bytes | str, profile: Profile | None = None) -> Frame:
    """Return what the first message of a connection says."""
    raw = frame if isinstance(frame, bytes) else frame.encode("latin-1")
    return H02.decode(raw, H02.open(profile or profile_of("h02")), NOW)


def one(frame: bytes | str, profile: Profile | None = None) -> Reading:
    """Return the only reading of a message."""
    (reading,) = decode(frame, profile).readings
    return reading


def positioned(lat: str, north: str, lon: str, east: str, valid: str = "A") -> Reading:
    """Return the reading of a V1 with this place."""
    return one(f"*HQ,1,V1,021109,{valid},{lat},{north},{lon},{east},0,0,010326,FFFFFFFF#")


# -- positions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [V1, SHORT, LONG], ids=["text", "short", "long"])
def test_a_position_is_read_whole(frame: bytes | str) -> None:
    """Degrees and minutes, knots, course, a UTC date and time: in words or packed, it is one."""
    reading = one(frame)

    assert ("1210000001", Kind.POSITION) == (reading.device_id, reading.kind)
    assert (NOW, TimeQuality.OK) == (reading.fix_time, reading.fix_time_quality)
    assert reading.position is not None
    assert pytest.approx((30.525, 120.69)) == (reading.position.lat, reading.position.lon)
    assert (FixSource.GNSS, True) == (reading.position.source, reading.position.is_current)
    assert None is reading.position.accuracy_m
    assert pytest.approx((18.52, 90)) == (reading.speed_kmh, reading.course_deg)
    assert {Flag.NO_ACCURACY} == reading.flags
    assert not reading.alarms


@pytest.mark.parametrize(
    ("start", "type_"),
    [
        (f"*HQ,1,V0,021109,{PLACE}", "V0"),
        (f"*HQ,1,V5,021109,{PLACE}", "V5"),
        (f"*HQ,1,V6,021109,{PLACE}", "V6"),
        (f"*HQ,1,V7,021109,{PLACE}", "V7"),
        (f"*HQ,1,V19,021109,{PLACE}", "V19"),
        (f"*HQ,1,VI1,021109,{PLACE}", "VI1"),
        (f"*TH,1,V1,021109,{PLACE}", "V1"),
        (f"*ZJ,1,V1,021109,{PLACE}", "V1"),
        (f"*hq,1,V1,021109,{PLACE}", "V1"),
        (f"*HQ,1,V1,021109.00,{PLACE}", "V1"),
        (f"*HQ,1,V8,something,021109,{PLACE}", "V8"),
        ("*HQ,1,V1,021109,A,3031.5000,N,12041.4000,E,10.00", "V1"),  # no course
        (f"*HQ,1,V1,021109,{PLACE},17", "V1"),  # one figure more
    ],
)
def test_a_position_is_found_by_its_shape(start: str, type_: str) -> None:
    """Whoever made it and whatever stands around it: validity, place, date and time are found."""
    reading = one(start + ",010326,FFFFFFFF#")

    assert (type_, NOW, Kind.POSITION) == (reading.type, reading.fix_time, reading.kind)
    assert reading.position is not None
    assert pytest.approx((30.525, 120.69)) == (reading.position.lat, reading.position.lon)


@pytest.mark.parametrize(
    ("lat", "north", "lon", "east", "expected"),
    [
        ("3031.5000", "N", "12041.4000", "E", (30.525, 120.69)),
        ("3031.50000", "S", "12041.40", "W", (-30.525, -120.69)),
        ("731.5", "S", "041.4", "E", (-7.525, 0.69)),  # leading zeros left out
        ("3031.5", "N", "41.4", "W", (30.525, -0.69)),  # degrees left out
        ("-30-31.5000", "S", "-120-41.4000", "W", (-30.525, -120.69)),  # sign and letter
        ("30-3.5", "N", "120-4.2", "E", (30 + 3.5 / 60, 120.07)),
        ("-3031.5", "N", "-12041.4", "E", (-30.525, -120.69)),
        (" 3031.5", "n", " 12041.4 ", "w", (30.525, -120.69)),
        ("3031", "N", "12041", "E", (30 + 31 / 60, 120 + 41 / 60)),
        ("30315000", "S", "120414000", "E", (-30.525, 120.69)),  # no point
    ],
)
def test_degrees_and_minutes_come_in_many_shapes(
    lat: str, north: str, lon: str, east: str, expected: tuple[float, float]
) -> None:
    """The last two whole figures are minutes; a letter outweighs a sign."""
    position = positioned(lat, north, lon, east).position

    assert position is not None
    assert pytest.approx(expected) == (position.lat, position.lon)


@pytest.mark.parametrize(
    ("lat", "north", "lon", "east", "flag"),
    [
        ("0.0000", "0", "0.0000", "0", Flag.NULL_ISLAND),
        ("0000.0000", "N", "00000.0000", "E", Flag.NULL_ISLAND),
        ("9031.5", "N", "12041.4", "E", Flag.OFF_THE_GLOBE),
        ("3031.5", "N", "18141.4", "E", Flag.OFF_THE_GLOBE),
        ("3061.5", "N", "12041.4", "E", Flag.OFF_THE_GLOBE),  # 61 minutes
        ("30-31-5", "N", "12041.4", "E", Flag.OFF_THE_GLOBE),
    ],
)
def test_what_is_no_place_gives_none(lat: str, north: str, lon: str, east: str, flag: Flag) -> None:
    """0,0 and what is not on the globe give no position, and say why; the time stays."""
    reading = positioned(lat, north, lon, east)

    assert None is reading.position
    assert {flag} == reading.flags
    assert NOW == reading.fix_time


@pytest.mark.parametrize("valid", ["A", "B", "a", "0", "1"])
def test_a_fix_by_any_satellites_is_current(valid: str) -> None:
    """A is GPS, B is BeiDou; some reports have a figure instead, and come with a fix."""
    position = positioned("3031.5", "N", "12041.4", "E", valid).position

    assert position is not None
    assert (True, FixSource.GNSS) == (position.is_current, position.source)


@pytest.mark.parametrize("valid", ["V", "", "D"])
def test_the_last_known_place_is_kept_but_not_current(valid: str) -> None:
    """Not located, yet with coordinates: an old place of unknown source, never to be judged."""
    position = positioned("3031.5", "N", "12041.4", "E", valid).position

    assert position is not None
    assert (False, FixSource.UNKNOWN) == (position.is_current, position.source)


def test_without_a_fix_and_without_coordinates_nothing_is_odd() -> None:
    """A band that has never been outdoors has nothing to say, and no fault."""
    reading = one("*HQ,1,V1,,V,,N,,E,0.00,0,,FFFFFFFF,f0,a,11a0,c0c6#")

    assert (None, TimeQuality.NONE, frozenset()) == (
        reading.position,
        reading.fix_time_quality,
        reading.flags,
    )
    assert reading.network is not None


def test_a_missing_hemisphere_is_assumed_and_said() -> None:
    """Without letters north and east are assumed."""
    reading = positioned("3031.5", "", "12041.4", "")

    assert reading.position is not None
    assert reading.position.lon > 0
    assert Flag.NO_HEMISPHERE in reading.flags


@pytest.mark.parametrize(
    ("date", "time", "quality"),
    [
        ("000000", "000000", TimeQuality.BAD_CLOCK),
        ("010326", "021169", TimeQuality.BAD_CLOCK),
        ("310226", "021109", TimeQuality.BAD_CLOCK),
        ("010170", "000012", TimeQuality.BAD_CLOCK),
        ("010100", "050000", TimeQuality.BAD_CLOCK),
        ("010120", "000107", TimeQuality.BAD_CLOCK),
        ("0103", "021109", TimeQuality.BAD_CLOCK),
        ("x10326", "021109", TimeQuality.BAD_CLOCK),
        ("", "021109", TimeQuality.NONE),
        ("010326", "", TimeQuality.NONE),
    ],
)
def test_an_impossible_time_is_none(date: str, time: str, quality: TimeQuality) -> None:
    """A date that cannot be and what a clock shows after power-on are no time."""
    reading = one(f"*HQ,1,V1,{time},{PLACE},{date},FFFFFFFF#")

    assert (None, quality) == (reading.fix_time, reading.fix_time_quality)
    assert (quality is TimeQuality.BAD_CLOCK) == (Flag.BAD_CLOCK in reading.flags)


def test_a_profile_says_zone_and_order_of_a_date() -> None:
    """A model that shows local time, year first, is read so."""
    local = Profile(protocol="h02", date_order="YMD", utc_offset_min=480, zone_is_assumed=True)
    reading = one(f"*HQ,1,V1,101109,{PLACE},260301,FFFFFFFF#", local)

    assert (NOW, TimeQuality.ASSUMED_ZONE) == (reading.fix_time, reading.fix_time_quality)


@pytest.mark.parametrize("odd", ["abc,090", "10.00,361", "-1,0", "900,0"])
def test_a_speed_that_cannot_be_costs_only_itself(odd: str) -> None:
    """A senseless speed or course is left out and flagged."""
    place = "A,3031.5,N,12041.4,E"
    reading = one(f"*HQ,1,V1,021109,{place},{odd},010326,FFFFFFFF#")

    assert reading.position is not None
    assert Flag.BAD_FIELD in reading.flags
    assert None in (reading.speed_kmh, reading.course_deg)


def test_a_position_without_time_of_day() -> None:
    """`VP1` has a date and no time: a place, and no instant."""
    reading = one("*hq,100000000000001,VP1,A,3031.5,N,12041.4,E,0.62,0.0000,010326#")

    assert (None, TimeQuality.NONE) == (reading.fix_time, reading.fix_time_quality)
    assert reading.position is not None
    assert pytest.approx(0.62 * 1.852) == reading.speed_kmh


# -- status, battery, alarms -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "alarms", "kind"),
    [
        ("FFFFFFFF", set(), Kind.POSITION),
        ("ffffffff", set(), Kind.POSITION),
        ("FFFFFBFF", set(), Kind.POSITION),  # ignition off: a state
        ("F7FFFBFF", set(), Kind.POSITION),  # fuel cut: a state
        ("FFFFBBFF", set(), Kind.POSITION),
        ("FFFFFFFD", {"sos"}, Kind.ALARM),
        ("FFFBFFFF", {"sos"}, Kind.ALARM),
        ("FFFFFFFE", {"vibration"}, Kind.ALARM),
        ("FFFFFFEF", {"fence_enter"}, Kind.ALARM),
        ("FFFFFF7F", {"fence_exit"}, Kind.ALARM),
        ("FFF7FFFF", {"power_cut"}, Kind.POSITION),  # lasts for days on some
        ("FFE7FBFF", {"power_cut"}, Kind.POSITION),
        ("FFFDFFFF", {"low_battery"}, Kind.POSITION),
        ("FFFFFFFB", {"other:overspeed"}, Kind.POSITION),
        ("FFFEFBFF", {"other:gps_fault"}, Kind.POSITION),
        ("FFFFFFDD", {"sos", "other:gps_antenna"}, Kind.ALARM),
        ("", set(), Kind.POSITION),
    ],
)
def test_status_bits_are_active_low(status: str, alarms: set[str], kind: Kind) -> None:
    """A cleared bit is an alarm; what lasts does not make the message an alarm message."""
    reading = one(f"*HQ,1,V1,021109,{PLACE},010326,{status}#")

    assert (alarms, kind) == (set(reading.alarms), reading.kind)
    assert Flag.BAD_FIELD not in reading.flags


@pytest.mark.parametrize("status", ["00000000", "FFFFFFF", "FFFFFFFFF", "hello", "FFFFFFFG"])
def test_a_status_that_says_nothing_raises_no_alarm(status: str) -> None:
    """All alarms at once, or no status word at all, is no cry for help."""
    reading = one(f"*HQ,1,V1,021109,{PLACE},010326,{status}#")

    assert not reading.alarms
    assert Flag.BAD_FIELD in reading.flags


def test_documents_disagree_on_some_bits_and_a_profile_decides() -> None:
    """A bit that is SOS to some and tilt to others is an SOS until the model's profile says."""
    frame = f"*HQ,1,V1,021109,{PLACE},010326,FFFBFFFF#"
    silent = Profile(protocol="h02", alarm_map={"18": ""})

    assert Flag.UNPROFILED_ALARM in one(frame).flags
    assert {"other:tilt"} == one(frame, profile_of("h02", "tilt")).alarms
    assert Flag.UNPROFILED_ALARM not in one(frame, profile_of("h02", "tilt")).flags
    assert not one(frame, silent).alarms


def test_an_alarm_message_that_names_none_is_what_the_profile_says() -> None:
    """A bare alarm is an SOS where nobody knows better."""
    frame = f"*HQ,1,ALRM,021109,{PLACE},010326,FFFFFFFF#"

    assert ({"sos"}, Kind.ALARM) == (set(one(frame).alarms), one(frame).kind)
    assert Flag.UNPROFILED_ALARM in one(frame).flags
    assert {"vibration"} == one(frame, Profile(protocol="h02", bare_alarm="vibration")).alarms


def test_a_blind_spot_report_was_stored() -> None:
    """What was kept while out of coverage is backlog."""
    assert one(f"*HQ,1,BC,021109,{PLACE},010326,FFFFFFFF#").is_backlog
    assert not one(V1).is_backlog


@pytest.mark.parametrize(
    ("tail", "cell", "battery"),
    [
        ("460,0,9520,3671", Cell(mcc=460, mnc=0, lac=9520, cid=3671), None),
        ("460,0,9520,3671,5", Cell(mcc=460, mnc=0, lac=9520, cid=3671), 80),
        ("460,0,9520,3671,0", Cell(mcc=460, mnc=0, lac=9520, cid=3671), None),
        ("460,0,9520,3671,64", Cell(mcc=460, mnc=0, lac=9520, cid=3671), 64),
        ("460,0,9520,3671,255", Cell(mcc=460, mnc=0, lac=9520, cid=3671), None),
        ("460,0,0,0,6", None, 100),  # no cell, and a battery all the same
        (",,9059e2c,8232,4", None, 60),
        ("460,0,d18e105,7752,6", None, 100),  # no area has so many bits
        ("460,0,25af,e57", Cell(mcc=460, mnc=0, lac=0x25AF, cid=0xE57), None),
        ("1cc,a, 154,b04c", Cell(mcc=460, mnc=10, lac=0x154, cid=0xB04C), None),
        ("106,14, 203,211", Cell(mcc=0x106, mnc=0x14, lac=0x203, cid=0x211), None),
        ("000106,000002,000203,004c87,16", Cell(mcc=262, mnc=2, lac=0x203, cid=0x4C87), None),
        ("000000,000000,000000,000000", None, None),
        ("000243,000000,000000", None, None),
        ("69129336,0,100.0,18,5141,5A20", None, None),
        ("0,0,0,0,22,31,126,0", None, None),
    ],
)
def test_a_tail_is_read_where_its_numbers_prove_themselves(
    tail: str, cell: Cell | None, battery: int | None
) -> None:
    """A cell, decimal or hexadecimal, is known by a country that exists; other tails are left."""
    reading = one(f"*HQ,1,V1,021109,{PLACE},010326,FFFFFFFF,{tail}#")

    assert (None if cell is None else (cell,)) == (reading.network and reading.network.cells)
    assert battery == reading.battery_pct


def test_the_number_of_the_sim_card_is_not_kept() -> None:
    """Some positions end with it; of them the rest is kept."""
    reading = one(f"*HQ,1,V6,021109,{PLACE},010326,FFFFFFFF,460,0,9520,3671,89860000000000000001,#")

    assert Flag.PRIVATE_CONTENT in reading.flags
    assert b"8986" not in reading.raw
    assert reading.raw.endswith(b"460,0,9520,3671,,#")
    assert reading.network is not None


@pytest.mark.parametrize(("told", "kept"), [("13800000121", b""), ("", b"")])
def test_a_status_may_stand_behind_numbers_of_the_sim_card(told: str, kept: bytes) -> None:
    """`V19` has a telephone number, an address and the card's number first: an SOS is not lost."""
    card = "89860000000000000001"
    reading = one(f"*HQ,1,V19,021109,{PLACE},010326,{told},192.0.2.1,{card},BFFFFFFD#")

    assert ({"sos"}, NOW) == (set(reading.alarms), reading.fix_time)
    assert {Flag.NO_ACCURACY, Flag.PRIVATE_CONTENT} == reading.flags
    assert reading.raw.endswith(b",010326," + kept + b",192.0.2.1,,BFFFFFFD#")


def test_an_odometer_is_no_status() -> None:
    """Eight figures elsewhere raise no alarm."""
    reading = one(f"*HQ,1,V1,021109,{PLACE},010326,FFFFFBF,69129336,0,100.0,18,5141,5A20#")

    assert not reading.alarms
    assert Flag.BAD_FIELD in reading.flags


def test_cells_may_follow_the_date_at_once() -> None:
    """`VP1` has no status; nothing is wrong with that."""
    reading = one("*hq,1,VP1,A,3031.5,N,12041.4,E,0.62,0.0,010326,460,0,9520,3671#")

    assert {Flag.NO_ACCURACY} == reading.flags
    assert reading.network is not None


def test_a_sentence_may_leave_out_whose_it_is() -> None:
    """Once the connection knows; before, a position is kept and nobody's."""
    nameless = V1.replace("1210000001", "").encode()
    later = H02.decode(nameless, decode("*HQ,1210000001,HTBT#").session, NOW)

    assert "1210000001" == later.readings[0].device_id
    assert b"*HQ,1210000001,V4,V1,20260301021109#" == later.reply
    assert None is one(nameless).device_id
    assert one(nameless).position is not None


# -- other sentences -------------------------------------------------------------------------------


def test_a_link_tells_battery_steps_and_satellites() -> None:
    """`LINK`: signal, satellites, battery percent, steps, turn-overs."""
    reading = one("*HQ,1,LINK,021109,20,8,5,2210,3,010326,FFFFFBFF#")

    assert (Kind.HEARTBEAT, NOW) == (reading.kind, reading.fix_time)
    assert (8, 5, 2210) == (reading.satellites, reading.battery_pct, reading.steps)


def test_an_sos_in_any_sentence_is_an_alarm() -> None:
    """Indoors there may be no position, only a heartbeat or cells; the cry is heard."""
    for said in ("LINK,021109,20,8,67,0,0", "NBR,021109,460,0,0,0", "XYZ,021109,1"):
        reading = one(f"*HQ,1,{said},010326,FFFFFFFD#")

        assert ({"sos"}, Kind.ALARM) == (set(reading.alarms), reading.kind), said


@pytest.mark.parametrize(
    ("content", "battery"),
    [("HTBT,100", 100), ("HTBT", None), ("HTBT,255", None), ("XT,V,0,0", None)],
)
def test_heartbeats(content: str, battery: int | None) -> None:
    """A heartbeat may tell the battery."""
    reading = one(f"*HQ,1,{content}#")

    assert (Kind.HEARTBEAT, battery) == (reading.kind, reading.battery_pct)


@pytest.mark.parametrize(
    ("content", "cells", "battery"),
    [
        (
            "NBR,021109,460,0,1,2,9338,3692,150,9338,3691,145,010326,FFFFFBFF",
            [(0, 9338, 3692, 150), (0, 9338, 3691, 145)],
            None,
        ),
        (
            "NBR,021109,460,0,1,1,9338,3692,-67,010326,FFFFFBFF,6",
            [(0, 9338, 3692, -67)],
            100,
        ),
        (
            "V3,021109,46000,02,009338,003692,128,-92,009338,003691,127,,02DE,0,X,010326,FFFFFBFF",
            [(0, 9338, 3692, 128), (0, 9338, 3691, 127)],
            None,
        ),
        (
            "BS,,1cc,a,247a,e6c,26,247a,e6b,31,0,0,25,,ffffffff,60",
            [(10, 9338, 3692, 26), (10, 9338, 3691, 31)],
            None,
        ),
        ("BASE,021109,460,0,9338,3692,010326,FFFFFFFF", [(0, 9338, 3692, None)], None),
        ("BASE,021109,0,0,0,0,010326,FFFFFFFF", [], None),
        ("VP1,V,460,000,9338,3692,0Y9338,3691,30", [(0, 9338, 3692, 0), (0, 9338, 3691, 30)], None),
    ],
)
def test_cells_without_a_position(
    content: str, cells: list[tuple[int, int, int, int | None]], battery: int | None
) -> None:
    """Indoors only cells are in reach; where that is, others work out."""
    reading = one(f"*HQ,1,{content}#")
    known = () if reading.network is None else reading.network.cells

    assert Kind.INFO is reading.kind
    assert None is reading.position
    assert cells == [(c.mnc, c.lac, c.cid, c.level) for c in known]
    assert {460} >= {c.mcc for c in known}
    assert battery == reading.battery_pct


def test_a_count_of_cells_that_is_wrong_costs_no_cell() -> None:
    """More cells announced than listed: those listed are read."""
    reading = one("*HQ,1,NBR,021109,460,0,1,4,9338,3692,150,010326,FFFFFBFF#")

    assert reading.network is not None
    assert 1 == len(reading.network.cells)
    assert Flag.BAD_FIELD in reading.flags


def test_access_points_instead_of_a_position() -> None:
    """`V5` of some: twelve figures of an address and two of its level."""
    for time in ("", "021109,"):
        said = f"*HQ,1,V5,{time}2,00005e00536d61,00005E00536E75,0256,010326,FFFFFFFD#"
        reading = one(said)

        assert reading.network is not None
        assert [("00:00:5e:00:53:6d", -61), ("00:00:5e:00:53:6e", -75)] == [
            (point.mac, point.dbm) for point in reading.network.wifi
        ]
        assert (NOW if time else None, {"sos"}) == (reading.fix_time, set(reading.alarms))
        assert Flag.BAD_CLOCK not in reading.flags


def test_a_login_is_echoed() -> None:
    """`V0` of some comes without a position and waits for itself."""
    said = decode("*HQ,1,V0#")

    assert (b"*HQ,1,V0#", Kind.INFO) == (said.reply, said.readings[0].kind)


@pytest.mark.parametrize("content", ["ICCID,89860000000000000001", "I1,021109,8,0D,hello"])
def test_what_is_private_is_not_kept(content: str) -> None:
    """The number of the SIM card, and texts."""
    reading = one(f"*HQ,1,{content}#")

    assert (Kind.INFO, {Flag.PRIVATE_CONTENT}) == (reading.kind, set(reading.flags))
    assert content.split(",")[-1].encode() not in reading.raw


@pytest.mark.parametrize(
    ("answer", "confirmation"),
    [
        ("S17,130305", Confirmation(serial=46985)),
        ("S20,DONE,130305", Confirmation(serial=46985)),
        ("S20,ERROR,130305", Confirmation(serial=46985, ok=False)),
        ("S1,OK,pass_word,130305", Confirmation(serial=46985)),
        ("S20,DONE,990305", Confirmation()),
    ],
)
def test_an_answer_to_an_order_has_a_position(answer: str, confirmation: Confirmation) -> None:
    """`V4` says what was ordered, how it went and where the device is; a password is not kept."""
    frame = decode(f"*HQ,1,V4,{answer},021109,{PLACE},010326,FFFFFFFF#")

    assert (confirmation,) == frame.confirmations
    assert (Kind.COMMAND_REPLY, NOW) == (frame.readings[0].kind, frame.readings[0].fix_time)
    assert frame.readings[0].position is not None
    assert b"pass_word" not in frame.readings[0].raw
    assert None is frame.reply


def test_an_answer_without_a_position() -> None:
    """An answer may be all that is said."""
    frame = decode("*HQ,1,V4,S26,021109#")

    assert (Confirmation(serial=7869),) == frame.confirmations
    assert None is frame.readings[0].position


def test_a_text_message_is_an_answer_and_is_not_kept() -> None:
    """Free text answers an order; it may name people and addresses."""
    frame = decode("*HQ,1,SMS,ST906\nIP:192.0.2.4 5013\nTEL:13800000001,GSM:26#")

    assert (Confirmation(),) == frame.confirmations
    assert Kind.COMMAND_REPLY is frame.readings[0].kind
    assert b"*HQ,1,SMS#" == frame.readings[0].raw
    assert {Flag.PRIVATE_CONTENT} == frame.readings[0].flags


@pytest.mark.parametrize("frame", ["*HQ,1,ABC,1,2,3#", "*HQ,1,#", "*HQ,1,V1#", "*HQ,1,V4#"])
def test_unknown_sentences_are_kept(frame: str) -> None:
    """What nobody has described is a sign of life and no error."""
    reading = one(frame)

    assert "1" == reading.device_id
    assert frame.encode() == reading.raw
    assert None is reading.position


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"*",
        b"#",
        b"*HQ#",
        b"*HQ,1#",
        b"*HQ,,#",
        b"*HQ,,V1,#",
        b"*HQ,1,!\xff#",
        b"*HQ,a b,V1,#",
        b"HQ,1,V1#",
        b"$",
        b"$x",
    ],
)
def test_what_is_no_message_has_a_reason(frame: bytes) -> None:
    """Bytes of no known form say why nothing was understood."""
    said = decode(frame)

    assert ((), None) == (said.readings, said.reply)
    assert said.reason


# -- the packed form -------------------------------------------------------------------------------


def test_the_long_packed_form_tells_a_cell() -> None:
    """45 bytes go on with the cell; the byte behind the latitude is the battery."""
    reading = one(LONG)

    assert reading.network is not None
    assert (Cell(mcc=460, mnc=0, lac=9771, cid=3863),) == reading.network.cells
    assert 80 == reading.battery_pct
    assert None is one(SHORT).network


def test_an_id_of_fifteen_figures_is_known_by_the_clock_behind_it() -> None:
    """One packed form has a longer id."""
    reading = one(LONG_ID)

    assert ("123456789012345", NOW) == (reading.device_id, reading.fix_time)
    assert reading.position is not None


@pytest.mark.parametrize(
    ("flags", "lat", "lon", "is_current"),
    [
        ("e", 30.525, 120.69, True),
        ("6", 30.525, -120.69, True),
        ("a", -30.525, 120.69, True),
        ("c", 30.525, 120.69, False),
        ("0", -30.525, -120.69, False),
    ],
)
def test_packed_hemispheres_and_validity(
    flags: str, lat: float, lon: float, is_current: bool
) -> None:
    """Half a byte says located, north and east."""
    reading = one(bytes.fromhex(PACKED[:43] + flags + PACKED[44:] + "ff0001"))

    assert reading.position is not None
    assert pytest.approx((lat, lon)) == (reading.position.lat, reading.position.lon)
    assert is_current == reading.position.is_current


@pytest.mark.parametrize(
    ("byte", "battery"), [("00", None), ("04", 60), ("f4", 60), ("5f", 95), ("f0", None)]
)
def test_a_packed_battery_is_a_level_or_percent(byte: str, battery: int | None) -> None:
    """Steps of 1 to 6, on some with all high bits set, or percent."""
    assert battery == one(bytes.fromhex(PACKED[:32] + byte + PACKED[34:] + "ff0001")).battery_pct


def test_a_packed_sos_is_an_alarm() -> None:
    """The status word is the same as in sentences."""
    reading = one(bytes.fromhex(PACKED.replace("fffffbff", "fffffbfd") + "ff0001"))

    assert ({"sos"}, Kind.ALARM) == (set(reading.alarms), reading.kind)


@pytest.mark.parametrize("frame", [SHORT[:20], b"$" + b"\xff" * 40, b"$GPRMC," + b"x" * 40])
def test_what_is_not_packed_decimal_has_a_reason(frame: bytes) -> None:
    """A `$` alone makes no message."""
    assert decode(frame).reason


# -- connections -----------------------------------------------------------------------------------


def test_a_position_is_confirmed_and_a_heartbeat_echoed() -> None:
    """`V1` waits for `V4` with our time, under its maker's letters; other sentences for nothing."""
    assert b"*HQ,1210000001,V4,V1,20260301021109#" == decode(V1).reply
    assert b"*TH,1,V4,V1,20260301021109#" == decode(f"*TH,1,V1,,{PLACE}#").reply
    assert b"*HQ,1,HTBT,100#" == decode("*HQ,1,HTBT,100#\r\n").reply
    assert b"*HQ,1,HTBT#" == decode("*HQ,1,HTBT").reply
    assert None is decode("*HQ,1,HTBT," + "9" * 500).reply
    assert None is decode("*HQ,1,LINK,021109,20,8,67,0,0,010326,FFFFFBFF#").reply
    assert None is decode(SHORT).reply


def test_a_connection_remembers_whose_it_is() -> None:
    """The first id owns the connection; each reading says its own."""
    first = decode(V1)
    second = H02.decode(b"*HQ,2,HTBT#", first.session, NOW)

    assert ("1210000001", "1210000001") == (first.session.device_id, second.session.device_id)
    assert "2" == second.readings[0].device_id


def test_orders_are_in_the_words_of_the_profile() -> None:
    """Without words for it an order is not sent; with them its serial comes back in the answer."""
    words = Profile(protocol="h02", commands={"interval": "S17,{t},{s}", "reboot": "R1,{t}"})
    session = decode(V1, words).session

    assert None is H02.encode(Order(do="reboot"), H02.open(words))  # nobody is there yet
    assert None is H02.encode(Order(do="reboot"), decode(V1).session)
    assert None is H02.encode(Order(do="find"), session)
    sent = H02.encode(Order(do="interval", args={"s": 600}), session)
    assert sent is not None
    assert b"*HQ,1210000001,S17,000001,600#" == sent[0]
    assert 2 == sent[1].next_serial
    answered = H02.decode(f"*HQ,1,V4,S17,000001,021109,{PLACE}#".encode(), sent[1], NOW)
    assert (Confirmation(do="interval", serial=1),) == answered.confirmations


@pytest.mark.parametrize("seconds", [None, 0, 5, 100_000, True, "60", "60#*HQ"])
def test_an_interval_that_cannot_be_sent_is_refused(seconds: object) -> None:
    """Only whole seconds of a sensible span reach a frame."""
    words = Profile(protocol="h02", commands={"interval": "S17,{t},{s}"})

    with pytest.raises(BadOrder, match="10 to 86400"):
        H02.encode(Order(do="interval", args={"s": seconds}), decode(V1, words).session)


# -- streams ---------------------------------------------------------------------------------------

#: the last two have 10 and 13 satellites, which are no line end
MESSAGES = [
    *(V1.encode(), b"*HQ,1,HTBT#", b"*HQ,1,SMS,a\nb$c*d#"),
    *(SHORT, LONG, LONG[:32] + b"\n" + LONG[33:], LONG[:32] + b"\r" + LONG[33:]),
]


@pytest.mark.parametrize("start", [b"*", b"*H", b"*HQ", b"*HQ,", b"*TH,1", b"$", SHORT, LONG[:5]])
def test_a_connection_is_recognised_by_its_first_bytes(start: bytes) -> None:
    """A star and two letters, or a dollar sign and packed figures."""
    assert H02.recognises(start)


@pytest.mark.parametrize("start", [b"", b"[3G*", b"*HQX", b"*H\xff", b"IWAP", b"$\xff", b"xx"])
def test_other_protocols_are_not_recognised(start: bytes) -> None:
    """Nothing else begins so."""
    assert not H02.recognises(start)


@given(st.lists(st.sampled_from(MESSAGES), max_size=6), st.sampled_from([b"", b"\r\n"]))
def test_a_stream_gives_its_messages(messages: list[bytes], between: bytes) -> None:
    """However many messages lie in a buffer, each comes out whole; line ends are not counted."""
    split = H02.split(b"".join(m + between for m in messages))

    assert (tuple(messages), b"", 0) == (split.frames, split.rest, split.skipped)


@given(st.sampled_from(MESSAGES), st.data())
def test_half_a_message_waits_for_its_other_half(message: bytes, data: st.DataObject) -> None:
    """A message cut anywhere is whole once the rest has come."""
    # 32 bytes of a longer packed message look whole: its length is not said.
    cut = data.draw(st.integers(1, len(message) - 1).filter(lambda n: n != 32))
    first = H02.split(message[:cut])
    second = H02.split(first.rest + message[cut:])

    assert ((), message[:cut]) == (first.frames, first.rest)
    assert (message,) == second.frames


@pytest.mark.parametrize(
    ("buffer", "frames", "skipped"),
    [
        (b"noise*HQ,1,HTBT#", [b"*HQ,1,HTBT#"], 5),
        (b"*HQ,1,V1,0211*HQ,1,HTBT#", [b"*HQ,1,HTBT#"], 13),  # broke off
        (b"*?*HQ,1,HTBT#", [b"*HQ,1,HTBT#"], 2),
        (b"*HQ," + b"x" * 3000 + b"#*HQ,1,HTBT#", [b"*HQ,1,HTBT#"], 3005),
        (b"$\xff\xff*HQ,1,HTBT#", [b"*HQ,1,HTBT#"], 3),
        (SHORT + b"\x01\x02\x03" + V1.encode(), [SHORT + b"\x01\x02\x03", V1.encode()], 0),
        (LONG_ID + LONG_ID, [LONG_ID, LONG_ID], 0),
        (SHORT + b"\x01" * 16, [SHORT + b"\x01" * 16], 0),  # 48 bytes, and nothing behind
        (b"$" + SHORT + LONG, [SHORT, LONG], 1),  # the first $ belongs to nobody
        (b"$$" + LONG[2:], [b"$$" + LONG[2:]], 0),  # an id that begins so
        (b"X" + SHORT[1:] + SHORT, [SHORT], 32),  # a form of which nothing is known
        (SHORT + b"\x01" * 60 + V1.encode(), [V1.encode()], 92),  # longer than any
    ],
)
def test_a_damaged_stream_finds_its_feet(buffer: bytes, frames: list[bytes], skipped: int) -> None:
    """What is no message is passed over and counted; the next message is read."""
    split = H02.split(buffer)

    assert (frames, skipped) == (list(split.frames), split.skipped)


@given(st.binary(max_size=200))
def test_any_bytes_are_split_without_loss(buffer: bytes) -> None:
    """Every byte is in a frame, still waiting, or passed over."""
    split = H02.split(buffer)
    kept = sum(map(len, split.frames)) + len(split.rest) + split.skipped
    ends = sum(buffer.count(end) for end in (b"\r", b"\n", b"\t", b" ", b"\0"))

    assert len(buffer) - ends <= kept <= len(buffer)


@given(st.sampled_from(MESSAGES), st.integers(0, 200), st.binary(max_size=8), st.integers(0, 8))
def test_damaged_messages_break_nothing(message: bytes, at: int, put: bytes, drop: int) -> None:
    """Whatever happens to a message on its way, decoding it ends in a reading or a reason."""
    damaged = message[:at] + put + message[at + drop :]
    said = decode(damaged)

    assert bool(said.readings) != bool(said.reason)
    for reading in said.readings:
        json.dumps(reading.to_json())
        assert len(reading.raw) <= 2048


@given(
    st.binary(max_size=100), st.sampled_from([b"", b"*HQ,1,", b"*HQ,1,V1,", b"$", b"*HQ,1,NBR,"])
)
def test_no_bytes_break_the_decoder(tail: bytes, head: bytes) -> None:
    """Any bytes are read or refused with a reason."""
    said = decode(head + tail)

    assert bool(said.readings) != bool(said.reason)


@given(st.lists(st.text("0123456789AVNSEW.-Y,", max_size=9), max_size=40), st.data())
def test_no_fields_break_the_decoder(fields: list[str], data: st.DataObject) -> None:
    """Any fields behind any type are read."""
    kind = data.draw(
        st.sampled_from(["V1", "V3", "V4", "NBR", "BS", "BASE", "LINK", "VP1", "ALRM"])
    )

    assert decode(f"*HQ,1,{kind}," + ",".join(fields) + "#").readings


# -- what devices really sent ----------------------------------------------------------------------


def records() -> Iterator[dict[str, Any]]:
    """Yield the recorded frames; skip when they are not here."""
    if not FRAMES.exists():
        pytest.skip(f"no recorded frames at {FRAMES}")
    yield from map(json.loads, FRAMES.read_text(encoding="utf-8").splitlines())


def bytes_of(record: dict[str, Any]) -> bytes:
    """Return the bytes of a recorded frame."""
    said: str = record["frame"]
    return said.encode("latin-1") if record["encoding"] == "text" else bytes.fromhex(said)


def test_recorded_frames_are_whole() -> None:
    """Each recorded frame is one frame to the splitter, and is understood."""
    for record in records():
        frame = bytes_of(record)

        whole = frame.strip() if record["encoding"] == "text" else frame
        assert (whole,) == H02.split(frame).frames, record["id"]
        assert None is decode(frame).reason, record["id"]


def test_recorded_positions_are_those_stated() -> None:
    """Where the source states or we derived a position, it is read the same."""
    compared = 0
    for record in records():
        reading = one(bytes_of(record))
        for said in record["expected"]:
            if said["asserts"] == "position":
                assert reading.position is not None, record["id"]
            for known in [said["position"]] if "position" in said else []:
                assert reading.position is not None
                told = {"lat": reading.position.lat, "lon": reading.position.lon}
                stated = {name: known[name] for name in ("lat", "lon")}
                assert pytest.approx(stated, abs=known["tolerance_deg"]) == told, record["id"]
                assert known["valid"] == reading.position.is_current, record["id"]
                assert known["time_utc"] == reading.to_json()["fix_time"], record["id"]
                compared += 1
        derived = record["derived"]
        if derived is not None:
            assert reading.position is not None
            assert (derived["device_id"], derived["type"]) == (reading.device_id, reading.type)
            assert derived["fix"] == reading.position.is_current, record["id"]
            told = {"lat": reading.position.lat, "lon": reading.position.lon}
            stated = {name: derived[name] for name in ("lat", "lon")}
            assert pytest.approx(stated, abs=1e-6) == told, record["id"]
            assert pytest.approx(derived["speed_kn"] * 1.852) == reading.speed_kmh, record["id"]
            assert derived["time_utc"] == reading.to_json()["fix_time"], record["id"]
            compared += 1

    assert compared >= 10


def test_recorded_attributes_are_those_stated() -> None:
    """What the reference reads of a frame without a position is not lost here."""
    for record in records():
        reading = one(bytes_of(record))
        for said in record["expected"]:
            if said["asserts"] in ("attributes", "some_output"):
                told = (reading.network, reading.battery_pct, reading.steps)
                assert any(value is not None for value in told), record["id"]
            stated = said.get("attribute") or {}
            if "batteryLevel" in stated:
                assert stated["batteryLevel"] == reading.battery_pct, record["id"]
            if "result" in stated:
                assert Kind.COMMAND_REPLY is reading.kind, record["id"]
