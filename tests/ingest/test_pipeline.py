"""The journey of a ping: stored once, judged, shown and reported, all in one transaction."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from core.clock import ManualClock
from core.incidents import EntryKind, IncidentState, Trigger
from core.pings import RejectReason
from core.places import Position
from core.zones import Circle, Side, ZoneKind
from ingest.messages import Message
from ingest.pipeline import process
from store import commands, registry, schema
from store.database import reading
from store.zones import add_zone
from tests.conftest import NOON
from tests.scenes import (
    HOME,
    PREFIX,
    AlertsRole,
    Household,
    Town,
    message,
    on_both_databases,
    register_household,
    report,
    rows,
    take,
)


def incidents_of(engine: Engine) -> list[tuple[str, str]]:
    """Return (trigger, state) of every incident."""
    return rows(engine, schema.incident, "trigger", "state")


def latest_of(engine: Engine, device_id: str = "band-1") -> dict[str, Any]:
    """Return what the map knows of a band."""
    (row,) = rows(engine, schema.latest, device_id=device_id)
    return dict(zip(schema.latest.columns.keys(), row, strict=True))


# -- stored --------------------------------------------------------------------------------------


@on_both_databases
def test_a_ping_is_stored_whole(town: Town) -> None:
    """A ping is stored with the elder, its time, place, doubts and the bytes it came in."""
    said = report("r-1", at=NOON, position=HOME, bat={"pct": 150}, worn=True)

    take(town.engine, message("band-1", said, at=NOON))

    (row,) = rows(town.engine, schema.ping)
    stored = dict(zip(schema.ping.columns.keys(), row, strict=True))
    assert (town.household.elder_id, NOON, NOON, 120.68945, 30.52811, 8, True) == (
        stored["elder_id"],
        stored["measured_at"],
        stored["received_at"],
        stored["lon"],
        stored["lat"],
        stored["accuracy_m"],
        stored["worn"],
    )
    assert ["bad_field"] == stored["doubts"]
    assert json.dumps(said).encode() == stored["raw"]


@on_both_databases
def test_a_report_is_stored_once(town: Town) -> None:
    """The same report again, in one batch or in another, adds nothing and is seen each time."""
    one = message("band-1", report("r-1", at=NOON, position=HOME), at=NOON)

    first = take(town.engine, one, one, one)
    again = take(town.engine, one)

    assert 1 == len(rows(town.engine, schema.ping))
    assert (1, 0) == (len(first.stored), len(again.stored))
    assert [("band-1", "r-1")] == again.seen
    assert 1 == latest_of(town.engine)["reports"]


def test_two_bands_may_use_the_same_report_id(town: Town) -> None:
    """A report id is unique per band only."""
    batch = take(
        town.engine,
        message("band-1", report("r-1", at=NOON), at=NOON),
        message("stranger", report("r-1", at=NOON), at=NOON),
    )

    assert 2 == len(batch.stored)


@on_both_databases
def test_an_unknown_band_is_kept_and_shown(town: Town) -> None:
    """A band nobody registered is stored with no elder, and no alarm of it asks anybody."""
    said = report("r-1", at=NOON, position=HOME, alarms=["sos"])

    batch = take(town.engine, message("stranger", said, at=NOON))

    assert [None] == rows(town.engine, schema.ping, "elder_id")
    assert None is latest_of(town.engine, "stranger")["elder_id"]
    assert set() == batch.incidents


def test_a_band_on_the_shelf_is_kept(town: Town) -> None:
    """A registered band that nobody wears is stored and judged for nobody."""
    with town.engine.begin() as connection:
        registry.add_band(connection, "shelf", elder_id=None, now=NOON)

    batch = take(town.engine, message("shelf", report("r", at=NOON, alarms=["sos"]), at=NOON))

    assert 1 == len(batch.stored)
    assert set() == batch.incidents


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", RejectReason.EMPTY),
        (b"\xff\x00\xfe", RejectReason.NOT_TEXT),
        (b"{nope", RejectReason.NOT_JSON),
        (b'{"v":1,"id":"x","t":NaN}', RejectReason.NOT_JSON),
        (b"[" * 5000 + b"]" * 5000, RejectReason.TOO_DEEP),
        (b"x" * 1_000_000, RejectReason.TOO_LARGE),
        (b"{}", RejectReason.WRONG_SHAPE),
        (b'{"v":9,"id":"x"}', RejectReason.UNKNOWN_VERSION),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else str(value),
)
@on_both_databases
def test_what_cannot_be_read_is_kept_with_its_reason(
    town: Town, payload: bytes, reason: RejectReason
) -> None:
    """A bad message is kept, counted and costs no other message of its batch."""
    batch = take(
        town.engine,
        message("band-1", payload, at=NOON),
        message("band-1", report("good", at=NOON), at=NOON),
    )

    assert 1 == batch.rejected
    assert [("good", 1)] == rows(town.engine, schema.ping, "report_id", "id")
    assert [(f"{PREFIX}/up/band-1/report", reason.value, len(payload))] == rows(
        town.engine, schema.reject, "topic", "reason", "size_bytes"
    )
    assert rows(town.engine, schema.reject, "payload")[0] == payload[:4096]


@pytest.mark.parametrize("topic", ["121/v1/up/B7/report", "121/v1/raw/g/watch", "owntracks/x"])
def test_what_is_on_no_topic_of_ours_is_kept(town: Town, topic: str) -> None:
    """A message where no band reports is kept with that reason."""
    take(town.engine, Message(topic=topic, payload=b"{}", received_at=NOON))

    assert [("unknown_topic", topic)] == rows(town.engine, schema.reject, "reason", "topic")


def test_a_phone_with_owntracks_is_a_band(town: Town) -> None:
    """An OwnTracks phone registered under its user name is judged like any band."""
    with town.engine.begin() as connection:
        other = register_household(connection, "chen", now=NOON)
    body = {"_type": "location", "lat": 30.6, "lon": 120.7, "acc": 9, "tst": NOON.timestamp()}
    batch = take(
        town.engine,
        Message(topic="owntracks/Chen/phone", payload=json.dumps(body).encode(), received_at=NOON),
    )

    assert [other.elder_id] == rows(town.engine, schema.ping, "elder_id")
    assert [] == batch.seen  # the app knows no "seen"


# -- shown ---------------------------------------------------------------------------------------


def test_the_map_shows_the_newest(town: Town) -> None:
    """Position, battery and wear of the newest ping are what the map shows."""
    town.hears("a", position=HOME, bat={"pct": 64, "charging": False}, worn=True)
    town.clock.advance(60)
    there = HOME.moved(east_m=50)
    town.hears("b", position=there, bat={"pct": 63})

    latest = latest_of(town.engine)
    assert (there.lon, there.lat, town.clock.now(), 63, True, 2, True) == (
        latest["lon"],
        latest["lat"],
        latest["position_at"],
        latest["battery_pct"],
        latest["worn"],
        latest["reports"],
        latest["online"],
    )


@on_both_databases
def test_an_older_position_never_replaces_a_newer(town: Town) -> None:
    """A report that comes late is a sign of life now, and its place is history."""
    take(town.engine, message("band-1", report("new", at=NOON, position=HOME), at=NOON))
    earlier, later = NOON - timedelta(seconds=90), NOON + timedelta(seconds=5)
    old = report("old", at=earlier, position=HOME.moved(north_m=70))
    take(town.engine, message("band-1", old, at=later))

    latest = latest_of(town.engine)
    assert (HOME.lat, NOON, later) == (latest["lat"], latest["position_at"], latest["heard_at"])


@on_both_databases
def test_an_older_battery_never_replaces_a_newer(town: Town) -> None:
    """What the band said later about battery and wear stands, in whatever order it arrives."""
    take(town.engine, message("band-1", report("new", at=NOON, bat={"pct": 20}), at=NOON))
    earlier = NOON - timedelta(seconds=90)
    take(town.engine, message("band-1", report("old", at=earlier, bat={"pct": 80}), at=NOON))

    assert 20 == latest_of(town.engine)["battery_pct"]


def test_birth_and_last_will_are_shown(town: Town) -> None:
    """A band that said goodbye, or was lost, is offline until it is heard again."""
    states = []
    for said in ({"online": True}, {"online": False}):
        take(town.engine, message("band-1", said, at=NOON, kind="state"))
        states.append(latest_of(town.engine)["online"])
    town.hears("r")
    states.append(latest_of(town.engine)["online"])

    assert [True, False, True] == states


def test_a_retained_report_is_no_news(town: Town) -> None:
    """A report the broker had kept is stored and neither shown as newest nor an alarm."""
    said = report("r", at=NOON, position=HOME, alarms=["sos"])

    batch = take(town.engine, message("band-1", said, at=NOON, retained=True))

    assert 1 == len(batch.stored)
    assert set() == batch.incidents
    assert None is latest_of(town.engine)["position_at"]


@on_both_databases
def test_the_answer_to_an_order_is_noted(town: Town) -> None:
    """A band's answer is written to that order, and only if it was given to that band."""
    with town.engine.begin() as connection:
        commands.queue(connection, "band-1", "locate", {}, NOON)
    for device_id, said in (
        ("other", {"cmd": "c-1", "ok": False, "err": "x"}),
        ("band-1", {"cmd": "c-1", "ok": True}),
        ("band-1", {"cmd": "c-999", "ok": True}),
        ("band-1", {"cmd": "c-x", "ok": True}),
        ("band-1", {"cmd": "c-" + "9" * 30, "ok": True}),
    ):
        take(town.engine, message(device_id, said, at=NOON, kind="ack"))

    assert [("confirmed", None)] == rows(town.engine, schema.command, "state", "error")


