"""JT/T 808: frames, headers of three editions, answers, fragments and orders.

What a location says is in `test_jt808_location`, what devices really sent in
`test_jt808_recorded`.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadOrder
from ingest.codecs.jt808 import JT808, Jt808Codec, Jt808Session, general_answer
from ingest.codecs.jt808.fragments import MOST_ASSEMBLIES, MOST_PARTS, PATIENCE_S
from ingest.codecs.jt808.framing import MOST_FRAME_BYTES
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Codec, Confirmation, Flag, Frame, Kind, Order, Session, Split

NOW = datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC)
PROFILE = profile_of("jt808")
PHONE = "013900000121"
#: of the 2019 edition: version 1, ten bytes of phone number
PHONE_2019 = "00000000013900000121"

#: located, north, east; 30.52811, 120.68945; 5 m, 2.1 km/h, 71 degrees
LOCATION = bytes.fromhex("000000000000000201d1d2be0731949a000500150047") + (
    bytes.fromhex("260301101109")
)
SOS = b"\x00\x00\x00\x01" + LOCATION[4:]


# -- a device, as small as can be ------------------------------------------------------------------


def escaped(content: bytes) -> bytes:
    """Return *content* between 7E marks."""
    inner = b"".join({0x7E: b"}\x02", 0x7D: b"}\x01"}.get(b, bytes([b])) for b in content)
    return b"\x7e" + inner + b"\x7e"


def content_of(
    message_id: int,
    body: bytes = b"",
    *,
    phone: str = PHONE,
    serial: int = 7,
    part: tuple[int, int] | None = None,
    bits: int = 0,
) -> bytes:
    """Return header, body and check byte; *part*: number and total; *bits*: more attributes."""
    is_2019 = len(phone) == 20
    attributes = bits | len(body) | (0x4000 if is_2019 else 0) | (0x2000 if part else 0)
    content = message_id.to_bytes(2, "big") + attributes.to_bytes(2, "big")
    content += (b"\x01" if is_2019 else b"") + bytes.fromhex(phone)
    content += serial.to_bytes(1 if message_id in (0x5501, 0x5502) else 2, "big")
    if part:
        content += part[1].to_bytes(2, "big") + part[0].to_bytes(2, "big")
    content += body
    check = 0
    for byte in content:
        check ^= byte
    return content + bytes([check])


def frame_of(message_id: int, body: bytes = b"", **header: Any) -> bytes:
    """Return one frame as a device sends it."""
    return escaped(content_of(message_id, body, **header))


def hear(*frames: bytes, session: Session | None = None, at: datetime = NOW) -> list[Frame]:
    """Return what frames of one connection say, one after another."""
    said = []
    for frame in frames:
        said.append(JT808.decode(frame, session or JT808.open(PROFILE), at))
        session = said[-1].session
    return said


def one(frame: bytes, profile: Profile = PROFILE) -> Any:
    """Return the only reading of a frame on a connection of its own."""
    (reading,) = JT808.decode(frame, JT808.open(profile), NOW).readings
    return reading


def answer(reply: bytes | None) -> tuple[int, bytes]:
    """Return id and body of what we answered, 2013 edition."""
    assert reply is not None
    content = reply[1:-1].replace(b"}\x02", b"~").replace(b"}\x01", b"}")
    return int.from_bytes(content[:2], "big"), content[12:-1]


def met(phone: str = PHONE, profile: Profile = PROFILE) -> Session:
    """Return a session whose device has spoken, with serial 0 still to use."""
    told = frame_of(0x0001, bytes(5), phone=phone)
    return JT808.decode(told, JT808.open(profile), NOW).session


# -- frames in a stream ----------------------------------------------------------------------------


def test_the_standards_own_example_is_unescaped() -> None:
    """30 7E 08 7D 55 is sent as 30 7D 02 08 7D 01 55."""
    frame = escaped(bytes.fromhex("307e087d55"))

    assert bytes.fromhex("7e307d02087d01557e") == frame
    assert Split(frames=(frame,)) == JT808.split(frame)


def test_frames_of_one_segment_are_told_apart() -> None:
    """Frames follow each other with a mark each, with one mark between, with junk between."""
    first, second = frame_of(0x0002), frame_of(0x0200, LOCATION)

    assert (first, second) == JT808.split(first + second).frames
    assert (first, second) == JT808.split(first + second[1:]).frames  # one mark for both
    split = JT808.split(b"junk" + first + b"\r\n" + second + b"~~~" + first)
    assert ((first, second, first), b"") == (split.frames, split.rest)
    assert len(b"junk\r\n~~~") == split.skipped


def test_a_frame_may_come_in_any_pieces() -> None:
    """Cut anywhere, also between frames that share a mark, the same frames come out."""
    first, second = frame_of(0x0002), frame_of(0x0200, LOCATION)
    for stream in (first + second, first + second[1:]):
        for cut in range(1, len(stream)):
            before = JT808.split(stream[:cut])
            after = JT808.split(before.rest + stream[cut:])

            assert (first, second) == before.frames + after.frames
            assert b"" == after.rest


def test_a_frame_that_never_ends_is_given_up() -> None:
    """A mark without its counterpart costs its own bytes, not the frame after them."""
    whole = frame_of(0x0002)
    endless = b"~" + b"x" * MOST_FRAME_BYTES

    assert JT808.split(endless[:100]).rest == endless[:100]
    split = JT808.split(endless + whole)
    assert ((whole,), b"") == (split.frames, split.rest)
    assert len(JT808.split(b"x" * 3 * MOST_FRAME_BYTES).rest) <= JT808.most_buffer


def test_vendors_with_other_marks_are_read_and_answered_in_kind() -> None:
    """Between E7 marks a phone number has 7 bytes and E6, E7, 3D, 3E are escaped."""
    body = content_of(0x0200, LOCATION, phone="01390000012133", serial=0x3D3E)
    written = {0xE6: b"\xe6\x01", 0xE7: b"\xe6\x02", 0x3E: b"\x3e\x01", 0x3D: b"\x3e\x02"}
    frame = b"\xe7" + b"".join(written.get(b, bytes([b])) for b in body) + b"\xe7"
    split = JT808.split(frame + frame)
    said = hear(frame)[0]

    assert (frame, frame) == split.frames
    assert (frame, frame) == JT808.split(b"\r\n" + frame + b"\r\n\xe7" + frame).frames
    assert "1390000012133" == said.readings[0].device_id
    assert said.reply is not None
    assert said.reply.startswith(
        bytes.fromhex("e780010005" + "01390000012133" + "00003e023e01020000")
    )
    assert (0xE7, 2) == (said.reply[-1], said.reply.count(0xE7))


def test_a_locks_texts_stand_between_its_frames() -> None:
    """A text in brackets is a frame, tells its device, and is told the time when it asks."""
    told, asked = b"(740190000121,1,001,ELOCK,3,1)", b"(740190000121,1,001,BASE,2,TIME)"
    split = JT808.split(told + frame_of(0x0002) + asked)
    said = hear(told, asked)

    assert (told, frame_of(0x0002), asked) == split.frames
    assert ("740190000121", Kind.COMMAND_REPLY, "ELOCK", told) == (
        said[0].readings[0].device_id,
        said[0].readings[0].kind,
        said[0].readings[0].type,
        said[0].readings[0].raw,
    )
    assert b"(740190000121,1,001,BASE,2,20260301021109)" == said[1].reply
    assert "a text of no known form" == hear(b"(hello)")[0].reason
    assert (frame_of(0x0002),) == JT808.split(b"(" + frame_of(0x0002)).frames  # no text


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"~", True),
        (b"~\x01\x00", True),
        (b"\xe7\x02", True),
        (b"(", True),
        (b"(740190000121,1", True),
        (b"(hello,1", False),
        (b"[3G*", False),
        (b"*HQ", False),
        (b"xx", False),
        (b"", False),
    ],
)
def test_a_connection_is_recognised_by_its_first_bytes(start: bytes, expected: bool) -> None:
    """The marks are enough; a bracket needs a number behind it."""
    assert expected == JT808.recognises(start)


# -- headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        (PHONE, "13900000121"),
        (PHONE_2019, "13900000121"),
        ("00000866496000000121", "866496000000121"),  # an IMEI
        ("000000000000", "0"),
        ("0b3a73ce2ff2", "123456789012347"),  # 14 digits of an IMEI as a number; 7 is their check
        ("abcdef012345", "abcdef012345"),  # no number of 14 digits
    ],
)
def test_a_device_is_known_by_its_phone_number(phone: str, expected: str) -> None:
    """Leading zeros fall, in each edition; a packed IMEI is the one printed on the device."""
    frame = hear(frame_of(0x0002, phone=phone))[0]

    assert expected == frame.session.device_id
    assert expected == frame.readings[0].device_id
    assert frame.reply is not None
    assert bytes.fromhex(phone) in frame.reply  # as wide as it came


def test_a_wrong_check_byte_or_length_is_flagged() -> None:
    """The body is what stands there; only a profile that insists refuses it."""
    content = content_of(0x0200, LOCATION)
    wrong_check = escaped(content[:-1] + bytes([content[-1] ^ 1]))
    longer = escaped(content_of(0x0200, LOCATION, bits=0x0002)[:-1] + content[-1:])
    strict = replace(PROFILE, crc_required=True)

    assert Flag.BAD_CHECKSUM in one(wrong_check).flags
    assert Flag.BAD_LENGTH in one(longer).flags
    assert one(wrong_check).position == one(frame_of(0x0200, LOCATION)).position
    refused = JT808.decode(wrong_check, JT808.open(strict), NOW)
    assert ((), None, "wrong check byte") == (refused.readings, refused.reply, refused.reason)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"", "no marks around it"),
        (b"~", "no marks around it"),
        (b"~\x02\x00", "no marks around it"),
        (b"~\x02\x00~", "too short for a header"),
        (b"~\x02\x00\x00\x00\x01\x39~", "too short for a header"),
        (b"~" + b"x" * MOST_FRAME_BYTES + b"~", "too long"),
        (frame_of(0x8001, bytes(5)), "a server's message"),
        (frame_of(0x4401, bytes(3)), "a server's message"),
    ],
)
def test_what_is_no_message_of_a_device_is_refused_by_name(frame: bytes, expected: str) -> None:
    """Nothing is read from it, nothing is answered, the session stays."""
    said = hear(frame)[0]

    assert (expected, (), None) == (said.reason, said.readings, said.reply)
    assert JT808.open(PROFILE) == said.session


# -- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message_id", "body", "kind"),
    [
        (0x0002, b"", Kind.HEARTBEAT),
        (0x0003, b"", Kind.INFO),
        (0x0102, b"code", Kind.INFO),
        (0x0104, bytes(12), Kind.INFO),
        (0x0107, bytes(60), Kind.INFO),
        (0x0200, LOCATION, Kind.POSITION),
        (0x0200, SOS, Kind.ALARM),
        (0x0704, b"\x00\x01\x00\x00\x1c" + LOCATION, Kind.POSITION),
        (0x0801, bytes(40), Kind.MEDIA),
        (0x0900, b"\xf0abc", Kind.INFO),
        (0x0F99, b"?", Kind.UNKNOWN),
    ],
)
def test_messages_are_answered_with_8001(message_id: int, body: bytes, kind: Kind) -> None:
    """Their serial, their id and result 0, also for what we do not know."""
    frame = hear(frame_of(message_id, body, serial=0x1234))[0]

    assert (0x8001, b"\x12\x34" + message_id.to_bytes(2, "big") + b"\x00") == answer(frame.reply)
    assert (kind, f"{message_id:04X}") == (frame.readings[0].kind, frame.readings[0].type)


def test_the_bit_of_2019_may_be_a_mistake() -> None:
    """Only the older header makes the length right: who, where and no SOS out of shifted bytes."""
    (frame,) = hear(frame_of(0x0200, LOCATION, bits=0x4000))
    (reading,) = frame.readings

    assert ("13900000121", frozenset(), False) == (
        reading.device_id,
        reading.alarms,
        Flag.BAD_LENGTH in reading.flags,
    )
    assert reading.position == one(frame_of(0x0200, LOCATION)).position
    assert (0x8001, b"\x00\x07\x02\x00\x00") == answer(frame.reply)


@pytest.mark.parametrize("phone", [PHONE, PHONE_2019])
def test_a_body_too_long_for_its_length_is_not_encrypted(phone: str) -> None:
    """Some devices write 1 203 into ten bits: what runs over is no sign of encryption."""
    batch = b"\x00\x28\x01" + (b"\x00\x1c" + LOCATION) * 40
    (frame,) = hear(frame_of(0x0704, batch, phone=phone))

    assert (40, set()) == (
        len([reading for reading in frame.readings if reading.position]),
        {Flag.BAD_LENGTH, Flag.ENCRYPTED} & frame.readings[0].flags,
    )


def test_an_answer_is_in_the_edition_of_the_question() -> None:
    """A header of 2019 is answered with one, to the last byte; our serials count on."""
    first, second = hear(
        frame_of(0x0002, phone=PHONE_2019, serial=1), frame_of(0x0002, phone=PHONE_2019, serial=2)
    )

    assert escaped(content_of(0x8001, bytes.fromhex("0001000200"), phone=PHONE_2019, serial=0)) == (
        first.reply
    )
    assert escaped(content_of(0x8001, bytes.fromhex("0002000200"), phone=PHONE_2019, serial=1)) == (
        second.reply
    )


def test_our_serial_begins_anew_after_65535() -> None:
    """Two bytes are all there is."""
    session = replace(JT808.open(PROFILE), next_serial=0xFFFF)
    frames = hear(frame_of(0x0002), frame_of(0x0002), session=session)

    assert [b"\xff\xff", b"\x00\x00"] == [frame.reply[11:13] for frame in frames if frame.reply]


@pytest.mark.parametrize("length", [25, 33, 37, 45, 76, 90])  # 2011, 2013, 2019, with plates
def test_registration_is_answered_with_an_authentication_code(length: int) -> None:
    """8100: their serial, result 0, and a code made from the device's id alone."""
    keyed = Jt808Codec(auth_code=lambda device_id: f"key-{device_id[-3:]}")
    frame = frame_of(0x0100, bytes(length), serial=9)

    assert (0x8100, b"\x00\x09\x00" + b"13900000121") == answer(hear(frame)[0].reply)
    reply = keyed.decode(frame, keyed.open(PROFILE), NOW).reply
    assert (0x8100, b"\x00\x09\x00" + b"key-121") == answer(reply)


