"""An answer is never too late to be heard, and never undoes what others do already."""

from core.incidents import Answer, EntryKind, IncidentState
from tests.stories.scene import Story


def reaches_rescue(story: Story) -> None:
    """Let the window end; seconds count from then."""
    story.wanders_off()
    story.passes(310)
    story.sent()
    story.from_here()


def reaches_nobody(story: Story) -> None:
    """Let the ladder be used up; seconds count from the answer on."""
    story.wanders_off()
    story.passes(minutes=16)
    story.sent()
    story.from_here()


def test_a_late_yes_is_told_to_the_team(story: Story) -> None:
    """A guardian's yes while the team is asked is told to the team, which is not called off."""
    reaches_rescue(story)
    story.texts(story.chen, "1")

    assert IncidentState.RESCUE is story.state
    assert ["0 sms confirm going: chen", "0 sms inform going: li shen wu"] == story.sent()
    story.wraps_up()


def test_after_a_late_yes_the_team_is_still_asked(story: Story) -> None:
    """The rescue rounds go on although a guardian is on the way."""
    reaches_rescue(story)
    story.texts(story.chen, "1")
    story.sent()
    story.passes(minutes=2)

    assert ["110 voice ask: li wu"] == story.sent()
    story.wraps_up()


def test_a_late_yes_while_the_team_goes(story: Story) -> None:
    """A guardian who says yes while a rescuer is on the way joins; nobody is called back."""
    reaches_rescue(story)
    story.texts(story.li, "1")
    story.sent()
    story.texts(story.chen, "1")

    assert IncidentState.RESCUE_ACCEPTED is story.state
    assert ["0 sms confirm going: chen", "0 sms inform going: li shen wu"] == story.sent()


def test_a_yes_when_nobody_answered_takes_over(story: Story) -> None:
    """After the operator alarm a guardian's yes ends the reminders."""
    reaches_nobody(story)
    story.texts(story.shen, "1")
    told = story.sent()
    story.passes(minutes=12)

    assert IncidentState.ACCEPTED is story.state
    assert ["0 sms confirm going: shen", "0 sms inform going: chen li ma wu"] == told
    assert [] == story.sent()


def test_a_no_when_nobody_answered_changes_nothing(story: Story) -> None:
    """A late "cannot" is written down and thanked for, and the reminders go on."""
    reaches_nobody(story)
    story.texts(story.shen, "2")

    assert IncidentState.UNANSWERED is story.state
    assert ["0 sms confirm cannot: shen"] == story.sent()
    story.wraps_up()


def test_found_is_heard_at_any_time(story: Story) -> None:
    """A guardian who finds the elder while the team is being asked ends it for everybody."""
    reaches_rescue(story)
    story.texts(story.chen, "3")

    assert IncidentState.CLOSED is story.state
    assert ["0 sms closing found: chen li shen wu"] == story.sent()


def test_an_answer_after_the_end_wakes_nobody(story: Story) -> None:
    """A yes that comes after the end is written down and sends nothing to anybody."""
    reaches_rescue(story)
    story.texts(story.chen, "3")
    story.passes(60)
    story.sent()
    story.texts(story.li, "1")

    assert IncidentState.CLOSED is story.state
    assert EntryKind.ANSWERED is story.timeline[-1] or EntryKind.ANSWERED in story.timeline
    assert [] == story.sent()


def test_a_yes_of_a_missed_call_still_counts(story: Story) -> None:
    """Who missed every call can still text 1 and is going."""
    story.wanders_off()
    story.passes(280)
    story.sent()
    story.from_here()
    story.texts(story.shen, "1")
    story.passes(minutes=1)

    assert IncidentState.ACCEPTED is story.state
    assert ["0 sms confirm going: shen", "0 sms inform going: chen"] == story.sent()


def test_a_key_pressed_late_in_a_call(story: Story) -> None:
    """A key pressed in a call that began before the window ended is a late yes like any other."""
    story.wanders_off()
    story.passes(185)
    story.presses(story.chen, "2")
    story.passes(125)
    story.sent()

    assert Answer.CANNOT is story.incident.latest_answers()[story.chen.id].answer
    assert IncidentState.RESCUE is story.state
    story.wraps_up()


def test_a_page_left_open_for_an_hour(story: Story) -> None:
    """An answer page that was opened long ago still takes its answer."""
    reaches_nobody(story)
    story.stage.pages.get(story.page_of(story.chen))
    story.passes(minutes=30)
    story.sent()
    story.from_here()
    story.answers_page(story.chen, "found")

    assert IncidentState.CLOSED is story.state
    assert ["0 sms closing found: chen li ma shen wu"] == story.sent()
