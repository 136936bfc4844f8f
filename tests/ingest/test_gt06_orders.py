"""Orders to GT06 devices are texts; the answer repeats our number and may tell a place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import BadOrder
from core.pings import FixSource
from ingest.codecs.gt06 import GT06, Gt06Session
from ingest.codecs.gt06.orders import build_command
from ingest.codecs.profiles import profile_of
from ingest.codecs.readings import Confirmation, Flag, Kind, Order
from tests.ingest.gt06_frames import NOW, Connection, frame


def short_answer(text: bytes, number: bytes = b"\0\0\0\7") -> bytes:
    """Return an answer of type 15."""
    return frame(0x15, bytes((4 + len(text),)) + number + text + b"\0\2")


def long_answer(text: str, number: bytes = b"\0\0\0\7", coding: int = 1) -> bytes:
    """Return an answer of type 21."""
    said = text.encode("utf-16-be" if coding == 2 else "latin-1")
    return frame(0x21, number + bytes((coding,)) + said, is_long=True)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order(do="locate"), "WHERE#"),
        (Order(do="interval", args={"s": 60}), "TIMER,60#"),
        (
            Order(do="contacts", args={"sos": ["+8613800000000", "121", "+85212345678"]}),
            "SOS,A,13800000000,121,0085212345678#",
        ),
        (Order(do="contacts", args={"sos": []}), "SOS,A,,,#"),
        (Order(do="reboot"), "RESET#"),
    ],
)
def test_an_order_is_a_text_with_a_number(order: Order, expected: str) -> None:
    """Length of the rest, the server's number, the text; the next one has another number."""
    session = GT06.open(profile_of("gt06"))
    first = GT06.encode(order, session)
    assert first is not None
    second = GT06.encode(order, first[1])
    assert second is not None

    content = b"\0\0\0\1" + expected.encode()
    assert frame(0x80, bytes((len(content),)) + content, serial=1) == first[0]
    assert b"\0\0\0\2" == second[0][5:9]


def test_numbers_begin_anew_and_never_with_zero() -> None:
    """A serial has two bytes; 0 is what devices repeat that repeat nothing."""
    session = Gt06Session(profile=profile_of("gt06"), next_serial=65535)
    last = GT06.encode(Order(do="locate"), session)
    assert last is not None
    first = GT06.encode(Order(do="locate"), last[1])
    assert first is not None

    assert (b"\0\0\xff\xff", b"\0\0\0\1") == (last[0][5:9], first[0][5:9])


def test_a_recorded_command_is_built_the_same() -> None:
    """Type 80 of an open server's tests."""
    recorded = bytes.fromhex("78780e800800000000736f732300016d6a0d0a")
    built = build_command("sos#", 1)

    assert recorded[:5] == built[:5]
    assert recorded[9:13] == built[9:13]


def test_a_model_has_its_own_texts() -> None:
    """The profile's texts come first; what has none is not sent."""
    profile = replace(profile_of("gt06"), commands={"removal_alarm": "REMALM,{on}#"})
    session = GT06.open(profile)
    on = GT06.encode(Order(do="removal_alarm", args={"on": True}), session)
    off = GT06.encode(Order(do="removal_alarm", args={"on": False}), session)

    assert on is not None
    assert off is not None
    assert (b"REMALM,ON#", b"REMALM,OFF#") == (on[0][9:-6], off[0][9:-6])
    assert None is GT06.encode(Order(do="locate"), session)


@pytest.mark.parametrize(
    ("order", "named"),
    [
        (Order(do="interval", args={"s": 4}), "interval"),
        (Order(do="interval", args={"s": 86_401}), "interval"),
        (Order(do="interval", args={"s": True}), "interval"),
        (Order(do="interval"), "interval"),
        (Order(do="contacts", args={"sos": ["1", "2", "3", "4"]}), "contacts"),
        (Order(do="contacts", args={"sos": "13800000000"}), "contacts"),
        (Order(do="contacts", args={"sos": ["138,0000#RESET"]}), "contacts"),
        (Order(do="contacts", args={"sos": [13800000000]}), "contacts"),
        (Order(do="removal_alarm", args={"on": "yes"}), "removal_alarm"),
    ],
)
def test_what_cannot_be_sent_is_refused(order: Order, named: str) -> None:
    """No comma and no # of a person reaches a frame; the error names the argument."""
    profile = profile_of("gt06")
    profile = replace(profile, commands={**profile.commands, "removal_alarm": "REMALM,{on}#"})

    with pytest.raises(BadOrder, match=named):
        GT06.encode(order, GT06.open(profile))


