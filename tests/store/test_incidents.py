"""Where incidents, their timeline and their messages are kept, also with many at work."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from alerts import lifecycle
from core.accounts import EVERYWHERE
from core.clock import ManualClock
from core.errors import Conflict, NotFound
from core.incidents import (
    Answer,
    EntryKind,
    GivenAnswer,
    Incident,
    IncidentState,
    Outcome,
    TimelineEntry,
    Trigger,
)
from core.notifications import Order, Priority, Purpose, SendResult
from core.people import Channel, Role
from core.policies import URGENT, Policies
from store import attempts, inbox, incidents, map_views, notifications, schema, timeline
from store.database import reading
from tests.conftest import NOON
from tests.scenes import (
    Town,
    accepted,
    ambiguous,
    on_both_databases,
    register_household,
    rows,
    temporary,
)


def suspicion(town: Town, elder_id: int | None = None) -> Incident:
    """Return a new incident, not stored yet."""
    return lifecycle.suspect(
        elder_id=elder_id or town.household.elder_id,
        trigger=Trigger.CROSSING,
        wait_s=180,
        evidence={},
        now=town.clock.now(),
    ).incident


def stored(town: Town, elder_id: int | None = None) -> Incident:
    """Store a new incident and return it as read."""
    with town.engine.begin() as connection:
        new = suspicion(town, elder_id)
        incident_id = incidents.insert(connection, new, trigger_ping_id=None)
        return incidents.load(connection, incident_id)


def order(person_id: int, *, step: int = 0, channel: Channel = Channel.SMS) -> Order:
    """Return an ask that is due now."""
    return Order(
        person_id=person_id,
        role=Role.GUARDIAN,
        channel=channel,
        purpose=Purpose.ASK,
        priority=Priority.REPEAT,
        step=step,
        due_at=NOON,
        expires_at=NOON + timedelta(seconds=240),
    )


# -- incidents -----------------------------------------------------------------------------------


@on_both_databases
def test_an_incident_comes_back_as_it_was(town: Town) -> None:
    """Every field of an incident is read as it was stored, its frozen policy included."""
    before = stored(town)
    after = replace(
        before,
        state=IncidentState.ACCEPTED,
        trigger=Trigger.SOS,
        step=2,
        round=1,
        reminded=True,
        seemed_back_at=NOON + timedelta(seconds=5),
        next_action_at=NOON + timedelta(seconds=9.5),
        policies=Policies(normal=URGENT),
    )
    with town.engine.begin() as connection:
        incidents.save(connection, before, after)

    assert replace(after, fence=1) == town.incident(before.id)


@on_both_databases
def test_an_elder_has_at_most_one_open_incident(town: Town) -> None:
    """A second open incident is refused; after the first is closed a new one may begin."""
    first = stored(town)

    with pytest.raises(Conflict, match="open incident"), town.engine.begin() as connection:
        incidents.insert(connection, suspicion(town), trigger_ping_id=None)
    with town.engine.begin() as connection:
        closed = replace(
            first,
            state=IncidentState.CLOSED,
            closed_at=NOON,
            outcome=Outcome.FALSE_ALARM,
            next_action_at=None,
        )
        incidents.save(connection, first, closed)
    second = stored(town)

    with reading(town.engine) as connection:
        assert second == incidents.open_of(connection, town.household.elder_id)
        assert None is incidents.open_of(connection, 99)


@on_both_databases
def test_a_refused_second_incident_leaves_the_transaction_usable(town: Town) -> None:
    """After the refusal the same transaction goes on, and what it did before stands."""
    first = stored(town)
    with town.engine.begin() as connection:
        with pytest.raises(Conflict):
            incidents.insert(connection, suspicion(town), trigger_ping_id=None)
        incidents.save(connection, first, replace(first, step=7))

    assert 7 == town.incident(first.id).step


@on_both_databases
def test_an_open_incident_always_has_its_next_look(town: Town) -> None:
    """The database itself refuses an open incident that nobody would ever look at."""
    first = stored(town)

    with pytest.raises(IntegrityError), town.engine.begin() as connection:
        incidents.save(connection, first, replace(first, next_action_at=None))


@on_both_databases
def test_of_two_who_read_the_same_version_one_is_too_late(town: Town) -> None:
    """A save names the version it read; the second saver is told to read again."""
    read = stored(town)
    with town.engine.begin() as connection:
        incidents.save(connection, read, replace(read, step=1))

    with pytest.raises(Conflict), town.engine.begin() as connection:
        incidents.save(connection, read, replace(read, step=2))
    assert (1, 1) == (town.incident(read.id).step, town.incident(read.id).fence)


@on_both_databases
def test_an_incident_that_is_not_there_is_not_found(town: Town) -> None:
    """Loading an unknown incident says so."""
    with reading(town.engine) as connection, pytest.raises(NotFound, match="99"):
        incidents.load(connection, 99)


@on_both_databases
def test_answers_are_kept_in_their_order(town: Town) -> None:
    """What people said is read with person, role, round and time, in the order said."""
    incident = stored(town)
    said = [
        GivenAnswer(
            person_id=person,
            role=Role.GUARDIAN,
            answer=answer,
            round=0,
            at=NOON + timedelta(seconds=number),
        )
        for number, (person, answer) in enumerate(
            [(2, Answer.CANNOT), (1, Answer.GOING), (2, Answer.GOING)]
        )
    ]
    with town.engine.begin() as connection:
        for given in said:
            incidents.add_answer(connection, incident.id, given, channel="sms")

    assert tuple(said) == town.incident(incident.id).answers


@on_both_databases
def test_what_is_due_comes_longest_overdue_first(town: Town) -> None:
    """Due incidents are named from the longest overdue on; what is not due is not named."""
    with town.engine.begin() as connection:
        others = [register_household(connection, f"band-{n}", now=NOON).elder_id for n in (2, 3)]
    first = stored(town)
    later = stored(town, others[0])
    with town.engine.begin() as connection:
        incidents.save(
            connection, later, replace(later, next_action_at=NOON - timedelta(seconds=5))
        )
    stored(town, others[1])

    with reading(town.engine) as connection:
        soon = incidents.due(connection, NOON)
        all_due = incidents.due(connection, NOON + timedelta(seconds=180))

    assert [later.id] == soon
    assert later.id == all_due[0]
    assert {first.id, later.id, later.id + 1} == set(all_due)


@on_both_databases
def test_woken_is_who_was_really_asked(town: Town) -> None:
    """Only people whose ask went out, or may have, count as woken."""
    incident = stored(town)
    results: list[SendResult | None] = [accepted(), ambiguous(), temporary(), None]
    people = (*town.household.guardians, *town.team.rescuers)
    with town.engine.begin() as connection:
        notifications.add(connection, incident, [order(p) for p in people], NOON)
        messages = notifications.due(connection, NOON, 10)
        for message, result in zip(messages, results, strict=True):
            number = notifications.claim(
                connection,
                message,
                provider="x",
                address="+15005550001",
                now=NOON,
                lease_until=NOON,
            )
            assert number == 1
            if result is not None:
                attempts.record_result(connection, message.id, number, result, NOON)

    assert {people[0], people[1], people[3]} == town.incident(incident.id).woken


# -- the outbox ----------------------------------------------------------------------------------


@on_both_databases
def test_the_same_order_twice_is_one_message(town: Town) -> None:
    """An order whose key is there adds nothing; another step, channel or round does."""
    incident = stored(town)
    person, _ = town.household.guardians
    with town.engine.begin() as connection:
        added = [
            len(notifications.add(connection, which, [one], NOON))
            for which, one in (
                (incident, order(person)),
                (incident, order(person)),
                (incident, order(person, step=1)),
                (incident, order(person, channel=Channel.VOICE)),
                (replace(incident, round=1), order(person)),
                (replace(incident, fence=9), order(person)),
            )
        ]

    assert [1, 0, 1, 1, 1, 0] == added


@on_both_databases
def test_a_claim_is_for_one(town: Town) -> None:
    """Of two senders that saw the same message, one gets it."""
    incident = stored(town)
    with town.engine.begin() as connection:
        notifications.add(connection, incident, [order(town.household.guardians[0])], NOON)
        (message,) = notifications.due(connection, NOON, 10)
        lease = NOON + timedelta(seconds=30)
        numbers = [
            notifications.claim(
                connection,
                message,
                provider="x",
                address="+15005550001",
                now=NOON,
                lease_until=lease,
            )
            for _ in range(2)
        ]
        now_due = notifications.due(connection, NOON, 10)
        later_due = notifications.due(connection, lease, 10)

    assert [1, None] == numbers
    assert ([], [message.id]) == (now_due, [m.id for m in later_due])


def test_two_workers_claim_each_message_exactly_once(postgresql_database: Engine) -> None:
    """Workers on connections of their own that claim at the same moment share all messages."""
    town = Town(postgresql_database, ManualClock(NOON))
    incident = stored(town)
    people = (*town.household.guardians, *town.team.rescuers)
    with town.engine.begin() as connection:
        orders = [order(person, step=step) for step in range(10) for person in people]
        notifications.add(connection, incident, orders, NOON)
    barrier = threading.Barrier(2)
    claimed: list[int] = []

    def work() -> None:
        barrier.wait()
        while True:
            with town.engine.begin() as connection:
                due = notifications.due(connection, NOON, 7)
                mine = [
                    message.id
                    for message in due
                    if notifications.claim(
                        connection,
                        message,
                        provider="x",
                        address="+15005550001",
                        now=NOON,
                        lease_until=NOON + timedelta(seconds=30),
                    )
                ]
            claimed.extend(mine)
            if not due:
                return

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(rows(town.engine, schema.notification, "id")) == sorted(claimed)
    assert 40 == len(rows(town.engine, schema.attempt))


# -- the timeline --------------------------------------------------------------------------------


def write(town: Town, incident_id: int, *texts: str) -> None:
    """Append notes to a timeline and commit."""
    with town.engine.begin() as connection:
        timeline.append(
            connection,
            incident_id,
            [TimelineEntry(kind=EntryKind.NOTE, at=NOON, detail={"text": text}) for text in texts],
            state=IncidentState.SUSPECT,
        )


@on_both_databases
def test_a_timeline_is_numbered_without_gaps(town: Town) -> None:
    """Entries are numbered 1, 2, 3 … within each incident, also after a rollback."""
    incident = stored(town)
    write(town, incident.id, "a", "b")
    with town.engine.connect() as connection, connection.begin() as transaction:
        entry = TimelineEntry(kind=EntryKind.NOTE, at=NOON, detail={})
        timeline.append(connection, incident.id, [entry], state=IncidentState.SUSPECT)
        transaction.rollback()
    write(town, incident.id, "c")

    assert [1, 2, 3] == rows(town.engine, schema.timeline, "number")
    assert ["a", "b", "c"] == [d["text"] for d in rows(town.engine, schema.timeline, "detail")]


def test_a_live_feed_never_skips_an_entry(database: Engine) -> None:
    """With four writers at once, whoever follows the cursor sees every entry, in order."""
    town = Town(database, ManualClock(NOON))
    with town.engine.begin() as connection:
        elders = [register_household(connection, f"b-{n}", now=NOON).elder_id for n in range(3)]
    opened = [stored(town).id, *(stored(town, elder).id for elder in elders)]
    finished = threading.Event()

    def work(incident_id: int) -> None:
        for number in range(12):
            write(town, incident_id, str(number))

    seen: list[int] = []

    def follow() -> None:
        while True:
            is_last = finished.is_set()
            with reading(town.engine) as connection:
                new = map_views.entries_after(
                    connection, seen[-1] if seen else 0, 1000, scope=EVERYWHERE
                )
            seen.extend(entry.cursor for entry in new)
            if is_last:
                return

    follower = threading.Thread(target=follow)
    writers = [threading.Thread(target=work, args=(incident_id,)) for incident_id in opened]
    for thread in (follower, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    finished.set()
    follower.join()

    assert rows(town.engine, schema.timeline, "cursor") == seen
    for incident_id in opened:
        numbers = rows(town.engine, schema.timeline, "number", incident_id=incident_id)
        assert list(range(1, 13)) == numbers


# -- the inbox -----------------------------------------------------------------------------------


@on_both_databases
def test_an_arrival_is_kept_once(town: Town) -> None:
    """The same event of the same source is kept once; of another source it is another."""
    kept: list[bool] = []
    with town.engine.begin() as connection:
        for source, key in (("a", "1"), ("a", "1"), ("b", "1"), ("a", "2")):
            kept.append(
                inbox.keep(
                    connection,
                    source=source,
                    event_key=key,
                    kind="reply",
                    body={"n": len(kept)},
                    now=NOON,
                )
            )

    assert [True, False, True, True] == kept
    assert [{"n": 0}, {"n": 2}, {"n": 3}] == rows(town.engine, schema.inbox, "body")


@on_both_databases
def test_an_arrival_is_handled_by_one(town: Town) -> None:
    """Of two workers that would handle an arrival, one may."""
    town.arrives("reply", {})
    with town.engine.begin() as connection:
        claims = [inbox.claim(connection, 1, NOON) for _ in range(2)]

    assert [True, False] == claims


@on_both_databases
def test_a_call_under_way_has_reached_nobody_yet(town: Town) -> None:
    """Whoever is being called right now counts as woken, and not as reached until it is known."""
    town.sos()
    with town.engine.begin() as connection:
        message = notifications.due(connection, town.clock.now(), 1)[0]
        number = notifications.claim(
            connection,
            message,
            provider="p",
            address="+15005550100",
            now=town.clock.now(),
            lease_until=town.clock.now() + timedelta(seconds=30),
        )
    assert number is not None
    under_way = town.incident(1)
    with town.engine.begin() as connection:
        attempts.record_result(connection, message.id, number, ambiguous(), town.clock.now())
    perhaps = town.incident(1)
    with town.engine.begin() as connection:
        attempts.record_result(connection, message.id, number, temporary(), town.clock.now())

    assert ({message.person_id}, False) == (set(under_way.woken), under_way.has_reached)
    assert ({message.person_id}, True) == (set(perhaps.woken), perhaps.has_reached)
    assert not town.incident(1).has_reached
