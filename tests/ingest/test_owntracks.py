"""OwnTracks: any phone with that app is a band."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadMessage
from core.pings import Alarm, Doubt, FixSource, Ping, RejectReason
from core.places import Position
from core.radio import AccessPoint, Network
from ingest.codecs.owntracks import decode
from ingest.codecs.profiles import profile_of
from ingest.messages import Decoded, Message, Presence
from tests.ingest.test_owntracks_read import seal

NOW = datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC)
UNIX = 1772331069
FRAMES = Path(__file__).parents[3] / "shared" / "data" / "frames" / "owntracks.jsonl"

LOCATION: dict[str, Any] = {
    "_type": "location",
    "lat": 30.52811,
    "lon": 120.68945,
    "tst": UNIX,
    "acc": 12,
    "batt": 64,
    "bs": 1,
    "vel": 3,
    "cog": 71,
    "t": "p",
    "tid": "ch",
}


def message(said: object) -> Message:
    """Return *said* (bytes, or an object for JSON) as a message."""
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Message(topic="owntracks/chen/phone", payload=payload, received_at=NOW)


def one(said: object) -> Ping:
    """Return the only ping of a message."""
    (ping,) = decode(message(said), "chen").pings
    return ping


def test_a_location_is_a_ping() -> None:
    """A location becomes a ping with the time of the fix, accuracy, battery and movement."""
    ping = one(LOCATION)

    assert (NOW, 64, False, "timer") == (
        ping.measured_at,
        ping.battery_pct,
        ping.charging,
        ping.why,
    )
    assert ping.fix is not None
    assert (Position(120.68945, 30.52811), 12, 3, 71) == (
        ping.fix.position,
        ping.fix.accuracy_m,
        ping.fix.speed_kmh,
        ping.fix.course_deg,
    )


@pytest.mark.parametrize(
    ("key", "value", "attribute", "expected"),
    [
        ("batt", -1, "battery_pct", None),  # -1 means unknown
        ("batt", "64", "battery_pct", 64),  # some senders quote numbers
        ("batt", 101, "battery_pct", None),
        ("batt", "x", "battery_pct", None),
        ("batt", "nan", "battery_pct", None),
        ("bs", 0, "charging", None),
        ("bs", 2, "charging", True),
        ("bs", 3, "charging", True),
        ("bs", "2", "charging", True),
        ("bs", 4, "charging", None),
        ("bs", [], "charging", None),
        ("t", "r", "why", "reply"),
        ("t", "u", "why", "manual"),
        ("t", {}, "why", ""),
    ],
)
def test_optional_fields(key: str, value: Any, attribute: str, expected: object) -> None:
    """Unknown is unknown, however a sender says so; it costs nothing else."""
    ping = one(LOCATION | {key: value})

    assert expected == getattr(ping, attribute)
    assert ping.fix is not None


@pytest.mark.parametrize(
    ("accuracy", "expected", "source"),
    [
        (12, 12, FixSource.UNKNOWN),
        (0, None, FixSource.UNKNOWN),  # zero is not a real value
        (-1, None, FixSource.UNKNOWN),
        (None, None, FixSource.UNKNOWN),
        (1999, 1999, FixSource.UNKNOWN),
        (2000, 2000, FixSource.CELL),
        (5000, 5000, FixSource.CELL),
    ],
)
def test_accuracy(accuracy: Any, expected: float | None, source: FixSource) -> None:
    """Two kilometres and more is a guess by the cell; zero or nothing is unknown."""
    fix = one(LOCATION | {"acc": accuracy}).fix

    assert fix is not None
    assert (expected, source) == (fix.accuracy_m, fix.source)


@pytest.mark.parametrize("key", ["vel", "cog"])
def test_minus_one_is_unknown_movement(key: str) -> None:
    """A speed or course of -1 is unknown."""
    fix = one(LOCATION | {key: -1}).fix

    assert fix is not None
    assert None is (fix.speed_kmh if key == "vel" else fix.course_deg)


def test_a_repeated_old_fix_is_not_current() -> None:
    """A message built much later than its fix repeats an old place: kept, never judged."""
    ping = one(LOCATION | {"created_at": UNIX + 601})

    assert ping.fix is not None
    assert not ping.fix.is_current
    assert Doubt.STALE_FIX in ping.doubts


def test_a_phone_without_a_clock_is_ordered_by_arrival() -> None:
    """A location without a usable time keeps its place and is doubted."""
    ping = one({k: v for k, v in LOCATION.items() if k != "tst"})

    assert (None, NOW) == (ping.measured_at, ping.at)
    assert Doubt.BAD_CLOCK in ping.doubts


def test_null_island_is_no_position() -> None:
    """Coordinates 0,0 mean that the phone has no fix."""
    assert None is one(LOCATION | {"lat": 0, "lon": 0}).fix


def test_the_same_bytes_are_the_same_report() -> None:
    """A report sent dozens of times has one identity; another point of the same time another."""
    again, other = one(LOCATION), one(LOCATION | {"lat": 30.6})

    assert one(LOCATION).report_id == again.report_id
    assert again.report_id != other.report_id


@pytest.mark.parametrize("kind", ["beacon", "dump", "card", "cmd", "configuration", "request"])
def test_other_types_are_understood_and_say_nothing(kind: str) -> None:
    """Documented types that tell neither a place nor anything of now give no ping."""
    assert Decoded() == decode(message(LOCATION | {"_type": kind}), "chen")


@pytest.mark.parametrize("kind", ["transition", "waypoint", "waypoints", "status", "steps"])
def test_a_phone_that_speaks_is_alive(kind: str) -> None:
    """What is no position of now is a sign of life: a ping without a fix."""
    ping = one(LOCATION | {"_type": kind, "event": "enter"})

    assert (None, "info", NOW) == (ping.fix, ping.why, ping.received_at)
    assert not ping.alarms & {Alarm.SOS, Alarm.FALL}


def test_the_phones_own_fence_is_only_recorded() -> None:
    """A transition names its time and itself, never a fix that could be judged."""
    ping = one(LOCATION | {"_type": "transition", "event": "leave"})

    assert (NOW, {Alarm.FENCE_EXIT}) == (ping.measured_at, set(ping.alarms))


def test_a_report_with_an_id_is_one_however_often_it_is_built() -> None:
    """The same report built anew has one identity; another point under the same id has another."""
    report = LOCATION | {"_id": "a1b2c3d4"}
    first = one(report | {"created_at": UNIX + 1})

    assert first.report_id == one(report | {"created_at": UNIX + 2}).report_id
    assert first.report_id != one(report | {"lat": 30.6}).report_id
    assert first.report_id != one(LOCATION | {"_id": "a1b2c3d5"}).report_id


def test_the_access_point_goes_with_the_ping() -> None:
    """Where a phone is on Wi-Fi, its access point may be known to somebody."""
    ping = one(LOCATION | {"BSSID": "0:c:43:26:60:40", "SSID": "Chen family"})

    assert Network(wifi=(AccessPoint(mac="00:0c:43:26:60:40"),)) == ping.network


def test_a_point_taken_from_a_map_is_doubted() -> None:
    """By hand, an iPhone in mainland China takes the point from its map; other phones do not."""
    by_hand = message(LOCATION | {"t": "u"})
    ios = profile_of("owntracks", "ios")

    assert Doubt.MAYBE_GCJ02 in decode(by_hand, "chen", profile=ios).pings[0].doubts
    assert Doubt.MAYBE_GCJ02 not in decode(by_hand, "chen").pings[0].doubts
    assert Doubt.MAYBE_GCJ02 not in decode(message(LOCATION), "chen", profile=ios).pings[0].doubts


def test_a_secret_opens_what_a_phone_encrypted() -> None:
    """With the phone's secret an encrypted location is a location."""
    sealed = seal(json.dumps(LOCATION).encode(), b"secret of chen")
    (ping,) = decode(message(sealed), "chen", secret=b"secret of chen").pings

    assert NOW == ping.measured_at
    with pytest.raises(BadMessage) as caught:
        decode(message(sealed), "chen", secret=b"another")
    assert RejectReason.ENCRYPTED is caught.value.reason


