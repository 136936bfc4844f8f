"""GT06 frames: found in a stream, checked, and built."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs.gt06 import GT06
from ingest.codecs.gt06.framing import LONGEST, build_frame, checksum, read_frame
from ingest.codecs.readings import Split
from tests.ingest.gt06_frames import crc, frame, gps, login

HEARTBEAT = frame(0x13, bytes((0x44, 6, 4, 0, 2)))
LOCATION = frame(0x12, gps() + bytes(8))
LONG = frame(0x94, b"\x00\x04\x9f", is_long=True)
#: its length byte says 8 where 10 is right, as in a vendor's document
WRONG_LENGTH = bytes.fromhex("78780813440604000200 11 061f 0d0a")


@pytest.mark.parametrize(
    ("kind", "serial", "expected"),
    [(0x01, 1, 0xD9DC), (0x13, 0x0011, 0xF970), (0x16, 0x0036, 0x9570)],
)
def test_replies_carry_the_documented_checksums(kind: int, serial: int, expected: int) -> None:
    """The vendor's own replies have the CRC that ours have."""
    built = build_frame(kind, b"", serial)

    assert expected.to_bytes(2, "big") == built[6:8]
    assert b"\x78\x78\x05" == built[:3]
    assert b"\r\n" == built[-2:]


@given(data=st.binary(max_size=300))
def test_the_checksum_is_that_of_the_definition(data: bytes) -> None:
    """The library's CRC, turned around, is X-25."""
    assert crc(data) == checksum(data)


def test_a_frame_is_taken_apart() -> None:
    """Both frame forms give type, body and serial."""
    short = read_frame(frame(0x13, b"abcde", serial=513))
    long = read_frame(frame(0x94, b"abc", serial=514, is_long=True))

    assert short is not None
    assert long is not None
    assert (0x13, b"abcde", 513, True, True, False) == (
        short.type,
        short.body,
        short.serial,
        short.length_fits,
        short.is_sound,
        short.is_long,
    )
    assert (0x94, b"abc", 514, True, True, True) == (
        long.type,
        long.body,
        long.serial,
        long.length_fits,
        long.is_sound,
        long.is_long,
    )


@pytest.mark.parametrize("said", [b"", b"x", b"xx", b"xx\x05", b"xx\r\n", b"hello\r\n", b"xx\x01a"])
def test_what_is_no_frame_is_none(said: bytes) -> None:
    """Without start mark, type or stop mark there is nothing to take apart."""
    assert read_frame(said) is None


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"x", True),
        (b"xx", True),
        (b"yy\x00\x20", True),
        (b"y", True),
        (b"xy", False),
        (b"*HQ", False),
        (b"[3G", False),
        (b"~", False),
    ],
)
def test_a_connection_is_recognised(start: bytes, expected: bool) -> None:
    """Two equal start bytes say so, and one so far may."""
    assert expected is GT06.recognises(start)


# -- streams ---------------------------------------------------------------------------------------


def test_frames_of_one_segment_are_parted() -> None:
    """Several frames may come at once."""
    assert Split(frames=(HEARTBEAT, LONG, LOCATION)) == GT06.split(HEARTBEAT + LONG + LOCATION)


def test_half_a_frame_waits() -> None:
    """What has not come yet is waited for."""
    for cut in range(1, len(LOCATION)):
        assert Split(frames=(HEARTBEAT,), rest=LOCATION[:cut]) == GT06.split(
            HEARTBEAT + LOCATION[:cut]
        )


def test_a_stop_mark_in_a_body_ends_nothing() -> None:
    """0D 0A may occur inside; the length says where a frame ends."""
    said = frame(0x9B, b"\x03D75\r\nxx\x05A62\r\n", is_long=True)

    assert Split(frames=(said, HEARTBEAT)) == GT06.split(said + HEARTBEAT)
    assert said == fed_bytewise(said)[0]


def test_a_length_that_is_too_short_costs_nothing() -> None:
    """Such a frame ends at the stop mark that another frame, or nothing, follows."""
    assert Split(frames=(WRONG_LENGTH,)) == GT06.split(WRONG_LENGTH)
    assert Split(frames=(WRONG_LENGTH, LOCATION)) == GT06.split(WRONG_LENGTH + LOCATION)


