"""IW: sentences of elders' watches; each is read as far as it says something, and answered."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadOrder
from core.pings import FixSource, Health
from core.radio import AccessPoint, Cell
from ingest.codecs.iw import IW
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Confirmation, Flag, Frame, Kind, Order, Reading, TimeQuality

NOW = datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC)
FRAMES = Path(__file__).parents[3] / "shared" / "data" / "frames" / "iw.jsonl"

IMEI = "353456789012345"
LOGIN = f"IWAP00{IMEI}#"
#: lat 30 + 31.5/60, lon 120 + 41.4/60, at the instant NOW; signal 60, 9 satellites, battery 80 %
PLACE = "260301A3031.5000N12041.4000E001.2021109323.8706000908000102"
CELL = "460,0,9520,3671"
WIFI = "Home|74-DE-2B-44-88-8C|97&a,b#1|c|74-DE-2B-44-88-8D|-60"
AP01 = f"IWAP01{PLACE},{CELL},{WIFI}#"


def decode(frame: bytes | str, profile: Profile | None = None) -> Frame:
    """Return what the first message of a connection says."""
    raw = frame if isinstance(frame, bytes) else frame.encode("latin-1")
    return IW.decode(raw, IW.open(profile or profile_of("iw")), NOW)


def one(frame: bytes | str, profile: Profile | None = None) -> Reading:
    """Return the only reading of a message."""
    (reading,) = decode(frame, profile).readings
    return reading


# -- login -----------------------------------------------------------------------------------------


def test_a_login_is_answered_with_the_time_and_remembered() -> None:
    """A watch says its IMEI once; what follows on the connection is its."""
    login = decode(LOGIN)
    later = IW.decode(b"IWAP49,68#", login.session, NOW)
    again = IW.decode(b"IWAP00353456789012346#", login.session, NOW)

    assert b"IWBP00,20260301021109,8#" == login.reply
    assert (IMEI, Kind.INFO) == (login.readings[0].device_id, login.readings[0].kind)
    assert IMEI == later.readings[0].device_id
    assert IMEI == again.session.device_id  # the first one owns the connection


@pytest.mark.parametrize("frame", ["IWAP00#", "IWAP00abc#", "IWAP00" + 30 * "1" + "#"])
def test_a_login_without_an_imei_is_nobody(frame: str) -> None:
    """It is answered, or the watch would try for ever; but nobody is known by it."""
    said = decode(frame)

    assert (None, None) == (said.session.device_id, said.readings[0].device_id)
    assert Flag.BAD_FIELD in said.readings[0].flags
    assert said.reply


def test_before_the_login_nobody_speaks() -> None:
    """A reading before the login has no device."""
    assert None is one("IWAP49,68#").device_id


# -- positions and alarms --------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["#", "", "#\r\n"])
def test_a_position_is_read_whole(end: str) -> None:
    """Place, time, speed, state of the device, cell and Wi-Fi; with or without the closing #."""
    reading = one(AP01.removesuffix("#") + end)

    assert (Kind.POSITION, "AP01") == (reading.kind, reading.type)
    assert (NOW, TimeQuality.OK) == (reading.fix_time, reading.fix_time_quality)
    assert reading.position is not None
    assert pytest.approx((30.525, 120.69)) == (reading.position.lat, reading.position.lon)
    assert (FixSource.GNSS, True) == (reading.position.source, reading.position.is_current)
    assert (1.2, 323.87) == (reading.speed_kmh, reading.course_deg)
    assert (9, 80) == (reading.satellites, reading.battery_pct)
    assert {Flag.NO_ACCURACY} == reading.flags
    assert reading.network is not None
    assert (Cell(mcc=460, mnc=0, lac=9520, cid=3671),) == reading.network.cells
    assert (
        AccessPoint(mac="74:de:2b:44:88:8c", dbm=-97),
        AccessPoint(mac="74:de:2b:44:88:8d", dbm=-60),
    ) == reading.network.wifi


