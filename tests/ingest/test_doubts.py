"""What a doubt does on its way through the pipeline: stored, shown, judged or not, and ringing."""

import json
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.secret import SecretBox

from core.pings import Doubt
from core.places import Position
from core.zones import Side
from ingest.locating import Locator
from ingest.locator_table import load_table
from ingest.messages import Message
from ingest.pipeline import Batch, process
from store import commands, schema
from tests.conftest import NOON
from tests.scenes import HOME, PREFIX, Town, message, on_both_databases, report, rows, take

FAR = HOME.moved(east_m=600)


def latest(town: Town) -> dict[str, Any]:
    """Return what the map knows of the band."""
    (row,) = rows(town.engine, schema.latest, device_id="band-1")
    return dict(zip(schema.latest.columns.keys(), row, strict=True))


def doubts_of(town: Town) -> list[list[str]]:
    """Return the doubts of every stored ping, in the order of storing."""
    return rows(town.engine, schema.ping, "doubts")


def triggers_of(town: Town) -> list[str]:
    """Return why there are incidents."""
    return rows(town.engine, schema.incident, "trigger")


def arrives(
    town: Town, said: dict[str, Any], *, at: datetime, locator: Locator | None = None
) -> Batch:
    """Take one report of the band that arrives at *at*."""
    with town.engine.begin() as connection:
        one = message("band-1", said, at=at)
        return process(connection, [one], prefix=PREFIX, now=at, locator=locator)


# -- clocks ----------------------------------------------------------------------------------------


@on_both_databases
@pytest.mark.parametrize("hours", [8, -8])
def test_a_band_in_another_zone_is_live(town: Town, hours: int) -> None:
    """Its places are of now, its doubt names the profile, and leaving is noticed.

    Each report is a batch of its own: what was learned of the clock is in the database.
    """
    for number in range(12):
        at = NOON + timedelta(minutes=number)
        said_at = at - timedelta(hours=hours)
        place = HOME.moved(north_m=number) if number < 8 else FAR.moved(north_m=9.0 * number)
        arrives(town, report(f"r-{number}", at=said_at, position=place), at=at)

    assert [["wrong_zone"]] * 10 == doubts_of(town)[2:]
    assert NOON + timedelta(minutes=11) == latest(town)["position_at"]
    assert ["crossing"] == triggers_of(town)


def test_a_right_report_after_wrong_ones_is_not_blocked(town: Town) -> None:
    """Times hours ahead neither hide what comes later nor stay the newest."""
    for number in range(5):
        at = NOON + timedelta(minutes=number)
        ahead = at + timedelta(hours=8)
        arrives(town, report(f"r-{number}", at=ahead, position=HOME), at=at)
    at = NOON + timedelta(minutes=6)
    arrives(town, report("right", at=at, position=HOME.moved(east_m=9)), at=at)

    assert [] == doubts_of(town)[-1]
    assert (at, HOME.moved(east_m=9).lon) == (
        latest(town)["position_at"],
        latest(town)["lon"],
    )


@on_both_databases
def test_out_of_order_is_named_and_rewinds_nothing(town: Town) -> None:
    """A place from before the newest one says so, and the newest stays."""
    arrives(town, report("new", at=NOON, position=HOME), at=NOON)
    earlier, later = NOON - timedelta(seconds=90), NOON + timedelta(seconds=5)
    arrives(town, report("old", at=earlier, position=HOME.moved(north_m=70)), at=later)

    assert [[], ["out_of_order"]] == doubts_of(town)
    assert (NOON, HOME.lat) == (latest(town)["position_at"], latest(town)["lat"])


# -- places ----------------------------------------------------------------------------------------


@on_both_databases
def test_a_frozen_place_is_not_of_now(town: Town) -> None:
    """Walking on one spot: the place is kept, neither the newest nor judged, over restarts too."""
    for number in range(5):
        at = NOON + timedelta(minutes=number)
        arrives(town, report(f"r-{number}", at=at, position=FAR, steps=100 * number), at=at)

    assert [[], [], *([["frozen_fix"]] * 3)] == doubts_of(town)
    assert [True, True, False, False, False] == rows(town.engine, schema.ping, "is_current")
    assert NOON + timedelta(minutes=1) == latest(town)["position_at"]
    assert NOON + timedelta(minutes=4) == latest(town)["heard_at"]


def test_a_place_the_band_repeats_is_kept_and_not_judged(town: Town) -> None:
    """A device that has no fix now and says so moves nobody."""
    town.hears("a", position=HOME)
    for number in range(5):
        town.clock.advance(60)
        said = report(f"b-{number}", at=town.clock.now(), position=FAR)
        said["fix"]["current"] = False
        arrives(town, said, at=town.clock.now())

    assert [True, *([False] * 5)] == rows(town.engine, schema.ping, "is_current")
    assert (NOON, Side.INSIDE.value) == (latest(town)["position_at"], latest(town)["side"])
    assert [] == triggers_of(town)