# -- judged and reported ---------------------------------------------------------------------------


@on_both_databases
def test_an_sos_opens_and_asks_in_one_transaction(town: Town) -> None:
    """The ping of an SOS, its incident and the messages for it are committed together or not."""
    said = message("band-1", report("s", at=NOON, alarms=["sos"]), at=NOON)
    with town.engine.connect() as connection, connection.begin() as transaction:
        process(connection, [said], prefix=PREFIX, now=NOON)
        transaction.rollback()
    tables = (schema.ping, schema.incident, schema.notification, schema.timeline)
    nothing = [len(rows(town.engine, table)) for table in tables]

    batch = take(town.engine, said)

    assert [0, 0, 0, 0] == nothing
    assert set(rows(town.engine, schema.incident, "id")) == batch.incidents
    assert [1, 1, 4, 2] == [len(rows(town.engine, table)) for table in tables]
    assert rows(town.engine, schema.ping, "id") == rows(
        town.engine, schema.incident, "trigger_ping_id"
    )


@on_both_databases
def test_walking_out_is_noticed(town: Town) -> None:
    """Two good fixes well outside open an incident that asks, and the map says outside."""
    incident_id = town.wanders_off()

    assert IncidentState.GUARDIANS is town.incident(incident_id).state
    assert Side.OUTSIDE.value == latest_of(town.engine)["side"]
    (ping_id,) = rows(town.engine, schema.incident, "trigger_ping_id")
    assert ["walk-2"] == rows(town.engine, schema.ping, "report_id", id=ping_id)