def test_south_and_west() -> None:
    """The letters decide the sign."""
    reading = one(AP01.replace("N1", "S1").replace("E0", "W0"))

    assert reading.position is not None
    assert pytest.approx((-30.525, -120.69)) == (reading.position.lat, reading.position.lon)


def test_the_last_known_place_is_kept_but_not_current() -> None:
    """Not located: an old place of unknown source, never to be judged."""
    reading = one(AP01.replace("A3031", "V3031"))

    assert reading.position is not None
    assert (False, FixSource.UNKNOWN) == (
        reading.position.is_current,
        reading.position.source,
    )


@pytest.mark.parametrize(
    ("old", "new", "flag"),
    [
        ("3031.5000N12041.4000", "0000.0000N00000.0000", Flag.NULL_ISLAND),
        ("3031.5", "9931.5", Flag.OFF_THE_GLOBE),
        ("3031.5", "3071.5", Flag.OFF_THE_GLOBE),
        ("3031.5", "3x31.5", Flag.BAD_FIELD),
        ("323.87", "423.87", Flag.BAD_FIELD),
        ("060009080", "060000080", Flag.NO_SATELLITES),
        ("260301", "260231", Flag.BAD_CLOCK),
        ("260301", "000101", Flag.BAD_CLOCK),  # as after power-on
    ],
)
def test_what_makes_no_sense_costs_only_itself(old: str, new: str, flag: Flag) -> None:
    """The cell, the access points and all that can be read stay."""
    reading = one(AP01.replace(old, new))

    assert flag in reading.flags
    assert reading.network is not None
    assert 2 == len(reading.network.wifi)


@pytest.mark.parametrize(
    ("course", "expected"),
    [("323.87", 323.87), ("41.520", 41.52), ("9.4300", 9.43), ("000000", 0), ("361.00", None)],
)
def test_a_course_has_six_characters(course: str, expected: float | None) -> None:
    """Wherever its point stands, what comes behind it is read."""
    reading = one(AP01.replace("323.87", course))

    assert (expected, 9, 80) == (reading.course_deg, reading.satellites, reading.battery_pct)
    assert reading.position is not None


@pytest.mark.parametrize(
    "motion", ["", "x", "001.2", "1.2021109", "001.2021109323", "001.2x21109323.8706000908000102"]
)
def test_a_place_stands_without_what_follows_it(motion: str) -> None:
    """Speed, time, course and state may be garbled or missing; the place is not lost."""
    reading = one(f"IWAP01260301A3031.5000N12041.4000E{motion},{CELL},{WIFI}#")

    assert reading.position is not None
    assert pytest.approx((30.525, 120.69)) == (reading.position.lat, reading.position.lon)
    assert (None, None) == (reading.satellites, reading.battery_pct)
    assert Flag.BAD_FIELD in reading.flags
    assert reading.network is not None
    assert 2 == len(reading.network.wifi)


@pytest.mark.parametrize("state", ["001F0000", "353456789012345", "908000102", "", "060 09080"])
def test_a_state_in_another_form_gives_no_battery(state: str) -> None:
    """Figures that stand elsewhere are not taken for satellites and battery."""
    reading = one(AP01.replace("06000908000102", state))

    assert (None, None) == (reading.satellites, reading.battery_pct)
    assert reading.position is not None
    assert Flag.BAD_FIELD in reading.flags


def test_a_cell_may_be_hexadecimal_behind_a_decimal_operator() -> None:
    """Area and cell with letters, country and network without."""
    network = one(f"IWAP01{PLACE},460,01,3A2B,1C4D,#").network

    assert network is not None
    assert (Cell(mcc=460, mnc=1, lac=0x3A2B, cid=0x1C4D),) == network.cells


def test_located_by_no_satellite_is_not_a_satellite_fix() -> None:
    """A fix without satellites was likely found by the network."""
    reading = one(AP01.replace("060009080", "060000080"))

    assert reading.position is not None
    assert FixSource.UNKNOWN is reading.position.source


