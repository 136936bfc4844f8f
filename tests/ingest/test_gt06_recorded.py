"""The GT06 decoder against frames that devices, vendor documents and open servers show."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs.gt06 import GT06
from ingest.codecs.profiles import profile_of
from ingest.codecs.readings import Flag, Frame, Kind, Reading
from tests.ingest.gt06_frames import NOW

FRAMES = Path(__file__).parents[3] / "shared" / "data" / "frames" / "gt06.jsonl"

#: what the source's tests call an alarm, to ours
_ALARM_NAMES = {
    "accident": "other:accident",
    "hardAcceleration": "other:hard_acceleration",
    "hardBraking": "other:hard_braking",
    "lowBattery": "low_battery",
    "removing": "removed",
    "sos": "sos",
    "tampering": "other:tamper",
}
_KINDS = {"location": Kind.POSITION, "alarm": Kind.ALARM, "heartbeat": Kind.HEARTBEAT}
_PLAIN = ("satellites", "speed_kmh", "course_deg", "charging", "battery_pct")
#: models whose own alarm codes a shipped profile knows
_MODELS = {"LW4G-4B": "lw4g-4b"}
#: the same device's alarm shows that its cell id has four bytes; the record reads three
_LONGER_CELL = {(33278, 421275): 107846403}


def records(mode: str) -> Iterator[dict[str, Any]]:
    """Yield the recorded frames of one mode; skip when they are not here."""
    if not FRAMES.exists():
        pytest.skip(f"no recorded frames at {FRAMES}")
    with FRAMES.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["mode"] == mode:
                yield record


def bytes_of(record: dict[str, Any]) -> bytes:
    """Return the bytes of a recorded frame."""
    return bytes.fromhex(record["frame"])


def decoded(record: dict[str, Any]) -> Frame:
    """Return what a recorded frame says, on a connection of its own."""
    notes = " ".join(record["notes"])
    model = next((ours for theirs, ours in _MODELS.items() if theirs in notes), None)
    return GT06.decode(bytes_of(record), GT06.open(profile_of("gt06", model)), NOW)


def asserted(record: dict[str, Any], what: str) -> dict[str, Any] | None:
    """Return what the source states of *what*; None when it says nothing."""
    stated: list[dict[str, Any]] = record["expected"]
    return next((one for one in stated if one["asserts"] == what), None)


def test_recorded_streams_are_split() -> None:
    """Each stream gives the frame that the record names; each frame alone is one frame."""
    for record in records("stream"):
        expected = asserted(record, "first_frame")
        assert expected is not None
        frames = GT06.split(bytes_of(record)).frames
        assert expected["frame_hex"] == frames[0].hex(), record["id"]
    for record in records("uplink"):
        assert (bytes_of(record),) == GT06.split(bytes_of(record)).frames, record["id"]


def test_all_recorded_frames_in_one_stream_are_parted() -> None:
    """Wrong lengths, clones and long frames, one behind the other: each is found again."""
    frames = [bytes_of(record) for record in records("uplink")]

    assert frames == list(GT06.split(b"".join(frames)).frames)


def test_each_recorded_frame_is_read() -> None:
    """One reading each, and what the server of the record answered is what we answer."""
    for record in records("uplink"):
        told = decoded(record)
        assert 1 == len(told.readings), record["id"]
        answer = asserted(record, "server_reply")
        if answer is not None:
            assert told.reply is not None
            assert answer["frame_hex"] == told.reply.hex(), record["id"]


def test_recorded_positions_are_found() -> None:
    """Where the source finds a position, so do we."""
    for record in records("uplink"):
        expected = asserted(record, "position")
        if expected is None:
            continue
        (reading,) = decoded(record).readings
        position = reading.position
        assert position is not None, record["id"]
        stated = expected.get("position", {})
        tolerance_deg = stated.get("tolerance_deg", 1e-5)
        for axis in ("lat", "lon"):
            if axis in stated:
                assert stated[axis] == pytest.approx(getattr(position, axis), abs=tolerance_deg)


def test_recorded_alarms_have_our_names() -> None:
    """What the source calls an alarm is one of ours."""
    for record in records("uplink"):
        attribute = (asserted(record, "attribute") or {}).get("attribute", {})
        if "alarm" in attribute:
            (reading,) = decoded(record).readings
            assert {_ALARM_NAMES[attribute["alarm"]]} == reading.alarms, record["id"]


def test_recorded_fields_are_read() -> None:
    """Every field that the specification gives reads the same."""
    for record in records("uplink"):
        derived = record["derived"]
        told = decoded(record)
        (reading,) = told.readings
        compare(derived, reading, record["id"])
        if "ack" in derived:
            assert told.reply is not None
            assert derived["ack"] == told.reply.hex(), record["id"]
        if "imei" in derived:
            assert derived["imei"] == told.session.device_id == reading.device_id


def compare(derived: dict[str, Any], reading: Reading, name: str) -> None:
    """Check *reading* against what was derived from the same frame."""
    assert derived["type"] == reading.type, name
    kind = _KINDS.get(derived.get("kind", ""))
    if kind is not None and reading.kind is not Kind.ALARM:
        assert kind is reading.kind, name
    if "time_device" in derived:
        shown = datetime.fromisoformat(derived["time_device"]).replace(tzinfo=UTC)
        assert shown - timedelta(hours=8) == reading.fix_time, name
    if "lat" in derived:
        position = reading.position
        assert position is not None, name
        assert derived["lat"] == pytest.approx(position.lat, abs=1e-6), name
        assert derived["lon"] == pytest.approx(position.lon, abs=1e-6), name
        assert derived["fix"] is position.is_current, name
        assert derived["realtime"] is (Flag.NOT_REAL_TIME not in reading.flags), name
    for field in _PLAIN:
        if field in derived:
            assert derived[field] == getattr(reading, field), (name, field)
    if "alarms" in derived:
        ours = {alarm.removeprefix("other:") for alarm in reading.alarms}
        assert set(derived["alarms"]) == ours, name
    if derived.get("cell", {}).get("mcc"):  # zeros are no cell
        compare_cell(derived["cell"], reading, name)


def compare_cell(expected: dict[str, int], reading: Reading, name: str) -> None:
    """Check the first cell of *reading*."""
    assert reading.network is not None, name
    cell = reading.network.cells[0]
    cid = _LONGER_CELL.get((expected["lac"], expected["cid"]), expected["cid"])
    assert (expected["mcc"], expected["mnc"], expected["lac"], cid) == (
        cell.mcc,
        cell.mnc,
        cell.lac,
        cell.cid,
    ), name


@given(data=st.data())
def test_damaged_recorded_frames_are_read_or_refused(data: st.DataObject) -> None:
    """Bytes changed, lost or doubled on the way stop nobody."""
    frames = [bytes_of(record) for record in records("uplink")]
    said = bytearray(data.draw(st.sampled_from(frames)))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, max(len(said) - 1, 0)))
        said[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    split = GT06.split(bytes(said))
    session = GT06.open(profile_of("gt06"))

    for one in (*split.frames, bytes(said)):
        told = GT06.decode(one, session, NOW)
        assert bool(told.readings) is not bool(told.reason)
