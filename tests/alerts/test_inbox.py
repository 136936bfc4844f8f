"""What comes back: kept raw, handled once, never lost, however often or oddly it comes."""

import threading
from typing import Any

import pytest
from sqlalchemy import Engine, update

from alerts import desk
from alerts.inbox import process_pending, read_token
from core.clock import ManualClock
from core.incidents import Answer, EntryKind, IncidentState, Outcome
from core.people import Channel
from store import schema
from tests.conftest import NOON
from tests.scenes import AlertsRole, Town, on_both_databases, phone_of, register_household, rows


def outcomes(town: Town) -> list[str | None]:
    """Return what became of each arrival, oldest first."""
    return rows(town.engine, schema.inbox, "outcome")


def answers(town: Town) -> list[tuple[int, int, str, str]]:
    """Return (incident, person, answer, channel) of every answer stored."""
    return rows(town.engine, schema.answer, "incident_id", "person_id", "answer", "channel")


@pytest.fixture
def asked(town: Town) -> Town:
    """Give a town in which incident 1 was opened and both guardians were asked."""
    town.sos()
    AlertsRole(town.engine, town.clock).tick()
    return town


# -- by SMS --------------------------------------------------------------------------------------


@on_both_databases
def test_a_yes_by_sms_takes_the_incident_over(asked: Town) -> None:
    """A guardian's "1" makes them the one who goes."""
    first, _ = asked.household.guardians

    asked.texts(first, "1")

    assert IncidentState.ACCEPTED is asked.incident(1).state
    assert (first,) == asked.incident(1).going()
    assert [(1, first, "going", "sms")] == answers(asked)
    assert ["going:1"] == outcomes(asked)


@on_both_databases
def test_the_same_event_twice_is_one_answer(asked: Town) -> None:
    """A provider that delivers a reply twice changes nothing the second time."""
    first, _ = asked.household.guardians
    body = {"from": phone_of(first), "text": "1"}

    kept = [asked.arrives("reply", body, key="SM1") for _ in range(3)]
    asked.handles_arrivals()
    asked.handles_arrivals()

    assert [True, False, False] == kept
    assert [(1, first, "going", "sms")] == answers(asked)


def test_two_equal_texts_are_harmless(asked: Town) -> None:
    """Somebody who texts "1" twice is going once, and nobody is told twice."""
    first, second = asked.household.guardians
    asked.texts(first, "1")
    asked.texts(first, "1")
    role = AlertsRole(asked.engine, asked.clock)

    role.tick()

    assert (first,) == asked.incident(1).going()
    assert sorted([(0, first, "sms"), (0, second, "sms")]) == role.told()


@on_both_databases
def test_a_reply_means_the_newest_incident_the_person_was_asked_about(asked: Town) -> None:
    """Without a number, a reply is for the open incident the person was asked about last."""
    newer = _second_incident_of_the_same_guardians(asked)
    first, _ = asked.household.guardians

    asked.texts(first, "1")

    assert (first,) == asked.incident(newer).going()
    assert () == asked.incident(1).going()


def test_a_number_in_the_reply_names_the_incident(asked: Town) -> None:
    """With a number, a reply is for that incident."""
    newer = _second_incident_of_the_same_guardians(asked)
    first, _ = asked.household.guardians

    asked.texts(first, "1 1")

    assert (first,) == asked.incident(1).going()
    assert () == asked.incident(newer).going()


@pytest.mark.parametrize("text", ["1 2", "3 2", "3 99"])
def test_a_code_never_answers_for_another_incident(asked: Town, text: str) -> None:
    """A number of an incident the person was never asked about is not taken for another one."""
    with asked.engine.begin() as connection:
        register_household(connection, "band-2", now=asked.clock.now())
    assert 2 == asked.sos("sos-2", device_id="band-2")
    AlertsRole(asked.engine, asked.clock).tick()

    asked.texts(asked.household.guardians[0], text)

    assert [] == answers(asked)
    assert IncidentState.GUARDIANS is asked.incident(1).state


def test_an_open_incident_goes_before_a_newer_closed_one(asked: Town) -> None:
    """A reply never goes to a closed incident while one is open."""
    newer = _second_incident_of_the_same_guardians(asked)
    asked.arrives(
        "order", {"do": "close", "incident_id": newer, "by": "x", "outcome": "false_alarm"}
    )
    asked.handles_arrivals()

    asked.texts(asked.household.guardians[0], "1")

    assert (asked.household.guardians[0],) == asked.incident(1).going()


