"""What a band was answered is not lost: not with the broker, the disk, the process."""

import json
import os
import socket
import sqlite3
import subprocess
import threading
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from aihuijia.gateway_role import raise_file_limit
from core.clock import SystemClock
from ingest.gateways.repeating import GRACE
from ingest.topics import seen_topic
from tests.ingest.gateways.conftest import OwnBroker
from tests.ingest.gateways.station import Caller, Station, position, running, watch
from tests.ingest.wire import Wire
from tests.processes import AIHUIJIA, environment
from tests.servers import PATIENCE_S, Mosquitto, free_port, until

LK = watch("LK")


def seen(ear: Wire, station: Station, *report_ids: str) -> None:
    """Say as the ingest role that reports are committed."""
    ear.say(seen_topic(station.prefix, "8800000015"), {"ids": list(report_ids)})


def test_no_answer_before_the_brokers_thanks(own_broker: OwnBroker, file: Path) -> None:
    """Without the broker a band is not answered; when it is back the band is, and all is there."""
    with running(own_broker, file) as station:
        band = station.call()
        band.say(LK)
        band.hear(len(LK))
        own_broker.stop()

        band.say(position() + LK)
        station.until_spooled(3)
        assert band.hears_nothing_now()

        own_broker.start()
        assert LK == band.hear(len(LK))


def test_the_broker_comes_back_beside_a_thousand_bands(own_broker: OwnBroker, file: Path) -> None:
    """Also when every file descriptor up to 1023 is taken, which some ways of waiting bear not."""
    raise_file_limit(1200)
    with running(own_broker, file) as station, ExitStack() as taken:
        band = station.call()
        band.say(LK)
        band.hear(len(LK))
        own_broker.stop()
        for _ in range(1024):
            taken.callback(os.close, os.dup(0))
        own_broker.start()

        band.say(LK)
        assert LK == band.hear(len(LK))


def test_a_gateway_starts_without_a_broker(file: Path) -> None:
    """It takes what bands say, and waits."""
    with running(f"mqtt://127.0.0.1:{free_port()}", file) as station:
        band = station.call()
        band.say(LK)
        station.until_spooled(1)

        assert band.hears_nothing_now()


def test_seen_empties_the_spool(station: Station, ear: Wire) -> None:
    """A report leaves the disk when it is committed, not before; only the one that is meant."""
    band = station.call()
    band.say(position() + LK)
    band.hear(len(LK))
    ids = [ear.hear_json()[1]["id"] for _ in range(2)]
    assert 2 == len(station.spooled())

    seen(ear, station, ids[0], "never-heard-of")

    until(lambda: [ids[1]] == [e.report_id for e in station.spooled()], "one is left")


def test_what_is_no_report_waits_for_the_broker_only(station: Station, ear: Wire) -> None:
    """Bytes nobody understood leave the disk when the broker has them."""
    stranger = station.call()
    stranger.say(b"GET /")
    ear.hear()

    station.until_spooled(0)


def test_a_full_spool_stops_answers_and_reading(broker: Mosquitto, file: Path) -> None:
    """While the disk takes nothing bands are neither answered nor read; then all goes on."""
    with running(broker, file, most_mib=1) as station, Wire(broker) as ear:
        ear.listen(f"{station.prefix}/up/#")
        band = station.call()
        band.say(LK)
        band.hear(len(LK))
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # as a disk that takes nothing

        band.say(position("080001") + LK)
        pushing = threading.Thread(target=band.keep_saying, args=(position(),), daemon=True)
        pushing.start()
        pushing.join(0.5)
        assert pushing.is_alive()  # TCP holds the band back
        assert band.hears_nothing_now()

        other.execute("ROLLBACK")
        other.close()
        assert LK == band.hear(len(LK))


def test_room_that_is_made_is_used(broker: Mosquitto, file: Path) -> None:
    """A spool at its bound takes reports again as soon as others are seen."""
    bands, frames = 5, 300
    with running(broker, file, most_mib=1) as station, Wire(broker) as ear:
        ear.listen(f"{station.prefix}/up/#")
        for number in range(bands):
            said = (f"UD,231126,08{n // 60:02}{n % 60:02},A,30.5,N,120.6,E" for n in range(frames))
            band = station.call()
            band.say(b"".join(watch(one + 200 * ",0", f"880000000{number}") for one in said))
        until(lambda: station.gateway.is_in_trouble, "the spool is full")
        told: set[str] = set()
        assert bands * frames > ear.heard.qsize()

        while len(told) < bands * frames:
            waiting = [_told(ear) for _ in range(max(1, ear.heard.qsize()))]
            for device_id in {device_id for device_id, _ in waiting}:
                ids = [report_id for of, report_id in waiting if of == device_id]
                ear.say(seen_topic(station.prefix, device_id), {"ids": ids})
                told.update(f"{device_id}/{report_id}" for report_id in ids)
        station.until_spooled(0)


