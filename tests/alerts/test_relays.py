"""An agency's system is told: signed, in order, tried for a day, never at the cost of an ask."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from alerts import desk
from alerts.notices import NoticeKind
from alerts.relay_sender import LEASE_S, RelaySender
from alerts.relays import PATIENCE, WAITS_S, Reply, after
from alerts.webhooks import (
    BOTH_SECRETS,
    check_address,
    good_secrets,
    is_signed,
    receipt_in,
    secret_of,
    shown,
    signed_headers,
)
from core.clock import SystemClock
from core.errors import Refused
from core.incidents import Answer, EntryKind, Outcome, TimelineEntry
from core.relays import (
    RelayEvent,
    RelayStatus,
    Subscriber,
    SubscriberKind,
    event_of,
    read_event_id,
)
from simulators.agency import Agency
from store import incidents, registry, relays, schema, subscribers
from store.database import reading
from tests.alerts.receivers import (
    PUBLIC_URL,
    events_of,
    listening,
    pass_time,
    send,
    send_all,
    subscribe,
    types,
)
from tests.conftest import NOON
from tests.scenes import SECRET, Town, on_both_databases
from tests.servers import free_port, until


@pytest.fixture(scope="module")
def agency_server() -> Iterator[tuple[Agency, str]]:
    """Give an agency that listens, and where."""
    agency = Agency()
    with listening(agency.app) as url:
        yield agency, f"{url}/events"


@pytest.fixture
def agency(agency_server: tuple[Agency, str]) -> Agency:
    """Give the agency with an empty record and without faults."""
    agency = agency_server[0]
    agency.deliveries.clear()
    agency.fail(0, times=0)
    agency.hang_s, agency.says = 0.0, None
    return agency


@pytest.fixture
def url(agency_server: tuple[Agency, str]) -> str:
    """Give the address at which the agency takes events."""
    return agency_server[1]


def closes(town: Town, incident_id: int, outcome: Outcome = Outcome.FOUND) -> None:
    """Close an incident, as a coordinator does."""
    with town.engine.begin() as connection:
        desk.order_close(
            connection, incident_id, outcome=outcome, by="coordinator", now=town.clock.now()
        )


# -- what is told ----------------------------------------------------------------------------------


@on_both_databases
def test_an_agency_hears_the_whole_story(town: Town, agency: Agency, url: str) -> None:
    """Opened, rescue asked, taken over, closed: each once, in this order, all signed."""
    subscribe(town, agency, url)
    incident_id = town.sos()
    with town.engine.begin() as connection:
        desk.order_rescue(connection, incident_id, by="coordinator", now=town.clock.now())
        desk.take_answer(
            connection,
            incident_id,
            person_id=town.team.rescuers[0],
            said=Answer.GOING,
            channel="sms",
            now=town.clock.now(),
        )
    closes(town, incident_id)
    send_all(town)

    assert ["opened", "rescue_asked", "taken_over", "closed"] == types(agency.taken)
    assert {True} == {delivery.is_genuine for delivery in agency.deliveries}
    assert 4 == len(agency.deliveries)
    first, *_, last = agency.taken
    assert {
        "incident": incident_id,
        "state": "guardians",
        "trigger": "sos",
        "drill": False,
        "outcome": None,
        "console": f"{PUBLIC_URL}/console?incident={incident_id}",
    }.items() <= first["data"].items()
    assert "马桥街道" == first["data"]["organisation"]["name_zh"]
    assert ("closed", "found") == (last["data"]["state"], last["data"]["outcome"])


@on_both_databases
def test_no_name_and_no_number_leaves(town: Town, agency: Agency, url: str) -> None:
    """An event holds no elder's name, no guardian's name and no phone number."""
    subscribe(town, agency, url, with_position=True)
    closes(town, town.wanders_off())
    send_all(town)

    said = str(agency.taken)
    assert not [word for word in ("王秀英", "陈志强", "沈丽华", "+86", "1944") if word in said]


@on_both_databases
def test_a_position_only_for_whom_it_is_allowed(town: Town, agency: Agency, url: str) -> None:
    """Where the elder was is told only to whom it may be, and that look is on record."""
    subscribe(town, agency, url)
    allowed = subscribe(town, agency, url, with_position=True)
    town.wanders_off()
    send_all(town)

    with_position = [d.body for d in agency.deliveries if "position" in d.body["data"]]
    (body,) = with_position
    far = town.household.home.moved(east_m=700.0)
    assert (round(far.lon, 6), round(far.lat, 6)) == (
        body["data"]["position"]["lon"],
        body["data"]["position"]["lat"],
    )
    look = schema.look
    with reading(town.engine) as connection:
        looks = connection.execute(
            select(look.c.elder_id).where(look.c.viewer == f"subscriber:{allowed.id}")
        ).all()
    assert [(town.household.elder_id,)] == [tuple(row) for row in looks]


@on_both_databases
def test_only_the_events_it_wants_of_its_own_elders(town: Town, agency: Agency, url: str) -> None:
    """A subscriber hears the events it chose, of the organisation it is for."""
    with town.engine.begin() as connection:
        registry.add_organisation(
            connection, "elsewhere", kind="street", name_zh="别处", name_en="Elsewhere"
        )
    other = subscribe(town, agency, url, organisation_id="elsewhere")
    own = subscribe(town, agency, url, organisation_id="maqiao", events=[RelayEvent.CLOSED])
    closes(town, town.sos())

    assert [] == events_of(town, other)
    assert [RelayEvent.CLOSED] == [relay.event for relay in events_of(town, own)]


@on_both_databases
def test_nobody_hears_of_a_virtual_elder(town: Town, agency: Agency, url: str) -> None:
    """What the canary does is no other system's business."""
    subscriber = subscribe(town, agency, url)
    with town.engine.begin() as connection:
        connection.execute(schema.elder.update().values(is_virtual=True))
    closes(town, town.sos(), Outcome.DRILL)

    assert [] == events_of(town, subscriber)


