"""The published schema of our own JSON and the decoder say the same."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from core.errors import BadMessage
from core.pings import Alarm, Doubt, FixSource
from core.radio import AccessPoint, Cell, Network
from ingest.codecs import native, surroundings
from ingest.codecs.native import decode_ack, decode_report, decode_state
from ingest.codecs.readings import Flag, Health, Kind, Reading, ReadPosition
from ingest.gateways.native_report import native_report
from ingest.messages import Message
from ingest.subscriber import Subscriber
from simulators.scripts import Happening
from store import commands
from tests.conftest import NOON
from tests.ingest.test_native import FULL
from tests.ingest.wire import Wire
from tests.scenes import Town, report
from tests.servers import Mosquitto, until
from tests.simulators.test_bands import at, band, reports, steadily

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA: dict[str, Any] = json.loads((DOCS / "schema/native-v1.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC)


def validator(name: str) -> Draft202012Validator:
    """Return what checks a message of one kind."""
    return Draft202012Validator(
        {"$schema": SCHEMA["$schema"], "$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}
    )


REPORT = validator("report")


def message(said: object) -> Message:
    """Return *said* as a message of a band."""
    payload = json.dumps(said).encode()
    return Message(topic="121/v1/up/b7/report", payload=payload, received_at=NOW)


def trouble_with(said: object) -> set[str] | None:
    """Return the doubts and complaints about a report; None when it is refused."""
    try:
        decoded = decode_report(message(said), "b7")
    except BadMessage:
        return None
    doubts: set[str] = {doubt for ping in decoded.pings for doubt in ping.doubts}
    return doubts | {complaint.reason for complaint in decoded.complaints}


def test_the_schema_is_one() -> None:
    """It follows the standard it names."""
    Draft202012Validator.check_schema(SCHEMA)


# -- what is on the page ---------------------------------------------------------------------------


def examples() -> Iterator[tuple[str, Any]]:
    """Yield (kind, document) of each JSON example of the wire format's own protocol."""
    text = (DOCS / "wire-format.md").read_text(encoding="utf-8").split("\n## OwnTracks")[0]
    for block in text.split("```json\n")[1:]:
        said = json.loads(block.split("```")[0])
        if "ids" in said:
            yield "seen", said
        elif "do" in said:
            yield "cmd", said
        elif "ok" in said:
            yield "ack", said
        elif "online" in said:
            yield "state", said
        elif "reason" not in said:
            yield "report", said


def test_examples_follow_the_schema() -> None:
    """Each kind of message has an example on the page, and each example is a good one."""
    shown = list(examples())

    assert {"report", "ack", "state", "seen", "cmd"} == {kind for kind, _ in shown}
    assert [] == [(kind, said) for kind, said in shown if not validator(kind).is_valid(said)]


def test_the_schema_knows_every_alarm_and_bound() -> None:
    """Names and bounds are those of the code."""
    said = SCHEMA["$defs"]["report"]["properties"]
    known_alarms = said["alarms"]["items"]["anyOf"][0]["enum"]

    assert {alarm.value for alarm in Alarm} == set(known_alarms)
    assert {source.value for source in FixSource} == set(
        SCHEMA["$defs"]["fix"]["properties"]["src"]["enum"]
    ) - {None}
    assert (
        native.MOST_ALARMS,
        native.MOST_FLAGS,
        surroundings.MOST_ACCESS_POINTS,
        surroundings.MOST_CELLS,
        native.MOST_BATCH_REPORTS,
    ) == (
        said["alarms"]["maxItems"],
        said["flags"]["maxItems"],
        said["wifi"]["maxItems"],
        said["cells"]["maxItems"],
        SCHEMA["$defs"]["batch"]["maxItems"],
    )


# -- decoder and schema agree ----------------------------------------------------------------------

#: of every type, and beyond every bound
_ODD_NUMBERS = (0, 1, -1, 5, 21, 46, 101, 361, 1501, 10**6, 10**13, 0.5)
_ODD_TEXTS = ("", "x", "x" * 41, "a\nb", "sos", "gnss", "00:00:5e:00:53:6d", "other:x")
_odd = st.sampled_from(
    [None, True, False, *_ODD_NUMBERS, *_ODD_TEXTS, [], [1], ["sos"], {}, {"x": 1}]
)


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value in a document, the inner ones first."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from paths(value, (*path, key))
    if path:
        yield path


#: a report with everything in it, also what only gateways say
WHOLE: dict[str, Any] = deepcopy(FULL) | {
    "why": "reply",
    "cmd": "c-5",
    "alarms": ["low_battery"],
    "other_alarms": ["other:antenna"],
    "flags": ["no_hemisphere"],
    "via": {"gw": "g1", "proto": "watch", "raw": "AAAA"},
}
WHOLE["fix"]["current"] = True
#: only kept, so nothing in them can be wrong
_KEPT = {"other_alarms", "via"}
_PATHS = [path for path in paths(WHOLE) if not (path[0] in _KEPT and len(path) > 1)]
#: what takes decimals; elsewhere the decoder cuts them off and the schema wants whole numbers
_DECIMAL = {"t", "lat", "lon", "acc_m", "kmh", "deg", "age_s", "temp_c"}