def test_being_at_home_is_no_incident(town: Town) -> None:
    """A day at home opens nothing."""
    for number in range(10):
        town.hears(f"r-{number}", position=HOME.moved(east_m=10.0 * number))
        town.clock.advance(300)

    assert [] == incidents_of(town.engine)
    assert Side.INSIDE.value == latest_of(town.engine)["side"]


@on_both_databases
def test_a_zone_that_is_over_does_not_count(town: Town) -> None:
    """A safe zone with an end is none after it."""
    with town.engine.begin() as connection:
        add_zone(
            connection,
            elder_id=town.household.elder_id,
            kind=ZoneKind.SAFE,
            name="女儿家",
            shape=Circle(HOME.moved(east_m=600), 150),
            valid_until=NOON + timedelta(seconds=90),
        )
    there = HOME.moved(east_m=600)
    town.hears("a", position=there)
    opened = []
    for number in range(4):
        town.clock.advance(60)
        town.hears(f"b-{number}", position=there.moved(north_m=5.0 * number))
        opened.append(len(incidents_of(town.engine)))

    assert 0 == opened[0]
    assert 1 == opened[-1]


def test_silence_after_a_suspicion_confirms_it(town: Town) -> None:
    """One good fix well outside and then nothing asks the guardians, after one ordinary report."""
    town.hears("a", position=HOME)
    town.clock.advance(300)
    town.hears("b", position=HOME.moved(east_m=600))
    role = AlertsRole(town.engine, town.clock)

    role.pass_time(361)

    assert [("crossing", "guardians")] == incidents_of(town.engine)
    assert [(360, person, "sms") for person in town.household.guardians] == role.told()