@on_both_databases
def test_a_drill_is_marked(town: Town, agency: Agency, url: str) -> None:
    """An agency can tell a drill from the real thing."""
    subscribe(town, agency, url)
    incident_id = town.sos()
    with town.engine.begin() as connection:
        connection.execute(schema.incident.update().values(is_drill=True))
    closes(town, incident_id)
    send_all(town)

    assert [False, True] == [body["data"]["drill"] for body in agency.taken]


@on_both_databases
def test_a_suspicion_that_came_to_nothing_is_nobodys_news(
    town: Town, agency: Agency, url: str
) -> None:
    """Where nobody was woken nobody else is told either."""
    subscriber = subscribe(town, agency, url)
    town.hears("r-1", position=town.household.home)
    town.clock.advance(60)
    town.hears("r-2", position=town.household.home.moved(east_m=600))
    for number in (3, 4, 5):
        town.clock.advance(60)
        town.hears(f"r-{number}", position=town.household.home)

    with reading(town.engine) as connection:
        outcomes = connection.scalars(select(schema.incident.c.outcome)).all()
    assert ["not_confirmed"] == outcomes
    assert [] == events_of(town, subscriber)


@on_both_databases
def test_what_is_rolled_back_is_not_told(town: Town, agency: Agency, url: str) -> None:
    """An event stands in the transaction of what it tells: no change, no event."""
    subscriber = subscribe(town, agency, url)
    incident_id = town.sos()
    with town.engine.connect() as connection:
        desk.order_rescue(connection, incident_id, by="coordinator", now=town.clock.now())
        connection.rollback()

    assert [RelayEvent.OPENED] == [relay.event for relay in events_of(town, subscriber)]


@pytest.mark.parametrize("kind", EntryKind)
def test_an_entry_is_at_most_one_event(kind: EntryKind) -> None:
    """Every kind of timeline entry is an event or our own business, and never a test."""
    event = event_of(TimelineEntry(kind=kind, at=NOON, detail={}))

    assert event is not RelayEvent.TEST


# -- when it fails ---------------------------------------------------------------------------------


@on_both_databases
def test_a_failure_is_tried_again_with_growing_waits(town: Town, agency: Agency, url: str) -> None:
    """After 5, 15 and 60 s, with the same id and the same body, until the agency takes it."""
    subscriber = subscribe(town, agency, url)
    agency.fail(500, times=3)
    began = town.clock.now()
    town.sos()
    pass_time(town, 300)

    assert [500, 500, 500, 202] == [delivery.answered for delivery in agency.deliveries]
    assert 1 == len({(d.event_id, str(d.body)) for d in agency.deliveries})
    (relay,) = events_of(town, subscriber)
    assert (RelayStatus.DONE, 4) == (relay.status, relay.attempts)
    assert began + timedelta(seconds=5 + 15 + 60) == relay.finished_at