@pytest.mark.parametrize(
    ("code", "alarms", "unsure"),
    [
        ("00", set(), False),
        ("01", {"sos"}, False),
        ("05", {"fall"}, False),
        ("06", {"fall"}, False),
        ("1", {"sos"}, False),
        ("02", {"low_battery"}, True),
        ("03", {"removed"}, True),
        ("04", {"removed"}, True),
        ("08", {"heart_rate"}, True),
        ("12", {"other:blood_pressure"}, True),
        ("14", {"other:sedentary"}, True),  # no cry for help
        ("19", {"power_off"}, True),
        ("20", {"fence_exit"}, True),
        ("21", {"fence_enter"}, True),
        ("17", {"unspecified"}, True),
        ("", {"sos"}, True),  # a lost SOS is worse than a false one
        ("x", {"sos"}, True),
    ],
)
def test_alarms(code: str, alarms: set[str], unsure: bool) -> None:
    """`AP10` is `AP01` with an alarm code."""
    reading = one(f"IWAP10{PLACE},{CELL},{code},zh-cn,00,{WIFI}#")

    assert alarms == reading.alarms
    assert (Kind.ALARM if alarms else Kind.POSITION) is reading.kind
    assert unsure == (Flag.UNPROFILED_ALARM in reading.flags)
    assert reading.position is not None
    assert reading.network is not None
    assert 2 == len(reading.network.wifi)


def test_a_profile_names_a_models_own_alarms() -> None:
    """Codes differ by model; the profile has the last word."""
    own = Profile(protocol="iw", alarm_map={"03": "fence_exit"}, bare_alarm="vibration")

    assert {"fence_exit"} == one(f"IWAP10{PLACE},{CELL},03,zh-cn,00,#", own).alarms
    assert {"vibration"} == one(f"IWAP10{PLACE},{CELL}#", own).alarms


def test_an_alarm_without_a_readable_position_still_rings() -> None:
    """An SOS is heard whatever else is wrong with its message."""
    reading = one(f"IWAP10garbage,{CELL},01,zh-cn,00,#")

    assert ({"sos"}, None) == (set(reading.alarms), reading.position)


# -- other messages --------------------------------------------------------------------------------


def test_cells_and_access_points() -> None:
    """`AP02` tells what is in reach; names of networks are not read."""
    reading = one(f"IWAP02,zh_cn,0,2,460,0,9520|3671|13,9520|3672|-80,2,{WIFI}#")

    assert (Kind.INFO, None) == (reading.kind, reading.position)
    assert reading.network is not None
    assert [(0, 9520, 3671, 13), (0, 9520, 3672, -80)] == [
        (c.mnc, c.lac, c.cid, c.level) for c in reading.network.cells
    ]
    assert 2 == len(reading.network.wifi)


@pytest.mark.parametrize(
    "body", [",zh_cn,0,0,460,0,,0,", "", ",a,b,c,d,e,f,g", ",zh_cn,0,1,0,0,1|1|1"]
)
def test_nothing_in_reach(body: str) -> None:
    """Without cells and access points there are none."""
    assert None is one(f"IWAP02{body}#").network


def test_a_heartbeat_tells_battery_and_steps() -> None:
    """`AP03`: signal, satellites, battery; then steps and turn-overs."""
    reading = one("IWAP03,06000908000102,5555,30#")

    assert (Kind.HEARTBEAT, 80, 9, 5555) == (
        reading.kind,
        reading.battery_pct,
        reading.satellites,
        reading.steps,
    )


@pytest.mark.parametrize("body", ["", ",", ",x,y", ",060009255,-1,"])
def test_a_heartbeat_may_say_nothing(body: str) -> None:
    """What cannot be is unknown."""
    reading = one(f"IWAP03{body}#")

    assert (Kind.HEARTBEAT, None, None) == (reading.kind, reading.battery_pct, reading.steps)


