"""Orders in a Watch band's words, and nothing but them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadOrder
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Confirmation, Order
from ingest.codecs.watch import WATCH, WatchSession
from ingest.codecs.watch.framing import read_frame
from tests.ingest.watch_frames import NOW, decode, frame

PROFILE = Profile(protocol="watch")
SESSION = WatchSession(profile=PROFILE, device_id="8800000015", letters="3G")


def sent(do: str, profile: Profile = PROFILE, **args: Any) -> bytes | None:
    """Return the bytes of an order, None where there are no words for it."""
    said = WATCH.encode(Order(do=do, args=args), replace(SESSION, profile=profile))
    return None if said is None else said[0]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order(do="locate"), b"[3G*8800000015*0002*CR]"),
        (Order(do="interval", args={"s": 600}), b"[3G*8800000015*000A*UPLOAD,600]"),
        (Order(do="find"), b"[3G*8800000015*0004*FIND]"),
        (
            Order(do="contacts", args={"sos": ["+8613800000001", "110", "+4420000001"]}),
            b"[3G*8800000015*0020*SOS,13800000001,110,004420000001]",
        ),
        (Order(do="contacts", args={"sos": []}), b"[3G*8800000015*0006*SOS,,,]"),
        (Order(do="removal_alarm", args={"on": True}), b"[3G*8800000015*0008*REMOVE,1]"),
        (Order(do="removal_alarm", args={"on": False}), b"[3G*8800000015*0008*REMOVE,0]"),
        (Order(do="reboot"), b"[3G*8800000015*0005*RESET]"),
    ],
    ids=lambda value: value.do if isinstance(value, Order) else "",
)
def test_each_order_has_its_words(order: Order, expected: bytes) -> None:
    """Sent as the watch signs its own frames, with the length of what is sent."""
    assert (expected, SESSION) == WATCH.encode(order, SESSION)


def test_an_order_without_words_is_none() -> None:
    """Free text, listening in and whatever we do not know is not sent."""
    assert [None, None, None] == [sent(do) for do in ("text", "monitor", "power_off")]


def test_a_model_has_its_own_words_and_letters() -> None:
    """A profile overrides the words, and the letters of what we send (not of what we answer)."""
    model = Profile(
        protocol="watch", letters_down="SG", commands={"find": "RING,{s}", "locate": "GPSNOW"}
    )

    assert b"[SG*8800000015*0006*GPSNOW]" == sent("locate", model)
    assert b"[3G*8800000015*0002*LK]" == decode(frame("LK"), model).reply
    assert (Confirmation(do="locate"),) == decode(frame("GPSNOW"), model).confirmations


def test_a_watch_that_numbers_its_frames_gets_numbered_ones() -> None:
    """Our own running number, four hex digits, one more each time."""
    session = WATCH.open(PROFILE)
    first = frame("LK", letters="ZJ", device="688000000000015", index="0034")
    heard = WATCH.decode(first, session, NOW).session

    one = WATCH.encode(Order(do="locate"), heard)
    assert one is not None
    two = WATCH.encode(Order(do="find"), one[1])

    assert b"[ZJ*688000000000015*0001*0002*CR]" == one[0]
    assert two is not None
    assert b"[ZJ*688000000000015*0002*0004*FIND]" == two[0]


def test_nothing_is_sent_before_the_watch_has_named_itself() -> None:
    """An order needs an address."""
    with pytest.raises(BadOrder, match="not named itself"):
        WATCH.encode(Order(do="locate"), WATCH.open(PROFILE))


@pytest.mark.parametrize(
    ("do", "args"),
    [
        ("interval", {}),
        ("interval", {"s": 5}),
        ("interval", {"s": 86_401}),
        ("interval", {"s": "600"}),
        ("interval", {"s": True}),
        ("interval", {"s": 60.5}),
        ("contacts", {}),
        ("contacts", {"sos": "110"}),
        ("contacts", {"sos": ["110"] * 4}),
        ("contacts", {"sos": [110]}),
        ("contacts", {"sos": [""]}),
        ("contacts", {"sos": ["11"]}),
        ("contacts", {"sos": ["+8611"]}),
        ("contacts", {"sos": ["138 0000 0001"]}),
        ("contacts", {"sos": ["110,FACTORY"]}),
        ("contacts", {"sos": ["110]\n[3G*8800000015*0008*POWEROFF"]}),
        ("contacts", {"sos": ["110\n"]}),
        ("contacts", {"sos": ["١١٠"]}),  # digits, but none of a watch
        ("contacts", {"sos": ["1" * 16]}),
        ("removal_alarm", {}),
        ("removal_alarm", {"on": 1}),
    ],
)
def test_what_cannot_be_sent_is_refused(do: str, args: dict[str, Any]) -> None:
    """The text names the argument, and never repeats a number."""
    with pytest.raises(BadOrder, match=f"^{do}: ") as refused:
        sent(do, **args)

    assert "110" not in str(refused.value)


_value = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.text(st.sampled_from("0123456789+[]*,"), max_size=8),
)


@given(
    st.sampled_from(["locate", "interval", "find", "contacts", "removal_alarm", "reboot", "x"]),
    st.fixed_dictionaries(
        {}, optional={"s": _value, "on": _value, "sos": _value | st.lists(_value, max_size=4)}
    ),
)
def test_no_argument_becomes_another_command(do: str, args: dict[str, Any]) -> None:
    """What is sent is one frame with one known word and digits behind it."""
    try:
        said = sent(do, **args)
    except BadOrder:
        return

    if said is not None:
        told = read_frame(said)
        assert told is not None
        assert (said,) == WATCH.split(said).frames
        assert told.keyword in ("CR", "UPLOAD", "FIND", "SOS", "REMOVE", "RESET")
        assert all(value.isdigit() or value == "" for value in told.values)
