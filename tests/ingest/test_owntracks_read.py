"""What an OwnTracks message says in the words of all protocols."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.secret import SecretBox

from core.pings import FixSource
from core.radio import AccessPoint, Network
from ingest.codecs.owntracks import read
from ingest.codecs.owntracks.orders import command_of
from ingest.codecs.profiles import profile_of
from ingest.codecs.readings import Flag, Frame, Kind, Order, Reading, TimeQuality

NOW = datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC)
UNIX = 1772331069
FRAMES = Path(__file__).parents[3] / "shared" / "data" / "frames" / "owntracks.jsonl"

LOCATION: dict[str, Any] = {
    "_type": "location",
    "lat": 30.52811,
    "lon": 120.68945,
    "tst": UNIX,
    "acc": 12,
    "alt": 5,
    "batt": 64,
    "bs": 2,
    "vel": 3,
    "cog": 71,
    "t": "p",
}


def seal(plain: bytes, secret: bytes, nonce: bytes = bytes(24)) -> dict[str, str]:
    """Return *plain* as the app encrypts it."""
    box = SecretBox(secret[:32].ljust(32, b"\0"))
    return {"_type": "encrypted", "data": base64.b64encode(box.encrypt(plain, nonce)).decode()}


def frame(
    said: object,
    *,
    device: str | None = "chen",
    model: str | None = None,
    secret: bytes | None = None,
) -> Frame:
    """Return what *said* (bytes, or an object for JSON) says."""
    return read(
        said if isinstance(said, bytes) else json.dumps(said).encode(),
        topic_device=device,
        profile=profile_of("owntracks", model),
        received_at=NOW,
        secret=secret,
    )


def one(said: object, **how: Any) -> Reading:
    """Return the only reading of a message."""
    (reading,) = frame(said, **how).readings
    return reading


# -- locations -------------------------------------------------------------------------------------


def test_a_location_is_read_whole() -> None:
    """Place, accuracy, time, movement, battery."""
    reading = one(LOCATION)

    assert ("chen", Kind.POSITION, "location") == (reading.device_id, reading.kind, reading.type)
    assert (NOW, TimeQuality.OK) == (reading.fix_time, reading.fix_time_quality)
    assert reading.position is not None
    assert (120.68945, 30.52811, 12, True) == (
        reading.position.lon,
        reading.position.lat,
        reading.position.accuracy_m,
        reading.position.is_current,
    )
    assert (3, 71, 5) == (reading.speed_kmh, reading.course_deg, reading.altitude_m)
    assert (64, True) == (reading.battery_pct, reading.charging)
    assert frozenset() == reading.flags
    assert json.dumps(LOCATION).encode() == reading.raw


def test_minus_one_is_unknown_and_no_fault() -> None:
    """The app says -1 for what it does not know; nobody is to blame."""
    reading = one(LOCATION | {"batt": -1, "vel": "-1", "cog": -1, "vac": -1})

    assert (None, None, None) == (reading.battery_pct, reading.speed_kmh, reading.course_deg)
    assert frozenset() == reading.flags


def test_quoted_numbers_are_numbers() -> None:
    """Some senders put everything in quotes."""
    quoted = {key: str(value) for key, value in LOCATION.items()}

    assert one(LOCATION).position == one(quoted).position
    assert (NOW, True) == (one(quoted).fix_time, one(quoted).charging)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"acc": 0}, Flag.NO_ACCURACY),
        ({"acc": None}, Flag.NO_ACCURACY),
        ({"batt": 101}, Flag.BAD_FIELD),
        ({"vel": "fast"}, Flag.BAD_FIELD),
        ({"created_at": UNIX + 601}, Flag.STALE_FIX),
        ({"created_at": (UNIX + 601) * 1000}, Flag.STALE_FIX),
        ({"bs": "full"}, Flag.BAD_FIELD),
        ({"topic": "owntracks/wang/phone"}, Flag.BAD_FIELD),  # somebody else
    ],
)
def test_quirks_of_a_location_have_names(changes: dict[str, Any], flag: Flag) -> None:
    """The position stands; what was odd is said."""
    reading = one(LOCATION | changes)

    assert {flag} == reading.flags
    assert reading.position is not None
    assert (flag is not Flag.STALE_FIX) == reading.position.is_current


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({"source": "gps"}, FixSource.GNSS),
        ({"source": "gps", "acc": 3000}, FixSource.CELL),  # no satellite errs so far
        ({"source": "fused"}, FixSource.UNKNOWN),
        ({"source": "network"}, FixSource.UNKNOWN),  # Wi-Fi or cells
        ({"source": ["gps"]}, FixSource.UNKNOWN),
    ],
)
def test_some_phones_say_how_they_were_located(said: dict[str, Any], source: FixSource) -> None:
    """Only satellites alone are a satellite fix."""
    position = one(LOCATION | said).position

    assert position is not None
    assert source is position.source


@pytest.mark.parametrize(
    ("accuracy", "source"),
    [(12, FixSource.UNKNOWN), (2000, FixSource.CELL), (5000, FixSource.CELL)],
)
def test_two_kilometres_are_a_cell_guess(accuracy: int, source: FixSource) -> None:
    """Phones indoors often say 1 500 to 5 000 m."""
    position = one(LOCATION | {"acc": accuracy}).position

    assert position is not None
    assert (accuracy, source) == (position.accuracy_m, position.source)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"lat": 0, "lon": 0}, Flag.NULL_ISLAND),
        ({"lat": 120.68945, "lon": 30.52811}, Flag.OFF_THE_GLOBE),
        ({"lat": None}, Flag.OFF_THE_GLOBE),
        ({"lon": "x"}, Flag.OFF_THE_GLOBE),
    ],
)
def test_a_location_without_a_place(changes: dict[str, Any], flag: Flag) -> None:
    """0,0, swapped or missing coordinates are no position; the battery is still told."""
    reading = one(LOCATION | changes)

    assert (None, 64) == (reading.position, reading.battery_pct)
    assert {flag} == reading.flags


@pytest.mark.parametrize(
    ("tst", "at", "quality"),
    [
        (1, "1970-01-01T00:00:01Z", TimeQuality.OK),
        (0, None, TimeQuality.NONE),
        (-5, None, TimeQuality.NONE),
        (None, None, TimeQuality.NONE),
        ("soon", None, TimeQuality.BAD_CLOCK),
        ("1_772_331_069", None, TimeQuality.BAD_CLOCK),
        (UNIX * 1_000_000, None, TimeQuality.BAD_CLOCK),
        (UNIX * 1000, "2026-03-01T02:11:09Z", TimeQuality.OK),  # milliseconds
    ],
)
def test_the_time_of_a_fix(tst: Any, at: str | None, quality: TimeQuality) -> None:
    """Seconds are taken as they are given, thousandths known by their size."""
    reading = one(LOCATION | {"tst": tst})

    assert (at, quality) == (reading.to_json()["fix_time"], reading.fix_time_quality)
    assert (at is None) == (Flag.BAD_CLOCK in reading.flags)


def test_by_hand_an_iphone_takes_the_point_from_its_map() -> None:
    """In mainland China that is GCJ-02: shown and marked, not judged; others are as measured."""
    by_hand = LOCATION | {"t": "u"}

    assert {Flag.MAYBE_GCJ02} == one(by_hand, model="ios").flags
    assert frozenset() == one(LOCATION, model="ios").flags
    assert frozenset() == one(by_hand).flags


@pytest.mark.parametrize(
    ("bssid", "network"),
    [
        ("74:DE:2B:44:88:8C", Network(wifi=(AccessPoint(mac="74:de:2b:44:88:8c"),))),
        ("0:c:43:26:60:40", Network(wifi=(AccessPoint(mac="00:0c:43:26:60:40"),))),
        ("02:00:00:00:00:00", None),  # an app that may not know
        ("", None),
        (5, None),
    ],
)
def test_the_access_point(bssid: Any, network: Network | None) -> None:
    """Its address is kept, its name is not."""
    reading = one(LOCATION | {"SSID": "Chen family", "BSSID": bssid})

    assert network == reading.network
    assert "Chen" not in json.dumps(reading.to_json())


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("owntracks/Chen/phone", "chen"),
        ("owntracks/chen/22A67880-15C3", "chen"),
        ("owntracks/chen", None),
        ("elsewhere/chen/phone", None),
        ("owntracks//phone", None),
        (5, None),
    ],
)
def test_over_http_a_message_names_its_own_topic(topic: Any, device: str | None) -> None:
    """Without a topic of the broker, the message's own says whose it is."""
    said = frame(LOCATION | {"topic": topic}, device=None)

    assert (device, device) == (said.session.device_id, said.readings[0].device_id)


