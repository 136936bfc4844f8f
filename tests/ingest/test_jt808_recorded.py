"""JT/T 808: what devices really sent, as far as the collected frames are here."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.codecs.jt808 import JT808
from ingest.codecs.jt808.framing import read_message, unescape
from ingest.codecs.profiles import Profile, models, profile_of
from ingest.codecs.readings import Flag, Frame, Order, Reading

FRAMES = Path(__file__).parents[3] / "shared" / "data" / "frames" / "jt808.jsonl"
NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)

#: names in the collection to ours; those of vehicles differ in spelling and are only counted
OURS = {"sos": "sos", "low_voltage": "low_battery", "power_lost": "power_cut"}
#: what the reference server calls the alarms that need no model's profile
REFERENCE_ALARMS = {
    "sos": "sos",
    "vibration": "vibration",
    "removing": "removed",
    "lowBattery": "low_battery",
}
#: items that carry alarms of their own
ALARM_ITEMS = {"0xd0", "0xe7", "0xe8", "0xeb"}
#: clocks that were never set
NEVER_SET = ("1970", "2000-01-01", "2020-01-01")


def recorded() -> list[dict[str, Any]]:
    """Return the collected frames."""
    if not FRAMES.exists():
        pytest.skip(f"the collected frames are not here: {FRAMES}")
    return [json.loads(line) for line in FRAMES.read_text(encoding="utf-8").splitlines()]


def sent(line: dict[str, Any]) -> bytes:
    """Return a line's bytes."""
    encoded: str = line["frame"]
    return bytes.fromhex(encoded) if line["encoding"] == "hex" else encoded.encode("latin-1")


def heard(line: dict[str, Any]) -> Frame:
    """Return what a line says on a connection of its own, read as its model where one is named."""
    noted = " ".join(line["notes"]).lower().split("device model ")[1:]
    is_known = noted and noted[0].split()[0] in models()["jt808"]
    profile = profile_of("jt808", noted[0].split()[0] if is_known else None)
    return JT808.decode(sent(line), JT808.open(profile), NOW)


def located(readings: tuple[Reading, ...]) -> list[Reading]:
    """Return the readings that have a position."""
    return [reading for reading in readings if reading.position is not None]


def check_location(known: dict[str, Any], reading: Reading, name: str) -> None:
    """Compare a reading with the collection's own decoding."""
    is_null = known["lat"] == known["lon"] == 0
    is_off = abs(known["lat"]) > 90 or abs(known["lon"]) > 180
    assert (is_null, is_off) == (
        Flag.NULL_ISLAND in reading.flags,
        Flag.OFF_THE_GLOBE in reading.flags,
    ), name
    if is_null or is_off:
        assert reading.position is None, name
    else:
        assert reading.position is not None, name
        assert pytest.approx((known["lat"], known["lon"]), abs=1e-6) == (
            reading.position.lat,
            reading.position.lon,
        ), name
        is_current = known["fix"] and not known["coords_encrypted"]
        assert is_current == reading.position.is_current, name
        assert known["coords_encrypted"] == (Flag.SHIFTED in reading.flags), name
    time = known["time_utc_if_gmt8"]
    if time is None or known["time_device"].startswith(NEVER_SET):
        assert (None, True) == (reading.fix_time, Flag.BAD_CLOCK in reading.flags), name
    else:
        assert datetime.fromisoformat(time) == reading.fix_time, name
    assert known["altitude_m"] == reading.altitude_m, name
    assert pytest.approx(known["speed_kmh"]) == reading.speed_kmh, name
    assert (known["course_deg"] if known["course_deg"] <= 360 else None) == reading.course_deg, name
    assert known.get("satellites") == reading.satellites, name
    check_alarms(known, reading, name)


def check_alarms(known: dict[str, Any], reading: Reading, name: str) -> None:
    """Compare alarms: ours by name, those of vehicles by number."""
    ours = {OURS[alarm] for alarm in known["alarms"] if alarm in OURS}
    vehicles = [alarm for alarm in known["alarms"] if alarm not in OURS]
    named = {alarm for alarm in reading.alarms if not alarm.startswith("other:")}
    assert len(vehicles) == len(reading.alarms - named), name
    if ALARM_ITEMS & {item["id"] for item in known.get("extras", ())}:
        assert ours <= named, name
    else:
        assert ours == named, name


def test_recorded_frames_are_whole_frames() -> None:
    """Each frame is taken off the stream as it is, also with its neighbours around it."""
    lines = [line for line in recorded() if line["mode"] != "stream"]

    for line in lines:
        split = JT808.split(sent(line))
        assert ((sent(line),), b"", 0) == (split.frames, split.rest, split.skipped), line["id"]
    together = JT808.split(b"".join(sent(line) for line in lines))
    assert tuple(sent(line) for line in lines) == together.frames


