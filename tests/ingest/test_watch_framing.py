"""Watch frames in a stream: where each begins and ends, whatever its length says."""

import re
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs.readings import Flag, Split
from ingest.codecs.watch import WATCH
from tests.ingest.watch_frames import NOW, POSITION, WATCH_ID, decode, frame

LK = frame("LK")
LOUD = frame("AL," + POSITION)
BRACKETS = "UD," + POSITION.replace("home", "[LG_Wall-Mount A/C]e72")
CLIP = b"TK,#!AMR}\x01}\x02}\x03}\x04}\x05\xff[3G"


def split(*parts: bytes) -> Split:
    """Return what the stream of *parts* holds."""
    return WATCH.split(b"".join(parts))


def fed(stream: bytes, sizes: list[int]) -> list[bytes]:
    """Return the frames of *stream* when it comes in pieces of *sizes*, over and over."""
    frames: list[bytes] = []
    rest = b""
    at = 0
    for size in cycle(sizes):
        found = WATCH.split(rest + stream[at : at + size])
        frames += found.frames
        rest = found.rest
        at += size
        if at >= len(stream):
            return frames
    raise AssertionError("no sizes")


# -- lengths, right and wrong ----------------------------------------------------------------------


def test_several_frames_share_a_segment_with_line_ends_between() -> None:
    """Each is found; the line ends belong to none."""
    found = split(LK, b"\r\n", LOUD, LK)

    assert Split(frames=(LK, LOUD, LK), skipped=2) == found


_WHOLE = [LK, frame(BRACKETS), frame(CLIP), frame("UD," + POSITION, index="00fa"), LOUD]


@given(
    st.lists(st.sampled_from(_WHOLE), min_size=1, max_size=5),
    st.lists(st.integers(1, 200), min_size=1, max_size=20),
)
def test_a_frame_may_come_in_pieces(frames: list[bytes], sizes: list[int]) -> None:
    """Whatever the pieces, the frames are the same: brackets in names and raw clips too."""
    assert frames == fed(b"".join(frames), sizes)


def test_a_stream_may_come_byte_by_byte() -> None:
    """The smallest pieces change nothing either."""
    assert _WHOLE == fed(b"".join(_WHOLE), [1])


@pytest.mark.parametrize("off", [-12, -1, 1, 2, 25, 300, 2000])
@pytest.mark.parametrize("content", ["LK,1,2,50", BRACKETS], ids=["plain", "brackets"])
def test_a_wrong_length_costs_no_frame(content: str, off: int) -> None:
    """A frame ends at its bracket, alone or with others behind it, and is flagged."""
    wrong = frame(content, length=max(0, len(content) + off))

    assert Split(frames=(wrong,)) == split(wrong)
    assert Split(frames=(wrong, LOUD, wrong, LK)) == split(wrong, LOUD, wrong, LK)
    assert Flag.BAD_LENGTH in decode(wrong).readings[0].flags


def test_an_unpaired_bracket_in_a_name_costs_nothing_when_the_length_is_right() -> None:
    """The bracket that stands where the length puts it is the end."""
    for name in ("x]y", "x[y", "]", "[[", "][3G*1*0002*AL]"):
        odd = frame("UD," + POSITION.replace("home", name))

        assert Split(frames=(odd, LK)) == split(odd, LK)


@pytest.mark.parametrize("name", ["x]y", "x[y"])
def test_an_unpaired_bracket_and_a_wrong_length_end_before_the_next_frame(name: str) -> None:
    """Where brackets do not pair up, the next frame shows the end of this one."""
    odd = frame("UD," + POSITION.replace("home", name), length=40)

    assert Split(frames=(odd, LK)) == split(odd, LK)


def test_an_sos_does_not_wait_behind_half_a_report() -> None:
    """A report that was cut off is passed over as soon as the next frame is there."""
    half = frame("UD," + POSITION)[:90]

    assert Split(frames=(LOUD,), skipped=90) == split(half, LOUD)


@pytest.mark.parametrize("declared", [0x2C, 0xFFFF])
def test_an_sos_does_not_wait_behind_half_a_clip(declared: int) -> None:
    """Raw bytes hold no header, so one that stands in them begins the next frame."""
    half = frame(b"TK,#!AMR\x80\x81\x82", length=declared)[:-1]

    assert Split(frames=(LOUD,), skipped=len(half)) == split(half, LOUD)


def test_a_clip_with_a_wrong_length_ends_at_its_bracket() -> None:
    """Its own brackets are escaped, so the first plain one closes it."""
    for off in (-9, -1, 4, 500):
        wrong = frame(CLIP[:-3], length=len(CLIP) - 3 + off)

        assert Split(frames=(wrong, LK)) == split(wrong, LK)


def test_the_length_of_a_clip_is_trusted_while_it_comes_in() -> None:
    """A bracket in the middle of it ends nothing, if the rest is still to come."""
    clip = frame(b"TK,ab]cd]ef" + bytes(5000))

    assert Split(rest=clip[:20]) == split(clip[:20])
    assert Split(frames=(clip,)) == split(clip)


# -- what is no frame ------------------------------------------------------------------------------


