"""The bands of a benchmark: what they say and how fast, from a process of their own.

The publisher shares the machine's cores with what is measured. Written with a client library it
took more of them than the broker and the receiver together, so packets are made beforehand and
handed to the broker many at a time; `client="paho"` is the publisher of earlier figures.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.wire import Wire, publish_packet
from core.clock import monotonic
from core.places import Position

#: bands that report
BANDS = 400
#: where the homes stand, a grid in the middle of Haining
_CORNER = Position(120.60, 30.45)
_GRID_M = 250.0
_COLUMNS = 20

#: messages handed to the broker at once, and how many it may still owe its thanks for
_AT_ONCE = 50
_OWED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is published in one round: *messages* in turns over all bands."""

    messages: int
    #: when the first turn was measured, and how far apart turns are
    first_at: datetime
    spacing_s: float
    #: names the round, so that no report is known from another one
    name: str
    bands: int = BANDS
    #: the number of the first of them
    first_band: int = 0
    #: messages a second; None: as fast as the broker takes them
    per_s: float | None = None
    #: every such message is an SOS
    sos_every: int | None = None
    client: str = "packets"


def home(band: int) -> Position:
    """Return where the elder of band number *band* lives."""
    return _CORNER.moved(
        east_m=band % _COLUMNS * _GRID_M, north_m=band // _COLUMNS % _COLUMNS * _GRID_M
    )


def reports(plan: Plan, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield topic and payload of each message: walks around home."""
    for number in range(plan.messages):
        band, turn = plan.first_band + number % plan.bands, number // plan.bands
        place = home(band).moved(east_m=turn % 7 * 5.0, north_m=turn % 5 * 5.0)
        at = plan.first_at + timedelta(seconds=turn * plan.spacing_s)
        if plan.per_s is not None:
            at = plan.first_at + timedelta(seconds=number / plan.per_s)
        body: dict[str, object] = {
            "v": 1,
            "id": f"{plan.name}-{turn}",
            "t": round(at.timestamp(), 1),
            "why": "timer",
            "fix": {"src": "gnss", "lat": place.lat, "lon": place.lon, "acc_m": 9, "sat": 8},
            "bat": {"pct": 71},
            "worn": True,
        }
        if plan.sos_every is not None and number % plan.sos_every == plan.sos_every - 1:
            body |= {"why": "alarm", "alarms": ["sos"]}
        yield f"{prefix}/up/bench-{band}/report", json.dumps(body)


def publish(
    port: int, prefix: str, plan: Plan, ready: Event, go: Event, seen_after_s: "Queue[list[float]]"
) -> None:
    """Publish the round, from a process of its own, and hand back how long each waited for `seen`.

    The waiting is measured only where the plan has a rate.
    """
    if plan.client == "paho":
        _publish_with_paho(port, prefix, plan, ready, go)
        seen_after_s.put([])
        return
    packets = [
        publish_packet(topic, payload.encode(), number % 65_535 + 1)
        for number, (topic, payload) in enumerate(reports(plan, prefix))
    ]
    with Wire(port, "bench-bands") as wire:
        if plan.per_s is not None:
            wire.subscribe(f"{prefix}/down/+/seen")
        ready.set()
        go.wait()
        if plan.per_s is None:
            _publish_fast(wire, packets)
            seen_after_s.put([])
        else:
            seen_after_s.put(_publish_paced(wire, packets, plan))


def _publish_fast(wire: Wire, packets: list[bytes]) -> None:
    for start in range(0, len(packets), _AT_ONCE):
        wire.await_thanks(start - _OWED)
        wire.send(b"".join(packets[start : start + _AT_ONCE]))
    wire.await_thanks(len(packets))


def _publish_paced(wire: Wire, packets: list[bytes], plan: Plan) -> list[float]:
    assert plan.per_s is not None
    sent_at: dict[tuple[str, str], float] = {}
    waited_s: list[float] = []

    def listen(until_s: float) -> None:
        while (left_s := until_s - monotonic()) > 0 and len(waited_s) < len(packets):
            for topic, payload in wire.read(timeout_s=left_s):
                band = topic.split("/")[-2]
                heard_at = monotonic()
                waited_s.extend(
                    heard_at - sent_at.pop((band, report_id), heard_at)
                    for report_id in json.loads(payload)["ids"]
                )

    begun = monotonic()
    for number, packet in enumerate(packets):
        listen(begun + number / plan.per_s)
        band, turn = plan.first_band + number % plan.bands, number // plan.bands
        sent_at[f"bench-{band}", f"{plan.name}-{turn}"] = monotonic()
        wire.send(packet)
    listen(monotonic() + 10)
    return waited_s


def _publish_with_paho(port: int, prefix: str, plan: Plan, ready: Event, go: Event) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-bands")
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    batch = list(reports(plan, prefix))
    ready.set()
    go.wait()
    sent = [client.publish(topic, payload, qos=1) for topic, payload in batch]
    for one in sent:
        one.wait_for_publish(120)
    client.disconnect()
    client.loop_stop()