def test_a_profiles_text_must_fit() -> None:
    """One length byte counts everything."""
    profile = replace(profile_of("gt06"), commands={"locate": "W" * 241})

    with pytest.raises(BadOrder, match="at most 240"):
        GT06.encode(Order(do="locate"), GT06.open(profile))


# -- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (short_answer(b"TIMER OK!"), Confirmation(serial=7)),
        (short_answer(b"OK", b"\0\0\0\0"), Confirmation(serial=None)),
        (short_answer(b"Set SOS Fail!"), Confirmation(serial=7, ok=False)),
        (long_answer("Command error"), Confirmation(serial=7, ok=False)),
        (long_answer("设置失败", coding=2), Confirmation(serial=7, ok=False)),
        (long_answer("设置成功", coding=2), Confirmation(serial=7)),
    ],
)
def test_an_answer_confirms_the_number(said: bytes, expected: Confirmation) -> None:
    """Both answer forms repeat the four bytes; some devices send zeros."""
    told = Connection().say(said)

    assert (expected,) == told.confirmations
    assert (Kind.COMMAND_REPLY, None) == (told.readings[0].kind, told.reply)


def test_an_answer_may_tell_a_place() -> None:
    """The answer to WHERE# is text with coordinates and the device's clock."""
    text = (
        "Current position!Lat:N30.528000,Lon:E120.689000,"
        "Course:126.53,Speed:4.5000,DateTime:2026-03-01  10:11:09"
    )
    reading = Connection().one(long_answer(text))

    assert reading.position is not None
    assert (30.528, 120.689, True) == (
        reading.position.lat,
        reading.position.lon,
        reading.position.is_current,
    )
    assert (NOW, 126.53, 4.5) == (reading.fix_time, reading.course_deg, reading.speed_kmh)


@pytest.mark.parametrize(
    "text",
    [
        "Lat:N30.528000,Lon:E120.689000,Course:0.00,Speed:0.00KM/H,DateTime:26-03-01 10:11:09",
        "<DateTime:26-03-01 10:11:09>http://maps.google.com/maps?q=N30.528000,E120.689000",
    ],
)
def test_older_models_write_two_digits_of_the_year(text: str) -> None:
    """The answers to WHERE# and to URL# of the first models."""
    reading = Connection().one(long_answer(text))

    assert reading.position is not None
    assert (30.528, 120.689, FixSource.GNSS, NOW) == (
        reading.position.lat,
        reading.position.lon,
        reading.position.source,
        reading.fix_time,
    )


def test_a_last_place_is_not_current() -> None:
    """South and west have letters; what no clock shows is no time."""
    text = "Last position!Lat:S12.936675,Lon:W38.396417,DateTime:2026-13-01 10:11:09"
    reading = Connection().one(long_answer(text))

    assert reading.position is not None
    assert (-12.936675, -38.396417, False, None) == (
        reading.position.lat,
        reading.position.lon,
        reading.position.is_current,
        reading.fix_time,
    )


def test_a_login_zone_counts_for_answers_too() -> None:
    """The text shows the device's clock."""
    band = Connection()
    band.session = replace(band.device, zone_min=0)
    reading = band.one(long_answer("Lat:N30.5,Lon:E120.6,DateTime:2026-03-01 10:11:09"))

    assert NOW + timedelta(hours=8) == reading.fix_time


def test_an_answer_with_telephone_numbers_is_not_kept() -> None:
    """What a device tells of its contacts is private; other answers are kept to be read."""
    private = Connection().one(short_answer(b"SOS1:13800000000"))
    plain = Connection().one(short_answer(b"Lat:N30.52811234,TIMER:60"))

    assert (True, False) == (
        Flag.PRIVATE_CONTENT in private.flags,
        Flag.PRIVATE_CONTENT in plain.flags,
    )
    assert (False, True) == (b"138" in private.raw, b"TIMER" in plain.raw)


def test_an_answer_too_short_to_be_one_is_kept_as_it_is() -> None:
    """No number, no confirmation."""
    told = Connection().say(frame(0x15, b"\1"))

    assert ((), Kind.UNKNOWN) == (told.confirmations, told.readings[0].kind)