def test_the_time_is_told_in_utc() -> None:
    """8109 in binary with a result; 8004, the standard's own, in BCD."""
    assert (0x8109, bytes([0x07, 0xEA, 3, 1, 2, 11, 9, 0])) == answer(
        hear(frame_of(0x0109))[0].reply
    )
    assert (0x8004, bytes.fromhex("260301021109")) == answer(hear(frame_of(0x0004))[0].reply)


def test_what_answers_us_is_not_answered() -> None:
    """0001 and 0201 confirm our serial; 0201 is also a position."""
    done, failed, located, text = hear(
        frame_of(0x0001, bytes.fromhex("0005820100")),
        frame_of(0x0001, bytes.fromhex("0006810301")),
        frame_of(0x0201, b"\x00\x07" + SOS),
        frame_of(0x1300, b"\x00\x08" + "好".encode("utf-16-be")),
    )

    assert (Confirmation(serial=5),) == done.confirmations
    assert (Confirmation(serial=6, ok=False),) == failed.confirmations
    assert (Confirmation(do="locate", serial=7),) == located.confirmations
    assert (Confirmation(serial=8),) == text.confirmations
    assert [None] * 4 == [frame.reply for frame in (done, failed, located, text)]
    assert (Kind.COMMAND_REPLY, Kind.ALARM) == (done.readings[0].kind, located.readings[0].kind)
    assert located.readings[0].position is not None


