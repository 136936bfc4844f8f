"""A stranger sends the documented messages with `mosquitto_pub` and sees a band appear."""

import gzip
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from core.clock import SystemClock
from ingest.subscriber import Subscriber
from store import schema
from store.database import reading
from tests.processes import run
from tests.servers import Mosquitto, until

PREFIX = "121/first"


@pytest.fixture
def listening(
    broker: Mosquitto, database: Engine, request: pytest.FixtureRequest
) -> Iterator[Engine]:
    """Give a database into which everything from the broker is taken.

    The broker is shared and keeps what a known client missed, so each test is a client of its own.
    """
    subscriber = Subscriber(
        database,
        SystemClock(),
        broker_url=broker.url,
        client_id=str(request.node.name)[-60:],
        prefix=PREFIX,
    )
    subscriber.start()
    until(subscriber.connected.is_set, "the subscriber is connected")
    yield database
    subscriber.stop()


def _publish(broker: Mosquitto, topic: str, message: object) -> None:
    subprocess.run(
        [
            *("mosquitto_pub", "-p", str(broker.port), "-q", "1"),
            *("-t", topic, "-m", json.dumps(message)),
        ],
        check=True,
    )


def _positions(engine: Engine) -> dict[str, tuple[float, float]]:
    table = schema.latest
    with reading(engine) as connection:
        rows = connection.execute(select(table.c.device_id, table.c.lon, table.c.lat))
        return {row.device_id: (row.lon, row.lat) for row in rows}


def test_a_native_message_makes_a_band_appear(broker: Mosquitto, listening: Engine) -> None:
    """The native message of the documentation puts an unknown band on the map."""
    fix = {"src": "gnss", "lat": 30.5333, "lon": 120.6833, "acc_m": 8}
    _publish(broker, f"{PREFIX}/up/my-band/report", {"v": 1, "id": "1", "fix": fix})

    until(lambda: "my-band" in _positions(listening), "the band is known")
    assert (120.6833, 30.5333) == _positions(listening)["my-band"]


def test_an_owntracks_message_makes_a_band_appear(broker: Mosquitto, listening: Engine) -> None:
    """A phone with the OwnTracks app is a band under the name it signs in with."""
    said = {"_type": "location", "lat": 30.52, "lon": 120.69, "acc": 12, "tst": 1_790_000_000}
    _publish(broker, "owntracks/anna/phone", said)

    until(lambda: "anna" in _positions(listening), "the phone is known")
    assert (120.69, 30.52) == _positions(listening)["anna"]


def test_recorded_tracks_are_replayed(broker: Mosquitto, listening: Engine, tmp_path: Path) -> None:
    """`aihuijia replay` publishes every fix of a recording, and every fix is stored."""
    rows = [
        f"walk-{track},{1_790_000_000 + 5 * n},{30.5 + n / 1e4:.6f},120.68,10,made-up/gps"
        for track in (1, 2)
        for n in range(40)
    ]
    recording = tmp_path / "tracks.csv.gz"
    recording.write_bytes(
        gzip.compress("\n".join(["track_id,t_unix,lat,lon,accuracy_m,source", *rows]).encode())
    )
    done = run(
        ["replay", str(recording), "--speed", "1000"],
        {"BROKER_URL": broker.url, "TOPIC_PREFIX": PREFIX},
        cwd=tmp_path,
    )

    def stored() -> int:
        with reading(listening) as connection:
            return connection.scalar(select(func.count()).select_from(schema.ping)) or 0

    assert 0 == done.returncode, done.stderr
    until(lambda: stored() >= 80, "all fixes are stored")
    assert 80 == stored()


def test_a_broken_recording_is_explained(tmp_path: Path) -> None:
    """A file of another form is refused with line and column, not with a traceback."""
    recording = tmp_path / "tracks.csv"
    recording.write_text("track_id,t_unix,lat,lon,accuracy_m,source\na,1,north,2,3,x\n")
    done = run(["replay", str(recording)], {}, cwd=tmp_path)

    assert 2 == done.returncode
    assert "line 2, column lat" in done.stderr
    assert "Traceback" not in done.stderr
