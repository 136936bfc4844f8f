"""The ingest role on a real broker: acknowledged after the commit, and nothing stops the stream."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine, text, update

from core.clock import ManualClock
from core.errors import ServerMissing
from ingest.broker_link import BrokerLink
from ingest.subscriber import Subscriber
from store import commands, schema
from store.database import reading
from store.migrate import wanted_version
from store.schema_guard import SchemaGuard
from tests.conftest import NOON
from tests.ingest.wire import Wire
from tests.scenes import HOME, Town, on_both_databases, report, rows
from tests.servers import Mosquitto, PostgreSQL, free_port, until

_numbers = itertools.count(1)


class Line:
    """One subscriber on the broker, with topics of its own, and a band to talk to it."""

    def __init__(self, broker: Mosquitto, town: Town) -> None:
        """Prepare; `start` connects."""
        number = next(_numbers)
        self.broker = broker
        self.town = town
        self.prefix = f"line-{number}/v1"
        self.client_id = f"line-{number}"
        self.incidents = threading.Event()
        self._cleanup = ExitStack()
        self.subscriber = self._make()
        self._band: Wire | None = None

    def _make(self) -> Subscriber:
        return Subscriber(
            self.town.engine,
            self.town.clock,
            broker_url=self.broker.url,
            client_id=self.client_id,
            prefix=self.prefix,
            on_incident=self.incidents.set,
            schema_guard=SchemaGuard(self.town.engine, check_every_s=0.0),
        )

    @property
    def band(self) -> Wire:
        """Return the band's connection, which hears what goes down to bands."""
        if self._band is None:
            self._band = self._cleanup.enter_context(Wire(self.broker))
            self._band.listen(f"{self.prefix}/down/#")
        return self._band

    def start(self) -> None:
        """Start the ingest role and wait until it listens."""
        self.subscriber.start()
        until(self.subscriber.connected.is_set, "the ingest role is connected")

    def stop(self) -> None:
        """Stop the ingest role; a last word of a band spares its waiting for one."""
        stopping = threading.Thread(target=self.subscriber.stop)
        stopping.start()
        if self.subscriber.connected.is_set():
            self.says({"online": False}, device_id="last-word", kind="state")
        stopping.join()

    def restart(self) -> None:
        """Stop the ingest role and start another with the same name."""
        self.stop()
        self.subscriber = self._make()
        self.start()

    def hang_up(self) -> None:
        """Stop everything, and have the broker forget this subscriber."""
        self.stop()
        self._cleanup.close()
        Wire(self.broker, client_id=self.client_id).close()

    def lose_the_band(self) -> None:
        """Forget the band's connection: the broker was gone."""
        self._cleanup.close()
        self._band = None

    def says(self, said: object, *, device_id: str = "band-1", kind: str = "report") -> None:
        """Have a band publish."""
        self.band.say(f"{self.prefix}/up/{device_id}/{kind}", said)

    def reports(self, report_id: str, *, device_id: str = "band-1", **fields: Any) -> None:
        """Have a band publish a report."""
        self.says(report(report_id, at=self.town.clock.now(), **fields), device_id=device_id)

    def seen(self) -> tuple[str, list[str]]:
        """Wait for the next "seen"; return the device and the report ids."""
        while True:
            topic, body = self.band.hear_json()
            device_id, kind = topic.removeprefix(f"{self.prefix}/down/").split("/")
            if kind == "seen":
                return device_id, body["ids"]

    def stored(self) -> list[str]:
        """Return the report ids in the database."""
        return rows(self.town.engine, schema.ping, "report_id")


# A subscriber must end before its database does: tests ask for the database first.
@pytest.fixture
def connect(broker: Mosquitto) -> Iterator[Callable[[Town], Line]]:
    """Give a maker of lines that are hung up at the end."""
    lines: list[Line] = []

    def make(town: Town) -> Line:
        line = Line(broker, town)
        lines.append(line)
        return line

    yield make
    for line in lines:
        line.hang_up()


@pytest.fixture
def line(town: Town, connect: Callable[[Town], Line]) -> Line:
    """Give a line whose subscriber is at work."""
    made = connect(town)
    made.start()
    return made


def counted(name: str) -> float:
    """Return a counter of the metrics."""
    return REGISTRY.get_sample_value(name) or 0.0


# -- the plain way -------------------------------------------------------------------------------


@on_both_databases
def test_what_is_seen_is_committed(line: Line) -> None:
    """A band hears "seen" for a report only when the report is in the database."""
    stored_before = counted("aihuijia_pings_stored_total")

    line.reports("r-1", position=HOME)

    assert ("band-1", ["r-1"]) == line.seen()
    assert ["r-1"] == line.stored()
    assert 1 == counted("aihuijia_pings_stored_total") - stored_before