def test_the_answer_to_a_control_says_where_it_was_carried_out() -> None:
    """0500: our serial, then a location; unlike 0201 it is answered."""
    (frame,) = hear(frame_of(0x0500, b"\x00\x07" + SOS))
    (reading,) = frame.readings

    assert ((Confirmation(serial=7),), frozenset({"sos"})) == (frame.confirmations, reading.alarms)
    assert reading.position is not None
    assert (0x8001, b"\x00\x07\x05\x00\x00") == answer(frame.reply)


def test_a_person_ends_an_sos() -> None:
    """An SOS is answered with 0; with 4 only when somebody says so."""
    frame = frame_of(0x0200, SOS, serial=3)
    heard = hear(frame)[0]
    taken = general_answer(frame, heard.session, 4)

    assert frozenset({"sos"}) == heard.readings[0].alarms
    assert bytes.fromhex("0003020000") == answer(heard.reply)[1]
    assert taken is not None
    assert bytes.fromhex("0003020004") == answer(taken[0])[1]
    assert (1, 2) == (heard.session.next_serial, taken[1].next_serial)
    assert general_answer(b"~~", heard.session, 4) is None
    assert general_answer(frame_of(0x8001, bytes(5)), heard.session, 4) is None


def test_private_content_is_not_kept() -> None:
    """Pictures, parameters, attributes and driver's cards are acknowledged and dropped."""
    for message_id in (0x0104, 0x0107, 0x0702, 0x0800, 0x0801, 0x8888):
        for header in ({}, {"part": (1, 2)}):
            reading = one(frame_of(message_id, b"13900000121", **header))

            assert b"" == reading.raw
            assert Flag.PRIVATE_CONTENT in reading.flags


