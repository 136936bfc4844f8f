"""Nobody can be reached, or nobody is registered: the next are asked in the same second."""

from core.incidents import EntryKind, IncidentState
from core.people import Channel
from store import schema
from tests.stories.scene import Story


def no_guardians(story: Story) -> None:
    """Have the elder registered without anybody who looks after them."""
    with story.engine.begin() as connection:
        connection.execute(schema.guardianship.delete())


def test_no_guardian_has_a_phone(story: Story) -> None:
    """With no guardian reachable the team is asked in the very second, not after the window."""
    story.has_no_phone(story.chen)
    story.has_no_phone(story.shen)
    story.wanders_off()

    assert IncidentState.RESCUE is story.state
    assert EntryKind.NOBODY_REACHABLE in story.timeline
    assert ["0 sms ask: li wu", "0 voice ask: li wu"] == story.sent()
    story.wraps_up()


def test_nobody_looks_after_the_elder(story: Story) -> None:
    """An elder without guardians is looked for by the team at once."""
    no_guardians(story)
    story.wanders_off()

    assert ["0 sms ask: li wu", "0 voice ask: li wu"] == story.sent()
    story.wraps_up()


def test_nobody_in_the_team_has_a_phone(story: Story) -> None:
    """With no rescuer reachable the operators are alarmed when the window ends."""
    story.has_no_phone(story.li)
    story.has_no_phone(story.wu)
    story.wanders_off()
    story.passes(295)
    story.sent()
    story.passes(5)

    assert IncidentState.UNANSWERED is story.state
    told = story.sent()
    assert "300 sms alarm: ma" in told
    assert "300 voice alarm: ma" in told
    story.wraps_up()


def test_only_the_operator_is_left(story: Story) -> None:
    """Neither guardians nor team: the operator is alarmed in the very second."""
    for person in (story.chen, story.shen, story.li, story.wu):
        story.has_no_phone(person)
    story.wanders_off()

    assert ["0 sms alarm: ma", "0 voice alarm: ma"] == story.sent()
    story.wraps_up()


def test_nobody_at_all(story: Story) -> None:
    """With nobody reachable the incident stays open and is looked at again and again."""
    for person in (story.chen, story.shen, story.li, story.wu, story.ma):
        story.has_no_phone(person)
    story.wanders_off()
    story.passes(minutes=25)

    assert IncidentState.UNANSWERED is story.state
    assert story.timeline.count(EntryKind.NOBODY_REACHABLE) >= 3
    assert [] == story.sent()


def test_somebody_gets_a_phone_meanwhile(story: Story) -> None:
    """A number that is entered while nobody could be reached is used at the next turn."""
    for person in (story.chen, story.shen, story.li, story.wu, story.ma):
        story.has_no_phone(person)
    story.wanders_off()
    story.passes(60)
    with story.engine.begin() as connection:
        connection.execute(
            schema.contact_point.insert().values(
                person_id=story.ma.id, channel=Channel.SMS.value, value=story.ma.number
            )
        )
    story.passes(60)

    assert ["120 sms alarm: ma"] == story.sent()
    story.wraps_up()


def test_nobody_is_registered(story: Story) -> None:
    """Without guardians, team and operators an SOS is still an open incident on the console."""
    no_guardians(story)
    story.goes_off_duty(story.li, story.wu, story.ma)
    story.presses_sos()
    story.passes(minutes=12)

    assert IncidentState.UNANSWERED is story.state
    assert story.incident.next_action_at is not None
    assert [] == story.sent()


def test_a_team_off_duty_is_not_asked(story: Story) -> None:
    """With the whole team off duty the operator is alarmed when the window ends."""
    story.goes_off_duty(story.li, story.wu)
    story.wanders_off()
    story.passes(minutes=6)

    assert any(line.endswith("sms alarm: ma") for line in story.sent())
    story.wraps_up()