@on_both_databases
def test_the_order_is_kept(town: Town, agency: Agency, url: str) -> None:
    """While the first event of an incident waits, the next one of that incident waits, too."""
    subscribe(town, agency, url)
    agency.fail(503, times=1)
    incident_id = town.sos()
    send(town)
    closes(town, incident_id)
    send_all(town)
    before = types([d.body for d in agency.deliveries])
    pass_time(town, 60)

    assert ["opened"] == before
    assert ["opened", "closed"] == types(agency.taken)


@on_both_databases
def test_an_agency_is_given_up_after_a_day_and_loudly(
    town: Town, agency: Agency, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing ends in silence: the log says so, and the operators are told."""
    subscriber = subscribe(town, agency, url)
    agency.fail(500, times=10_000)
    town.sos()
    pass_time(town, 23 * 3600)
    (still,) = events_of(town, subscriber)
    pass_time(town, 3 * 3600)

    (relay,) = events_of(town, subscriber)
    assert (RelayStatus.WAITING, RelayStatus.GIVEN_UP) == (still.status, relay.status)
    assert len(WAITS_S) < relay.attempts < 25
    actions = {vars(record).get("action") for record in caplog.records}
    assert "relay_given_up" in actions
    notice = schema.notice
    with reading(town.engine) as connection:
        told = connection.scalars(
            select(notice.c.subject).where(notice.c.kind == NoticeKind.RELAY_FAILED.value)
        ).all()
    assert {f"subscriber:{subscriber.id}"} == set(told)
    assert 2 == len(told)  # once when it went on failing, once at the end


@on_both_databases
def test_after_giving_up_the_next_event_has_its_turn(
    town: Town, agency: Agency, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An event that nobody took does not hold up the next one for ever."""
    caplog.set_level(logging.CRITICAL)
    subscribe(town, agency, url)
    agency.fail(410, times=1)  # "gone": nothing more is tried with this one
    closes(town, town.sos())
    send_all(town)

    assert ["closed"] == types(agency.taken)


@on_both_databases
def test_a_busy_agency_is_given_its_time(town: Town, agency: Agency, url: str) -> None:
    """Retry-After is respected where it is longer than our own wait."""
    subscriber = subscribe(town, agency, url)
    agency.fail(429, times=1, **{"Retry-After": "120"})
    now = town.clock.now()
    town.sos()
    send(town)

    (relay,) = events_of(town, subscriber)
    assert now + timedelta(seconds=120) == relay.next_try_at


@on_both_databases
def test_a_redirect_is_not_followed(town: Town, agency: Agency, url: str) -> None:
    """Events go to the address that an operator registered, and to no other."""
    subscriber = subscribe(town, agency, url)
    agency.fail(307, times=1, Location=url.replace("/events", "/elsewhere"))
    town.sos()
    send(town)

    (relay,) = events_of(town, subscriber)
    assert (1, 307, "redirect") == (len(agency.deliveries), relay.answer_code, relay.reason)


@on_both_databases
def test_nobody_listening_is_a_failure_like_others(town: Town, agency: Agency) -> None:
    """An agency that is down is tried again."""
    subscriber = subscribe(town, agency, f"http://127.0.0.1:{free_port()}/events")
    town.sos()
    send(town)

    (relay,) = events_of(town, subscriber)
    assert (RelayStatus.WAITING, None, "no_connection") == (
        relay.status,
        relay.answer_code,
        relay.reason,
    )


@on_both_databases
@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (b'{"receipt": "JQ-2026-000121"}', "JQ-2026-000121"),
        (b'{"receipt": 7}', "7"),
        (b'{"receipt": "' + b"9" * 1000 + b'"}', "9" * 200),
        (b'{"receipt": "a\\u0000b\\n"}', "ab"),
        (b'{"receipt": null}', None),
        (b'["receipt"]', None),
        (b"<html>ok</html>", None),
        (b"\xff\xfe", None),
        (b"[" * 5000, None),
        (b" " * 1_000_000 + b'{"receipt": "late"}', None),  # read to a bound
    ],
)
def test_the_agencys_receipt_is_kept(
    town: Town, agency: Agency, url: str, says: bytes, expected: str | None
) -> None:
    """A receipt in the answer is kept; an answer without one, or a wild one, is still an answer."""
    subscriber = subscribe(town, agency, url)
    agency.says = says
    town.sos()
    send_all(town)

    (relay,) = events_of(town, subscriber)
    assert (RelayStatus.DONE, expected) == (relay.status, relay.receipt)