def test_a_resend_is_seen_again_and_stored_once(line: Line) -> None:
    """A band that missed "seen" sends again, and hears it again."""
    heard = []
    for _ in range(3):
        line.reports("r-1")
        heard.append(line.seen())

    assert [("band-1", ["r-1"])] * 3 == heard
    assert ["r-1"] == line.stored()


def test_an_sos_rings_the_bell(line: Line) -> None:
    """After an incident was committed, the alerts role in the same process is woken."""
    line.reports("s", alarms=["sos"])
    line.seen()

    until(line.incidents.is_set, "the bell rings")
    assert [("sos", "guardians")] == rows(line.town.engine, schema.incident, "trigger", "state")


def test_orders_reach_the_band(line: Line) -> None:
    """An order that waits in the database goes down to its band, once, and is marked as sent."""
    with line.town.engine.begin() as connection:
        commands.queue(connection, "band-1", "locate", {}, line.town.clock.now())
    band = line.band

    topic, order = band.hear_json()

    exp = round(line.town.clock.now().timestamp()) + 600
    assert f"{line.prefix}/down/band-1/cmd" == topic
    assert {"v": 1, "cmd": "c-1", "do": "locate", "args": {}, "exp": exp} == order
    until(
        lambda: rows(line.town.engine, schema.command, "state") == ["sent"],
        "the order is marked",
    )
    line.says({"cmd": "c-1", "ok": True}, kind="ack")
    until(
        lambda: rows(line.town.engine, schema.command, "state") == ["confirmed"],
        "the band's answer is noted",
    )


def test_orders_reach_a_phone_in_its_own_words(line: Line) -> None:
    """A phone is told in OwnTracks' words; what it says next is taken for its answer."""
    phone = f"phone-{line.client_id}"
    base = f"owntracks/{phone}/android"
    place = {"_type": "location", "lat": HOME.lat, "lon": HOME.lon, "acc": 9}

    def stored() -> int:
        return len(rows(line.town.engine, schema.ping, device_id=phone))

    line.band.listen(f"{base}/cmd")
    line.band.say(base, place | {"tst": NOON.timestamp()})
    until(lambda: stored() == 1, "the phone is known")
    with line.town.engine.begin() as connection:
        for do in ("locate", "find"):
            commands.queue(connection, phone, do, {}, line.town.clock.now())

    topic, said = line.band.hear_json()
    assert (f"{base}/cmd", {"_type": "cmd", "action": "reportLocation"}) == (topic, said)
    line.band.say(base, place | {"tst": NOON.timestamp() - 1, "t": "r"})

    until(
        lambda: (
            dict(rows(line.town.engine, schema.command, "do", "state"))
            == {"locate": "confirmed", "find": "failed"}
        ),
        "the orders are settled",
    )


def test_an_old_order_stays_here(line: Line) -> None:
    """An order that nobody could deliver in time is not delivered late."""
    now = line.town.clock.now()
    line.town.clock.advance(601)
    with line.town.engine.begin() as connection:
        commands.queue(connection, "band-1", "reboot", {}, now)
        commands.queue(connection, "band-1", "locate", {}, line.town.clock.now())

    _, order = line.band.hear_json()

    assert "locate" == order["do"]
    until(
        lambda: ["queued", "sent"] == rows(line.town.engine, schema.command, "state"),
        "only the new order is marked",
    )


def test_the_role_says_that_it_lives(line: Line) -> None:
    """While it has the broker, the ingest role leaves beats."""
    until(
        lambda: rows(line.town.engine, schema.worker_beat, "role") == ["ingest"],
        "a beat is there",
    )


# -- garbage -------------------------------------------------------------------------------------

GARBAGE = {
    "empty": b"",
    "binary": bytes(range(256)),
    "a megabyte": b"x" * 1_000_000,
    "wrong types": b'{"v":"1","id":[],"t":{},"fix":7,"alarms":3}',
    "not a number": b'{"v":1,"id":"x","t":NaN,"fix":{"lat":NaN,"lon":Infinity}}',
    "deep": b"[" * 20_000 + b"]" * 20_000,
    "half": b'{"v":1,"id":"x"',
    "surrogates": b'{"v":1,"id":"\\ud800"}',
    "zero bytes": b'{"v":1,"id":"a\\u0000b"}',
}


