"""A reading becomes a report that the ingest role reads, under an id made of what it means."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import Alarm, FixSource
from ingest.codecs import native
from ingest.codecs.readings import (
    AccessPoint,
    Cell,
    Flag,
    Health,
    Kind,
    Network,
    Reading,
    ReadPosition,
)
from ingest.gateways.native_report import MOST_RAW_BYTES, native_report, report_id
from ingest.messages import Message

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
READING = Reading(
    device_id="8800000015",
    kind=Kind.POSITION,
    type="UD",
    fix_time=NOW,
    position=ReadPosition(lon=120.688, lat=30.5326, accuracy_m=12.0, source=FixSource.GNSS),
    satellites=9,
    battery_pct=64,
    raw=b"[3G*8800000015*0002*UD]",
)


def said(reading: Reading, at: datetime = NOW) -> dict[str, Any]:
    """Return the report of *reading*."""
    return native_report(reading, received_at=at, gateway="g1", protocol="watch")


cells = st.builds(
    Cell, mcc=st.integers(0, 999), mnc=st.integers(0, 999), lac=st.integers(0, 2**32 - 1)
)
points = st.builds(
    AccessPoint, mac=st.just("00:00:5e:00:53:01"), dbm=st.none() | st.integers(-120, 0)
)
readings = st.builds(
    Reading,
    device_id=st.just("8800000015"),
    kind=st.sampled_from(Kind),
    type=st.text(max_size=60),
    fix_time=st.none() | st.just(NOW) | st.just(NOW - timedelta(hours=3)),
    position=st.none()
    | st.builds(
        ReadPosition,
        lon=st.floats(-180, 180),
        lat=st.floats(-90, 90),
        accuracy_m=st.none() | st.floats(1, 100_000),
        source=st.sampled_from(FixSource),
        is_current=st.booleans(),
    ),
    satellites=st.none() | st.integers(0, 100),
    speed_kmh=st.none() | st.floats(0, 1500),
    course_deg=st.none() | st.floats(0, 360),
    battery_pct=st.none() | st.integers(0, 100),
    charging=st.none() | st.booleans(),
    worn=st.none() | st.booleans(),
    steps=st.none() | st.integers(0, 1_000_000),
    alarms=st.frozensets(st.sampled_from([*(a.value for a in Alarm), "other:overspeed"])),
    network=st.none()
    | st.builds(
        Network,
        cells=st.lists(cells, max_size=40).map(tuple),
        wifi=st.lists(points, max_size=80).map(tuple),
    ),
    health=st.none() | st.builds(Health, bpm=st.none() | st.integers(30, 250)),
    is_backlog=st.booleans(),
    flags=st.frozensets(st.sampled_from(Flag)),
    raw=st.binary(max_size=4000),
)


@given(reading=readings)
def test_every_report_is_of_our_own_format(reading: Reading) -> None:
    """The ingest role takes it, finds nothing wrong with its form, and reads what was meant."""
    payload = json.dumps(said(reading)).encode()
    message = Message(topic="t", payload=payload, received_at=NOW)

    decoded = native.decode_report(message, "8800000015")

    (ping,) = decoded.pings
    assert ("bad_field" in reading.flags) == ("bad_field" in ping.doubts)
    assert {a for a in reading.alarms if not a.startswith("other:")} == ping.alarms
    assert reading.battery_pct == ping.battery_pct
    assert reading.steps == ping.steps
    assert ping.is_backlog or not reading.is_backlog
    if ping.fix is not None and reading.position is not None:
        assert ping.fix.position.lat == pytest.approx(reading.position.lat, abs=1e-7)
        assert reading.position.is_current or not ping.fix.is_current


@given(reading=readings, manner=st.booleans(), later=st.timedeltas(timedelta(0), timedelta(1)))
def test_the_same_meaning_has_the_same_id(reading: Reading, manner: bool, later: timedelta) -> None:
    """Said again later, from memory, under another keyword: one report, if it tells its time."""
    reading = replace(reading, fix_time=NOW)
    again = replace(reading, is_backlog=manner, type="UD2", flags=frozenset(), raw=b"other")

    assert report_id(reading, NOW) == report_id(again, NOW + later)


@pytest.mark.parametrize(
    "change",
    [
        {"fix_time": NOW + timedelta(seconds=1)},
        {"battery_pct": 63},
        {"alarms": frozenset({"sos"})},
        {"kind": Kind.ALARM},
        {"device_id": "8800000016"},
        {"position": ReadPosition(lon=120.688, lat=30.5327)},
        {"position": None},
        {"steps": 1},
    ],
)
def test_another_meaning_has_another_id(change: dict[str, Any]) -> None:
    """Whatever differs in meaning is another report."""
    assert report_id(READING, NOW) != report_id(replace(READING, **change), NOW)


def test_each_sign_of_life_counts() -> None:
    """Without a time of its own a reading is told apart by its arrival."""
    heartbeat = Reading(device_id="8800000015", kind=Kind.HEARTBEAT)

    assert report_id(heartbeat, NOW) != report_id(heartbeat, NOW + timedelta(seconds=1))
    assert "t" not in said(heartbeat)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, "timer"),
        ({"alarms": frozenset({"sos"})}, "alarm"),
        ({"alarms": frozenset({"sos"}), "is_backlog": True}, "backlog"),  # an old cry is marked
        ({"kind": Kind.COMMAND_REPLY}, "reply"),
    ],
)
def test_it_says_why(change: dict[str, Any], why: str) -> None:
    """What moved the band to speak."""
    assert why == said(replace(READING, **change))["why"]


@pytest.mark.parametrize(
    "private",
    [replace(READING, kind=Kind.MEDIA), replace(READING, flags=frozenset({Flag.PRIVATE_CONTENT}))],
)
def test_private_words_do_not_go_along(private: Reading) -> None:
    """Of a voice clip or a phone book nothing but its kind is told."""
    assert "raw" not in said(private)["via"]
    assert "raw" in said(READING)["via"]


def test_a_long_frame_is_cut() -> None:
    """A report stays below what the ingest role takes."""
    long = replace(READING, raw=b"\xff" * 100_000)

    assert len(json.dumps(said(long))) < native.MOST_REPORT_BYTES
    assert len(said(long)["via"]["raw"]) < 2 * MOST_RAW_BYTES