@pytest.mark.parametrize(
    ("frame", "health", "battery"),
    [
        ("IWAP49,68#", Health(bpm=68), None),
        ("IWAP49,0#", Health(), None),
        ("IWAPHT,60,130,85#", Health(bpm=60, sys=130, dia=85), None),
        ("IWAPHT,0,0,0#", Health(), None),
        (
            "IWAPHP,60,130,85,95,90,36.5,,,,,,,#",
            Health(bpm=60, sys=130, dia=85, spo2_pct=95, temp_c=36.5),
            None,
        ),
        ("IWAPHP,,,,97,,#", Health(spo2_pct=97), None),
        ("IWAP50,36.7,90#", Health(temp_c=36.7), 90),
        ("IWAP50,1,90#", Health(), 90),
        ("IWAP50#", Health(), None),
    ],
)
def test_health(frame: str, health: Health, battery: int | None) -> None:
    """A value left out and a failed measurement are unknown."""
    reading = one(frame)

    assert (Kind.HEALTH, health, battery) == (reading.kind, reading.health, reading.battery_pct)


def test_a_voice_message_is_acknowledged_and_dropped() -> None:
    """Nobody listens to elders here."""
    said = decode(b"IWAP07,20260301021109,6,1,4,\x01\x02\xff\x00#")

    assert (Kind.MEDIA, b"IWAP07#") == (said.readings[0].kind, said.readings[0].raw)
    assert {Flag.PRIVATE_CONTENT} == said.readings[0].flags
    assert b"IWBP07,20260301021109,6,1,1#" == said.reply  # or the part comes again for ever


def test_a_part_of_a_picture_is_confirmed_by_its_number() -> None:
    """As a part of a voice message is."""
    said = decode(b"IWAP42,20260301021109,17,3,4,\xff\xd8##")

    assert b"IWBP42,20260301021109,17,3,1#" == said.reply
    assert b"IWAP42#" == said.readings[0].raw


@pytest.mark.parametrize("start", ["AP00", "AP00,", "APLN,", "APLO"])
def test_the_numbers_of_a_sim_card_in_a_login_are_not_kept(start: str) -> None:
    """Some logins carry them behind the IMEI."""
    said = decode(f"IW{start}{IMEI},89860000000000000001,460000000000001DCX#")

    assert (IMEI, IMEI) == (said.session.device_id, said.readings[0].device_id)
    assert Flag.PRIVATE_CONTENT in said.readings[0].flags
    assert b"4600" not in said.readings[0].raw
    assert said.reply is not None


@pytest.mark.parametrize("body", ["15", ",15"])
def test_a_low_battery_is_told(body: str) -> None:
    """`AP04` is an alarm of its own."""
    reading = one(f"IWAP04{body}#")

    assert ({"low_battery"}, 15) == (set(reading.alarms), reading.battery_pct)


@pytest.mark.parametrize(
    "body", [f",{IMEI},1772331069", f",{IMEI},1772331069000", PLACE + f",{CELL}"]
)
def test_a_fall_is_heard(body: str) -> None:
    """`APFD`: with the IMEI and Unix time, or with a position."""
    said = decode(f"IWAPFD{body}#")

    assert ({"fall"}, Kind.ALARM, NOW) == (
        set(said.readings[0].alarms),
        said.readings[0].kind,
        said.readings[0].fix_time,
    )
    assert b"IWBPFD#" == said.reply


def test_taking_it_off_is_told_and_putting_it_on_only_where_trusted() -> None:
    """`APWR` says 0 or 1 and waits for no answer; "worn" needs a model that was tried."""
    trusted = Profile(protocol="iw", trust_worn_bit=True)

    assert False is one(f"IWAPWR,{IMEI},0,1772331069#").worn
    assert None is one(f"IWAPWR,{IMEI},1,1772331069#").worn
    assert True is one(f"IWAPWR,{IMEI},1,1772331069#", trusted).worn
    assert None is one("IWAPWR#").worn
    assert None is decode(f"IWAPWR,{IMEI},0,1772331069#").reply