@on_both_databases
def test_a_sender_that_died_is_replaced(town: Town, agency: Agency, url: str) -> None:
    """A claim without a result is over after its lease, and is posted again under the same id."""
    subscriber = subscribe(town, agency, url)
    town.sos()
    now = town.clock.now()
    with town.engine.begin() as connection:
        (relay,) = relays.due(connection, subscriber.id, now, limit=9)
        claimed = relays.claim(
            connection, relay, body={"n": 1}, lease_until=now + timedelta(seconds=LEASE_S)
        )
        again = relays.claim(
            connection, relay, body={"n": 2}, lease_until=now + timedelta(seconds=LEASE_S)
        )
    during = send(town)
    town.clock.advance(LEASE_S)
    send_all(town)

    assert (1, None, 0) == (claimed, again, during)
    assert [(f"evt_{relay.id}", {"n": 1})] == [(d.event_id, d.body) for d in agency.deliveries]
    (done,) = events_of(town, subscriber)
    assert (RelayStatus.DONE, 2) == (done.status, done.attempts)


@on_both_databases
def test_who_comes_late_does_not_overwrite(town: Town, agency: Agency, url: str) -> None:
    """The result of an attempt that somebody else took over changes nothing."""
    subscriber = subscribe(town, agency, url)
    town.sos()
    now = town.clock.now()
    with town.engine.begin() as connection:
        (relay,) = relays.due(connection, subscriber.id, now, limit=9)
        relays.claim(connection, relay, body={}, lease_until=now)
        (lost,) = relays.due(connection, subscriber.id, now, limit=9)
        relays.claim(connection, lost, body={}, lease_until=now + timedelta(seconds=LEASE_S))
        said = relays.record(
            connection,
            relay.id,
            1,
            status=RelayStatus.DONE,
            answer_code=200,
            reason="",
            receipt="",
            next_try_at=None,
            now=now,
        )

    assert (False, RelayStatus.SENDING) == (said, events_of(town, subscriber)[0].status)


@on_both_databases
def test_one_slow_agency_does_not_hold_up_another(town: Town, agency: Agency, url: str) -> None:
    """Each subscriber has at most two posts under way, so the others have theirs."""
    slow = Agency(hang_s=1.5)
    with listening(slow.app) as slow_url:
        for _ in range(4):
            subscribe(town, slow, f"{slow_url}/events")
        quick = subscribe(town, agency, url)
        town.sos()
        sender = RelaySender(town.engine, town.clock, secret=SECRET, public_url=PUBLIC_URL)
        taken = sender.deliver_due()
        until(
            lambda: events_of(town, quick)[0].status is RelayStatus.DONE,
            "the quick agency has its event",
        )
        still_waiting = not any(
            events_of(town, held)[0].status is RelayStatus.DONE for held in _others(town, quick.id)
        )
        sender.finish()

    assert (5, True) == (taken, still_waiting)


@on_both_databases
def test_a_long_queue_for_one_is_no_queue_for_another(town: Town, agency: Agency, url: str) -> None:
    """A hundred events that wait for a slow agency stand before nobody else's first one."""
    slow = Agency(hang_s=1.0)
    with listening(slow.app) as slow_url:
        held = subscribe(town, slow, f"{slow_url}/events")
        with town.engine.begin() as connection:
            for _ in range(100):
                relays.enqueue_test(connection, held.id, now=town.clock.now())
        town.clock.advance(1)
        quick = subscribe(town, agency, url)
        town.sos()
        taken = send(town)

    assert 3 == taken
    assert RelayStatus.DONE is events_of(town, quick)[0].status


def _others(town: Town, subscriber_id: int) -> list[Subscriber]:
    with reading(town.engine) as connection:
        return [held for held in subscribers.all_of(connection) if held.id != subscriber_id]


@on_both_databases
def test_a_pause_keeps_events_for_later(town: Town, agency: Agency, url: str) -> None:
    """While a subscriber is paused nothing is sent, and nothing is lost."""
    subscriber = subscribe(town, agency, url)
    with town.engine.begin() as connection:
        subscribers.set_paused(connection, subscriber.id, paused=True, now=town.clock.now())
    closes(town, town.sos())
    during = send(town)
    with town.engine.begin() as connection:
        subscribers.set_paused(connection, subscriber.id, paused=False, now=town.clock.now())
    send_all(town)

    assert 0 == during
    assert ["opened", "closed"] == types(agency.taken)


