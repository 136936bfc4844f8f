"""Our own JSON: each good form is read, each bad one refused by name, a bad field costs itself."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadMessage
from core.pings import Alarm, Doubt, Fix, FixSource, Ping, RejectReason
from core.places import Position
from ingest.codecs.native import decode_ack, decode_report, decode_state
from ingest.messages import CommandAnswer, Decoded, Message, Presence

NOW = datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC)  # 1772331069, the example of the wire format

FULL: dict[str, Any] = {
    "v": 1,
    "id": "b7-1841",
    "t": 1772331069,
    "why": "timer",
    "fix": {
        "src": "gnss",
        "lat": 30.52811,
        "lon": 120.68945,
        "acc_m": 8,
        "sat": 9,
        "kmh": 2.1,
        "deg": 71,
        "age_s": 0,
    },
    "bat": {"pct": 64, "charging": False},
    "worn": True,
    "steps": 2210,
    "alarms": [],
    "wifi": [{"mac": "00:00:5e:00:53:6d", "dbm": -61}],
    "cells": [{"rat": "lte", "mcc": 460, "mnc": 0, "tac": 22633, "cid": 61712131, "dbm": -97}],
    "health": {"bpm": 71, "sys": 118, "dia": 76, "spo2_pct": 97, "temp_c": 36.4, "site": "wrist"},
}
#: a number of thousands of digits, which Python refuses to write and a broken band does not
HUGE = object()
DECODERS = (decode_report, decode_ack, decode_state)


def message(said: object) -> Message:
    """Return *said* (bytes, or an object for JSON) as a message."""
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Message(topic="121/v1/up/b7/report", payload=payload, received_at=NOW)


def decode(said: object) -> Decoded:
    """Return what a report says."""
    return decode_report(message(said), "b7")


def one(said: object) -> Ping:
    """Return the only ping of a report."""
    (ping,) = decode(said).pings
    return ping


def without(key: str) -> dict[str, Any]:
    """Return the full report without one field."""
    return {name: value for name, value in FULL.items() if name != key}


def with_fix(**changes: Any) -> dict[str, Any]:
    """Return the full report with a changed fix."""
    return FULL | {"fix": FULL["fix"] | changes}


# -- good ----------------------------------------------------------------------------------------


def test_the_documented_example_is_read_whole() -> None:
    """The example of the wire format becomes a ping with every field."""
    ping = one(FULL)

    assert (
        Ping(
            device_id="b7",
            report_id="b7-1841",
            measured_at=NOW,
            received_at=NOW,
            fix=Fix(
                position=Position(120.68945, 30.52811),
                accuracy_m=8,
                source=FixSource.GNSS,
                satellites=9,
                speed_kmh=2.1,
                course_deg=71,
            ),
            battery_pct=64,
            charging=False,
            worn=True,
            steps=2210,
            why="timer",
            raw=json.dumps(FULL).encode(),
        )
        == ping
    )


def test_the_least_report_is_a_sign_of_life() -> None:
    """A report needs no more than version and id; everything else is unknown, not zero."""
    ping = one({"v": 1, "id": "x"})

    assert (None, None, None, None, None) == (
        ping.fix,
        ping.battery_pct,
        ping.charging,
        ping.worn,
        ping.steps,
    )
    assert frozenset() == ping.alarms


@pytest.mark.parametrize(
    ("t", "expected", "doubts"),
    [
        (1772331069, NOW, set()),
        (1772331069.5, NOW + timedelta(seconds=0.5), set()),
        (0, None, {Doubt.BAD_CLOCK}),  # the band has no clock yet
        (-5, None, {Doubt.BAD_CLOCK}),
        (1e300, None, {Doubt.BAD_CLOCK}),
        (HUGE, None, None),
        ("1772331069", None, {Doubt.BAD_CLOCK}),
        (None, None, {Doubt.BAD_CLOCK}),
        (True, None, {Doubt.BAD_CLOCK}),
        ([1], None, {Doubt.BAD_CLOCK}),
    ],
)
def test_times(t: Any, expected: datetime | None, doubts: set[Doubt] | None) -> None:
    """A usable time is taken exactly; any other is a doubt and the time of arrival counts."""
    number = "1" + "0" * 5000 if t is HUGE else json.dumps(t)
    said = json.dumps(FULL | {"t": "TIME"}).replace('"TIME"', number).encode()
    if doubts is None:
        with pytest.raises(BadMessage, match="not_json"):
            decode(said)
        return
    ping = one(said)

    assert expected == ping.measured_at
    assert doubts == ping.doubts
    assert (expected or NOW) == ping.at


def test_an_array_is_a_backlog() -> None:
    """An array holds up to fifty reports, read one by one in their order."""
    reports = [FULL | {"id": f"b7-{n}", "why": "backlog"} for n in range(50)]

    decoded = decode(reports)

    assert [f"b7-{n}" for n in range(50)] == [ping.report_id for ping in decoded.pings]
    assert all(ping.is_backlog for ping in decoded.pings)


def test_every_documented_alarm_is_known() -> None:
    """Each alarm name of the wire format is understood."""
    ping = one(FULL | {"alarms": [alarm.value for alarm in Alarm]})

    assert frozenset(Alarm) == ping.alarms
    assert Doubt.BAD_FIELD not in ping.doubts


def test_a_band_that_says_removed_is_not_worn() -> None:
    """The alarm "removed" says that the band is off, whatever `worn` claims."""
    assert False is one(without("worn") | {"alarms": ["removed"]}).worn


# -- one bad field costs only itself ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "attribute"),
    [
        ("bat", 64, "battery_pct"),
        ("bat", {"pct": 101}, "battery_pct"),
        ("bat", {"pct": -1}, "battery_pct"),
        ("bat", {"pct": "64"}, "battery_pct"),
        ("bat", {"pct": True}, "battery_pct"),
        ("bat", {"charging": 1}, "charging"),
        ("worn", "yes", "worn"),
        ("worn", 1, "worn"),
        ("worn", {}, "worn"),
        ("steps", -1, "steps"),
        ("steps", "2210", "steps"),
        ("steps", 10**12, "steps"),
        ("steps", [], "steps"),
    ],
)
def test_a_bad_optional_field_costs_only_itself(key: str, value: Any, attribute: str) -> None:
    """A field that makes no sense is unknown and a doubt; position, time and the rest stand."""
    ping = one(FULL | {key: value})

    assert None is getattr(ping, attribute)
    assert Doubt.BAD_FIELD in ping.doubts
    assert NOW == ping.measured_at
    assert ping.fix is not None


@pytest.mark.parametrize("value", ["sos", {"sos": True}, 5, [["sos"]], [5], ["help"]])
def test_an_alarm_that_is_none_is_a_doubt(value: Any) -> None:
    """Alarms that are not names we know are left out, and doubted."""
    ping = one(FULL | {"alarms": value})

    assert frozenset() == ping.alarms
    assert Doubt.BAD_FIELD in ping.doubts


def test_a_known_alarm_among_unknown_ones_is_heard() -> None:
    """One strange name in the list does not hide the SOS beside it."""
    assert frozenset({Alarm.SOS}) == one(FULL | {"alarms": ["help", 5, "sos"]}).alarms


@pytest.mark.parametrize(
    "fix",
    [
        {"lat": 91, "lon": 120},
        {"lat": 30, "lon": 181},
        {"lat": "30", "lon": 120},
        {"lat": 30},
        {"lon": 120},
        {"lat": True, "lon": 120},
        {"lat": None, "lon": None},
        {},
        [],
        5,
        "30,120",
        False,
    ],
)
def test_an_impossible_position_costs_only_the_position(fix: Any) -> None:
    """A position off the globe is complained about; the rest of the report is kept."""
    decoded = decode(FULL | {"fix": fix, "alarms": ["sos"]})

    (ping,) = decoded.pings
    assert None is ping.fix
    assert frozenset({Alarm.SOS}) == ping.alarms
    assert 64 == ping.battery_pct
    assert [RejectReason.IMPOSSIBLE_POSITION] == [c.reason for c in decoded.complaints]


def test_null_island_is_no_position() -> None:
    """Coordinates 0,0 mean that the band has no fix."""
    ping = one(with_fix(lat=0, lon=0.0))

    assert None is ping.fix
    assert Doubt.NULL_ISLAND in ping.doubts


@pytest.mark.parametrize("accuracy", [0, None, -3, "8", 1e9])
def test_an_accuracy_that_is_none_is_unknown(accuracy: Any) -> None:
    """Zero, or nonsense, as accuracy means that the band did not say."""
    ping = one(with_fix(acc_m=accuracy))

    assert ping.fix is not None
    assert None is ping.fix.accuracy_m
    assert Doubt.NO_ACCURACY in ping.doubts


@pytest.mark.parametrize(
    ("age_s", "is_current"), [(0, True), (600, True), (601, False), (-1, False)]
)
def test_an_old_fix_is_not_current(age_s: int, is_current: bool) -> None:
    """A fix that the band itself calls old is kept and never judged."""
    ping = one(with_fix(age_s=age_s))

    assert ping.fix is not None
    assert is_current == ping.fix.is_current
    assert is_current == (Doubt.STALE_FIX not in ping.doubts)


@pytest.mark.parametrize("source", ["satellite", 5, None, []])
def test_an_unknown_source_is_unknown(source: Any) -> None:
    """A source we do not know does not cost the position."""
    ping = one(with_fix(src=source))

    assert ping.fix is not None
    assert FixSource.UNKNOWN is ping.fix.source


# -- a cry for help ------------------------------------------------------------------------------


@pytest.mark.parametrize("alarm", ["sos", "fall"])
@pytest.mark.parametrize("identity", [None, "", 5, "x" * 41, "a\nb", []])
def test_a_cry_for_help_needs_no_id(alarm: str, identity: Any) -> None:
    """An SOS or a fall is heard without a usable id, and its resend counts as the same."""
    said = FULL | {"id": identity, "alarms": [alarm]}
    ping = one(said)

    assert frozenset({Alarm(alarm)}) == ping.alarms
    assert Doubt.BAD_FIELD in ping.doubts
    assert ping.report_id == one(said).report_id
    assert len(ping.report_id) <= 64


@pytest.mark.parametrize("identity", [None, "", 5, "x" * 41, "a\0b", []])
def test_any_other_report_needs_an_id(identity: Any) -> None:
    """Without an id that we could acknowledge, an ordinary report is refused."""
    with pytest.raises(BadMessage, match="wrong_shape"):
        decode(FULL | {"id": identity})


def test_a_cry_for_help_needs_no_version() -> None:
    """An SOS is heard whatever else is wrong with it."""
    assert frozenset({Alarm.SOS}) == one(without("v") | {"alarms": ["sos"]}).alarms


# -- bad -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", RejectReason.EMPTY),
        (b"\xff\xfe\x00", RejectReason.NOT_TEXT),
        (b"\x80", RejectReason.NOT_TEXT),
        (b"hello", RejectReason.NOT_JSON),
        (b"{", RejectReason.NOT_JSON),
        (b'{"v":1,}', RejectReason.NOT_JSON),
        (b"{'v':1}", RejectReason.NOT_JSON),
        (b'{"v":NaN}', RejectReason.NOT_JSON),
        (b'{"v":1,"id":"x","t":Infinity}', RejectReason.NOT_JSON),
        (b'{"v":-Infinity}', RejectReason.NOT_JSON),
        (b"\xef\xbb\xbf{}", RejectReason.NOT_JSON),  # a byte order mark
        (b'{"v":1' + b"0" * 5000 + b"}", RejectReason.NOT_JSON),
        (b"null", RejectReason.WRONG_SHAPE),
        (b"5", RejectReason.WRONG_SHAPE),
        (b'"report"', RejectReason.WRONG_SHAPE),
        (b"{}", RejectReason.WRONG_SHAPE),
        (b"[]", RejectReason.WRONG_SHAPE),
        (b"[1,2]", RejectReason.WRONG_SHAPE),
        (b"[[]]", RejectReason.WRONG_SHAPE),
        (b'{"v":"1","id":"x"}', RejectReason.WRONG_SHAPE),
        (b'{"v":0,"id":"x"}', RejectReason.WRONG_SHAPE),
        (b'{"v":true,"id":"x"}', RejectReason.WRONG_SHAPE),
        (b'{"v":2,"id":"x"}', RejectReason.UNKNOWN_VERSION),
        (b"[" * 20 + b"]" * 20, RejectReason.TOO_DEEP),
        (b"[" * 30_000 + b"]" * 30_000, RejectReason.TOO_DEEP),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, RejectReason.TOO_DEEP),
        (b" " * 70_000, RejectReason.TOO_LARGE),
        (b'{"v":1,"id":"x","x":"' + b"x" * 9000 + b'"}', RejectReason.TOO_LARGE),
        (
            json.dumps([{"v": 1, "id": str(n)} for n in range(51)]).encode(),
            RejectReason.WRONG_SHAPE,
        ),
    ],
    ids=lambda value: value[:20].decode("latin-1") if isinstance(value, bytes) else str(value),
)
def test_what_is_no_report_is_refused_by_name(payload: bytes, reason: RejectReason) -> None:
    """Each way of being no report has its named reason."""
    with pytest.raises(BadMessage) as caught:
        decode(payload)

    assert reason is caught.value.reason


def test_one_bad_report_in_an_array_costs_only_itself() -> None:
    """In a backlog, each bad report is complained about by its place and the good ones stand."""
    decoded = decode([{"v": 1, "id": "a"}, {"v": 1}, 5, {"v": 2, "id": "c"}, {"v": 1, "id": "d"}])

    assert ["a", "d"] == [ping.report_id for ping in decoded.pings]
    assert [
        (RejectReason.WRONG_SHAPE, "report 1"),
        (RejectReason.WRONG_SHAPE, "report 2"),
        (RejectReason.UNKNOWN_VERSION, "report 3"),
    ] == [(c.reason, c.detail.split(":")[0]) for c in decoded.complaints]


def test_a_complaint_never_repeats_values() -> None:
    """What is wrong is said without the position or the text that was wrong."""
    decoded = decode(with_fix(lat=99.123456))

    assert "99" not in decoded.complaints[0].detail


# -- acks and states -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"cmd": "c-55", "ok": True, "err": None}, None),
        ({"cmd": "c-55", "ok": False, "err": "no fix"}, "no fix"),
        ({"cmd": "c-55", "ok": False}, "failed"),
        ({"cmd": "c-55", "ok": False, "err": {"x": 1}}, "failed"),
    ],
)
def test_an_answer_to_an_order(said: object, error: str | None) -> None:
    """A band says whether it takes an order, and if not, why."""
    decoded = decode_ack(message(said), "b7")

    assert CommandAnswer(device_id="b7", command="c-55", error=error) == decoded.command_answer


@pytest.mark.parametrize("online", [True, False])
def test_birth_and_last_will(online: bool) -> None:
    """A band's birth message and last will say whether it is there."""
    decoded = decode_state(message({"online": online, "fw": "1.2"}), "b7")

    assert Presence(device_id="b7", online=online) == decoded.presence