def test_a_late_reply_to_a_closed_incident_is_kept(asked: Town) -> None:
    """An answer after the end is stored and changes nothing."""
    first, second = asked.household.guardians
    asked.texts(first, "3")
    assert Outcome.FOUND is asked.incident(1).outcome

    asked.texts(second, "1")

    assert (1, second, "going", "sms") in answers(asked)
    assert IncidentState.CLOSED is asked.incident(1).state


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"from": "+8613999999999", "text": "1"}, "unknown_number"),
        ({"from": phone_of(1), "text": "hello"}, "not_understood"),
        ({"from": phone_of(1), "text": ""}, "not_understood"),
        ({"from": phone_of(5), "text": "1"}, "nothing_asked"),  # the operator
        ({"from": phone_of(1), "text": 1}, "going:1"),  # a number where a text should be
        ({"from": phone_of(1)}, "not_understood"),
        ({"from": None, "text": "1"}, "unknown_number"),
    ],
)
def test_odd_replies_have_named_outcomes(asked: Town, body: dict[str, Any], outcome: str) -> None:
    """A reply that leads nowhere is kept with the reason and troubles nobody."""
    asked.arrives("reply", body)
    asked.handles_arrivals()

    assert [outcome] == outcomes(asked)


# -- by call, page and order ---------------------------------------------------------------------


def _token_of_call(town: Town, person_id: int) -> str:
    (found,) = rows(
        town.engine, schema.notification, "id", person_id=person_id, channel=Channel.VOICE.value
    )
    return f"{found}-1"


@pytest.mark.parametrize(("key", "said"), [("1", Answer.GOING), ("2", Answer.CANNOT)])
def test_a_key_pressed_is_an_answer(asked: Town, key: str, said: Answer) -> None:
    """Key 1 or 2 during a call counts for the person who was called."""
    first, _ = asked.household.guardians
    asked.arrives("keypress", {"token": _token_of_call(asked, first), "key": key})

    asked.handles_arrivals()

    assert [(1, first, said.value, "voice")] == answers(asked)


@pytest.mark.parametrize(
    "body",
    [
        {"token": "1-1", "key": "9"},  # to hear it again
        {"token": "1-1", "key": ""},
        {"token": "nonsense", "key": "1"},
        {"token": "1", "key": "1"},
        {"key": "1"},
        {"token": "999999-1", "key": "1"},
        {"token": "1-7", "key": "1"},
    ],
)
def test_any_other_key_or_token_changes_nothing(asked: Town, body: dict[str, Any]) -> None:
    """Another key, no key, or a token that is not ours is no answer."""
    asked.arrives("keypress", body)

    asked.handles_arrivals()

    assert [] == answers(asked)
    assert None is not outcomes(asked)[0]


def test_an_answer_on_the_page_counts(asked: Town) -> None:
    """What a person pressed on the answer page counts like a reply."""
    _, second = asked.household.guardians
    asked.arrives("answer", {"incident_id": 1, "person_id": second, "answer": "need_rescue"})

    asked.handles_arrivals()

    assert [(1, second, "need_rescue", "page")] == answers(asked)
    assert IncidentState.RESCUE is asked.incident(1).state


def test_a_coordinator_can_close_send_rescue_and_note(asked: Town) -> None:
    """Orders of a coordinator are handled like answers, each on the timeline."""
    asked.arrives("order", {"do": "rescue", "incident_id": 1, "by": "coordinator"})
    asked.arrives("order", {"do": "note", "incident_id": 1, "by": "coordinator", "text": "看到了"})
    asked.arrives(
        "order", {"do": "close", "incident_id": 1, "by": "coordinator", "outcome": "found"}
    )

    asked.handles_arrivals()

    assert Outcome.FOUND is asked.incident(1).outcome
    kinds = asked.timeline(1)
    assert {EntryKind.RESCUE_ASKED, EntryKind.NOTE, EntryKind.CLOSED} <= set(kinds)
    assert ["rescue:1", "note:1", "close:1"] == outcomes(asked)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("order", {}),
        ("order", {"do": "dance", "incident_id": 1, "by": "x"}),
        ("order", {"do": "close", "incident_id": 1, "by": "x", "outcome": "eaten"}),
        ("order", {"do": "close", "incident_id": "x", "by": "x"}),
        ("order", {"do": "rescue", "incident_id": 99, "by": "x"}),
        ("answer", {}),
        ("answer", {"incident_id": 1, "person_id": 1, "answer": "dance"}),
        ("answer", {"incident_id": 99, "person_id": 1, "answer": "going"}),
        ("answer", {"incident_id": 1, "person_id": 99, "answer": "going"}),
        ("reply", {}),
        ("receipt", {}),
        ("telegram", {}),
    ],
)
def test_an_unreadable_arrival_stops_no_other(asked: Town, kind: str, body: dict[str, Any]) -> None:
    """Whatever arrives is handled or set aside with a reason, and the next answer still counts."""
    first, _ = asked.household.guardians
    asked.arrives(kind, body)

    asked.texts(first, "1")

    assert (first,) == asked.incident(1).going()
    assert None is not outcomes(asked)[0]


# -- crashes and races ---------------------------------------------------------------------------


@on_both_databases
def test_what_was_kept_before_a_crash_is_handled_after_it(asked: Town) -> None:
    """An answer whose process died after keeping it is handled by the next tick of anybody."""
    first, _ = asked.household.guardians
    asked.arrives("reply", {"from": phone_of(first), "text": "1"})

    AlertsRole(asked.engine, asked.clock).tick()

    assert (first,) == asked.incident(1).going()