@st.composite
def changed(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a report with some of its values replaced by others, or left out."""
    said = deepcopy(WHOLE)
    chosen = draw(st.lists(st.sampled_from(_PATHS), max_size=3, unique=True))
    for path in sorted(chosen, key=_PATHS.index):
        node: Any = said
        for key in path[:-1]:
            node = node[key]
        value = draw(_odd)
        if not (isinstance(value, float) and path[-1] not in _DECIMAL):
            node[path[-1]] = value
        if isinstance(path[-1], str) and draw(st.booleans()):
            del node[path[-1]]
    return said


@given(changed())
def test_decoder_and_schema_agree(said: dict[str, Any]) -> None:
    """What follows the schema is read whole; what does not is refused, or named in a doubt."""
    trouble = trouble_with(said)

    if REPORT.is_valid(said):
        assert trouble is not None
        assert Doubt.BAD_FIELD not in trouble
        assert trouble <= {Doubt.BAD_CLOCK, Doubt.NO_ACCURACY, Doubt.STALE_FIX}
    else:
        assert trouble != set()


@given(st.lists(changed(), max_size=3))
def test_a_batch_follows_its_reports(said: list[dict[str, Any]]) -> None:
    """A batch is as good as each report in it."""
    trouble = trouble_with(said)

    if validator("batch").is_valid(said):
        assert trouble is not None
        assert Doubt.BAD_FIELD not in trouble
    else:
        assert trouble != set()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("ack", {"cmd": "c-55", "ok": True, "err": None}),
        ("ack", {"cmd": "c-55", "ok": False}),
        ("ack", {"cmd": "", "ok": True}),
        ("ack", {"cmd": "c-55", "ok": 1}),
        ("ack", {"cmd": 5, "ok": True}),
        ("ack", {"ok": True}),
        ("ack", []),
        ("state", {"online": True, "fw": "1.2", "t": 1795400000}),
        ("state", {"online": False}),
        ("state", {"online": "true"}),
        ("state", {}),
        ("state", None),
    ],
)
def test_other_words_of_a_band_agree(kind: str, said: object) -> None:
    """Answers and states are taken exactly when the schema takes them."""
    decode = {"ack": decode_ack, "state": decode_state}[kind]
    try:
        decode(message(said), "b7")
        taken = True
    except BadMessage:
        taken = False

    assert validator(kind).is_valid(said) is taken


# -- who speaks it ---------------------------------------------------------------------------------


def test_simulated_bands_follow_the_schema() -> None:
    """What a simulated band says on an eventful day is what a real one may say."""
    wrist = band(
        begins_s=900, events=[(300, Happening.TAKEN_OFF), (600, Happening.PUT_ON)], battery_pct=16
    )
    said = reports(steadily(wrist, 0, 2400))
    wrist.command({"v": 1, "cmd": "c-1", "do": "locate", "args": {}, "exp": 4e9}, at(2400))
    said += reports(steadily(wrist, 2400, 2500))

    assert {"timer", "move", "alarm", "reply"} <= {one["why"] for one in said}
    assert [] == [one for one in said if not REPORT.is_valid(one)]
    assert validator("state").is_valid(wrist.birth(at(0)).body)


def test_gateways_follow_the_schema() -> None:
    """What a gateway makes of another protocol is a good report, and is read whole."""
    said = native_report(
        Reading(
            device_id="8800000015",
            kind=Kind.ALARM,
            type="AL",
            fix_time=NOW,
            position=ReadPosition(lon=120.6, lat=30.5, is_current=False, source=FixSource.GNSS),
            satellites=7,
            speed_kmh=3.1,
            battery_pct=50,
            worn=False,
            steps=120,
            alarms=frozenset({"sos", "other:overspeed"}),
            network=Network(
                cells=(Cell(mcc=460, mnc=0, lac=1, cid=2, level=30),),
                wifi=(AccessPoint(mac="00:00:5e:00:53:6d", dbm=-60),),
            ),
            health=Health(bpm=70, temp_c=36.5, site="wrist"),
            flags=frozenset({Flag.NO_ACCURACY, Flag.BAD_LENGTH, Flag.OBSERVED}),
            raw=b"[3G*8800000015*0002*AL]",
        ),
        received_at=NOW,
        gateway="g1",
        protocol="watch",
    )

    assert [] == [error.message for error in REPORT.iter_errors(said)]
    assert {Doubt.NO_ACCURACY, Doubt.OBSERVED} == trouble_with(said)
    (ping,) = decode_report(message(said), "8800000015").pings
    assert ping.fix is not None
    assert frozenset({Alarm.SOS}) == ping.alarms
    assert (False, 120) == (ping.fix.is_current, ping.steps)
    assert (Network, Health(bpm=70, temp_c=36.5, site="wrist")) == (type(ping.network), ping.health)


def test_the_server_follows_the_schema(town: Town, broker: Mosquitto) -> None:
    """What bands hear from us is what the schema promises them."""
    subscriber = Subscriber(
        town.engine,
        town.clock,
        broker_url=broker.url,
        client_id="schema-ingest",
        prefix="schema/v1",
    )
    heard: dict[str, Any] = {}
    with town.engine.begin() as connection:
        commands.queue(connection, "band-1", "interval", {"s": 20}, NOON)
    with Wire(broker) as ear:
        ear.listen("schema/v1/down/#")
        subscriber.start()
        until(subscriber.connected.is_set, "the ingest role is connected")
        ear.say("schema/v1/up/band-1/report", report("r-1", at=NOON + timedelta(seconds=1)))
        while len(heard) < 2:
            topic, body = ear.hear_json()
            heard[topic.rsplit("/", 1)[1]] = body
        subscriber.stop()

    assert {"seen", "cmd"} == set(heard)
    for kind, body in heard.items():
        validator(kind).validate(body)