def test_a_strap_that_slips_does_not_hide_a_crossing(town: Town) -> None:
    """Suspected outside, the band slips off and on again, then silence: guardians are asked."""
    town.hears("a", position=HOME)
    town.clock.advance(300)
    town.hears("b", position=HOME.moved(east_m=600), worn=True)
    town.clock.advance(20)
    town.hears("c", worn=False)
    town.clock.advance(20)
    town.hears("d", worn=True)
    role = AlertsRole(town.engine, town.clock)

    role.pass_time(3600)

    assert set(town.household.guardians) <= {person for _, person, _ in role.told()}


def test_one_wrong_fix_does_not_make_the_service_blind(town: Town) -> None:
    """A first fix a thousand kilometres away does not make all later, correct ones impossible."""
    town.hears("wild", position=Position(116.4, 39.9))
    for number in range(6):
        town.clock.advance(60)
        town.hears(f"r-{number}", position=HOME.moved(east_m=500 + 10.0 * number))

    latest = latest_of(town.engine)
    assert (town.clock.now(), Side.OUTSIDE.value) == (latest["position_at"], latest["side"])
    assert 1 == len(incidents_of(town.engine))


@on_both_databases
def test_taking_the_band_off_opens_quietly(town: Town) -> None:
    """A band taken off is a suspicion; lying there silently it becomes an incident."""
    town.hears("a", worn=True)
    town.hears("b", worn=False)
    opened = incidents_of(town.engine)
    AlertsRole(town.engine, town.clock).pass_time(200)

    assert [("strap_removed", "suspect")] == opened
    assert [("strap_removed", "guardians")] == incidents_of(town.engine)


@pytest.mark.parametrize("fields", [{"worn": False}, {"alarms": ["removed"], "worn": False}])
def test_a_band_that_lies_on_the_table_does_not_open_again(
    town: Town, fields: dict[str, Any]
) -> None:
    """After an operator closed it, more reports "not worn" open nothing."""
    town.hears("a", worn=True)
    town.hears("b", **fields)
    town.arrives("order", {"do": "close", "incident_id": 1, "by": "x", "outcome": "false_alarm"})
    town.handles_arrivals()

    for number in range(5):
        town.clock.advance(300)
        town.hears(f"c-{number}", **fields)

    assert [("strap_removed", "closed")] == incidents_of(town.engine)


def test_the_same_band_taken_off_again_opens_again(town: Town) -> None:
    """Worn again and taken off again is a new event."""
    for number, worn in enumerate([True, False, True, False]):
        town.hears(f"r-{number}", worn=worn)
        town.clock.advance(60)

    assert [("strap_removed", "closed"), ("strap_removed", "suspect")] == incidents_of(town.engine)


def test_each_repeat_of_an_sos_is_noted_once(town: Town) -> None:
    """An SOS pressed again is an entry on the open incident; a resend of the same is nothing."""
    town.sos("s-1")
    town.sos("s-2")
    town.hears("s-2", alarms=["sos"])

    assert 1 == town.timeline(1).count(EntryKind.TRIGGERED_AGAIN)
    assert 1 == len(incidents_of(town.engine))


