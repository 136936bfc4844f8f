"""The rescue team: all of it, again and again, until somebody takes it."""

from core.incidents import EntryKind, IncidentState
from core.people import Channel, Role
from simulators.phone_network import Habit, PicksUp
from tests.stories.scene import Story


def reaches_rescue(story: Story) -> None:
    """Let the window end; seconds count from then."""
    story.wanders_off()
    story.passes(295)
    story.sent()
    story.passes(5)
    story.from_here()


def test_the_whole_team_is_asked(story: Story) -> None:
    """Every member on duty is texted and called, and the guardians hear of it."""
    sun = story.registers("sun", Role.RESCUER)
    reaches_rescue(story)

    assert [
        "0 sms ask: li sun wu",
        "0 sms inform rescue_asked: chen shen",
        "0 voice ask: li sun wu",
    ] == story.sent()
    assert sun.id in story.incident.woken
    story.wraps_up()


def test_who_is_off_duty_sleeps(story: Story) -> None:
    """A member who is not on duty is not asked."""
    story.registers("sun", Role.RESCUER, on_duty=False)
    reaches_rescue(story)

    assert "0 voice ask: li wu" in story.sent()
    story.wraps_up()


def test_five_rounds(story: Story) -> None:
    """The team is called every two minutes, five times, with an SMS in rounds 1, 3 and 5."""
    reaches_rescue(story)
    story.sent()
    story.passes(minutes=9)

    assert [
        "120 voice ask: li wu",
        "240 sms ask: li wu",
        "240 voice ask: li wu",
        "360 voice ask: li wu",
        "480 sms ask: li wu",
        "480 voice ask: li wu",
    ] == story.sent()
    story.wraps_up()


def test_a_rescuer_takes_it(story: Story) -> None:
    """One yes of the team ends the rounds; guardians and team hear who goes."""
    reaches_rescue(story)
    story.sent()
    story.texts(story.li, "1")
    told = story.sent()
    story.passes(minutes=10)

    assert IncidentState.RESCUE_ACCEPTED is story.state
    assert ["0 sms confirm going: li", "0 sms inform going: chen shen wu"] == told
    assert [] == story.sent()


def test_a_rescuer_takes_it_by_key(story: Story) -> None:
    """A rescuer who presses 1 in the first call has taken it."""
    story.learn(Habit(number=story.wu.number, call=PicksUp(after_s=5, key="1")))
    reaches_rescue(story)
    story.passes(60)

    assert IncidentState.RESCUE_ACCEPTED is story.state
    assert any(line.endswith("sms confirm going: wu") for line in story.sent())


def test_a_rescuer_who_cannot_is_left_alone(story: Story) -> None:
    """A member who cannot is not called again; the others are."""
    reaches_rescue(story)
    story.sent()
    story.texts(story.li, "2")
    story.passes(minutes=2)

    assert ["0 sms confirm cannot: li", "120 voice ask: wu"] == story.sent()
    story.wraps_up()


def test_the_whole_team_cannot(story: Story) -> None:
    """When every member cannot, the operators are alarmed at the next round, not after five."""
    reaches_rescue(story)
    story.texts(story.li, "2")
    story.texts(story.wu, "2")
    story.sent()
    story.passes(minutes=2)

    assert IncidentState.UNANSWERED is story.state
    assert ["120 sms alarm: ma", "120 voice alarm: ma"] == story.sent()
    story.wraps_up()


def test_the_rescuer_turns_back(story: Story) -> None:
    """When the rescuer who went cannot after all, the rest of the team is asked at once."""
    reaches_rescue(story)
    story.texts(story.li, "1")
    story.passes(60)
    story.sent()
    story.from_here()
    story.texts(story.li, "2")

    assert IncidentState.RESCUE is story.state
    told = story.sent()
    assert "0 sms ask: wu" in told
    assert "0 sms confirm cannot: li" in told
    story.wraps_up()


def test_a_team_with_one_phone(story: Story) -> None:
    """A team of which one member has a number is asked through that one."""
    story.has_no_phone(story.li)
    reaches_rescue(story)

    assert "0 sms ask: wu" in story.sent()
    story.wraps_up()


def test_the_coordinator_calls_the_team(story: Story) -> None:
    """The coordinator need not wait for the window: one order asks the team now."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.from_here()
    story.operator("rescue")

    assert [
        "0 sms ask: li wu",
        "0 sms inform rescue_asked: chen shen",
        "0 voice ask: li wu",
    ] == story.sent()
    assert EntryKind.RESCUE_ASKED in story.timeline
    story.wraps_up()


def test_the_coordinators_order_twice_is_one(story: Story) -> None:
    """Ordering the team while it is being asked asks nobody twice."""
    story.wanders_off()
    story.operator("rescue")
    story.passes(10)
    story.sent()
    story.operator("rescue")

    assert [] == story.sent()
    story.wraps_up()


def test_rescue_by_landline(story: Story) -> None:
    """A member without SMS is called in every round, like the others."""
    story.has_no_phone(story.li, Channel.SMS)
    reaches_rescue(story)

    assert ["0 sms ask: wu", "0 voice ask: li wu"] == [
        line for line in story.sent() if "ask:" in line
    ]
    story.wraps_up()