@pytest.mark.parametrize(
    ("said", "health"),
    [
        ("20260301021109,2,75", Health(bpm=75)),
        ("2026-03-01 02:11:09,1,80|120", Health(sys=120, dia=80)),
        ("2026-03-01 02:11:09,1,120|80", Health(sys=120, dia=80)),
        ("2026-03-01 02:11:09,3,36.97", Health(temp_c=36.97)),
        ("2026-03-01 02:11:09,4,97", Health(spo2_pct=97)),
        ("2026-03-01 02:11:09,2,0", Health()),
        ("2026-03-01 02:11:09,1,120", Health()),
        ("2026-03-01 02:11:09,5,675", None),  # sleep
    ],
)
def test_measured_figures_come_with_their_time_and_kind(said: str, health: Health | None) -> None:
    """`APJK` is answered with the kind of figure, or it is sent again."""
    frame = decode(f"IWAPJK,{said}#")
    kind = said.split(",")[1]

    assert (health, NOW) == (frame.readings[0].health, frame.readings[0].fix_time)
    assert f"IWBPJK,{kind}#".encode() == frame.reply


@pytest.mark.parametrize("kind", ["06", "53", "TM"])
def test_who_asks_for_help_names_its_cell(kind: str) -> None:
    """Asking for satellite data or the time, a watch says in which cell it is."""
    network = one(f"IWAP{kind},{CELL}#").network

    assert network is not None
    assert (Cell(mcc=460, mnc=0, lac=9520, cid=3671),) == network.cells


@pytest.mark.parametrize("kind", ["01", "02", "03", "10", "49", "50", "HT", "HP", "ZZ", "99"])
def test_every_message_is_answered(kind: str) -> None:
    """Also one that nobody has described: it is kept and counted, and the watch goes on."""
    said = decode(f"IWAP{kind},1#")

    assert f"IWBP{kind}#".encode() == said.reply
    assert 1 == len(said.readings)


def test_a_profile_may_name_another_answer() -> None:
    """Some models wait for another keyword."""
    own = Profile(protocol="iw", reply_names={"AP03": "BPXX"})

    assert b"IWBPXX#" == decode("IWAP03,06000908000102,5555,30#", own).reply


@pytest.mark.parametrize(
    ("frame", "kept"),
    [
        ("IWAPXL,080835#", b"IWAPXL,080835#"),
        ("IWAP12,080835,13800000001#", b"IWAP12,080835#"),
        ("IWAP33,080835,1", b"IWAP33,080835#"),
    ],
)
def test_an_answer_to_an_order_is_not_answered(frame: str, kept: bytes) -> None:
    """Or watch and server would answer each other for ever. What it repeats is not kept."""
    said = decode(frame)

    assert (None, (Confirmation(serial=8 * 3600 + 8 * 60 + 35),)) == (
        said.reply,
        said.confirmations,
    )
    assert (Kind.COMMAND_REPLY, kept) == (said.readings[0].kind, said.readings[0].raw)


@pytest.mark.parametrize("kind", ["16", "17", "18", "31", "46", "88", "XL", "XY", "OX"])
def test_the_echo_of_an_order_is_never_answered(kind: str) -> None:
    """Even without our mark: `IWBP31#` in answer would switch the watch off."""
    said = decode(f"IWAP{kind}#")

    assert (None, Kind.COMMAND_REPLY) == (said.reply, said.readings[0].kind)


@pytest.mark.parametrize("frame", [b"", b"#", b"IW", b"IWAP", b"IWAP0#", b"IWBP03#", b"xIWAP03#"])
def test_what_is_no_message_has_a_reason(frame: bytes) -> None:
    """Bytes of no known form say why nothing was understood."""
    said = decode(frame)

    assert ((), None) == (said.readings, said.reply)
    assert said.reason


