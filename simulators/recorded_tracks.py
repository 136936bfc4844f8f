"""Real recorded tracks, published over MQTT as if bands had sent them.

Input: CSV (also .gz) with `track_id,t_unix,lat,lon,accuracy_m,source`; WGS-84 degrees, Unix seconds
UTC, accuracy in metres or empty. One track becomes one band.
"""

import csv
import gzip
import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.clock import Clock, monotonic
from core.errors import Refused, ServerMissing
from simulators.fleet import Broker

_COLUMNS = {"track_id", "t_unix", "lat", "lon", "accuracy_m", "source"}
_CONNECT_S = 5.0
#: messages the broker has not confirmed yet, at most
_MOST_UNCONFIRMED = 500


class Stamp(StrEnum):
    """Which time a replayed fix carries."""

    SHIFTED = "shifted"  #: the recorded spacing, moved so that the track ends now
    NOW = "now"  #: the moment of sending
    RECORDED = "recorded"  #: as recorded, years ago


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFix:
    """One recorded fix."""

    device_id: str
    t_unix: float
    lat: float
    lon: float
    accuracy_m: float | None
    source: str


def read_tracks(path: Path, *, only: str = "", limit: int | None = None) -> list[TrackFix]:
    """Return the fixes of the tracks whose id contains *only*, of the first *limit* tracks.

    Refused, with line and column, when the file is not of this form.
    """
    with _open(path) as file:
        reader = csv.DictReader(file)
        missing = _COLUMNS - set(reader.fieldnames or ())
        if missing:
            raise Refused(f"{path.name}: the first line lacks the columns {sorted(missing)}")
        fixes: list[TrackFix] = []
        chosen: dict[str, str] = {}
        for line, row in enumerate(reader, start=2):
            track_id = row["track_id"] or ""
            if only not in track_id:
                continue
            if track_id not in chosen:
                if limit is not None and len(chosen) >= limit:
                    continue
                chosen[track_id] = device_id_of(track_id)
            fixes.append(_fix(row, chosen[track_id], f"{path.name}, line {line}"))
    if not fixes:
        raise Refused(f"{path.name}: no track matches; is --only too narrow?")
    return fixes


def device_id_of(track_id: str) -> str:
    """Return the device id under which a track is published."""
    return re.sub(r"[^a-z0-9_-]", "-", track_id.lower())[:32] or "track"


def schedule(fixes: Sequence[TrackFix]) -> list[tuple[float, TrackFix]]:
    """Return (seconds after the start, fix) in sending order; every track starts at 0."""
    first: dict[str, float] = {}
    for fix in fixes:
        first[fix.device_id] = min(fix.t_unix, first.get(fix.device_id, fix.t_unix))
    return sorted(
        ((fix.t_unix - first[fix.device_id], fix) for fix in fixes), key=lambda item: item[0]
    )


def report(fix: TrackFix, *, number: int, t_unix: float, is_backlog: bool) -> dict[str, object]:
    """Return the native report of one fix."""
    words = {"gps": "gnss", "wifi": "wifi", "cell": "cell"}
    source = next((s for word, s in words.items() if word in fix.source), "unknown")
    said: dict[str, object] = {"src": source, "lat": fix.lat, "lon": fix.lon}
    if fix.accuracy_m is not None:
        said["acc_m"] = fix.accuracy_m
    return {
        "v": 1,
        # Unique for good: the time of recording and a number tell replays of one track apart.
        "id": f"{t_unix:.0f}-{number}",
        "t": t_unix,
        "why": "backlog" if is_backlog else "timer",
        "fix": said,
    }


class TrackPlayer:
    """Publishes a schedule at a chosen speed and waits for the broker's word on each."""

    def __init__(self, broker: Broker, clock: Clock, *, topic_prefix: str) -> None:
        """Nothing is connected before `play`."""
        self._broker = broker
        self._clock = clock
        self._prefix = topic_prefix
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End `play` early."""
        self._stopped.set()

    def play(
        self,
        planned: Sequence[tuple[float, TrackFix]],
        *,
        speed: float,
        stamp: Stamp,
        progress: Callable[[int], None],
    ) -> int:
        """Publish *planned* *speed* times faster than recorded; return how many were confirmed."""
        client = self._connect()
        last = {fix.device_id: fix.t_unix for _, fix in planned}
        ends_at = self._clock.now().timestamp()
        began = monotonic()
        waiting: list[mqtt.MQTTMessageInfo] = []
        sent = 0
        for number, (offset_s, fix) in enumerate(planned):
            self._stopped.wait(max(0.0, began + offset_s / speed - monotonic()))
            if self._stopped.is_set():
                break
            t_unix = {
                Stamp.NOW: self._clock.now().timestamp(),
                Stamp.RECORDED: fix.t_unix,
                Stamp.SHIFTED: fix.t_unix - last[fix.device_id] + ends_at,
            }[stamp]
            said = report(fix, number=number, t_unix=t_unix, is_backlog=stamp is not Stamp.NOW)
            topic = f"{self._prefix}/up/{fix.device_id}/report"
            waiting.append(client.publish(topic, json.dumps(said), qos=1))
            sent += 1
            progress(1)
            if len(waiting) >= _MOST_UNCONFIRMED:
                waiting.pop(0).wait_for_publish(30)
        for info in waiting:
            info.wait_for_publish(30)
        client.disconnect()
        client.loop_stop()
        return sent

    def _connect(self) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="recorded-tracks")
        client.max_queued_messages_set(0)
        client.max_inflight_messages_set(_MOST_UNCONFIRMED)
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            client.tls_set()
        try:
            client.connect(self._broker.host, self._broker.port)
        except OSError as error:
            raise ServerMissing(
                f"The MQTT broker at {self._broker.host}:{self._broker.port} does not answer:"
                " start `make demo`, or mosquitto, or mend AIHUIJIA_BROKER_URL"
            ) from error
        client.loop_start()
        return client


def _open(path: Path) -> TextIO:
    if not path.exists():
        raise Refused(f"there is no file {path.name}")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _fix(row: dict[str, str], device_id: str, where: str) -> TrackFix:
    values: dict[str, float | None] = {}
    for name in ("t_unix", "lat", "lon", "accuracy_m"):
        text = (row[name] or "").strip()
        try:
            values[name] = float(text) if text else None
        except ValueError:
            raise Refused(f"{where}, column {name}: {text!r} is not a number") from None
    t_unix, lat, lon = values["t_unix"], values["lat"], values["lon"]
    if t_unix is None or lat is None or lon is None:
        raise Refused(f"{where}: t_unix, lat and lon are needed")
    return TrackFix(
        device_id=device_id,
        t_unix=t_unix,
        lat=lat,
        lon=lon,
        accuracy_m=values["accuracy_m"],
        source=row["source"] or "",
    )
