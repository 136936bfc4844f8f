"""The people behind the numbers."""

import json

import pytest

from simulators.phone_network import Habit, OpensLink, PicksUp, Text
from simulators.phone_network.people import Person, case_number_in, is_ask, link_in
from simulators.phone_network.twiml import Gather, HangUp, Pause, Redirect, Say, read_script
from tests.simulators.phone_bench import ANNA, ASK, BERT, SERVICE, Bench, bodies, numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12号：沈云鹤（80岁）离开安全区。能去请回1，不能去回2。", True),
        ("No. 12: Shen left the safe zone. Reply 1 going, 2 cannot.", True),
        ("请回复“1”表示能去", True),
        ("12号：张三正在去找沈云鹤。", False),
        ("12号：已登记你在路上。找到回3，需要救援回4。", False),
        ("12号已结案：沈云鹤已找到。谢谢你！", False),
    ],
)
def test_an_ask_invites_the_answer_1(text: str, expected: bool) -> None:
    """Only a message that offers the reply 1 is a question."""
    assert expected == is_ask(text)


def test_links_and_case_numbers_are_found() -> None:
    """The answer page and the number of the case are read from the text."""
    text = "No. 31: help.\nhttps://121.example.org/a/31.7.Ab-_9 end"

    assert "https://121.example.org/a/31.7.Ab-_9" == link_in(text)
    assert "31" == case_number_in(text)
    assert ("", None) == (case_number_in("你好"), link_in("http://x/b"))


def test_somebody_answers_and_later_finds(bench: Bench) -> None:
    """After the ask come the texts of the habit, in order, with the number of the case."""
    bench.learn(
        Habit(
            number=ANNA,
            about="沈云鹤",
            texts=(Text(after_s=5, text="1 {no}"), Text(after_s=15, text="3")),
        )
    )
    bench.text()
    first, second = bench.service.next("sms"), bench.service.next("sms")

    assert (ANNA, SERVICE, "1 12") == (first["From"], first["To"], first["Body"])
    assert "3" == second["Body"]


def test_nobody_answers_what_is_no_question(bench: Bench) -> None:
    """News, and asks about somebody else, are read and not answered."""
    bench.learn(Habit(number=ANNA, about="沈云鹤", texts=(Text(after_s=1, text="1"),)))
    bench.text(body="12号：张三正在去找沈云鹤。")
    bench.text(body=ASK.replace("沈云鹤", "钱根生"))
    bench.learn(Habit(number=BERT, texts=(Text(after_s=20, text="2"),)))
    bench.text(to=BERT)
    answered = bench.service.next("sms")

    assert BERT == answered["From"]


def test_two_asks_get_one_answer(bench: Bench) -> None:
    """Who was asked twice about the same thing answers once."""
    bench.learn(Habit(number=ANNA, texts=(Text(after_s=3, text="1"), Text(after_s=60, text="3"))))
    bench.text()
    bench.text()
    texts = [bench.service.next("sms")["Body"] for _ in range(2)]

    assert ["1", "3"] == texts


def test_a_call_is_picked_up_and_a_key_pressed(bench: Bench) -> None:
    """The key goes signed to the menu's address, the end is reported, a text follows."""
    bench.learn(
        Habit(number=ANNA, call=PicksUp(after_s=4, key="1"), then=(Text(after_s=10, text="3"),))
    )
    call = bench.call()
    key = bench.service.next("key")
    ended = bench.service.next("status")
    found = bench.service.next("sms")

    assert ("1", call.sid, "in-progress") == (key["Digits"], key["CallSid"], key["CallStatus"])
    assert "token=6-1" == key["query"]
    assert "completed" == ended["CallStatus"]
    assert int(ended["CallDuration"]) > 0
    assert "3" == found["Body"]


def test_the_first_calls_may_be_missed(bench: Bench) -> None:
    """With one miss the first call rings out and the second is picked up."""
    bench.learn(Habit(number=ANNA, call=PicksUp(after_s=4, key="2", misses=1)))
    bench.call()
    first = bench.service.next("status")
    bench.call()
    key = bench.service.next("key")

    assert ("no-answer", "2") == (first["CallStatus"], key["Digits"])


def test_a_declined_call_is_busy(bench: Bench) -> None:
    """A refused call ends as busy."""
    bench.learn(Habit(number=ANNA, declines_call_after_s=3))
    bench.call()

    assert "busy" == bench.service.next("status")["CallStatus"]


def test_a_menu_may_lead_to_another(bench: Bench) -> None:
    """After the key the service's answer is played: here the menu once more, unanswered."""
    bench.service.script = (
        f'<Response><Gather numDigits="1" action="{bench.hooks}/key?token=6-2"><Say>再听</Say>'
        "</Gather></Response>"
    )
    bench.learn(Habit(number=ANNA, call=PicksUp(after_s=2, key="9", listens_s=2)))
    bench.call()
    key = bench.service.next("key")
    ended = bench.service.next("status")

    assert ("9", "completed") == (key["Digits"], ended["CallStatus"])