def test_the_last_will_says_that_the_phone_is_gone() -> None:
    """A last will makes the phone offline."""
    decoded = decode(message({"_type": "lwt", "tst": UNIX}), "chen")

    assert Presence(device_id="chen", online=False) == decoded.presence


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"\xff", RejectReason.NOT_TEXT),
        (b"{", RejectReason.NOT_JSON),
        (b"[]", RejectReason.WRONG_SHAPE),
        ({}, RejectReason.WRONG_SHAPE),
        ({"_type": 5}, RejectReason.WRONG_SHAPE),
        ({"_type": "dance"}, RejectReason.WRONG_SHAPE),
        ({"_type": "encrypted", "data": "x"}, RejectReason.ENCRYPTED),
        (LOCATION | {"lat": 91}, RejectReason.IMPOSSIBLE_POSITION),
        (LOCATION | {"lon": "x"}, RejectReason.IMPOSSIBLE_POSITION),
        (LOCATION | {"lon": None}, RejectReason.IMPOSSIBLE_POSITION),
        (LOCATION | {"lat": "inf"}, RejectReason.IMPOSSIBLE_POSITION),
        (b" " * 70_000, RejectReason.TOO_LARGE),
        (b"[" * 5000, RejectReason.TOO_DEEP),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_message_is_refused_by_name(said: object, reason: RejectReason) -> None:
    """Each way of being no OwnTracks message has its named reason."""
    with pytest.raises(BadMessage) as caught:
        decode(message(said), "chen")

    assert reason is caught.value.reason