def test_a_length_that_is_too_long_holds_nothing_up() -> None:
    """A whole frame behind it ends the wait: an SOS never stands behind a broken heartbeat."""
    broken = HEARTBEAT[:2] + b"\xf0" + HEARTBEAT[3:]

    assert Split(rest=broken) == GT06.split(broken)
    assert Split(frames=(broken, LOCATION)) == GT06.split(broken + LOCATION)


def test_a_frame_cut_off_by_the_next_is_passed_over() -> None:
    """Half a frame, and then a whole one: only the whole one counts."""
    half = LOCATION[:17]

    assert Split(frames=(HEARTBEAT,), skipped=17) == GT06.split(half + HEARTBEAT)


def test_an_impossible_length_is_not_waited_for() -> None:
    """A long form that declares 65 535 bytes does not stop the connection."""
    broken = b"yy\xff\xff\x94"
    told = GT06.split(broken + bytes(400) + HEARTBEAT)

    assert ((HEARTBEAT,), b"") == (told.frames, told.rest)


def test_what_is_no_frame_is_counted() -> None:
    """Bytes between frames are passed over and counted."""
    told = GT06.split(b"GET / HTTP/1.1\r\n\r\n" + HEARTBEAT + b"\r\nnoise" + LONG)

    assert Split(frames=(HEARTBEAT, LONG), skipped=25) == told


def test_a_lone_start_byte_waits() -> None:
    """One 78 at the end may be the beginning of a frame."""
    assert Split(frames=(HEARTBEAT,), rest=b"x") == GT06.split(HEARTBEAT + b"x")
    assert Split(skipped=1, rest=b"y") == GT06.split(b"ay")


def fed_bytewise(said: bytes) -> list[bytes]:
    """Return the frames of *said*, which arrives byte by byte."""
    frames: list[bytes] = []
    rest = b""
    for at in range(len(said)):
        told = GT06.split(rest + said[at : at + 1])
        frames += told.frames
        rest = told.rest
    return frames


def test_bytes_may_come_one_by_one() -> None:
    """A slow connection tells the same as a fast one."""
    said = [login(), HEARTBEAT, LONG, LOCATION]

    assert said == fed_bytewise(b"".join(said))


# -- hostile ---------------------------------------------------------------------------------------

NOISE = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [b"xx", b"yy", b"x", b"\r\n", b"\r", HEARTBEAT, LONG, LOCATION, WRONG_LENGTH]
        ),
    ),
    max_size=12,
).map(b"".join)


@given(said=NOISE)
def test_nothing_is_lost_and_nothing_invented(said: bytes) -> None:
    """Frames, what was passed over and the rest are the bytes that came, whatever they are."""
    told = GT06.split(said)

    assert len(said) == sum(map(len, told.frames)) + told.skipped + len(told.rest)
    assert said.endswith(told.rest)
    assert all(one[:2] in (b"xx", b"yy") and one.endswith(b"\r\n") for one in told.frames)


@given(said=NOISE)
def test_a_whole_frame_is_found_behind_any_noise(said: bytes) -> None:
    """Whatever came before, a good frame is heard when it has come."""
    told = GT06.split(said + LOCATION)

    assert LOCATION == told.frames[-1]


@pytest.mark.parametrize(
    "pattern",
    [b"x", b"yy\x0f\xf0", b"yy\x0f\xf0\r\n", b"xx\r\n", b"xx\xff", b"xx\x05\x12\0\0\0\0\r\n"],
)
def test_a_flood_costs_one_look(pattern: bytes) -> None:
    """A buffer full of start marks is done with, and little of it stays waiting."""
    said = b"".join(itertools.repeat(pattern, GT06.most_buffer // len(pattern)))
    told = GT06.split(said)

    assert len(said) == sum(map(len, told.frames)) + told.skipped + len(told.rest)
    assert len(told.rest) <= LONGEST + 2