@on_both_databases
def test_who_was_removed_hears_nothing_more(town: Town, agency: Agency, url: str) -> None:
    """What was not sent is dropped with a reason, what was sent stays on record."""
    subscriber = subscribe(town, agency, url)
    incident_id = town.sos()
    send_all(town)
    closes(town, incident_id)
    with town.engine.begin() as connection:
        subscribers.remove(connection, subscriber.id, now=town.clock.now())
    send_all(town)
    first, second = events_of(town, subscriber)

    assert ["opened"] == types(agency.taken)
    assert (RelayStatus.DONE, RelayStatus.DROPPED) == (first.status, second.status)


@on_both_databases
def test_it_runs_by_itself(town: Town, agency: Agency, url: str) -> None:
    """Started, it sends what is committed, and stops when told to."""
    subscribe(town, agency, url)
    sender = RelaySender(
        town.engine, town.clock, secret=SECRET, public_url=PUBLIC_URL, look_every_s=0.02
    )
    sender.start()
    town.sos()
    sender.wake()
    until(lambda: len(agency.deliveries) == 1, "the agency has the event")
    sender.stop()

    assert ["opened"] == types(agency.taken)


def test_four_senders_send_each_event_once(postgresql_town: Town, agency: Agency, url: str) -> None:
    """Several alerts roles on one PostgreSQL share the work and double nothing."""
    town = postgresql_town
    subscribe(town, agency, url)
    with town.engine.begin() as connection:
        (subscriber,) = subscribers.all_of(connection)
        for _ in range(40):
            relays.enqueue_test(connection, subscriber.id, now=town.clock.now())
    senders = [
        RelaySender(
            town.engine, town.clock, secret=SECRET, public_url=PUBLIC_URL, look_every_s=0.01
        )
        for _ in range(4)
    ]
    for sender in senders:
        sender.start()
    until(lambda: len({d.event_id for d in agency.deliveries}) == 40, "every event has arrived")
    for sender in senders:
        sender.stop()

    assert 40 == len(agency.deliveries)


# -- how long, in numbers --------------------------------------------------------------------------


@given(
    attempts=st.integers(min_value=1, max_value=60),
    age_s=st.floats(min_value=0, max_value=200_000),
    code=st.sampled_from([None, 200, 202, 204, 301, 400, 401, 404, 410, 429, 500, 503]),
    retry_after_s=st.none() | st.floats(min_value=0, max_value=1e9),
    kind=st.sampled_from(SubscriberKind),
)
def test_every_try_ends_in_one_of_three_ways(
    attempts: int,
    age_s: float,
    code: int | None,
    retry_after_s: float | None,
    kind: SubscriberKind,
) -> None:
    """Taken, tried again later and within the patience, or given up: nothing else."""
    now = NOON + timedelta(seconds=age_s)
    reply = Reply(code=code, retry_after_s=retry_after_s)

    found = after(reply, kind=kind, happened_at=NOON, attempts=attempts, now=now)

    assert (found.at is not None) == (found.status is RelayStatus.WAITING)
    assert reply.is_taken == (found.status is RelayStatus.DONE)
    if found.at is not None:
        assert now < found.at <= NOON + PATIENCE[kind]


# -- signatures ------------------------------------------------------------------------------------


@on_both_databases
def test_after_a_change_of_secret_both_fit(town: Town, agency: Agency, url: str) -> None:
    """For a week an agency can verify with the old secret or the new one; then with the new one."""
    subscriber = subscribe(town, agency, url)
    old = agency.secret
    with town.engine.begin() as connection:
        subscribers.rotate(connection, subscriber.id, now=town.clock.now())
    new = shown(secret_of(SECRET, subscriber.id, 2))
    incident_id = town.sos()
    send_all(town)
    agency.secret = new
    town.clock.advance(BOTH_SECRETS.total_seconds() - 1)
    closes(town, incident_id)
    send_all(town)
    town.clock.advance(1)
    town.sos("sos-2")
    agency.secret = old
    send_all(town)

    assert old != new
    assert [(True, 2), (True, 2), (False, 1)] == [
        (d.is_genuine, d.signatures) for d in agency.deliveries
    ]


def test_secrets_differ_and_are_kept_nowhere() -> None:
    """Each subscriber and generation has a secret of its own, computed from the service's key."""
    secrets = {secret_of(SECRET, n, generation) for n in range(1, 9) for generation in (1, 2)}

    assert 16 == len(secrets)
    assert shown(secret_of(SECRET, 1, 1)).startswith("whsec_")
    assert "secret" not in {column.name for column in schema.subscriber.columns}