# -- other messages --------------------------------------------------------------------------------


@pytest.mark.parametrize(("event", "alarm"), [("enter", "fence_enter"), ("leave", "fence_exit")])
def test_a_transition_is_recorded(event: str, alarm: str) -> None:
    """The phone's own fence: shown where it was crossed, never judged."""
    reading = one(LOCATION | {"_type": "transition", "event": event})

    assert (Kind.INFO, NOW, {alarm}) == (reading.kind, reading.fix_time, set(reading.alarms))
    assert reading.position is not None
    assert not reading.position.is_current


def test_a_beacon_is_not_where_the_phone_is() -> None:
    """The coordinates of a beacon's transition are the beacon's, or 0,0."""
    reading = one(
        LOCATION | {"_type": "transition", "event": "enter", "t": "b", "lat": 0, "lon": 0}
    )

    assert (None, frozenset()) == (reading.position, reading.flags)


def test_a_transition_of_an_unknown_kind_is_flagged() -> None:
    """Neither enter nor leave."""
    reading = one({"_type": "transition", "event": "dance", "tst": UNIX})

    assert not reading.alarms
    assert {Flag.BAD_FIELD} == reading.flags


def test_steps_are_told() -> None:
    """How many, until when."""
    reading = one({"_type": "steps", "tst": UNIX + 5, "steps": 1234, "from": 1, "to": UNIX})

    assert (Kind.INFO, 1234, NOW) == (reading.kind, reading.steps, reading.fix_time)
    assert None is one({"_type": "steps", "steps": -1}).steps


