"""Ways people are, asked for in one word, and what the record says of it."""

import json
from typing import Any

import pytest

from simulators.phone_network.counting import count
from simulators.phone_network.manners import Manner, habit_of
from simulators.phone_network.people import Habit
from tests.simulators.phone_bench import ANNA, ASK, BERT, SERVICE, Bench


def be(bench: Bench, number: str, manner: str, **more: Any) -> None:
    """Let somebody be like that."""
    answer = bench.ask_people("PUT", f"/people/{number}", {"manner": manner, **more})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        ("goes_by_sms", ["1"]),
        ("declines_by_sms", ["2"]),
        ("answers_twice", ["1", "1"]),
        ("answers_late", ["1"]),
        ("changes_their_mind", ["1", "2"]),
        ("wrong_words", ["你是谁", "打错了吧"]),
    ],
)
def test_who_texts(bench: Bench, manner: str, words: list[str]) -> None:
    """Asked by SMS they text what their manner is, in order."""
    bench.clock.set_speed(600)  # late is a quarter of an hour
    be(bench, ANNA, manner)
    bench.text()

    assert words == [bench.service.next("sms")["Body"] for _ in words]


def test_words_and_time_can_be_chosen(bench: Bench) -> None:
    """Somebody can say something of their own, at a time of their own."""
    be(bench, ANNA, "goes_by_sms", words="我去 {no}", after_s=60)
    bench.text()
    said = bench.service.next("sms")
    entries = bench.network.record.entries()
    there = next(e for e in entries if e.detail.get("status") == "delivered")
    texted = next(e for e in entries if e.happened.value == "text_sent")

    assert "我去 12" == said["Body"]
    assert 60 <= (texted.at - there.at).total_seconds()


@pytest.mark.parametrize(("manner", "keys"), [("goes_by_key", "1"), ("declines_by_key", "2")])
def test_who_presses_a_key(bench: Bench, manner: str, keys: str) -> None:
    """Called, they pick up and press their key."""
    be(bench, ANNA, manner)
    bench.call()

    assert keys == bench.service.next("key")["Digits"]


def test_who_hears_it_again(bench: Bench) -> None:
    """9 first; then, in the menu that answers it, 1."""
    bench.service.script = (
        f'<Response><Gather numDigits="1" action="{bench.hooks}/key?token=6-2"><Say>再听</Say>'
        "</Gather></Response>"
    )
    be(bench, ANNA, "hears_it_again")
    bench.call()

    assert ["9", "1"] == [bench.service.next("key")["Digits"] for _ in range(2)]


@pytest.mark.parametrize(
    ("manner", "answer"), [("goes_by_page", "going"), ("declines_by_page", "cannot")]
)
def test_who_opens_the_page(bench: Bench, manner: str, answer: str) -> None:
    """With a link in the SMS they answer on the page."""
    be(bench, ANNA, manner)
    bench.text(body=f"{ASK}\n{bench.page}")

    assert answer == bench.service.next("page")["answer"]


@pytest.mark.parametrize(
    ("manner", "ends"),
    [
        ("presses_nothing", "completed"),
        ("voicemail", "completed"),
        ("busy", "busy"),
        ("never", "no-answer"),
        ("phone_off", "no-answer"),
    ],
)
def test_a_call_that_nobody_answers(bench: Bench, manner: str, ends: str) -> None:
    """However such a call ends, no key is pressed and nothing is texted."""
    be(bench, ANNA, manner)
    bench.call()
    ended = bench.service.next("status")

    assert ends == ended["CallStatus"]
    assert "AnsweredBy" not in ended
    assert not {"key_pressed", "text_sent"} & {
        entry.happened.value for entry in bench.network.record.entries()
    }


def test_who_picked_up_is_found_out_if_it_is_asked(bench: Bench) -> None:
    """With machine detection the receipt says that a mailbox took the call."""
    be(bench, ANNA, "voicemail")
    bench.client.calls.create(
        to=ANNA,
        from_=SERVICE,
        twiml="<Response><Say>沈云鹤</Say></Response>",
        machine_detection="Enable",
        status_callback=f"{bench.hooks}/status?token=6-1",
    )

    assert "machine_start" == bench.service.next("status")["AnsweredBy"]


def test_a_phone_that_is_off_gets_nothing(bench: Bench) -> None:
    """An SMS to it comes back as undeliverable for now."""
    be(bench, ANNA, "phone_off")
    bench.text()

    assert "30003" == bench.service.next("status", MessageStatus="undelivered")["ErrorCode"]


def test_a_new_manner_ends_the_old_one(bench: Bench) -> None:
    """Who was off and now answers is off no more."""
    be(bench, ANNA, "phone_off")
    be(bench, ANNA, "goes_by_sms")
    bench.text()

    assert "1" == bench.service.next("sms")["Body"]


@pytest.mark.parametrize("manner", list(Manner))
def test_every_manner_is_a_habit(manner: Manner) -> None:
    """Each word makes a habit, which survives the wire."""
    habit = habit_of(manner, ANNA, about="沈", after_s=3)

    assert habit == Habit.from_json(json.loads(json.dumps(habit.to_json())))


def test_the_record_counts_what_left(bench: Bench) -> None:
    """Sends are counted by number, by logical message and by token, whoever asks."""
    for token in ("7-1", "7-2", "8-1"):
        bench.client.messages.create(
            to=ANNA, from_=SERVICE, body=ASK, status_callback=f"{bench.hooks}/status?token={token}"
        )
    bench.call(to=BERT)
    asked = json.loads(bench.ask_people("GET", "/record/counts").text)
    one = json.loads(bench.ask_people("GET", "/record/counts?number=%2B8610040000002").text)

    assert {ANNA: {"messages": 3}, BERT: {"calls": 1}} == asked["by_number"]
    assert {"7": 2, "8": 1, "6": 1} == asked["by_message"]
    assert {"7-1": 1, "7-2": 1, "8-1": 1, "6-1": 1} == asked["by_token"]
    assert (2, {"twilio": 4}) == (asked["most_sends"], asked["by_provider"])
    assert {BERT: {"calls": 1}} == one["by_number"]
    assert asked == count(bench.network.record.entries()).to_json()


def test_the_record_can_be_read_in_part(bench: Bench) -> None:
    """By kind, by number, or from an entry on."""
    bench.text(to=ANNA)
    bench.text(to=BERT)
    bench.service.next("status", MessageStatus="delivered")
    taken = json.loads(bench.ask_people("GET", "/record?happened=message_accepted").text)
    berts = json.loads(bench.ask_people("GET", "/record?number=%2B8610040000002").text)
    later = json.loads(bench.ask_people("GET", f"/record?after={taken[0]['number']}").text)

    assert [ANNA, BERT] == [entry["to"] for entry in taken]
    assert {BERT} == {entry["to"] for entry in berts}
    assert taken[0] not in later