@on_both_databases
def test_an_answer_that_meets_a_fault_is_not_lost(asked: Town) -> None:
    """While an incident cannot be read, an answer to it waits, and counts once that is mended."""
    first, _ = asked.household.guardians
    table = schema.incident
    (policy,) = rows(asked.engine, table, "policy")
    with asked.engine.begin() as connection:
        connection.execute(update(table).values(policy={}))
    asked.texts(first, "1")
    with asked.engine.begin() as connection:
        connection.execute(update(table).values(policy=policy))
    asked.clock.advance(60)

    asked.handles_arrivals()

    assert (first,) == asked.incident(1).going()


def test_an_answer_waits_out_a_long_fault(asked: Town) -> None:
    """An answer that cannot be handled for an hour of tries is still not given up."""
    first, _ = asked.household.guardians
    table = schema.incident
    (policy,) = rows(asked.engine, table, "policy")
    with asked.engine.begin() as connection:
        connection.execute(update(table).values(policy={}))
    asked.texts(first, "1")
    for _ in range(40):
        asked.clock.advance(90)
        asked.handles_arrivals()
    with asked.engine.begin() as connection:
        connection.execute(update(table).values(policy=policy))
    asked.clock.advance(900)

    asked.handles_arrivals()

    assert (first,) == asked.incident(1).going()


def test_answers_at_the_same_moment_both_count(database: Engine) -> None:
    """Two people whose answers are handled at once by two workers are both heard."""
    town = Town(database, ManualClock(NOON))
    town.sos()
    AlertsRole(town.engine, town.clock).tick()
    people = town.household.guardians
    for person in people:
        town.arrives("reply", {"from": phone_of(person), "text": "1"})
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        process_pending(town.engine, town.clock)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    process_pending(town.engine, town.clock)

    assert sorted(people) == sorted(town.incident(1).going())
    assert 2 == len(answers(town))


def test_people_sharing_a_number_answer_for_the_one_who_was_asked(asked: Town) -> None:
    """When a couple shares a phone, the reply counts for the one the incident concerns."""
    first, _ = asked.household.guardians
    with asked.engine.begin() as connection:
        connection.execute(
            schema.contact_point.insert().values(
                person_id=asked.team.operators[0], channel="sms", value=phone_of(first)
            )
        )

    asked.texts(first, "1")

    assert (first,) == asked.incident(1).going()


def _is_on_the_phone_of(town: Town, person_id: int, other: int) -> None:
    """Register *person_id* under the number of *other*."""
    table = schema.contact_point
    with town.engine.begin() as connection:
        connection.execute(
            update(table).where(table.c.person_id == person_id).values(value=phone_of(other))
        )


@on_both_databases
def test_a_guardian_of_the_team_answers_for_the_team_while_it_is_asked(asked: Town) -> None:
    """Who is registered twice under one number takes over as whoever was asked last."""
    first, rescuer = asked.household.guardians[0], asked.team.rescuers[0]
    _is_on_the_phone_of(asked, rescuer, first)
    with asked.engine.begin() as connection:
        desk.order_rescue(connection, 1, by="duty", now=asked.clock.now())
    AlertsRole(asked.engine, asked.clock).tick()

    asked.texts(first, "1")

    assert IncidentState.RESCUE_ACCEPTED is asked.incident(1).state
    assert (rescuer,) == asked.incident(1).going()


def test_a_couple_on_one_phone_can_both_decline(town: Town) -> None:
    """After one of them cannot, the other is asked, and the next "2" is theirs: the team comes."""
    first, second = town.household.guardians
    _is_on_the_phone_of(town, second, first)
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    town.texts(first, "2")
    role.tick()

    town.texts(first, "2")

    assert {first, second} == set(town.incident(1).declined())
    assert IncidentState.RESCUE is town.incident(1).state


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("12-3", (12, 3)),
        ("12-", None),
        ("-3", None),
        ("12-3-4", None),
        ("a-b", None),
        ("", None),
        ("12-3\n", None),
        ("1" * 40 + "-1", None),
    ],
)
def test_tokens_are_read_strictly(token: str, expected: tuple[int, int] | None) -> None:
    """A correlation token is two numbers and nothing else."""
    assert expected == read_token(token)


def _second_incident_of_the_same_guardians(town: Town) -> int:
    """Open an incident of another elder whose guardians are the same, and ask them."""
    with town.engine.begin() as connection:
        other = register_household(connection, "band-2", now=town.clock.now())
        connection.execute(
            schema.guardianship.delete().where(schema.guardianship.c.elder_id == other.elder_id)
        )
        for position, person_id in enumerate(town.household.guardians, start=1):
            connection.execute(
                schema.guardianship.insert().values(
                    elder_id=other.elder_id, position=position, person_id=person_id
                )
            )
    town.clock.advance(1)
    incident_id = town.sos("sos-2", device_id="band-2")
    AlertsRole(town.engine, town.clock).tick()
    return incident_id