def test_a_changed_body_does_not_fit(town: Town) -> None:
    """A signature holds for one body, one id and five minutes."""
    subscriber = subscribe(town, Agency(), "https://agency.example/events")
    now = SystemClock().now()
    secrets = good_secrets(SECRET, subscriber, now)
    headers = signed_headers(secrets, event_id="evt_1", body=b'{"a":1}', at=now)
    old = signed_headers(secrets, event_id="evt_1", body=b"{}", at=now - timedelta(minutes=6))

    assert is_signed(secrets, body=b'{"a":1}', headers=headers)
    assert not is_signed(secrets, body=b'{"a":2}', headers=headers)
    assert not is_signed(secrets, body=b'{"a":1}', headers={**headers, "webhook-id": "evt_2"})
    assert not is_signed([b"other"], body=b'{"a":1}', headers=headers)
    assert not is_signed(secrets, body=b"{}", headers=old)


@given(signature=st.text(max_size=60), stamp=st.text(max_size=20), body=st.binary(max_size=40))
def test_no_wild_signature_breaks_us(signature: str, stamp: str, body: bytes) -> None:
    """Whatever stands in the headers, the answer is no."""
    headers = {"webhook-id": "evt_1", "webhook-timestamp": stamp, "webhook-signature": signature}

    assert not is_signed([b"key"], body=body, headers=headers)


@pytest.mark.parametrize(
    "address",
    [
        "https://agency.example/events",
        "https://agency.example:8443/a?b=c",
        "http://127.0.0.1:8080/events",
        "http://localhost/events",
        "http://[::1]:80/x",
        "https://10.1.2.3/inside",  # an agency's system may stand in the same closed network
    ],
)
def test_an_address_that_can_be_used(address: str) -> None:
    """An address is https anywhere, or http on this machine."""
    assert address == check_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "agency.example",
        "ftp://agency.example/x",
        "file:///etc/passwd",
        "http://agency.example/events",
        "http://127.0.0.1.example/events",
        "https://name:password@agency.example/",
        "https://agency.example/#part",
        "https://agency.example/a b",
        "https://agency.example/\n",
        "https://:443/",
        "https://agency.example:0/",
        "https://agency.example:99999/",
        "https://[::1/",
        "https://例子.example/",
        "https://agency.example/" + "x" * 1000,
    ],
)
def test_an_address_that_cannot(address: str) -> None:
    """Anything else is refused with a sentence."""
    with pytest.raises(Refused, match="address"):
        check_address(address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("evt_12", 12),
        ("evt_", None),
        ("12", None),
        ("evt_-1", None),
        ("evt_１", None),
        ("evt_" + "9" * 30, None),
    ],
)
def test_event_ids_are_read_strictly(text: str, expected: int | None) -> None:
    """An event's id is ours or none."""
    assert expected == read_event_id(text)


@pytest.mark.parametrize("document", [None, [], "x", {"receipt": True}, {"receipt": {}}, {}])
def test_what_is_no_receipt(document: object) -> None:
    """An answer of another form holds no receipt."""
    assert "" == receipt_in(document)


# -- the promise to people comes first -------------------------------------------------------------


@on_both_databases
def test_without_subscribers_nothing_is_written(town: Town) -> None:
    """Where nobody subscribed, an incident costs no row."""
    closes(town, town.sos())

    with reading(town.engine) as connection:
        assert 0 == connection.scalar(select(func.count()).select_from(schema.relay))


@on_both_databases
def test_a_broken_event_does_not_stop_the_others(
    town: Town, agency: Agency, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An event that cannot be prepared is put off with a log line, the next goes out."""
    subscriber = subscribe(town, agency, url)
    town.sos()
    with town.engine.begin() as connection:
        connection.execute(schema.relay.update().values(facts={}))
        relays.enqueue_test(connection, subscriber.id, now=town.clock.now())
    send_all(town)

    assert ["test"] == types(agency.taken)
    assert {"relay_broken"} == {vars(record).get("action") for record in caplog.records}
    assert RelayStatus.WAITING is events_of(town, subscriber)[0].status


@on_both_databases
def test_an_incident_keeps_its_state(town: Town, agency: Agency, url: str) -> None:
    """Whatever becomes of an event, the incident itself does not change by it."""
    subscribe(town, agency, url)
    incident_id = town.sos()
    with reading(town.engine) as connection:
        before = incidents.load(connection, incident_id)
    agency.fail(500, times=2)
    pass_time(town, 60)

    with reading(town.engine) as connection:
        assert before == incidents.load(connection, incident_id)