def test_an_encrypted_body_is_kept_and_said_to_be_unsupported() -> None:
    """Result 3; nothing is guessed."""
    frame = hear(frame_of(0x0200, SOS, bits=0x0400))[0]

    assert (Kind.UNKNOWN, frozenset({Flag.ENCRYPTED})) == (
        frame.readings[0].kind,
        frame.readings[0].flags,
    )
    assert b"\x00\x07\x02\x00\x03" == answer(frame.reply)[1]


def test_a_second_device_behind_a_connection_is_answered_under_its_own_name() -> None:
    """The session stays the first one's, so orders reach whom they are meant for."""
    _, second = hear(frame_of(0x0002), frame_of(0x0002, phone="013900000122"))

    assert ("13900000122", "13900000121") == (
        second.readings[0].device_id,
        second.session.device_id,
    )
    assert second.reply is not None
    assert bytes.fromhex("013900000122") in second.reply
    written = JT808.encode(Order(do="locate"), second.session)
    assert written is not None
    assert bytes.fromhex(PHONE) in written[0]


def test_a_session_of_another_codec_is_taken_over() -> None:
    """What was known of the device stays known."""
    plain = Session(profile=PROFILE, device_id="13900000121", next_serial=8)
    session = hear(frame_of(0x0002), session=plain)[0].session

    assert isinstance(session, Jt808Session)
    assert ("13900000121", 9) == (session.device_id, session.next_serial)


