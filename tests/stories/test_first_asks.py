"""Who is asked first, how, in which words, and how they are pressed."""

from core.incidents import IncidentState
from core.people import Channel
from store import schema
from tests.stories.scene import Story


def test_both_guardians_are_asked_at_once(story: Story) -> None:
    """Whoever is seen outside twice has both guardians asked by SMS in the same second."""
    story.wanders_off()

    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_silent_guardians_are_called_after_a_minute(story: Story) -> None:
    """Guardians who do not answer the SMS are called a minute later."""
    story.wanders_off()
    story.passes(minutes=2)

    assert ["0 sms ask: chen shen", "60 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_after_three_minutes_both_ways_again(story: Story) -> None:
    """Whoever is silent for three minutes gets a second SMS and a second call."""
    story.wanders_off()
    story.passes(minutes=2)
    story.sent()
    story.passes(minutes=2)

    assert ["180 sms ask: chen shen", "180 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_an_ask_says_whom_and_where(story: Story) -> None:
    """An ask names the elder, the cause, how far from home, and what to answer, in one SMS."""
    story.wanders_off()
    story.sent()
    (text,) = story.texts_to(story.chen)

    for words in (
        "【121爱回家】",
        "王秀英",
        "离开安全区",
        "700米",
        "回1",
        f"{story.incident_id}号",
    ):
        assert words in text
    assert len(text) <= 70
    story.wraps_up()


def test_an_ask_carries_no_number_and_no_link(story: Story) -> None:
    """Carriers here drop texts with a phone number or a link, so no ask has one."""
    story.wanders_off()
    story.sent()
    (text,) = story.texts_to(story.shen)

    assert "http" not in text
    assert story.chen.number[-8:] not in text
    story.wraps_up()


def test_each_reads_their_own_language(story: Story) -> None:
    """A guardian who reads English is asked in English, the other in Chinese."""
    table = schema.person
    with story.engine.begin() as connection:
        connection.execute(table.update().where(table.c.id == story.shen.id).values(language="en"))
    story.wanders_off()
    story.sent()

    assert "Reply 1" in story.texts_to(story.shen)[0]
    assert "回1" in story.texts_to(story.chen)[0]
    story.wraps_up()


def test_a_guardian_with_a_landline_is_called_at_once(story: Story) -> None:
    """Who has no SMS is called where others are texted: every step reaches everybody."""
    story.has_no_phone(story.shen, Channel.SMS)
    story.wanders_off()

    assert ["0 sms ask: chen", "0 voice ask: shen"] == story.sent()
    story.wraps_up()


def test_a_guardian_without_calls_is_texted_again(story: Story) -> None:
    """Who can only be texted gets an SMS in the step in which others are called."""
    story.has_no_phone(story.shen, Channel.VOICE)
    story.wanders_off()
    story.passes(60)

    assert ["60 sms ask: shen", "60 voice ask: chen"] == story.sent()[1:]
    story.wraps_up()


def test_one_guardian_without_a_phone_hides_nobody(story: Story) -> None:
    """With one guardian unreachable the other is asked, and the ladder goes its way."""
    story.has_no_phone(story.chen)
    story.wanders_off()
    story.passes(60)

    assert IncidentState.GUARDIANS is story.state
    assert ["0 sms ask: shen", "60 voice ask: shen"] == story.sent()
    story.wraps_up()


def test_the_window_ends_with_the_rescue_team(story: Story) -> None:
    """After five minutes without a yes the whole team is asked and the guardians are told."""
    story.wanders_off()
    story.passes(minutes=4)
    story.sent()
    story.passes(minutes=1)

    assert IncidentState.RESCUE is story.state
    assert [
        "300 sms ask: li wu",
        "300 sms inform rescue_asked: chen shen",
        "300 voice ask: li wu",
    ] == story.sent()
    story.wraps_up()


def test_the_same_second_twice_asks_once(story: Story) -> None:
    """A worker that starts in the second of a step finds it done: nobody is asked twice."""
    story.wanders_off()
    story.sent()
    for _ in range(3):
        story.worker_restarts()
        story.ticks()

    assert [] == story.sent()
    story.wraps_up()
