"""Only a human ends it; whoever was woken hears the end, and nobody else."""

import httpx

from core.incidents import EntryKind, IncidentState, Outcome
from core.people import Channel
from tests.stories.scene import Story


def asks(story: Story) -> None:
    """Have both guardians asked, and count seconds from the end on."""
    story.wanders_off()
    story.passes(30)
    story.sent()
    story.from_here()


def test_a_guardian_finds_the_elder(story: Story) -> None:
    """A guardian who texts 3 ends it; both guardians are thanked."""
    asks(story)
    story.texts(story.chen, "3")

    assert (IncidentState.CLOSED, Outcome.FOUND) == (story.state, story.incident.outcome)
    assert ["0 sms closing found: chen shen"] == story.sent()


def test_found_in_words(story: Story) -> None:
    """The word "found" counts as the digit does."""
    asks(story)
    story.texts(story.shen, "找到了！")

    assert Outcome.FOUND is story.incident.outcome
    assert ["0 sms closing found: chen shen"] == story.sent()


def test_a_false_alarm(story: Story) -> None:
    """A guardian who knows better says so, and the thanks say that the elder is safe."""
    asks(story)
    story.texts(story.chen, "误报")

    assert Outcome.FALSE_ALARM is story.incident.outcome
    assert ["0 sms closing false_alarm: chen shen"] == story.sent()
    assert "误报" in story.texts_to(story.shen)[-1]


def test_the_coordinator_closes(story: Story) -> None:
    """The coordinator may close on the console; guardians hear how it ended."""
    asks(story)
    story.operator("close", outcome="false_alarm")

    assert IncidentState.CLOSED is story.state
    assert ["0 sms closing false_alarm: chen shen"] == story.sent()


def test_who_was_never_woken_hears_nothing(story: Story) -> None:
    """The team that was never asked is not told of the end."""
    asks(story)
    story.operator("close", outcome="found")
    story.passes(60)

    assert [] == story.sent(story.li, story.wu, story.ma)
    story.sent()


def test_everybody_who_was_woken_hears_the_end(story: Story) -> None:
    """After the whole ladder guardians, team and operator each hear the end once."""
    story.wanders_off()
    story.passes(905)
    story.sent()
    story.from_here()
    story.texts(story.chen, "3")

    assert ["0 sms closing found: chen li ma shen wu"] == story.sent()


def test_the_end_takes_back_what_is_planned(story: Story) -> None:
    """A case closed before the call step makes no call."""
    asks(story)
    story.texts(story.chen, "3")
    story.sent()
    story.passes(minutes=10)

    assert [] == story.sent()


def test_the_end_twice_is_one(story: Story) -> None:
    """Two people who say "found" one after the other end it once."""
    asks(story)
    story.texts(story.chen, "3")
    story.texts(story.shen, "3")

    assert 1 == story.timeline.count(EntryKind.CLOSED)
    assert ["0 sms closing found: chen shen"] == story.sent()


def test_found_by_two_in_the_same_moment(story: Story) -> None:
    """Two people who say "found" at the same instant end it once, and each hears it once."""
    asks(story)
    story.at_once(
        lambda: story.sends_text(story.chen, "3"),
        lambda: story.sends_text(story.shen, "3"),
    )

    assert 1 == story.timeline.count(EntryKind.CLOSED)
    assert ["0 sms closing found: chen shen"] == story.sent()


def test_who_has_no_sms_hears_the_end_by_phone(story: Story) -> None:
    """A guardian with a landline is called with the good news."""
    story.has_no_phone(story.shen, Channel.SMS)
    asks(story)
    story.passes(60)
    story.sent()
    story.texts(story.chen, "3")
    story.passes(60)
    told = story.sent()

    assert ["closing found: chen", "closing found: shen"] == sorted(
        line.partition("closing")[1] + line.partition("closing")[2] for line in told
    )


def test_a_stranger_cannot_close(story: Story) -> None:
    """Without the coordinator's token the console takes no order."""
    asks(story)
    refused = httpx.post(
        f"{story.stage.public_url}/incidents/{story.incident_id}/orders",
        data={"do": "close", "outcome": "found"},
    )
    story.settles()

    assert 401 == refused.status_code
    assert story.incident.is_open
    story.wraps_up()


def test_a_note_changes_nothing(story: Story) -> None:
    """A coordinator's note stands in the timeline and sends nothing."""
    asks(story)
    story.operator("note", text="邻居说在桥头见过")

    assert EntryKind.NOTE is story.timeline[-1]
    assert [] == story.sent()
    story.wraps_up()


def test_the_page_after_the_end_only_thanks(story: Story) -> None:
    """The link of a closed case shows the end and offers no buttons."""
    asks(story)
    story.texts(story.chen, "3")
    story.sent()
    shown = story.stage.pages.get(story.page_of(story.shen))

    assert 200 == shown.status_code
    assert 'name="answer"' not in shown.text


def test_the_link_ends_a_day_later(story: Story) -> None:
    """A day after the end the link of a case opens nothing any more."""
    asks(story)
    story.texts(story.chen, "3")
    story.sent()
    story.clock.advance(25 * 3600)

    assert 410 == story.stage.pages.get(story.page_of(story.shen)).status_code