# -- fragments -------------------------------------------------------------------------------------


def parts_of(
    body: bytes, total: int, *, serial: int = 100, message_id: int = 0x0704
) -> list[bytes]:
    """Return *body* in *total* frames with consecutive serials."""
    step = -(-len(body) // total)
    return [
        frame_of(
            message_id,
            body[step * place : step * (place + 1)],
            serial=(serial + place) % (1 << 16),
            part=(place + 1, total),
        )
        for place in range(total)
    ]


BATCH = b"\x00\x03\x01" + 3 * (b"\x00\x1c" + LOCATION)


@pytest.mark.parametrize(
    ("order", "serial"),
    [
        ((0, 1, 2), 100),
        ((2, 0, 1), 100),
        ((0, 0, 2, 1), 100),  # one comes twice
        ((0, 1, 2), 65535),  # serials begin anew
    ],
)
def test_fragments_become_one_message(order: tuple[int, ...], serial: int) -> None:
    """Each part is answered and kept; the last to come brings the readings."""
    parts = parts_of(BATCH, 3, serial=serial)
    *before, last = hear(*(parts[place] for place in order))

    for frame in before:
        assert [frozenset({Flag.FRAGMENT})] == [reading.flags for reading in frame.readings]
        assert frame.reply is not None
    assert 3 == len(last.readings)
    assert all(reading.is_backlog and reading.position for reading in last.readings)
    assert isinstance(last.session, Jt808Session)
    assert () == last.session.assemblies


def test_fragments_of_two_messages_do_not_mix() -> None:
    """Message id and first serial tell them apart, also between ordinary messages."""
    one_message, other = parts_of(BATCH, 2, serial=5), parts_of(BATCH, 2, serial=50)
    frames = hear(one_message[0], other[0], frame_of(0x0002), other[1], one_message[1])

    assert [1, 1, 1, 3, 3] == [len(frame.readings) for frame in frames]


def test_fragments_that_wait_too_long_are_forgotten() -> None:
    """A part that comes after its time begins anew."""
    first, second = parts_of(BATCH, 2)
    (begun,) = hear(first)
    (late,) = hear(second, session=begun.session, at=NOW + timedelta(seconds=PATIENCE_S + 1))

    assert Flag.FRAGMENT in late.readings[0].flags
    (late,) = hear(second, session=begun.session, at=NOW + timedelta(seconds=PATIENCE_S))
    assert 3 == len(late.readings)


def test_what_waits_for_its_parts_is_bounded() -> None:
    """Few messages at a time, of few parts each; the rest is stored part by part."""
    flood = [frame_of(0x0900, bytes(900), serial=10 * n, part=(1, 9)) for n in range(50)]
    session = hear(*flood)[-1].session

    assert isinstance(session, Jt808Session)
    assert MOST_ASSEMBLIES == len(session.assemblies)
    (vast,) = hear(frame_of(0x0900, b"x", part=(1, MOST_PARTS + 1)))
    assert isinstance(vast.session, Jt808Session)
    assert () == vast.session.assemblies


@pytest.mark.parametrize("part", [(1, 1), (0, 2), (3, 2), (0, 0)])
def test_a_fragment_number_that_cannot_be_is_ignored(part: tuple[int, int]) -> None:
    """The body is read as it is."""
    assert one(frame_of(0x0200, LOCATION, part=part)).position is not None


# -- orders ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "message_id", "body"),
    [
        (Order(do="locate"), 0x8201, ""),
        (Order(do="reboot"), 0x8105, "04"),
        (Order(do="sos_taken"), 0x8203, "0000 00000001"),
        (
            Order(do="interval", args={"s": 60}),
            0x8103,
            # by time; asleep and awake each 60 s, in alarm each 30 s at least
            "04 0000002004 00000000 0000002704 0000003c 0000002804 0000001e 0000002904 0000003c",
        ),
    ],
)
@pytest.mark.parametrize("phone", [PHONE, PHONE_2019])
def test_orders_are_the_standards_own(order: Order, message_id: int, body: str, phone: str) -> None:
    """Locate, interval and reboot; the session counts on."""
    written = JT808.encode(order, met(phone))

    assert written is not None
    assert frame_of(message_id, bytes.fromhex(body), phone=phone, serial=0) == written[0]
    assert 1 == written[1].next_serial