@on_both_databases
def test_garbage_on_every_topic_is_kept_and_the_stream_goes_on(line: Line) -> None:
    """Whatever is published wherever, it is rejected and counted, and the next report is stored."""
    rejected_before = counted("aihuijia_messages_rejected_total")
    topics = [
        f"{line.prefix}/up/band-1/report",
        f"{line.prefix}/up/band-1/ack",
        f"{line.prefix}/up/band-1/state",
        f"{line.prefix}/up/BAND/report",
        f"{line.prefix}/up/band-1",
        f"{line.prefix}/raw/g1/watch/8800000015",
    ]
    for topic in topics:
        for garbage in GARBAGE.values():
            line.band.say(topic, garbage)

    line.reports("good", position=HOME)

    assert ("band-1", ["good"]) == line.seen()
    kept = rows(line.town.engine, schema.reject, "topic")
    assert {topic: len(GARBAGE) for topic in topics} == {t: kept.count(t) for t in topics}
    assert len(kept) == counted("aihuijia_messages_rejected_total") - rejected_before
    assert ["good"] == line.stored()


def test_garbage_of_phones_is_kept_and_the_stream_goes_on(line: Line) -> None:
    """OwnTracks garbage is rejected too, and a good location after it is stored."""
    user = f"{line.client_id}-phone"
    for name, garbage in GARBAGE.items():
        if name != "empty":
            line.band.say(f"owntracks/{user}/phone", garbage)
    location = {"_type": "location", "lat": 30.5, "lon": 120.6, "tst": 1795406400, "acc": 9}

    line.band.say(f"owntracks/{user}/phone", location)

    until(lambda: len(line.stored()) == 1, "the location is stored")
    assert len(GARBAGE) - 1 == len(rows(line.town.engine, schema.reject))


@on_both_databases
def test_a_poison_message_costs_only_itself(line: Line) -> None:
    """A message that fails each time it is stored is set aside; others of its batch are stored."""
    _make_one_report_unstorable(line.town.engine)
    line.stop()  # so that all wait at the broker and come as one batch
    for number in range(5):
        line.reports(f"a-{number}")
    line.reports("poison", device_id="stranger")
    for number in range(5, 10):
        line.reports(f"a-{number}")

    line.restart()
    line.reports("last")

    until(lambda: "last" in line.stored(), "the stream goes on")
    assert sorted([*(f"a-{n}" for n in range(10)), "last"]) == sorted(line.stored())
    assert [("failed", f"{line.prefix}/up/stranger/report")] == rows(
        line.town.engine, schema.reject, "reason", "topic"
    )


def _make_one_report_unstorable(engine: Engine) -> None:
    """Have the database itself refuse the report named "poison"."""
    if engine.dialect.name == "sqlite":
        statements = [
            (
                "CREATE TRIGGER poison BEFORE INSERT ON ping WHEN NEW.report_id = 'poison'"
                " BEGIN SELECT RAISE(ABORT, 'poison'); END"
            )
        ]
    else:
        statements = [
            (
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'poison'; END $$"
            ),
            (
                "CREATE TRIGGER poison BEFORE INSERT ON ping FOR EACH ROW"
                " WHEN (NEW.report_id = 'poison') EXECUTE FUNCTION refuse()"
            ),
        ]
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@on_both_databases
def test_a_damaged_belief_does_not_silence_an_sos(line: Line) -> None:
    """When what was believed of an elder cannot be read, their SOS still asks people."""
    with line.town.engine.begin() as connection:
        connection.execute(
            schema.belief.insert().values(
                elder_id=line.town.household.elder_id,
                state=b"broken",
                updated_at=line.town.clock.now(),
            )
        )

    line.reports("s", position=HOME, alarms=["sos"])
    line.reports("next", device_id="stranger")
    until(lambda: "next" in line.stored(), "the stream goes on")

    assert ["sos"] == rows(line.town.engine, schema.incident, "trigger")


# -- cut in the middle -----------------------------------------------------------------------------


@on_both_databases
def test_under_another_schema_nothing_is_taken(
    town: Town, connect: Callable[[Town], Line], caplog: pytest.LogCaptureFixture
) -> None:
    """After a migration under it the role stores and thanks for nothing, until the schema fits."""

    def migrate_to(version: str | None) -> None:
        with town.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})

    line = connect(town)
    line.start()
    line.reports("r-1")
    assert ("band-1", ["r-1"]) == line.seen()
    migrate_to("9999")
    line.reports("r-2")
    until(lambda: "schema 9999" in caplog.text, "the role notices")
    assert ["r-1"] == line.stored()

    migrate_to(wanted_version())
    assert ("band-1", ["r-2"]) == line.seen()
    assert ["r-1", "r-2"] == line.stored()