@on_both_databases
def test_the_same_report_id_of_two_bands_is_not_mixed_up(town: Town) -> None:
    """Two elders' SOS with the same report id in one batch: each incident names its own ping."""
    with town.engine.begin() as connection:
        other = register_household(connection, "band-2", now=NOON)
    take(
        town.engine,
        message("band-2", report("s", at=NOON, alarms=["sos"]), at=NOON),
        message("band-1", report("s", at=NOON, alarms=["sos"]), at=NOON),
    )

    pings = dict(rows(town.engine, schema.ping, "id", "elder_id"))
    found = rows(town.engine, schema.incident, "elder_id", "trigger_ping_id")
    assert {town.household.elder_id, other.elder_id} == {elder for elder, _ in found}
    assert all(pings[ping] == elder for elder, ping in found)


def test_an_order_waits_for_the_band_when_something_happens(town: Town) -> None:
    """Opening an incident queues the orders that make the band report often."""
    town.sos()

    with reading(town.engine) as connection:
        queued = [(o.device_id, o.do) for o in commands.due(connection, NOON)]
    assert [("band-1", "interval"), ("band-1", "locate")] == queued


# -- any split, any order -------------------------------------------------------------------------

#: each example is a database of its own: looking for a smaller one would take minutes
QUICK = (Phase.explicit, Phase.generate)
_spots = st.sampled_from([0.0, 50.0, 190.0, 350.0, 600.0, 1500.0])
_reports = st.lists(
    st.fixed_dictionaries(
        {
            "wait_s": st.sampled_from([5, 20, 45, 60, 100]),
            "east_m": st.none() | _spots,
            "accuracy_m": st.sampled_from([8.0, 60.0, 900.0]),
            "worn": st.sampled_from([None, None, True, False]),
            "sos": st.sampled_from([False] * 9 + [True]),
        }
    ),
    min_size=2,
    max_size=7,  # at most ten minutes: older reports are late, which is another story
)


def _messages(said: Sequence[dict[str, Any]]) -> tuple[list[Message], datetime]:
    at = NOON
    made = []
    for number, one in enumerate(said):
        at += timedelta(seconds=one["wait_s"])
        position = None if one["east_m"] is None else HOME.moved(east_m=one["east_m"])
        fields: dict[str, Any] = {"alarms": ["sos"]} if one["sos"] else {}
        if one["worn"] is not None:
            fields["worn"] = one["worn"]
        body = report(
            f"r-{number}", at=at, position=position, accuracy_m=one["accuracy_m"], **fields
        )
        made.append((body, at))
    return [message("band-1", body, at=sent_at) for body, sent_at in made], at


def _told_after(
    engine: Engine, batches: Sequence[Sequence[Message]], now: datetime
) -> tuple[list[tuple[str, str]], list[tuple[str, str, int]]]:
    """Return what people would know: live incidents (trigger, state) and their messages."""
    town = Town(engine, ManualClock(NOON))
    for batch in batches:
        take(engine, *batch, now=now)
    loud = [
        (trigger, state)
        for trigger, state, outcome in rows(engine, schema.incident, "trigger", "state", "outcome")
        if outcome != "not_confirmed"
    ]
    asked = sorted(
        rows(engine, schema.notification, "purpose", "channel", "person_id"),
    )
    engine.dispose()
    assert town.household.elder_id == 1
    return loud, asked


@settings(max_examples=10, phases=QUICK)
@given(_reports, st.data())
def test_any_split_into_batches_ends_in_the_same_incidents(
    fresh_sqlite: Callable[[], Engine], said: list[dict[str, Any]], data: st.DataObject
) -> None:
    """The same messages one by one, in one batch or in any split wake the same people."""
    messages, now = _messages(said)
    cut = data.draw(st.integers(1, len(messages) - 1))

    single = _told_after(fresh_sqlite(), [[m] for m in messages], now)
    whole = _told_after(fresh_sqlite(), [messages], now)
    halves = _told_after(fresh_sqlite(), [messages[:cut], messages[cut:]], now)

    assert single == whole == halves