@pytest.mark.parametrize("do", ["find", "contacts", "removal_alarm", "text"])
def test_an_order_without_words_is_none(do: str) -> None:
    """The standard has no words for it, so nothing is invented."""
    assert JT808.encode(Order(do=do, args={"sos": [], "on": True}), met()) is None


def test_a_models_own_words_go_out_as_text() -> None:
    """8300 in GBK with digits filled in; 2019 adds a kind of text."""
    words = {"find": "寻找", "contacts": "SOS,{n1},{n2},{n3}#", "interval": "T,{s}"}
    profile = replace(PROFILE, commands=words)
    contacts = Order(do="contacts", args={"sos": ["+8613900000121", "+85221234567"]})

    for order, text in (
        (Order(do="find"), "寻找"),
        (contacts, "SOS,13900000121,0085221234567,#"),
        (Order(do="interval", args={"s": 600}), "T,600"),
    ):
        written = JT808.encode(order, met(profile=profile))
        assert written is not None
        assert frame_of(0x8300, b"\x01" + text.encode("gbk"), serial=0) == written[0]
    newer = JT808.encode(Order(do="find"), met(PHONE_2019, profile))
    assert newer is not None
    assert (
        frame_of(0x8300, b"\x01\x01" + "寻找".encode("gbk"), phone=PHONE_2019, serial=0) == newer[0]
    )