def test_nothing_is_acknowledged_before_the_commit(
    postgresql_database: Engine, connect: Callable[[Town], Line], broker: Mosquitto
) -> None:
    """While the commit hangs, the broker still owns the message; after it, no longer."""
    town = Town(postgresql_database, ManualClock(NOON))
    line = connect(town)
    line.start()
    with postgresql_database.connect() as blocker:
        blocker.execute(text("LOCK TABLE ping IN EXCLUSIVE MODE"))
        line.reports("r-1")
        until(lambda: _waits_for_a_lock(postgresql_database), "the ingest role hangs")
        with Wire(broker, client_id=line.client_id, keeps_session=True) as thief:
            again = thief.hear()
        blocker.rollback()
    line.seen()  # of the first delivery, on a connection that is gone
    line.seen()  # of the second: only that one could be acknowledged
    line.subscriber.stop()
    with Wire(broker, client_id=line.client_id, keeps_session=True) as thief:
        line.says({"online": True}, kind="state")
        after = thief.hear()

    assert "r-1" == json.loads(again.payload)["id"]
    assert again.dup
    assert {"online": True} == json.loads(after.payload)
    assert ["r-1"] == line.stored()


def test_a_commit_that_fails_is_tried_again(
    postgresql_database: Engine, connect: Callable[[Town], Line]
) -> None:
    """When the database refuses the commit itself, the message waits until it takes it."""
    town = Town(postgresql_database, ManualClock(NOON))
    line = connect(town)
    with postgresql_database.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON ping"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
    line.start()
    line.reports("r-1")
    line.restart()
    stored_while_refusing = line.stored()

    with postgresql_database.begin() as connection:
        connection.execute(text("DROP TRIGGER refuse ON ping"))

    assert ("band-1", ["r-1"]) == line.seen()
    assert ([], ["r-1"]) == (stored_while_refusing, line.stored())
    assert [] == rows(postgresql_database, schema.reject)


def test_a_killed_database_loses_nothing(
    postgresql: PostgreSQL, postgresql_database: Engine, connect: Callable[[Town], Line]
) -> None:
    """Reports that arrive while the database is dead are stored when it is back."""
    town = Town(postgresql_database, ManualClock(NOON))
    line = connect(town)
    line.start()
    line.reports("before")
    line.seen()

    postgresql.kill()
    line.reports("during", alarms=["sos"])
    postgresql.start()

    assert ("band-1", ["during"]) == line.seen()
    assert {"before", "during"} == set(line.stored())
    assert ["sos"] == rows(postgresql_database, schema.incident, "trigger")


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_broker_that_goes_and_comes_is_survived(
    town: Town, connect: Callable[[Town], Line], broker: Mosquitto, how: str
) -> None:
    """After the broker restarts, in good order or not, the ingest role is back by itself."""
    line = connect(town)
    line.start()
    line.reports("before")
    line.seen()

    getattr(broker, how)()
    line.lose_the_band()
    until(lambda: not line.subscriber.connected.is_set(), "the ingest role notices")
    broker.start()
    until(line.subscriber.connected.is_set, "the ingest role is back")
    line.reports("after")

    assert ("band-1", ["after"]) == line.seen()
    assert ["before", "after"] == line.stored()


def test_what_waits_at_the_broker_is_not_lost(line: Line) -> None:
    """Reports published while the ingest role is down are stored when it starts, in order."""
    line.stop()
    for number in range(30):
        line.reports(f"r-{number}")

    line.restart()

    until(lambda: len(line.stored()) == 30, "all reports are stored")
    assert [f"r-{number}" for number in range(30)] == line.stored()


def test_an_absent_broker_is_named_with_how_to_start_it(clock: ManualClock) -> None:
    """Without a broker, the advice says which address does not answer and what to do."""
    port = free_port()
    link = BrokerLink(clock, broker_url=f"mqtt://127.0.0.1:{port}", client_id="x", prefix="x/v1")

    with pytest.raises(ServerMissing, match=rf"127\.0\.0\.1:{port}.*systemctl start mosquitto"):
        link.check_reachable()


def _waits_for_a_lock(engine: Engine) -> bool:
    with reading(engine) as connection:
        waiting = connection.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        )
    return bool(waiting)


def test_a_report_with_the_retain_flag_is_heard_once(line: Line) -> None:
    """A band that wrongly asks the broker to keep its SOS is heard, and not again at each start."""
    body = report("s", at=line.town.clock.now(), alarms=["sos"])
    topic = f"{line.prefix}/up/band-1/report"
    line.band.say(topic, body, retain=True)
    line.seen()
    with line.town.engine.begin() as connection:
        connection.execute(update(schema.incident).values(state="closed", next_action_at=None))

    line.restart()
    line.seen()  # the broker gives what it kept to everyone who subscribes
    line.band.say(topic, b"", retain=True)

    assert ["closed"] == rows(line.town.engine, schema.incident, "state")