@pytest.mark.parametrize("flag", ["shifted", "maybe_gcj02", "observed"])
def test_what_may_be_elsewhere_is_shown_and_not_judged(town: Town, flag: str) -> None:
    """Places that may not be WGS-84, or of a model on trial, are on the map and alarm nobody."""
    town.hears("a", position=HOME)
    for number in range(5):
        town.clock.advance(60)
        place = FAR.moved(north_m=5.0 * number)
        town.hears(f"b-{number}", position=place, flags=[flag, "unheard_of"])

    assert [[flag]] * 5 == doubts_of(town)[1:]
    assert (town.clock.now(), FAR.lon) == (latest(town)["position_at"], latest(town)["lon"])
    assert Side.INSIDE.value == latest(town)["side"]
    assert [] == triggers_of(town)


@pytest.mark.parametrize(("model", "doubts"), [("ios", [["maybe_gcj02"]]), (None, [[]])])
def test_an_iphone_s_point_sent_by_hand_may_be_of_a_map(
    town: Town, model: str | None, doubts: list[list[str]]
) -> None:
    """What the owner of a phone registered as iPhone sends by hand is shown, not judged."""
    with town.engine.begin() as connection:
        connection.execute(schema.band.update().values(model=model))
    said = {"_type": "location", "lat": FAR.lat, "lon": FAR.lon, "acc": 5, "t": "u"}
    payload = json.dumps(said | {"tst": NOON.timestamp()}).encode()

    take(town.engine, Message(topic="owntracks/band-1/x", payload=payload, received_at=NOON))

    assert doubts == doubts_of(town)
    assert FAR.lat == latest(town)["lat"]


def test_a_sealed_phone_is_opened_with_our_secret(town: Town) -> None:
    """With the secret of the settings a phone's sealed message is a ping like any other."""
    secret = b"a secret of tests"
    said = {"_type": "location", "lat": HOME.lat, "lon": HOME.lon, "acc": 5, "tst": 1795400000}
    box = SecretBox(secret.ljust(SecretBox.KEY_SIZE, b"\0"))
    sealed = b64encode(box.encrypt(json.dumps(said).encode())).decode()
    payload = json.dumps({"_type": "encrypted", "data": sealed}).encode()
    one = Message(topic="owntracks/band-1/x", payload=payload, received_at=NOON)

    for phones_secret, stored in ((None, 0), (b"another", 0), (secret, 1)):
        with town.engine.begin() as connection:
            process(connection, [one], prefix=PREFIX, now=NOON, phones_secret=phones_secret)
        assert stored == len(rows(town.engine, schema.ping))
    assert ["encrypted"] * 2 == rows(town.engine, schema.reject, "reason")


def test_cells_shift_the_odds_and_decide_nothing(town: Town) -> None:
    """Cell places far away, one after the other, are named and ask nobody."""
    town.hears("a", position=HOME)
    for number in range(6):
        town.clock.advance(300)
        said = report(f"b-{number}", at=town.clock.now(), position=FAR, accuracy_m=900)
        said["fix"]["src"] = "cell"
        arrives(town, said, at=town.clock.now())

    assert [["cell_only"]] * 6 == doubts_of(town)[1:]
    assert [] == rows(town.engine, schema.notification, "id")


# -- alarms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("doubt", Doubt)
def test_an_sos_rings_whatever_is_doubted(town: Town, doubt: Doubt) -> None:
    """No doubt about a report, claimed or found, keeps its SOS from ringing."""
    town.hears("s", position=FAR, alarms=["sos"], flags=[doubt.value])

    assert ["sos"] == triggers_of(town)


def test_a_model_on_trial_rings_for_an_sos_only(town: Town) -> None:
    """Falls and open straps of a model nobody has tried ask nobody."""
    town.hears("a", worn=True, flags=["observed"])
    town.hears("b", alarms=["fall"], worn=False, flags=["observed"])
    quiet = triggers_of(town)
    town.hears("c", alarms=["sos", "fall"], flags=["observed"])

    assert ([], ["sos"]) == (quiet, triggers_of(town))


def test_an_old_sos_rings_marked_late(town: Town) -> None:
    """An SOS that waited in the band for hours still rings, and says so."""
    long_ago = NOON - timedelta(hours=5)
    arrives(town, report("s", at=long_ago, alarms=["sos"], why="backlog"), at=NOON)

    assert ["sos"] == triggers_of(town)
    assert 5 * 3600 in [
        detail.get("late_s") for detail in rows(town.engine, schema.timeline, "detail")
    ]