@pytest.mark.parametrize(
    "order",
    [
        Order(do="interval"),
        Order(do="interval", args={"s": 9}),
        Order(do="interval", args={"s": 86_401}),
        Order(do="interval", args={"s": True}),
        Order(do="interval", args={"s": "60"}),
        Order(do="contacts", args={"sos": "110"}),
        Order(do="contacts", args={"sos": ["1,2"]}),
        Order(do="contacts", args={"sos": ["110"] * 4}),
        Order(do="removal_alarm", args={"on": 1}),
    ],
)
def test_arguments_that_cannot_be_sent_are_refused(order: Order) -> None:
    """The error says which, and never repeats a number."""
    words = {"contacts": "SOS,{n1}", "removal_alarm": "REMOVE,{on}"}
    with pytest.raises(BadOrder) as refused:
        JT808.encode(order, met(profile=replace(PROFILE, commands=words)))

    assert str(refused.value).startswith(order.do)


def test_nobody_is_ordered_before_it_spoke() -> None:
    """Its first message tells how to address it; a lock's short headers take no orders."""
    lock = hear(frame_of(0x5501, bytes(40)))[0].session

    assert JT808.encode(Order(do="locate"), JT808.open(PROFILE)) is None
    assert JT808.encode(Order(do="locate"), lock) is None


# -- anything at all -------------------------------------------------------------------------------

SAMPLES = [
    frame_of(0x0200, SOS + bytes.fromhex("310109eb0a000300a84c000300e1015402ff")),
    frame_of(0x0704, BATCH, phone=PHONE_2019),
    frame_of(0x0900, bytes(30), part=(1, 2)),
    frame_of(0x5501, bytes(50), bits=0x8000),
    b"(740190000121,1,001,BASE,2,TIME)",
]


def check_anything(stream: bytes) -> None:
    """Split and decode *stream*; every byte is in a frame, waits, or was passed over."""
    split = JT808.split(stream)
    assert len(split.rest) <= JT808.most_buffer
    assert all(2 < len(frame) <= MOST_FRAME_BYTES + 1 for frame in split.frames)
    for frame in hear(*split.frames, stream):
        assert (frame.reason is None) == bool(frame.readings)


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(noise: bytes) -> None:
    """Noise, alone and between marks, is read or refused by name."""
    check_anything(noise)
    check_anything(b"~" + noise + b"~")
    check_anything(b"\xe7" + noise + b"\xe7")


@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255))))
def test_any_damage_is_survived(frame: bytes, hits: list[tuple[int, int]]) -> None:
    """Frames with changed bytes are read or refused by name."""
    damaged = bytearray(frame)
    for place, value in hits:
        damaged[place % len(damaged)] = value
    check_anything(bytes(damaged))
    check_anything(bytes(damaged) + frame)


@given(
    st.integers(0, 0x7FFF),
    st.binary(max_size=300),
    st.integers(0, 0xFFFF),
    st.sampled_from([PHONE, PHONE_2019]),
)
def test_any_message_comes_through(message_id: int, body: bytes, serial: int, phone: str) -> None:
    """Whatever a well-formed frame holds, it is one frame with at least one reading."""
    frame = frame_of(message_id, body, phone=phone, serial=serial & 0xFF)
    (said,) = hear(frame)

    assert Split(frames=(frame,)) == JT808.split(frame)
    assert said.reason is not None or said.readings
    assert Flag.BAD_CHECKSUM not in {flag for reading in said.readings for flag in reading.flags}


@pytest.mark.parametrize(
    "hostile",
    [
        b"~" * 65536,
        b"(" * 65536,
        b"\xe7" * 65536,
        b"~(" * 32768,
        b"~x~(" * 16384,
        b"}\x01" * 32768,
        b"x\xe7" * 32768,
    ],
    ids=repr,
)
def test_hostile_streams_cost_little(hostile: bytes) -> None:
    """64 KiB of marks are passed over, and little of them waits."""
    split = JT808.split(hostile)

    assert len(split.rest) <= JT808.most_buffer


def test_the_codec_is_one_of_ours() -> None:
    """It fits the contract of all codecs."""
    codec: Codec = JT808

    assert ("jt808", 600.0) == (codec.name, codec.idle_s)