@pytest.mark.parametrize(
    "said",
    [
        {"_type": "lwt", "tst": UNIX},
        {"_type": "waypoint", "tst": UNIX, "lat": 30.5, "lon": 120.7, "rad": 50, "desc": "home"},
        {"_type": "waypoints", "waypoints": []},
        {"_type": "status", "iOS": {}},
        {"_type": "beacon", "tst": UNIX},
        {"_type": "cmd", "action": "reportLocation"},
        {"_type": "request"},
    ],
    ids=lambda said: str(said["_type"]),
)
def test_what_is_only_counted(said: dict[str, Any]) -> None:
    """No place and no time of now: a waypoint's is its making, a will's the phone's coming."""
    reading = one(said)

    assert (Kind.INFO, said["_type"], None, None) == (
        reading.kind,
        reading.type,
        reading.position,
        reading.fix_time,
    )
    assert frozenset() == reading.flags
    assert reading.raw


@pytest.mark.parametrize("kind", ["card", "configuration", "dump"])
def test_faces_and_passwords_are_not_kept(kind: str) -> None:
    """A card holds a face, a configuration passwords."""
    reading = one({"_type": kind, "name": "Chen", "face": "…"})

    assert {Flag.PRIVATE_CONTENT} == reading.flags
    assert b"" == reading.raw


