"""The domestic provider: approved texts, reports in batches, keys in reports, and a second one."""

import httpx

from core.incidents import IncidentState
from simulators.phone_network import Habit, PicksUp, Text
from simulators.phone_network.record import Happened
from tests.stories import stage as stages
from tests.stories.scene import Story

LADDER = [
    "0 sms ask: chen shen",
    "60 voice ask: chen shen",
    "180 sms ask: chen shen",
    "180 voice ask: chen shen",
]


def providers(story: Story) -> list[str]:
    """Return which provider took each message and call, in order."""
    entries = story.record(Happened.MESSAGE_ACCEPTED, Happened.CALL_ACCEPTED)
    return [entry.detail.get("provider") or "twilio" for entry in entries]


def test_the_same_ladder(story: Story) -> None:
    """Through Aliyun people are asked as through any other provider."""
    story.uses_aliyun()
    story.wanders_off()
    story.passes(minutes=4)

    assert LADDER == story.sent()
    assert {"aliyun"} == set(providers(story))
    story.wraps_up()


def test_what_an_approved_text_says(story: Story) -> None:
    """The approved text with its variables says what our own SMS would have said."""
    story.uses_aliyun()
    story.wanders_off()
    story.sent()
    text = story.texts_to(story.chen)[0]

    for words in ("王秀英", "离开安全区", "700米", "回1"):
        assert words in text
    story.wraps_up()


def test_a_reply_comes_as_a_batch(story: Story) -> None:
    """A reply that Aliyun reports in a batch counts like any other."""
    story.uses_aliyun()
    story.learn(Habit(number=story.chen.number, texts=(Text(after_s=20, text="1"),)))
    story.wanders_off()
    story.passes(50)

    assert IncidentState.ACCEPTED is story.state
    assert any(line.endswith("sms confirm going: chen") for line in story.sent())


def test_a_key_comes_in_the_report_of_the_call(story: Story) -> None:
    """The key pressed in a call arrives with its report, and counts."""
    story.uses_aliyun()
    story.learn(Habit(number=story.shen.number, call=PicksUp(after_s=5, key="1")))
    story.wanders_off()
    story.passes(minutes=3)

    assert IncidentState.ACCEPTED is story.state
    assert any(line.endswith("sms confirm going: shen") for line in story.sent())


def test_found_through_aliyun(story: Story) -> None:
    """The end is told through Aliyun to whoever was woken."""
    story.uses_aliyun()
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.from_here()
    story.texts(story.chen, "3")

    assert ["0 sms closing found: chen shen"] == story.sent()


def test_the_second_provider_takes_over(story: Story) -> None:
    """Aliyun says that a number had its share: the other provider sends it in the same second."""
    story.uses_aliyun("aliyun,twilio")
    story.aliyun("refusals", code="isv.BUSINESS_LIMIT_CONTROL", only="messages")
    story.wanders_off()
    story.passes(20)

    assert "0 sms ask: chen shen" in story.sent()
    assert {"twilio"} == set(providers(story))
    story.wraps_up()


def test_a_provider_that_is_down_is_passed_over(story: Story) -> None:
    """With Aliyun gone every ask goes out by the other provider, at once."""
    story.uses_aliyun("aliyun,twilio")
    story.aliyun("faults", fault="down")
    story.noise.may("provider_rests", 10)
    story.wanders_off()
    story.passes(minutes=2)
    told = story.sent()

    assert "0 sms ask: chen shen" in told
    assert "60 voice ask: chen shen" in told
    story.wraps_up()


def test_doubt_is_looked_up_by_our_own_token(story: Story) -> None:
    """Taken with an error for an answer: Aliyun is asked by our token, nothing is sent twice."""
    story.uses_aliyun()
    story.aliyun("faults", fault="error_after_accepting", only="messages", times=2)
    story.noise.may("provider_rests", 2)
    story.wanders_off()
    story.passes(40)
    texts = [e.detail["to"] for e in story.record(Happened.MESSAGE_ACCEPTED)]

    assert sorted([story.chen.number, story.shen.number]) == sorted(texts)
    story.sent()
    story.wraps_up()


def test_reports_twice_and_backwards(story: Story) -> None:
    """Reports that come twice and in the wrong order change nothing in who is asked."""
    story.uses_aliyun()
    story.aliyun("reports", doubled=True, reversed=True)
    story.wanders_off()
    story.passes(minutes=4)

    assert LADDER == story.sent()
    story.wraps_up()


def test_reports_that_never_come(story: Story) -> None:
    """Without any report people are asked by both ways, and nobody is called twice in a minute."""
    story.uses_aliyun()
    story.aliyun("reports", lost=True)
    story.wanders_off()
    story.passes(100)

    assert LADDER[:2] == story.sent()
    story.aliyun("reports")
    story.wraps_up()


def test_a_report_with_a_wrong_secret_is_refused(story: Story) -> None:
    """Aliyun signs nothing, so an address without our secret takes nothing."""
    story.uses_aliyun()
    story.wanders_off()
    story.sent()
    url = f"{story.stage.public_url}/hooks/aliyun/{stages.HOOK_SECRET[::-1]}/sms-up"
    reply = [{"phone_number": story.chen.number[3:], "content": "3", "sequence_id": 1}]
    answer = httpx.post(url, json=reply)
    story.settles()

    assert 403 == answer.status_code
    assert story.incident.is_open
    story.wraps_up()
