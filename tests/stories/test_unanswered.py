"""Nobody answered: operators are alarmed, then one person every ten minutes, for ever."""

from core.incidents import EntryKind, IncidentState
from core.people import Role
from tests.stories.scene import Story


def nobody_answers(story: Story) -> None:
    """Let the ladder be used up; seconds count from the alarm."""
    story.wanders_off()
    story.passes(895)
    story.sent()
    story.passes(5)
    story.from_here()


def test_the_operator_is_alarmed_every_way(story: Story) -> None:
    """With the rounds used up every operator on duty is texted and called."""
    story.registers("gu", Role.OPERATOR)
    nobody_answers(story)

    assert IncidentState.UNANSWERED is story.state
    assert ["0 sms alarm: gu ma", "0 voice alarm: gu ma"] == story.sent()
    story.wraps_up()


def test_one_person_every_ten_minutes(story: Story) -> None:
    """Ten minutes later the next in rotation is alarmed, then the next: never silence."""
    nobody_answers(story)
    story.sent()
    story.passes(minutes=31)
    told = story.sent()

    assert ["600 sms alarm: li", "1200 sms alarm: wu", "1800 sms alarm: chen"] == [
        line for line in told if "sms" in line
    ]
    story.wraps_up()


def test_the_rotation_comes_round_to_the_operator(story: Story) -> None:
    """After everybody had a turn the operator is alarmed again, for hours if need be."""
    nobody_answers(story)
    story.passes(minutes=49)
    story.sent()
    story.passes(minutes=2)

    assert "3000 sms alarm: ma" in story.sent()
    story.wraps_up()


def test_the_operator_takes_over(story: Story) -> None:
    """An operator who texts 1 has taken it: the reminders end and the others hear who goes."""
    nobody_answers(story)
    story.sent()
    story.texts(story.ma, "1")
    told = story.sent()
    story.passes(minutes=12)

    assert IncidentState.ACCEPTED is story.state
    assert ["0 sms confirm going: ma", "0 sms inform going: chen li shen wu"] == told
    assert [] == story.sent()


def test_a_rescuer_takes_over(story: Story) -> None:
    """A rescuer who answers the alarm late is going for the team."""
    nobody_answers(story)
    story.sent()
    story.texts(story.wu, "1")

    assert IncidentState.RESCUE_ACCEPTED is story.state
    assert ["0 sms confirm going: wu", "0 sms inform going: chen li ma shen"] == story.sent()


def test_without_an_operator_the_others_take_turns(story: Story) -> None:
    """With no operator on duty the alarm goes to whoever there is."""
    story.goes_off_duty(story.ma)
    nobody_answers(story)

    assert ["0 sms alarm: li"] == [line for line in story.sent() if "sms" in line]
    story.wraps_up()


def test_it_never_ends_by_itself(story: Story) -> None:
    """Two hours later it is still open, and the last alarm is less than ten minutes old."""
    nobody_answers(story)
    story.passes(minutes=120)
    told = story.sent()

    assert IncidentState.UNANSWERED is story.state
    assert any(line.startswith("7200 ") for line in told), told[-3:]
    story.wraps_up()


def test_the_console_shows_it(story: Story) -> None:
    """What nobody answered stands first on the coordinator's list."""
    nobody_answers(story)
    story.sent()
    listed = story.stage.pages.get("/api/incidents", headers=story.staff).json()["incidents"]

    assert [(story.incident_id, "unanswered")] == [(one["id"], one["state"]) for one in listed]
    assert EntryKind.UNANSWERED in story.timeline
    story.wraps_up()