def _told(ear: Wire) -> tuple[str, str]:
    """Return device and id of the next report heard."""
    topic, report = ear.hear_json()
    return topic.split("/")[-2], report["id"]


# -- again -----------------------------------------------------------------------------------------


def test_what_nobody_saw_is_published_after_a_start(broker: Mosquitto, file: Path) -> None:
    """A new process publishes again what the last one left, under the same ids, and no more."""
    with running(broker, file) as station, Wire(broker) as ear:
        ear.listen(f"{station.prefix}/up/#")
        band = station.call()
        band.say(position() + LK)
        band.hear(len(LK))
        ids = [ear.hear_json()[1]["id"] for _ in range(2)]
        seen(ear, station, ids[0])
        station.until_spooled(1)
        prefix = station.prefix

    with Wire(broker) as ear:
        ear.listen(f"{prefix}/up/#")
        with running(broker, file, prefix=prefix) as station:
            assert ids[1] == ear.hear_json()[1]["id"]
            seen(ear, station, ids[1])  # nobody has called, and still it is listened for
            station.until_spooled(0)
        assert ear.heard.empty()


def test_a_broker_that_lost_everything_is_told_again(own_broker: OwnBroker, file: Path) -> None:
    """After a crash of the broker that cost it its memory every report is published again."""
    with running(own_broker, file) as station:
        band = station.call()
        band.say(position() + LK)
        band.hear(len(LK))
        own_broker.kill()
        own_broker.forget()
        own_broker.start()

        with Wire(own_broker) as ear:
            ear.listen(f"{station.prefix}/up/#")
            types = {ear.hear_json()[1]["via"]["type"] for _ in range(2)}

    assert {"UD", "LK"} == types


def test_a_report_passed_over_is_published_again(broker: Mosquitto, file: Path) -> None:
    """When a later report is seen and an earlier one is not, the earlier one was lost."""
    clock = _SetForward()
    with running(broker, file, clock=clock, look_every_s=0.05) as station, Wire(broker) as ear:
        ear.listen(f"{station.prefix}/up/#")
        band = station.call()
        ids = []
        for minute in range(3):
            band.say(position(f"08000{minute}") + LK)
            band.hear(len(LK))
            ids += [ear.hear_json()[1]["id"], ear.hear_json()[1]["id"]]
            clock.by += GRACE + timedelta(seconds=1)

        seen(ear, station, *ids[1:5])  # all but the first and the last

        assert ids[0] == ear.hear_json()[1]["id"]
        seen(ear, station, ids[0], ids[5])
        station.until_spooled(0)
        assert ear.heard.empty()  # while nothing is seen nothing is repeated


class _SetForward:
    """The system's clock, set forward."""

    speed = 1.0

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.by


# -- killed ----------------------------------------------------------------------------------------


def test_kill_nine_loses_nothing_that_was_answered(broker: Mosquitto, tmp_path: Path) -> None:
    """Bands talk while the gateway is killed again and again: every answered report arrives."""
    port = free_port()
    settings = {
        "BROKER_URL": broker.url,
        "DATABASE_URL": f"sqlite:///{tmp_path}/none.db",
        "GATEWAY_PORT": str(port),
        "GATEWAY_NAME": "killed",
        "TOPIC_PREFIX": "121/killed-gateway",
    }
    answered: set[int] = set()
    with Wire(broker, client_id="kills-ear") as ear:
        ear.listen("121/killed-gateway/up/#")
        step = 0
        for _ in range(2):
            process = _start(settings, tmp_path, port)
            try:
                step = _talk(port, step, answered, process)
            finally:
                process.kill()
                process.wait()
        process = _start(settings, tmp_path, port)
        arrived: set[int] = set()

        def all_there() -> bool:
            for _ in range(ear.heard.qsize()):
                arrived.add(json.loads(ear.heard.get_nowait().payload).get("steps"))
            return answered <= arrived

        try:
            until(all_there, "every answered report arrives")
        finally:
            process.terminate()
            process.wait(PATIENCE_S)

    assert len(answered) > 30


def _start(settings: dict[str, str], folder: Path, port: int) -> subprocess.Popen[bytes]:
    with (folder / "gateway.log").open("ab") as log:
        process = subprocess.Popen(
            [str(AIHUIJIA), "gateway"],
            env=environment(settings),
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    until(lambda: _listens(port), f"the gateway listens; its log is in {folder}")
    return process


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _talk(port: int, step: int, answered: set[int], process: subprocess.Popen[bytes]) -> int:
    """Say LK with ever more steps; kill the gateway in the middle; note what was answered."""
    band = Caller(port)
    try:
        for turn in range(60):
            step += 1
            band.say(watch(f"LK,{step},0,90"))
            if turn == 40:
                process.kill()
            band.hear(len(LK))
            answered.add(step)
    except (AssertionError, ConnectionError):
        pass
    band.hang_up()
    return step