def test_recorded_streams_begin_with_the_frame_their_source_states() -> None:
    """Splitting and unescaping gives the stated first frame."""
    for line in recorded():
        for stated in line["expected"]:
            if stated["asserts"] != "first_frame_unescaped":
                continue
            first = JT808.split(sent(line)).frames[0]

            meant = first[:1] + unescape(first[1:-1], first[0]) + first[-1:]
            assert stated["frame_hex"] == meant.hex(), line["id"]


def test_recorded_headers_are_read_as_known() -> None:
    """Message id, phone number, serial, version and what is wrong with a frame agree."""
    for line in recorded():
        known = line["derived"] or {}
        if "msg_id" not in known:
            continue
        message = read_message(sent(line))
        name = line["id"]

        assert known["msg_id"] == f"0x{message.message_id:04x}", name
        assert known["terminal_id_bcd"] == message.sender.phone.hex(), name
        assert known["serial"] == message.serial, name
        assert known.get("protocol_version") == message.sender.version, name
        assert known["checksum_ok"] == (Flag.BAD_CHECKSUM not in message.flags), name
        if "len_ok" in known:
            assert known["len_ok"] == (Flag.BAD_LENGTH not in message.flags), name
        if known.get("fragment"):
            assert (known["fragment"]["no"], known["fragment"]["total"]) == message.part, name


def test_recorded_locations_are_read_as_known() -> None:
    """Position, time, movement, satellites and alarms agree, in batches item by item."""
    compared = 0
    for line in recorded():
        known = line["derived"] or {}
        if line["mode"] != "uplink" or not ("lat" in known or known.get("items")):
            continue
        readings = heard(line).readings
        stated = known.get("items") or [known]
        assert len(stated) == len(readings), line["id"]
        for item, reading in zip(stated, readings, strict=True):
            check_location(item, reading, line["id"])
            assert (known.get("batch_type") == 1) == reading.is_backlog, line["id"]
            compared += 1

    assert compared > 50


def test_recorded_frames_are_answered_as_known() -> None:
    """The first answer on a connection has serial 0 and is the known one to the last byte."""
    answered = 0
    for line in recorded():
        known = line["derived"] or {}
        if line["mode"] == "uplink" and "ack" in known:
            reply = heard(line).reply
            answered += 1
            assert known["ack"] == (reply or b"").hex(), line["id"]

    assert answered > 50


def test_what_sources_state_holds() -> None:
    """Positions where a source states some, none where it states none, battery and alarms."""
    for line in recorded():
        if line["mode"] != "uplink":
            continue
        readings = heard(line).readings
        for stated in line["expected"]:
            if stated["asserts"] in ("position", "positions"):
                assert located(readings), line["id"]
            if stated["asserts"] == "positions":
                assert len(readings) == len(located(readings)) > 1, line["id"]
            if stated["asserts"] == "no_output":
                assert not located(readings), line["id"]
            if "lat" in stated.get("position", {}):
                check_stated_position(stated["position"], located(readings)[0], line["id"])
            check_attributes(stated.get("attribute", {}), readings[0], line["id"])


def check_stated_position(stated: dict[str, Any], reading: Reading, name: str) -> None:
    """Compare a position with the one its source states."""
    assert reading.position is not None, name
    tolerance = stated.get("tolerance_deg", 1e-5)
    assert pytest.approx((stated["lat"], stated["lon"]), abs=tolerance) == (
        reading.position.lat,
        reading.position.lon,
    ), name


def check_attributes(stated: dict[str, Any], reading: Reading, name: str) -> None:
    """Compare what the reference server names, as far as we have a word for it."""
    if "batteryLevel" in stated:
        assert stated["batteryLevel"] == reading.battery_pct, name
    if stated.get("alarm") in REFERENCE_ALARMS:
        assert REFERENCE_ALARMS[stated["alarm"]] in reading.alarms, name


def test_recorded_orders_are_written_as_their_source_writes_them() -> None:
    """A text command of ours is, byte for byte, the one that a source states."""
    for line in recorded():
        if not any(stated["asserts"] == "encoded_command" for stated in line["expected"]):
            continue
        message = read_message(sent(line))
        text = message.body[1:].decode("gbk")
        profile = Profile(protocol="jt808", commands={"find": text})
        met = JT808.decode(hello_from(message.sender.phone), JT808.open(profile), NOW)
        written = JT808.encode(Order(do="find"), met.session)

        assert written is not None
        assert sent(line).hex() == written[0].hex(), line["id"]


def hello_from(phone: bytes) -> bytes:
    """Return a device's answer, to which no reply is due."""
    content = b"\x00\x01\x00\x05" + phone + bytes(7)
    check = 0
    for byte in content:
        check ^= byte
    return b"\x7e" + content + bytes([check]) + b"\x7e"


def test_recorded_server_messages_are_named_and_not_answered() -> None:
    """What a server says, heard from a device's side, is refused by name."""
    for line in recorded():
        if line["mode"] == "downlink":
            frame = heard(line)

            assert ((), None) == (frame.readings, frame.reply), line["id"]
            assert frame.reason == "a server's message", line["id"]
