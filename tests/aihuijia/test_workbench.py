"""The technician's bench: bytes in, their meaning out; orders given and followed."""

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aihuijia.workbench import Bench, bench, decode_record, decode_source
from core.clock import ManualClock
from core.errors import Refused
from ingest.codecs.profiles import PROTOCOLS
from tests.conftest import NOON
from tests.processes import AIHUIJIA, environment, run
from tests.servers import free_port, until

WATCH_FRAME = "[3G*8800000015*000C*LK,50,100,66]"
FIELDS = {
    "device_id",
    "kind",
    "fix_time",
    "position",
    "speed_kmh",
    "course_deg",
    "battery_pct",
    "charging",
    "worn",
    "steps",
    "alarms",
    "network",
    "is_backlog",
    "flags",
}


def at_bench(protocol: str, model: str | None = None) -> Bench:
    """Return a bench whose clock stands at noon."""
    return bench(protocol, model, ManualClock(NOON))


def decoded(protocol: str, frame: str, *, model: str | None = None, **more: Any) -> dict[str, Any]:
    """Return the line printed for one record."""
    record = {"id": "x", "encoding": "text", "mode": "uplink", "frame": frame} | more
    return decode_record(at_bench(protocol, model), record).to_json()


def test_a_file_becomes_one_line_a_record(tmp_path: Path) -> None:
    """Each record gives one JSON line under the documented names, in its order."""
    records = [
        {"id": "a", "encoding": "text", "mode": "uplink", "frame": WATCH_FRAME},
        {"id": "b", "encoding": "hex", "mode": "stream", "frame": WATCH_FRAME.encode().hex() * 2},
        {"id": "c", "encoding": "text", "mode": "uplink", "frame": "no frame at all"},
        {"id": "d", "encoding": "text", "mode": "downlink", "frame": "[3G*8800000015*0002*CR]"},
    ]
    file = tmp_path / "frames.jsonl"
    file.write_text("\n".join(json.dumps(record) for record in records) + "\nnot json\n\n")

    done = run(["decode", "--protocol", "watch", str(file)], {}, cwd=tmp_path)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert 0 == done.returncode
    assert ["a", "b", "c", "d", None] == [line["id"] for line in lines]
    assert [1, 2, 0, 0, 0] == [len(line["readings"]) for line in lines]
    assert FIELDS <= lines[0]["readings"][0].keys()
    assert "[3G*8800000015*0002*LK]" == lines[0]["reply"]
    assert (b"[3G*8800000015*0002*LK]" * 2).hex() == lines[1]["reply"]
    assert "reason" not in lines[0]
    assert all(line["reason"] for line in lines[2:])


def test_a_frame_may_stand_on_the_command_line(tmp_path: Path) -> None:
    """A technician pastes a frame and reads what it means."""
    done = run(["decode", "--protocol", "watch", "--pretty", WATCH_FRAME], {}, cwd=tmp_path)

    assert 0 == done.returncode
    for words in ("8800000015", "heartbeat", "66"):
        assert words in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--protocol", "wath", "x"], "There are: watch, gt06"),
        (["--protocol", "watch", "--model", "none", "x"], "profiles.toml"),
        (["--protocol", "watch", "gone.jsonl"], "There is no file"),
        (["--protocol", "owntracks", "--listen", "5121"], "over TCP"),
    ],
)
def test_a_wrong_call_says_what_is_right(arguments: list[str], says: str, tmp_path: Path) -> None:
    """What cannot be done is refused with what could be."""
    done = run(["decode", *arguments], {}, cwd=tmp_path)

    assert 2 == done.returncode
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_phone_s_sealed_message_is_opened_with_its_secret() -> None:
    """A record may carry what decoding needs: the topic, and the phone's secret."""
    plain = '{"_type":"location","lat":30.5,"lon":120.6,"tst":1795400000,"acc":12,"batt":50}'

    line = decoded("owntracks", plain, topic="owntracks/wang/phone")

    (reading,) = line["readings"]
    assert "wang" == reading["device_id"]
    position = {"lon": 120.6, "lat": 30.5, "accuracy_m": 12, "is_current": True}
    assert position == {k: v for k, v in reading["position"].items() if k != "source"}


def test_a_model_changes_what_bytes_mean() -> None:
    """The same frame read as another model has another date."""
    frame = (
        "[3G*8800000015*0077*UD,261123,120000,A,30.528110,N,120.689450,E,0.0,0.0,0.0,9,100,66,0,0"
        ",00000000,0,0,12.0]"
    )

    as_default = decoded("watch", frame)["readings"][0]["fix_time"]
    as_yx = decoded("watch", frame, model="yx")["readings"][0]["fix_time"]

    assert "2023-11-26T12:00:00Z" == as_default
    assert "2026-11-23T12:00:00Z" == as_yx


@given(
    st.sampled_from(PROTOCOLS),
    st.dictionaries(
        st.sampled_from(["id", "mode", "encoding", "frame", "topic", "secret"]),
        st.none()
        | st.integers()
        | st.text(max_size=60)
        | st.sampled_from(["hex", "text", "stream", "uplink"]),
    ),
)
def test_no_record_is_an_error(protocol: str, record: dict[str, Any]) -> None:
    """Whatever is wrong with a record becomes its reason."""
    line = decode_record(at_bench(protocol), record).to_json()

    json.dumps(line)
    assert line["readings"] or line["reason"]


def test_an_unknown_protocol_is_refused() -> None:
    """The bench says which protocols there are."""
    with pytest.raises(Refused, match="jt808"):
        bench("morse", None, ManualClock(NOON))


def test_lines_of_standard_input() -> None:
    """Records may come one by one through a pipe."""
    record = json.dumps({"id": 7, "frame": WATCH_FRAME})

    (said,) = decode_source(at_bench("watch"), "-", [record])

    assert "7" == said.id
    assert [66] == [reading.battery_pct for reading in said.readings]


def test_a_device_talks_to_the_bench(tmp_path: Path) -> None:
    """With --listen a device is answered, and what it says is printed."""
    port = free_port()
    command = [str(AIHUIJIA), "decode", "--protocol", "watch", "--listen", str(port)]
    with (tmp_path / "out").open("wb") as out:
        listening = subprocess.Popen(command, env=environment({}), cwd=tmp_path, stdout=out)
    try:
        until(lambda: _answers(port), "the bench listens")
        with socket.create_connection(("127.0.0.1", port)) as device:
            device.sendall(WATCH_FRAME.encode()[:20])
            device.sendall(WATCH_FRAME.encode()[20:])

            assert b"[3G*8800000015*0002*LK]" == device.recv(100)
        until(lambda: "8800000015" in (tmp_path / "out").read_text(), "its words are printed")
    finally:
        listening.terminate()
        listening.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