def test_an_unknown_type_is_counted_and_no_error() -> None:
    """The app learns new words."""
    reading = one({"_type": "dance"})

    assert (Kind.UNKNOWN, "dance") == (reading.kind, reading.type)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "empty"),
        (b"\xff", "not_text"),
        (b"--$ {} ^^", "not_json"),
        (b"[]", "wrong_shape"),
        ({}, "wrong_shape"),
        ({"_type": 5}, "wrong_shape"),
        (b" " * 70_000, "too_large"),
        (b"[" * 5000, "too_deep"),
        ({"_type": "encrypted", "data": "x"}, "encrypted"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_message_has_a_reason(said: object, reason: str) -> None:
    """Nothing is read of garbage, and why is said."""
    read_of_it = frame(said)

    assert () == read_of_it.readings
    assert read_of_it.reason is not None
    assert reason == read_of_it.reason.split(":")[0]


# -- encrypted messages ----------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [b"s", b"secret of chen", "密码".encode(), b"x" * 32, b"x" * 50])
def test_the_phones_secret_opens_its_messages(secret: bytes) -> None:
    """The secret is filled up or cut to 32 bytes, as the app does."""
    sealed = seal(json.dumps(LOCATION).encode(), secret)

    assert one(LOCATION).position == one(sealed, secret=secret).position
    assert "location" == one(sealed, secret=secret).type


@pytest.mark.parametrize("width", [10, 76])
def test_broken_lines_and_missing_padding_open_too(width: int) -> None:
    """Not every library writes base64 on one line, filled up."""
    data = seal(json.dumps(LOCATION).encode(), b"secret")["data"].rstrip("=")
    lines = "\r\n".join(data[at : at + width] for at in range(0, len(data), width))

    assert (
        one(LOCATION).position
        == one({"_type": "encrypted", "data": lines}, secret=b"secret").position
    )


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        (seal(json.dumps(LOCATION).encode(), b"secret"), None),
        (seal(json.dumps(LOCATION).encode(), b"secret"), b""),
        (seal(json.dumps(LOCATION).encode(), b"secret"), b"another"),
        (seal(json.dumps(seal(b"{}", b"secret")).encode(), b"secret"), b"secret"),
        ({"_type": "encrypted"}, b"secret"),
        ({"_type": "encrypted", "data": 5}, b"secret"),
        ({"_type": "encrypted", "data": "é"}, b"secret"),
        ({"_type": "encrypted", "data": "AAAA"}, b"secret"),
        ({"_type": "encrypted", "data": ""}, b"secret"),
    ],
)
def test_what_cannot_be_opened_is_a_bad_message(said: object, secret: bytes | None) -> None:
    """No secret, a wrong one, no secretbox, or one in another: counted as encrypted."""
    read_of_it = frame(said, secret=secret)

    assert () == read_of_it.readings
    assert read_of_it.reason is not None
    assert read_of_it.reason.startswith("encrypted:")


@pytest.mark.parametrize("plain", [b"", b"\xff", b"[]", b"{}"])
def test_garbage_in_a_good_envelope_is_garbage(plain: bytes) -> None:
    """What was encrypted must be a message."""
    assert frame(seal(plain, b"secret"), secret=b"secret").reason


# -- anything --------------------------------------------------------------------------------------

_value = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("_type", "lat", "lon", "tst", "created_at", "acc", "alt", "batt", "bs", "vel"),
                *("cog", "t", "topic", "BSSID", "event", "steps", "to", "data", "_id"),
            ]
        ),
        _value | st.sampled_from(["location", "transition", "steps", "encrypted", "u", "b"]),
    ),
    st.sampled_from([None, "ios"]),
)
def test_no_values_break_the_reader(said: dict[str, object], model: str | None) -> None:
    """Any values are read, or refused with a reason."""
    read_of_it = frame(said, model=model, secret=b"secret")

    assert bool(read_of_it.readings) != bool(read_of_it.reason)
    for reading in read_of_it.readings:
        json.dumps(reading.to_json())


