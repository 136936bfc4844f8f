"""A worker ends in the middle: what it held is taken up, and nobody is called three times."""

from collections import Counter

from core.incidents import IncidentState
from simulators.phone_network.record import Happened
from tests.stories.scene import Story


def taken(story: Story) -> Counter[str]:
    """Return how many SMS and calls the provider took for each number."""
    entries = story.record(Happened.MESSAGE_ACCEPTED, Happened.CALL_ACCEPTED)
    return Counter(entry.detail["to"] for entry in entries)


def test_died_after_the_provider_took_it(story: Story) -> None:
    """A sender that died after the provider took the SMS sent it: nobody sends it again."""
    story.leaves()
    story.dies_sending(after=True)
    story.passes(50)

    assert {story.chen.number: 1, story.shen.number: 1} == taken(story)
    story.sent()
    story.wraps_up()


def test_died_before_the_provider_was_asked(story: Story) -> None:
    """A sender that died before it asked anybody sent nothing: the SMS goes out when it is free."""
    story.leaves()
    story.dies_sending(after=False)
    story.passes(45)
    told = story.sent()

    assert "30 sms ask: chen shen" in told
    story.wraps_up()


def test_two_workers_die_one_after_the_other(story: Story) -> None:
    """However many senders die, one SMS is sent at most twice, and the person is called."""
    story.leaves()
    story.dies_sending(after=True)
    story.clock.advance(30)
    story.dies_sending(after=True)
    story.passes(60)
    texts = Counter(e.detail["to"] for e in story.record(Happened.MESSAGE_ACCEPTED))
    calls = Counter(e.detail["to"] for e in story.record(Happened.CALL_ACCEPTED))

    assert all(number <= 2 for number in texts.values())
    assert {story.chen.number, story.shen.number} == set(calls)
    story.sent()
    story.wraps_up()


def test_a_caller_that_died(story: Story) -> None:
    """A worker that died while it placed the calls: each phone rings once or twice, no more."""
    story.wanders_off()
    story.passes(50)
    story.worker_restarts()
    story.clock.advance(10)
    story.advances_only()
    story.dies_sending(after=True)
    story.passes(minutes=1)
    calls = Counter(e.detail["to"] for e in story.record(Happened.CALL_ACCEPTED))

    assert {story.chen.number, story.shen.number} == set(calls)
    assert all(number <= 2 for number in calls.values())
    story.sent()
    story.wraps_up()


def test_an_answer_while_the_sender_is_dead(story: Story) -> None:
    """Somebody goes while a dead worker still holds an SMS: it is not sent to whoever goes."""
    story.leaves()
    story.dies_sending(after=False)
    story.answers_page(story.chen, "going")
    story.passes(minutes=2)

    assert IncidentState.ACCEPTED is story.state
    assert not [line for line in story.sent(story.chen) if "ask" in line]
    story.sent()


def test_the_end_while_the_sender_is_dead(story: Story) -> None:
    """Closed while a dead worker holds the asks: nobody is asked after the end."""
    story.leaves()
    story.dies_sending(after=False)
    story.operator("close", outcome="false_alarm")
    story.passes(minutes=2)

    assert not [line for line in story.sent() if "ask" in line]


def test_an_unhandled_reply_is_taken_up(story: Story) -> None:
    """A reply that was kept when its handler died is handled by the next worker."""
    story.wanders_off()
    story.sent()
    story.town.arrives("reply", {"from": story.chen.number, "text": "1"})
    story.worker_restarts()
    story.passes(5)

    assert IncidentState.ACCEPTED is story.state
    assert ["0 sms confirm going: chen", "0 sms inform going: shen"] == story.sent()
