"""Our own JSON: each good form is read, each bad one refused by name, a bad field costs itself."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadMessage
from core.pings import Alarm, Doubt, Fix, FixSource, Health, Ping, RejectReason
from core.places import Position
from core.radio import AccessPoint, Cell, Network
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
            network=Network(
                cells=(Cell(rat="lte", mcc=460, mnc=0, lac=22633, cid=61712131, dbm=-97),),
                wifi=(AccessPoint(mac="00:00:5e:00:53:6d", dbm=-61),),
            ),
            health=Health(bpm=71, sys=118, dia=76, spo2_pct=97, temp_c=36.4, site="wrist"),
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


def test_other_alarms_are_only_kept() -> None:
    """Alarms without a name of ours (vehicles have them) are no doubt and ask nobody."""
    ping = one(FULL | {"alarms": ["other:overspeed", "sos"], "other_alarms": ["other:antenna"]})

    assert frozenset({Alarm.SOS}) == ping.alarms
    assert frozenset() == ping.doubts


@pytest.mark.parametrize(
    ("why", "command"), [("reply", "c-55"), ("timer", None), ("backlog", None), (None, None)]
)
def test_a_reply_names_its_order(why: str | None, command: str | None) -> None:
    """A report made for an order says for which; in others the name means nothing."""
    assert command == one(FULL | {"why": why, "cmd": "c-55"}).command


@pytest.mark.parametrize(("current", "expected"), [(True, True), (False, False), (None, True)])
def test_a_device_may_repeat_its_last_place(current: bool | None, expected: bool) -> None:
    """A place the device says is not of now is kept and not current."""
    ping = one(with_fix(current=current))

    assert ping.fix is not None
    assert (expected, frozenset()) == (ping.fix.is_current, ping.doubts)


# -- found on the way ------------------------------------------------------------------------------

_CLOCKS = {Doubt.BAD_CLOCK, Doubt.FUTURE_CLOCK, Doubt.WRONG_ZONE}


@pytest.mark.parametrize("doubt", set(Doubt) - {Doubt.RETAINED})
def test_flags_with_our_names_become_doubts(doubt: Doubt) -> None:
    """What a decoder on the way found counts as if we had found it."""
    ping = one(FULL | {"flags": [doubt.value, "bad_length", "no_hemisphere"]})

    assert frozenset({doubt}) == ping.doubts
    assert (doubt in _CLOCKS) == (ping.measured_at is None)
    assert (doubt is Doubt.LATE) == ping.is_backlog
    assert ping.fix is not None
    assert (doubt not in {Doubt.STALE_FIX, Doubt.FROZEN_FIX}) == ping.fix.is_current


def test_no_band_can_silence_its_own_sos() -> None:
    """That the broker kept a message only we can see: a claim of it would make an SOS old news."""
    assert frozenset() == one(FULL | {"flags": ["retained"], "alarms": ["sos"]}).doubts


@pytest.mark.parametrize("flags", ["shifted", {"shifted": True}, [5], [["shifted"]]])
def test_flags_that_are_none_are_a_doubt(flags: Any) -> None:
    """Flags that are no list of names cost only themselves."""
    assert frozenset({Doubt.BAD_FIELD}) == one(FULL | {"flags": flags}).doubts


@pytest.mark.parametrize(
    ("fields", "doubts"),
    [
        ({}, {Doubt.BAD_CLOCK}),  # a band of ours that has no clock
        ({"via": {"gw": "g1", "proto": "watch"}}, set()),  # a heartbeat, which never has a time
        ({"via": {"gw": "g1", "proto": "watch"}, "flags": ["bad_clock"]}, {Doubt.BAD_CLOCK}),
    ],
)
def test_a_heartbeat_through_a_gateway_has_no_bad_clock(
    fields: dict[str, Any], doubts: set[Doubt]
) -> None:
    """A gateway says when a clock is bad; without a word and a time there is just none."""
    ping = one(without("t") | fields)

    assert doubts == ping.doubts
    assert NOW == ping.at


# -- what is around, and how the wearer is --------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, None),
        ({"wifi": None, "cells": None}, None),
        ({"wifi": []}, Network()),
        (
            {"wifi": [{"mac": "00:00:5E:00:53:6D"}]},
            Network(wifi=(AccessPoint(mac="00:00:5e:00:53:6d"),)),
        ),
        (
            {"cells": [{"cid": 5, "lac": 7, "level": 31}]},
            Network(cells=(Cell(cid=5, lac=7, level=31),)),
        ),
    ],
)
def test_surroundings(said: dict[str, Any], expected: Network | None) -> None:
    """Access points and cells are read in either of their forms."""
    bare = {name: value for name, value in FULL.items() if name not in ("wifi", "cells")}
    ping = one(bare | said)

    assert (expected, frozenset()) == (ping.network, ping.doubts)


@pytest.mark.parametrize(
    "entry",
    [
        5,
        None,
        [],
        {},
        {"mac": "7.4"},
        {"mac": "00:00:5e:00:53"},
        {"mac": "00:00:5e:00:53:6d:01"},
        {"mac": 5},
        {"mac": "0:0:5e:0:53:6d\n"},
        {"dbm": -60},
    ],
)
def test_a_bad_access_point_costs_only_itself(entry: Any) -> None:
    """The others in the list are read."""
    ping = one(FULL | {"wifi": [entry, *FULL["wifi"]]})

    assert ping.network is not None
    assert ["00:00:5e:00:53:6d"] == [point.mac for point in ping.network.wifi]
    assert frozenset({Doubt.BAD_FIELD}) == ping.doubts


@pytest.mark.parametrize("entry", [5, None, {}, {"mcc": 460}, {"cid": "5"}, {"cid": -1}])
def test_a_bad_cell_costs_only_itself(entry: Any) -> None:
    """The others in the list are read."""
    ping = one(FULL | {"cells": [entry, *FULL["cells"]]})

    assert ping.network is not None
    assert ["460-0-22633-61712131"] == [cell.key for cell in ping.network.cells]
    assert frozenset({Doubt.BAD_FIELD}) == ping.doubts


@pytest.mark.parametrize(("key", "most"), [("wifi", 32), ("cells", 16)])
def test_lists_are_bounded(key: str, most: int) -> None:
    """Of an endless list the first entries are read, and it is doubted."""
    entry = {"mac": "00:00:5e:00:53:6d"} if key == "wifi" else {"cid": 1}
    ping = one(FULL | {key: [entry] * (most + 1)})

    assert ping.network is not None
    assert most == len(getattr(ping.network, key))
    assert frozenset({Doubt.BAD_FIELD}) == ping.doubts


@pytest.mark.parametrize(
    ("mac", "stays"),
    [
        ("00:00:5e:00:53:6d", True),
        ("02:00:5e:00:53:6d", False),  # chosen by a phone for its hotspot
        ("da:a1:19:00:53:6d", False),
        ("01:00:5e:00:00:01", False),  # a group, no device
    ],
)
def test_hotspots_travel(mac: str, stays: bool) -> None:
    """An address that somebody chose belongs to a thing that travels."""
    assert stays == AccessPoint(mac=mac).stays


@pytest.mark.parametrize(
    ("said", "expected", "doubts"),
    [
        ({"bpm": 71, "site": "wrist"}, Health(bpm=71, site="wrist"), set()),
        ({"bpm": 0, "sys": 0, "dia": 0, "spo2_pct": 0, "temp_c": 0}, Health(), set()),
        ({"temp_c": 1}, Health(), set()),
        ({"bpm": 7}, Health(), {Doubt.BAD_FIELD}),
        ({"temp_c": 99, "sys": 120}, Health(sys=120), {Doubt.BAD_FIELD}),
        (5, Health(), {Doubt.BAD_FIELD}),
    ],
)
def test_a_failed_measurement_is_none(said: Any, expected: Health, doubts: set[Doubt]) -> None:
    """Zero (of temperature also one) is a failed measurement; nonsense is left out and doubted."""
    ping = one(FULL | {"health": said})

    assert expected == ping.health
    assert doubts == ping.doubts


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
        ("cmd", 5, "command"),
        ("health", {"bpm": "71"}, "command"),
        ("via", "g1", "command"),
        ("other_alarms", "x", "command"),
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
    assert (accuracy in (0, None)) == (Doubt.BAD_FIELD not in ping.doubts)


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
        "cmd": _json,
        "flags": st.lists(st.sampled_from([*Doubt]) | _json) | _json,
        "wifi": st.lists(st.fixed_dictionaries({}, optional={"mac": _json, "dbm": _json})) | _json,
        "cells": st.lists(st.fixed_dictionaries({"cid": _json}, optional={"mcc": _json})) | _json,
        "health": st.dictionaries(st.sampled_from(["bpm", "temp_c", "site"]), _json) | _json,
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