@given(st.binary(max_size=100))
def test_no_bytes_break_the_reader(payload: bytes) -> None:
    """Any bytes are read, or refused with a reason."""
    assert bool(frame(payload).readings) != bool(frame(payload).reason)


# -- what phones really sent -----------------------------------------------------------------------


def records() -> Iterator[dict[str, Any]]:
    """Yield the recorded messages; skip when they are not here."""
    if not FRAMES.exists():
        pytest.skip(f"no recorded frames at {FRAMES}")
    yield from map(json.loads, FRAMES.read_text(encoding="utf-8").splitlines())


def understood(record: dict[str, Any]) -> Frame:
    """Return what a recorded message says."""
    levels = record.get("topic", "").split("/")
    secret = record.get("secret")
    return frame(
        record["frame"].encode(),
        device=levels[1] if len(levels) > 2 else None,
        secret=None if secret is None else secret.encode(),
    )


_EVENTS = {"enter": "fence_enter", "leave": "fence_exit"}


def test_recorded_messages_are_what_their_sources_state() -> None:
    """Each kind of message is recognised; what is ignored elsewhere has a reason here."""
    for record in records():
        said = understood(record)
        for expected in record["expected"]:
            kind = expected["asserts"]
            if kind == "ignored":
                assert said.reason, record["id"]
                continue
            (reading,) = said.readings
            if kind in ("transition", "waypoint", "waypoints", "lwt"):
                assert kind == reading.type, record["id"]
            if kind == "transition":
                assert {_EVENTS[expected["event"]]} == reading.alarms, record["id"]
            if kind == "position":
                assert reading.position is not None, record["id"]
                stated = expected.get("position", {})
                told = {"lat": reading.position.lat, "lon": reading.position.lon}
                assert stated == {name: told[name] for name in stated if name in told}


def test_recorded_messages_are_what_we_derived() -> None:
    """Place, time, accuracy, movement and battery as an independent reading has them."""
    for record in records():
        derived = record["derived"]
        if derived is None:
            continue
        said = understood(record)
        if derived.get("error") == "not JSON":
            assert said.reason, record["id"]
            continue
        (reading,) = said.readings
        assert derived["type"] == reading.type, record["id"]
        told = reading.to_json()
        if reading.position is not None:
            told |= told["position"] | {"acc": reading.position.accuracy_m}
        if "time_utc" in derived:
            assert derived["time_utc"] == told["fix_time"], record["id"]
        if derived.get("error") == "tst missing":
            assert TimeQuality.NONE is reading.fix_time_quality, record["id"]
        names = ("lat", "lon", "accuracy_m", "acc", "altitude_m", "speed_kmh", "course_deg")
        for name in (*names, "battery_pct"):
            if name in derived:
                assert derived[name] == told[name], (record["id"], name)


# -- orders ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "settings"),
    [
        (
            Order(do="interval", args={"s": 20}),
            {"monitoring": 2, "moveModeLocatorInterval": 20, "locatorInterval": 20},
        ),
        (Order(do="interval", args={"s": 600}), {"monitoring": 1}),
    ],
)
def test_a_watched_phone_moves_by_the_clock(order: Order, settings: dict[str, int]) -> None:
    """A short interval needs the mode "move"; a long one leaves the phone in peace."""
    words = command_of(order)

    assert words == {
        "_type": "cmd",
        "action": "setConfiguration",
        "configuration": {"_type": "configuration"} | settings,
    }


@pytest.mark.parametrize("do", ["find", "contacts", "removal_alarm", "reboot"])
def test_a_phone_has_no_words_for_the_rest(do: str) -> None:
    """What the app cannot do is not sent."""
    assert None is command_of(Order(do=do))