def test_what_is_no_frame_is_passed_over_and_counted() -> None:
    """Noise, a header without a length, a bracket: none of it hides what follows."""
    noise = b"hello [3G*12*zz*LK] ]] [[["

    assert Split(frames=(LK,), skipped=len(noise)) == split(noise, LK)
    assert Split(skipped=5) == split(b"noise")
    assert Split() == split(b"")


def test_a_text_without_an_end_is_given_up_after_two_kibibytes() -> None:
    """Until then its end may come; afterwards it is no frame."""
    endless = b"[3G*8800000015*0100*UD,"

    assert endless + b"1" * 2000 == split(endless, b"1" * 2000).rest
    assert Split(skipped=len(endless) + 3000) == split(endless, b"1" * 3000)


@pytest.mark.parametrize("length", range(1, len(LK)))
def test_the_beginning_of_a_frame_waits(length: int) -> None:
    """A header that may still become one is kept."""
    assert Split(rest=LK[:length]) == split(LK[:length])


@pytest.mark.parametrize(
    "said",
    [b"", b"[", b"]", b"LK", b"[3G*1*LK]", b"[3G*8800000015*0002*LK", frame(""), frame("#")],
    ids=repr,
)
def test_what_cannot_be_understood_has_a_reason(said: bytes) -> None:
    """No reading, no answer, one sentence."""
    read = decode(said)

    assert ((), None) == (read.readings, read.reply)
    assert read.reason


def test_the_buffer_has_room_for_the_longest_clip() -> None:
    """The length has four hex digits."""
    clip = frame(b"TK," + bytes(0xFFFF - 3))

    assert len(clip) + 64 < WATCH.most_buffer
    assert Split(frames=(clip,)) == split(clip)


def test_a_connection_that_begins_with_a_bracket_is_a_watch() -> None:
    """The first byte decides."""
    assert [True, True, False, False] == [
        WATCH.recognises(start) for start in (b"[", LK, b"\x78\x78", b"*HQ")
    ]


# -- hostile bytes ---------------------------------------------------------------------------------

_pieces = st.lists(
    st.sampled_from(
        [
            *(b"[", b"]", b"*", b",", b"\r\n", b"[3G*", b"[3G*1*00", b"[3G*1*0009*", b"TK,"),
            *(LK, LOUD, frame(BRACKETS), frame(CLIP), LOUD[:70], LOUD[30:], b"}\x03"),
        ]
    )
    | st.binary(max_size=12),
    max_size=12,
).map(b"".join)


@given(st.binary(max_size=200) | _pieces)
def test_no_bytes_break_the_splitter(stream: bytes) -> None:
    """Every byte is in a frame, passed over, or waits; what waits begins a frame."""
    found = WATCH.split(stream)

    assert len(stream) == sum(map(len, found.frames)) + len(found.rest) + found.skipped
    assert all(frame.startswith(b"[") and frame.endswith(b"]") for frame in found.frames)
    assert not found.rest or found.rest.startswith(b"[")
    assert Split(rest=found.rest) == WATCH.split(found.rest)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    said = bytearray(
        draw(st.sampled_from([LK, LOUD, frame(BRACKETS), frame(CLIP), frame("btemp2,1,36.4")]))
    )
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(said) - 1))
        said[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
        if not said:
            break
    return bytes(said)


@given(st.binary(max_size=200) | _mutated() | _mutated().map(lambda said: said + b"]"))
def test_no_bytes_break_the_decoder(said: bytes) -> None:
    """Any bytes are read, or have a reason; what is kept of them is bounded."""
    read = decode(said)

    assert bool(read.readings) is (read.reason is None)
    assert all(len(reading.raw) <= 2048 for reading in read.readings)
    assert all(reading.to_json() for reading in read.readings)


@pytest.mark.parametrize(
    "piece",
    [
        b"[",
        b"]",
        b"[3G*1*FFFF*",
        b"[3G*1*FFFF*TK,",
        b"[3G*1*07FF*UD,[",
        b"[3G*1*0000*UD," + b"[" * 500,
        b"[3G*1*FFFF*TK,]" + b"[" * 30,
        b"[3G*" + b"1" * 20,
        b"[3G*1*0800*" + b"]x" * 900,
    ],
    ids=repr,
)
def test_a_buffer_full_of_hostile_bytes_is_accounted_for(piece: bytes) -> None:
    """Headers without end and brackets without sense cost one walk through the buffer."""
    stream = (piece * (WATCH.most_buffer // len(piece) + 1))[: WATCH.most_buffer]

    found = WATCH.split(stream)

    assert len(stream) == sum(map(len, found.frames)) + len(found.rest) + found.skipped


def test_a_frame_of_the_longest_length_is_read() -> None:
    """However many values, what is kept is bounded."""
    many = f"UD,{POSITION}" + ",x,00:00:5e:00:53:01,-60" * 3000
    read = WATCH.decode(frame(many, length=0), WATCH.open(decode(LK).session.profile), NOW)

    (reading,) = read.readings
    assert reading.network is not None
    assert 64 == len(reading.network.wifi)
    assert WATCH_ID == reading.device_id
    assert re.match(rb"\[3G", reading.raw)
