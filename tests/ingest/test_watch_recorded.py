"""The Watch decoder against frames that real watches, vendor documents and open servers show."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs.profiles import profile_of
from ingest.codecs.readings import Flag, Frame, Kind, Reading
from ingest.codecs.watch import WATCH
from tests.ingest.watch_frames import NOW

FRAMES = Path(__file__).parents[3] / "shared" / "data" / "frames" / "watch.jsonl"

#: the records' kinds and alarms to ours
_KINDS = {
    "location": Kind.POSITION,
    "location_backlog": Kind.POSITION,
    "address_request": Kind.POSITION,
    "alarm": Kind.ALARM,
    "heartbeat": Kind.HEARTBEAT,
    "health": Kind.HEALTH,
    "media": Kind.MEDIA,
    "other": Kind.INFO,
}
_ALARMS = {"band_removed": "removed"}
_HEALTH = {"heart_rate": "bpm", "bp_sys": "sys", "bp_dia": "dia", "spo2_pct": "spo2_pct"}
_PLAIN = ("speed_kmh", "course_deg", "altitude_m", "satellites", "battery_pct", "steps")


def records() -> Iterator[dict[str, Any]]:
    """Yield the recorded frames; skip when they are not here."""
    if not FRAMES.exists():
        pytest.skip(f"no recorded frames at {FRAMES}")
    with FRAMES.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def bytes_of(record: dict[str, Any]) -> bytes:
    """Return the bytes of a recorded frame."""
    said: str = record["frame"]
    return said.encode("latin-1") if record["encoding"] == "text" else bytes.fromhex(said)


def decoded(record: dict[str, Any]) -> Frame:
    """Return what a recorded frame says."""
    is_year_first = (record["derived"] or {}).get("date_order") == "YYMMDD"
    profile = profile_of("watch", "yx" if is_year_first else None)
    return WATCH.decode(bytes_of(record), WATCH.open(profile), NOW)


def test_recorded_streams_are_split() -> None:
    """Each stream gives the frames that the record names; each frame alone is one frame."""
    for record in records():
        found = WATCH.split(bytes_of(record))

        assert b"" == found.rest, record["id"]
        if record["mode"] != "stream":
            assert (bytes_of(record),) == found.frames, record["id"]
            continue
        assert [text.encode("latin-1") for text in record["derived"]["frames_text"]] == list(
            found.frames
        ), record["id"]
        for said in record["expected"]:
            assert bytes.fromhex(said["frame_hex"]) == found.frames[0], record["id"]


def test_every_recorded_frame_has_one_reading() -> None:
    """Up or down, known or not."""
    for record in records():
        if record["mode"] != "stream":
            frame = decoded(record)

            assert 1 == len(frame.readings), record["id"]
            assert frame.reason is None, record["id"]


def test_recorded_positions_are_where_the_source_says() -> None:
    """Within the stated tolerance, at the stated time, with the stated validity."""
    for record in records():
        for said in record["expected"]:
            if "position" not in said:
                continue
            (reading,) = decoded(record).readings
            at, expected = reading.position, said["position"]

            assert at is not None
            assert expected["lat"] == pytest.approx(at.lat, abs=expected["tolerance_deg"])
            assert expected["lon"] == pytest.approx(at.lon, abs=expected["tolerance_deg"])
            assert expected["valid"] is at.is_current
            assert datetime.fromisoformat(expected["time_utc"]) == reading.fix_time


def test_recorded_frames_say_what_was_derived() -> None:
    """Field by field, answers included, as an independent reading of the specification has it."""
    for record in records():
        derived = record["derived"]
        if record["mode"] != "uplink" or derived is None or "device_id" not in derived:
            continue
        frame = decoded(record)
        (reading,) = frame.readings

        assert _as_derived(derived) == _as_read(derived, reading), record["id"]
        assert derived["len_ok"] is (Flag.BAD_LENGTH not in reading.flags), record["id"]
        if "ack" in derived:
            assert frame.reply is not None
            assert derived["ack"].lower() == frame.reply.decode().lower(), record["id"]
        else:
            assert frame.reply is None, record["id"]


@given(st.data())
def test_recorded_frames_may_be_garbled(data: st.DataObject) -> None:
    """Cut, overwritten or grown at any place, a frame is read or has a reason."""
    said = bytearray(bytes_of(data.draw(st.sampled_from(list(records())))))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(said)))
        said[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    for frame in (bytes(said), *WATCH.split(bytes(said)).frames):
        read = WATCH.decode(frame, WATCH.open(profile_of("watch")), NOW)

        assert bool(read.readings) is (read.reason is None)


def _as_derived(derived: dict[str, Any]) -> dict[str, Any]:
    said = {name: derived[name] for name in _PLAIN if name in derived}
    said |= {name: derived[name] or None for name in _HEALTH if name in derived}
    said |= {"id": derived["device_id"], "type": derived["type"], "kind": _KINDS[derived["kind"]]}
    said["alarms"] = {_ALARMS.get(name, name) for name in derived.get("alarms", ())}
    said["backlog"] = derived["kind"] == "location_backlog"
    if "time_utc" not in derived:
        return said
    at = datetime.fromisoformat(derived["time_utc"])
    said["time"] = None if (at.year, at.month, at.day) == (2020, 1, 1) else at
    has_place = (derived["lat"], derived["lon"]) != (0, 0)
    said["place"] = (derived["lat"], derived["lon"], derived["fix"]) if has_place else None
    said["accuracy_m"] = (derived.get("accuracy_m") or None) if has_place else None
    said["cells"] = [tuple(cell.values()) for cell in derived["cells"]]
    said["wifi"] = [(point["mac"], point["rssi_dbm"]) for point in derived["wifi"]]
    return said


def _as_read(derived: dict[str, Any], reading: Reading) -> dict[str, Any]:
    said = {name: getattr(reading, name) for name in _PLAIN if name in derived}
    said |= {name: getattr(reading.health, _HEALTH[name]) for name in _HEALTH if name in derived}
    said |= {"id": reading.device_id, "type": reading.type, "kind": reading.kind}
    said["alarms"] = set(reading.alarms)
    said["backlog"] = reading.is_backlog
    if "time_utc" not in derived:
        return said
    said["time"] = reading.fix_time
    at = reading.position
    said["place"] = None if at is None else (at.lat, at.lon, at.is_current)
    said["accuracy_m"] = None if at is None else at.accuracy_m
    cells = reading.network.cells if reading.network else ()
    wifi = reading.network.wifi if reading.network else ()
    said["cells"] = [(cell.mcc, cell.mnc, cell.lac, cell.cid, cell.level) for cell in cells]
    said["wifi"] = [(point.mac, point.dbm) for point in wifi]
    return said