def test_orders_are_in_the_words_of_the_profile() -> None:
    """Without words for it an order is not sent; with them its serial comes back in the answer."""
    words = Profile(protocol="iw", commands={"locate": "BP16,{id},{t}", "contacts": "BP12,{n1}"})
    session = decode(LOGIN, words).session

    assert None is IW.encode(Order(do="locate"), IW.open(words))  # nobody is there yet
    assert None is IW.encode(Order(do="find"), session)
    with pytest.raises(BadOrder, match="contacts"):
        IW.encode(Order(do="contacts", args={"sos": ["1,2"]}), session)
    contacts = IW.encode(Order(do="contacts", args={"sos": ["13800000121"]}), session)
    assert contacts is not None
    assert b"IWBP12,13800000121#" == contacts[0]
    sent = IW.encode(Order(do="locate"), session)
    assert sent is not None
    assert (f"IWBP16,{IMEI},000001#".encode(), 2) == (sent[0], sent[1].next_serial)
    answered = IW.decode(b"IWAP16,000001#", sent[1], NOW)
    assert (Confirmation(do="locate", serial=1),) == answered.confirmations


# -- streams ---------------------------------------------------------------------------------------

#: a part of a voice message of 20 bytes
VOICE = b"IWAP07,20260301021109,6,1,20,#!AMR\n#\0\1#,#|#xyzxyz#"
MESSAGES = [LOGIN.encode(), AP01.encode(), b"IWAP03,06000908000102,5555,30#", b"IWAPXL,080835#"]


@pytest.mark.parametrize("start", [b"I", b"IW", b"IWA", b"IWAP", b"IWAP00353"])
def test_a_connection_is_recognised_by_its_first_bytes(start: bytes) -> None:
    """Each message begins with the same letters."""
    assert IW.recognises(start)


@pytest.mark.parametrize("start", [b"", b"[3G*", b"*HQ,", b"IX", b"IWBP"])
def test_other_protocols_are_not_recognised(start: bytes) -> None:
    """Nothing else begins so."""
    assert not IW.recognises(start)


@given(st.lists(st.sampled_from(MESSAGES), max_size=6), st.sampled_from([b"", b"\r\n"]))
def test_a_stream_gives_its_messages(messages: list[bytes], between: bytes) -> None:
    """However many messages lie in a buffer, each comes out whole; line ends are not counted."""
    split = IW.split(b"".join(m + between for m in messages))

    assert (tuple(messages), b"", 0) == (split.frames, split.rest, split.skipped)


@given(st.sampled_from(MESSAGES), st.data())
def test_half_a_message_waits_for_its_other_half(message: bytes, data: st.DataObject) -> None:
    """A message cut anywhere is whole once the rest has come."""
    in_name = message.find(b"#") + 1  # behind a # in a name it looks whole
    cut = data.draw(
        st.integers(1, len(message) - 1).filter(lambda n: n < in_name or n > in_name + 22)
    )
    first = IW.split(message[:cut])
    second = IW.split(first.rest + message[cut:])

    assert ((), message[:cut]) == (first.frames, first.rest)
    assert (message,) == second.frames