def test_an_empty_message_is_refused_by_name() -> None:
    """An erased retained message and garbage without bytes look alike: both are counted."""
    with pytest.raises(BadMessage) as caught:
        decode(message(b""), "chen")

    assert RejectReason.EMPTY is caught.value.reason


@given(st.binary(max_size=100))
def test_no_bytes_break_the_decoder(payload: bytes) -> None:
    """Any bytes are read or refused by name."""
    with contextlib.suppress(BadMessage):
        assert isinstance(decode(message(payload), "chen"), Decoded)


_value = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)


@given(
    st.fixed_dictionaries(
        {"_type": st.sampled_from(["location", "lwt", "transition", "steps"]) | _value},
        optional={
            key: _value | st.lists(_value, max_size=2)
            for key in (
                *("lat", "lon", "tst", "created_at", "acc", "batt", "bs", "vel", "cog", "t"),
                *("_id", "topic", "BSSID", "event", "steps", "to", "alt"),
            )
        },
    )
)
def test_no_values_break_the_decoder(said: dict[str, object]) -> None:
    """Any values are read or refused by name."""
    try:
        decoded = decode(message(said), "chen")
    except BadMessage:
        return
    for ping in decoded.pings:
        assert ping.at.tzinfo is not None


# -- what phones really sent ---------------------------------------------------------------------


def recorded() -> list[dict[str, Any]]:
    """Return the collected frames."""
    if not FRAMES.exists():
        pytest.skip(f"the collected frames are not here: {FRAMES}")
    return [json.loads(line) for line in FRAMES.read_text(encoding="utf-8").splitlines()]


def test_what_phones_really_sent_is_read_or_refused_by_name() -> None:
    """Every collected OwnTracks message is understood or refused by name."""
    for frame in recorded():
        with contextlib.suppress(BadMessage):
            decoded = decode(message(frame["frame"].encode()), "chen")

            assert isinstance(decoded, Decoded), frame["id"]


def test_positions_of_real_phones_are_those_their_sources_state() -> None:
    """Where a collected message has a known position, we read the same one."""
    compared = 0
    for frame in recorded():
        stated = [e["position"] for e in frame["expected"] if e.get("position")]
        if (frame["derived"] or {}).get("type") == "location":
            stated.append(frame["derived"])
        for known in stated:
            if "lat" not in known:
                continue
            ping = one(frame["frame"].encode())
            compared += 1

            assert ping.fix is not None, frame["id"]
            assert pytest.approx((known["lat"], known["lon"])) == (
                ping.fix.position.lat,
                ping.fix.position.lon,
            )
            assert (known.get("acc") or None) in (None, ping.fix.accuracy_m)

    assert compared > 5