# -- places looked up ------------------------------------------------------------------------------


@pytest.fixture
def locator(tmp_path: Path) -> Locator:
    """Give a table with two routers at home and a cell far away."""
    lines = ["kind,key,lon,lat,range_m,system"]
    for n in (1, 2):
        place = HOME.moved(east_m=20.0 * n)
        lines.append(f"wifi,00:00:5e:00:53:0{n},{place.lon},{place.lat},,wgs84")
    lines.append(f"cell,460-0-1-2,{FAR.lon},{FAR.lat},800,wgs84")
    path = tmp_path / "places.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_table(path)


HEARD: dict[str, Any] = {"wifi": [{"mac": f"00:00:5e:00:53:0{n}", "dbm": -60} for n in (1, 2)]}


@on_both_databases
def test_a_band_without_a_fix_is_looked_up(town: Town, locator: Locator) -> None:
    """Access points at home tell that the elder is there; the place says how it was found."""
    arrives(town, report("r", at=NOON, **HEARD), at=NOON, locator=locator)

    assert [["resolved"]] == doubts_of(town)
    assert [("wifi", 100.0)] == rows(town.engine, schema.ping, "source", "accuracy_m")
    assert (NOON, Side.INSIDE.value) == (latest(town)["position_at"], latest(town)["side"])


def test_zero_zero_is_looked_up(town: Town, locator: Locator) -> None:
    """A band that sends 0,0 has no fix, and what it hears still tells its place."""
    said = report("r", at=NOON, position=Position(0, 0), **HEARD)
    arrives(town, said, at=NOON, locator=locator)

    assert [["resolved"]] == doubts_of(town)
    assert NOON == latest(town)["position_at"]


def test_cells_looked_up_are_cells(town: Town, locator: Locator) -> None:
    """A place from a cell is named as one, whoever looked it up, and is never a good fix."""
    heard: dict[str, Any] = {"cells": [{"mcc": 460, "mnc": 0, "lac": 1, "cid": 2}]}
    arrives(town, report("r", at=NOON, **heard), at=NOON, locator=locator)

    assert [["cell_only", "resolved"]] == doubts_of(town)
    assert [("cell", 800.0)] == rows(town.engine, schema.ping, "source", "accuracy_m")


def test_a_band_with_a_fix_is_not_looked_up(town: Town, locator: Locator) -> None:
    """What the band found itself stands."""
    arrives(town, report("r", at=NOON, position=FAR, **HEARD), at=NOON, locator=locator)

    assert [[]] == doubts_of(town)
    assert FAR.lon == latest(town)["lon"]


def test_without_a_table_nothing_is_looked_up(town: Town) -> None:
    """By default surroundings are kept in the report and asked of nobody."""
    arrives(town, report("r", at=NOON, **HEARD), at=NOON)

    assert [None] == rows(town.engine, schema.ping, "lon")


# -- beside the journey ----------------------------------------------------------------------------


def raw_frame(payload: object, device_id: str = "8800000015") -> Message:
    """Return what a gateway could not read."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    topic = f"{PREFIX}/raw/g1/watch/{device_id}"
    return Message(topic=topic, payload=body, received_at=NOON)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (
            {"v": 1, "gw": "g1", "n": 812, "proto": "watch", "reason": "unknown type: XYZ"},
            ("unknown_frame", "watch: unknown type: XYZ"),
        ),
        ({"raw": "AAAA"}, ("unknown_frame", "unknown protocol: no reason given")),
        ([], ("wrong_shape", "a raw frame comes in a JSON object")),
        (b"nope", ("not_json", None)),
    ],
)
def test_what_a_gateway_could_not_read_is_kept(
    town: Town, payload: object, expected: tuple[str, str | None]
) -> None:
    """Frames nobody understands are counted by reason and cost nothing else."""
    good = message("band-1", report("good", at=NOON), at=NOON)
    batch = take(town.engine, raw_frame(payload), good)

    ((reason, detail),) = rows(town.engine, schema.reject, "reason", "detail")
    assert (expected[0], 1) == (reason, batch.rejected)
    assert detail.endswith(expected[1] or "")
    assert ["good"] == rows(town.engine, schema.ping, "report_id")
    assert [("band-1", "good")] == batch.seen


def test_a_report_made_for_an_order_answers_it(town: Town) -> None:
    """When the answer itself was lost, the report that was ordered proves that it was heard."""
    with town.engine.begin() as connection:
        commands.queue(connection, "band-1", "locate", {}, NOON)
    town.hears("r", position=HOME, why="reply", cmd="c-1")

    assert ["confirmed"] == rows(town.engine, schema.command, "state")