@pytest.mark.parametrize(
    "said", [{}, {"cmd": "c-1"}, {"cmd": 5, "ok": True}, {"cmd": "c-1", "ok": 1}]
)
def test_a_bad_answer_to_an_order_is_refused(said: object) -> None:
    """An answer that names no order or no result is refused."""
    with pytest.raises(BadMessage, match="wrong_shape"):
        decode_ack(message(said), "b7")


@pytest.mark.parametrize("said", [{}, {"online": 1}, {"online": "true"}, []])
def test_a_bad_state_is_refused(said: object) -> None:
    """A state that says neither online nor not is refused."""
    with pytest.raises(BadMessage, match="wrong_shape"):
        decode_state(message(said), "b7")


# -- anything at all -------------------------------------------------------------------------------

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)
_report_like = st.fixed_dictionaries(
    {"v": st.just(1) | _json, "id": st.just("x") | _json},
    optional={
        "t": st.floats() | st.integers() | _json,
        "why": _json,
        "fix": st.fixed_dictionaries(
            {},
            optional={
                key: st.floats() | st.integers() | _json
                for key in ("lat", "lon", "acc_m", "sat", "kmh", "deg", "age_s", "src")
            },
        )
        | _json,
        "bat": st.fixed_dictionaries({}, optional={"pct": _json, "charging": _json}) | _json,
        "worn": _json,
        "steps": _json,
        "alarms": st.lists(st.sampled_from([*Alarm]) | _json) | _json,
    },
)


@given(st.binary(max_size=200))
def test_no_bytes_break_a_decoder(payload: bytes) -> None:
    """Any bytes are read or refused by name; nothing else is raised."""
    for decoder in DECODERS:
        with contextlib.suppress(BadMessage):
            assert isinstance(decoder(message(payload), "b7"), Decoded)


@settings(max_examples=40)
@given(_json | _report_like | st.lists(_report_like, max_size=4))
def test_no_json_breaks_a_decoder(said: object) -> None:
    """Any JSON is read or refused by name, and what is read makes sense."""
    for decoder in DECODERS:
        try:
            decoded = decoder(message(said), "b7")
        except BadMessage:
            continue
        for ping in decoded.pings:
            assert 1 <= len(ping.report_id) <= 64
            assert ping.battery_pct is None or 0 <= ping.battery_pct <= 100
            assert ping.at.tzinfo is not None