@pytest.mark.parametrize(
    ("buffer", "frames", "rest", "skipped"),
    [
        (b"noise" + LOGIN.encode(), [LOGIN.encode()], b"", 5),
        (b"IWAP01260301A30" + LOGIN.encode(), [LOGIN.encode()], b"", 15),  # broke off
        (b"IWAP03,1#junk#IWAP49,68#", [b"IWAP03,1#", b"IWAP49,68#"], b"", 5),
        (b"IWAP01" + b"x" * 5000 + b"IWAP49,68#", [b"IWAP49,68#"], b"", 5006),
        (VOICE + b"IWAP49,68#", [VOICE, b"IWAP49,68#"], b"", 0),
        (VOICE[:40], [], VOICE[:40], 0),  # its # says nothing yet
        (VOICE[:40] + b"IWAP49,68#", [VOICE[:30], b"IWAP49,68#"], b"", 10),  # broke off
        (
            b"IWAP07,20260301021109,6,1,9999,#IWAP49,68#",
            [b"IWAP07,20260301021109,6,1,9999,#", b"IWAP49,68#"],
            b"",
            0,
        ),
        (b"xxIWA", [], b"IWA", 2),
        (b"xxIxx", [], b"", 5),
    ],
)
def test_a_damaged_stream_finds_its_feet(
    buffer: bytes, frames: list[bytes], rest: bytes, skipped: int
) -> None:
    """What is no message is passed over and counted; the next message is read."""
    split = IW.split(buffer)

    assert (frames, rest, skipped) == (list(split.frames), split.rest, split.skipped)


@given(st.binary(max_size=200))
def test_any_bytes_are_split_without_loss(buffer: bytes) -> None:
    """Every byte is in a frame, still waiting, or passed over."""
    split = IW.split(buffer)
    kept = sum(map(len, split.frames)) + len(split.rest) + split.skipped
    ends = sum(buffer.count(end) for end in (b"\r", b"\n", b"\t", b" ", b"\0"))

    assert len(buffer) - ends <= kept <= len(buffer)


@given(st.sampled_from(MESSAGES), st.integers(0, 200), st.binary(max_size=8), st.integers(0, 8))
def test_damaged_messages_break_nothing(message: bytes, at: int, put: bytes, drop: int) -> None:
    """Whatever happens to a message on its way, decoding it ends in a reading or a reason."""
    said = decode(message[:at] + put + message[at + drop :])

    assert bool(said.readings) != bool(said.reason)
    for reading in said.readings:
        json.dumps(reading.to_json())
        assert len(reading.raw) <= 2048


@given(
    st.sampled_from(
        [
            *("00", "01", "02", "03", "04", "06", "07", "10", "12", "42", "49", "50", "??"),
            *("FD", "HD", "HP", "HT", "JK", "LN", "TP", "WR", "ZZ"),
        ]
    ),
    st.text("0123456789AVNSEW.-|&,# :\xb2\xff", max_size=120),
)
def test_no_body_breaks_the_decoder(kind: str, body: str) -> None:
    """Any body behind any type is read or refused with a reason."""
    said = decode(f"IWAP{kind}{body}")

    assert bool(said.readings) != bool(said.reason)


# -- what watches really sent ----------------------------------------------------------------------


def records() -> Iterator[dict[str, Any]]:
    """Yield the recorded frames; skip when they are not here."""
    if not FRAMES.exists():
        pytest.skip(f"no recorded frames at {FRAMES}")
    yield from map(json.loads, FRAMES.read_text(encoding="utf-8").splitlines())


#: the reference's names of what a frame says, to ours
_STATED: dict[str, Callable[[Any], object]] = {
    "heartRate": lambda r: r.health.bpm,
    "temperature": lambda r: r.health.temp_c,
    "pressureHigh": lambda r: r.health.sys,
    "pressureLow": lambda r: r.health.dia,
    "batteryLevel": lambda r: r.battery_pct,
    "steps": lambda r: r.steps,
    "sat": lambda r: r.satellites,
    "alarm": lambda r: "".join(r.alarms),
}


def test_recorded_frames_say_what_is_stated() -> None:
    """Positions, and attributes by their value, as the source has them."""
    for record in records():
        frame = record["frame"].encode("latin-1")
        reading = one(frame)

        assert (frame + b"#",) == IW.split(frame + b"#").frames, record["id"]
        for said in record["expected"]:
            if said["asserts"] == "position":
                assert reading.position is not None, record["id"]
                assert reading.position.is_current, record["id"]
            for name, value in (said.get("attribute") or {}).items():
                assert value == _STATED[name](reading), record["id"]