def test_the_script_may_stand_at_an_address(bench: Bench) -> None:
    """A call with a Url asks there for its script when it is picked up."""
    bench.service.script = "<Response><Say>你好</Say></Response>"
    bench.learn(Habit(number=ANNA, call=PicksUp(after_s=2)))
    bench.client.calls.create(
        to=ANNA,
        from_=SERVICE,
        url=f"{bench.hooks}/script",
        status_callback=f"{bench.hooks}/status?token=1-1",
        status_callback_event=["ringing", "answered", "completed"],
    )
    asked = bench.service.next("script")
    ended = bench.service.next("status", CallStatus="completed")

    assert "in-progress" == asked["CallStatus"]
    assert "2" == ended["SequenceNumber"]


def test_the_answer_page_is_opened_and_used(bench: Bench) -> None:
    """The page is read first for its hidden key; then the answer is posted with it."""
    bench.learn(Habit(number=ANNA, link=OpensLink(after_s=3), then=(Text(after_s=5, text="3"),)))
    bench.text(body=f"{ASK}\n{bench.page}")
    answer = bench.service.next("page")
    found = bench.service.next("sms")

    assert {"answer": "going", "key": "k-12.7.abc-_x&", "token": "12.7.abc-_x"} == answer
    assert "3" == found["Body"]


def test_somebody_at_the_demonstration_takes_over(bench: Bench) -> None:
    """Who texts by hand is no longer answered for by a habit."""
    bench.learn(Habit(number=ANNA, texts=(Text(after_s=30, text="2"),)))
    bench.network.name({ANNA: "安娜"})
    bench.text()
    bench.service.next("status", MessageStatus="delivered")
    bench.ask_people("POST", f"/phones/{ANNA}/reply", {"text": "我去"})
    bench.learn(Habit(number=BERT, texts=(Text(after_s=40, text="over"),)))
    bench.text(to=BERT)
    said = [bench.service.next("sms")["Body"] for _ in range(2)]
    shown = json.loads(bench.ask_people("GET", "/phones").text)

    assert ["我去", "over"] == said
    assert {ANNA, BERT} == set(numbers(shown))
    assert [ASK, "我去"] == next(bodies(one) for one in shown if one["number"] == ANNA)
    assert "安娜" == next(one["label"] for one in shown if one["number"] == ANNA)


def test_a_ringing_phone_can_be_answered_by_hand(bench: Bench) -> None:
    """Pressing a key picks up; hanging up refuses; without a call there is nothing to press."""
    bench.call(events=("ringing",))
    bench.service.next("status", CallStatus="ringing")
    bench.ask_people("POST", f"/phones/{ANNA}/press", {"digit": "1"})
    key = bench.service.next("key")
    bench.call(to=BERT, events=("ringing", "completed"))
    bench.service.next("status", CallStatus="ringing")
    bench.ask_people("POST", f"/phones/{BERT}/hangup")
    refused = bench.service.next("status", To=BERT)
    nothing = bench.ask_people("POST", "/phones/+8610040000009/press", {"digit": "1"})

    assert ("1", "busy", 404) == (key["Digits"], refused["CallStatus"], nothing.status_code)


def test_habits_survive_the_wire() -> None:
    """A habit taught over HTTP is the habit that was meant."""
    habit = Habit(
        number=ANNA,
        about="沈",
        texts=(Text(after_s=1, text="1"),),
        link=OpensLink(after_s=2),
        call=PicksUp(after_s=3, key="1", misses=1),
        declines_call_after_s=4,
        then=(Text(after_s=5, text="3"),),
    )

    assert habit == Habit.from_json(json.loads(json.dumps(habit.to_json())))


def test_the_particular_habit_wins() -> None:
    """Somebody with a general habit and one about a person acts on the particular one."""
    person = Person(number=ANNA)
    person.learn(Habit(number=ANNA))
    person.learn(Habit(number=ANNA, about="沈云鹤"))
    person.learn(Habit(number=ANNA, about="沈云鹤", declines_call_after_s=1))
    memory = person.reminded_by(ASK)

    assert memory is not None
    assert 2 == len(person.memories)
    assert 1 == memory.habit.declines_call_after_s


def test_a_script_is_read_verb_by_verb() -> None:
    """Words, menus, pauses, redirections and the end; addresses may be relative."""
    verbs = read_script(
        '<Response><Say loop="2">你好</Say><Pause length="2"/><Gather action="k?x=1&amp;y=2"'
        ' timeout="3"><Say>按一</Say></Gather><Play>x</Play><Redirect>/more</Redirect><Hangup/>'
        "</Response>",
        base_url="http://host/hooks/a",
    )

    assert (
        Say(text="你好你好"),
        Pause(lasts_s=2),
        Gather(text="按一", action="http://host/hooks/k?x=1&y=2", timeout_s=3),
        Redirect(url="http://host/more"),
        HangUp(),
    ) == verbs


@pytest.mark.parametrize("xml", ["", "<Response", "<html/>"])
def test_what_is_no_script_is_refused(xml: str) -> None:
    """Anything but a call script is an error that says so."""
    with pytest.raises(ValueError, match="call script"):
        read_script(xml)