@settings(max_examples=10, phases=QUICK)
@given(_reports, st.randoms(use_true_random=False))
def test_any_order_of_arrival_ends_in_the_same_incidents(
    fresh_sqlite: Callable[[], Engine], said: list[dict[str, Any]], chance: Any
) -> None:
    """The same pings in any order of arrival leave the same incidents open."""
    messages, now = _messages(said)
    shuffled = list(messages)
    chance.shuffle(shuffled)

    in_order, _ = _told_after(fresh_sqlite(), [[m] for m in messages], now)
    any_order, _ = _told_after(fresh_sqlite(), [[m] for m in shuffled], now)

    assert in_order == any_order


def test_a_batch_is_like_single_pings(fresh_sqlite: Callable[[], Engine]) -> None:
    """A suspected crossing and then a slipped strap are the same suspicion in one batch or two."""
    said = [
        report("a", at=NOON, position=HOME.moved(east_m=600)),
        report("b", at=NOON + timedelta(seconds=5), worn=False),
    ]
    now = NOON + timedelta(seconds=5)
    pings = [message("band-1", one, at=now) for one in said]
    found = []
    for batches in ([pings], [pings[:1], pings[1:]]):
        engine = fresh_sqlite()
        Town(engine, ManualClock(NOON))
        for batch in batches:
            take(engine, *batch, now=now)
        found.append(rows(engine, schema.incident, "trigger", "next_action_at"))
        engine.dispose()

    assert found[0] == found[1]


def test_an_older_wear_report_suspects_nothing(town: Town) -> None:
    """A "taken off" that was measured before a "worn" and arrives after it is history."""
    take(town.engine, message("band-1", report("new", at=NOON, worn=True), at=NOON))
    earlier, later = NOON - timedelta(seconds=20), NOON + timedelta(seconds=5)
    take(town.engine, message("band-1", report("old", at=earlier, worn=False), at=later))

    assert [] == incidents_of(town.engine)
    assert True is latest_of(town.engine)["worn"]


def test_an_older_charging_report_drops_nothing(town: Town) -> None:
    """A "charging" that was measured before the band was taken off, and comes after, is history."""
    earlier, later = NOON - timedelta(seconds=20), NOON + timedelta(seconds=5)
    charging = report("old", at=earlier, bat={"pct": 50, "charging": True})
    take(town.engine, message("band-1", report("new", at=NOON, worn=False), at=NOON))
    take(town.engine, message("band-1", charging, at=later))

    assert [("strap_removed", "suspect")] == incidents_of(town.engine)


def test_a_fast_clock_keeps_its_place_in_the_batch(town: Town) -> None:
    """A report of a clock an hour ahead is ordered by its arrival, also among others of a batch."""
    fast = report("a", at=NOON, bat={"pct": 50, "charging": True}) | {"t": NOON.timestamp() + 3600}
    clockless = report("b", at=NOON, worn=False) | {"t": 0}
    take(town.engine, message("band-1", report("0", at=NOON, worn=True), at=NOON))

    take(
        town.engine,
        message("band-1", fast, at=NOON),
        message("band-1", clockless, at=NOON),
    )

    assert [("strap_removed", "suspect")] == incidents_of(town.engine)


def test_what_two_elders_do_never_mixes(town: Town) -> None:
    """Two elders in one batch are judged each by their own zones."""
    far = HOME.moved(east_m=5000)
    with town.engine.begin() as connection:
        other: Household = register_household(connection, "band-2", now=NOON, home=far)
    for number in range(3):
        at = town.clock.advance(60)
        place = far.moved(north_m=3.0 * number)
        take(
            town.engine,
            message("band-1", report(f"a-{number}", at=at, position=place), at=at),
            message("band-2", report(f"b-{number}", at=at, position=place), at=at),
        )

    assert [(town.household.elder_id, Trigger.CROSSING.value)] == rows(
        town.engine, schema.incident, "elder_id", "trigger"
    )
    assert other.home == far


def test_an_elder_without_zones_is_never_outside(town: Town) -> None:
    """Without a safe zone there is nowhere to have left."""
    with town.engine.begin() as connection:
        connection.execute(delete(schema.zone))

    for number in range(4):
        town.clock.advance(60)
        town.hears(f"r-{number}", position=HOME.moved(east_m=1000.0 * number))

    assert [] == incidents_of(town.engine)
