"""The band is inside again: people are told, and only a human says that it is over."""

from core.incidents import EntryKind, IncidentState, Outcome
from tests.stories.scene import Story


def returns(story: Story) -> None:
    """Be seen at home by two good fixes; seconds count from the second."""
    story.passes(30)
    story.is_seen(0)
    story.passes(30)
    story.from_here()
    story.is_seen(0)


def back_after(story: Story, *answers: str) -> list[str]:
    """Wander off, have chen answer, come back; return what was sent since the way back began."""
    story.wanders_off()
    for text in answers:
        story.texts(story.chen, text)
    story.passes(5)
    story.sent()
    returns(story)
    story.passes(5)
    return [line for line in story.sent() if "seems_back" in line]


def test_everybody_who_was_asked_hears_it(story: Story) -> None:
    """While guardians are being asked, a good fix at home is told to both."""
    (line,) = back_after(story)

    assert line.endswith("sms inform seems_back: chen shen")
    assert IncidentState.GUARDIANS is story.state
    story.wraps_up()


def test_whoever_goes_is_asked_to_confirm(story: Story) -> None:
    """When somebody is on the way, only they are asked to look."""
    (line,) = back_after(story, "1")

    assert line.endswith("sms inform seems_back: chen")
    assert "请确认" in story.texts_to(story.chen)[-1]


def test_a_fix_never_closes(story: Story) -> None:
    """However many good fixes at home follow, only a human closes."""
    back_after(story, "1")
    for _ in range(6):
        story.passes(60)
        story.is_seen(0)

    assert story.incident.is_open
    assert [] == story.sent()


def test_it_is_said_once(story: Story) -> None:
    """Somebody who is back is announced once, not with every fix."""
    back_after(story, "1")
    story.passes(60)
    story.is_seen(3)

    assert 1 == story.timeline.count(EntryKind.SEEMS_BACK)
    assert [] == story.sent()


def test_confirmed_by_three(story: Story) -> None:
    """Who is asked to confirm texts 3, and everybody who was woken hears the end."""
    back_after(story, "1")
    story.from_here()
    story.texts(story.chen, "3")

    assert (IncidentState.CLOSED, Outcome.FOUND) == (story.state, story.incident.outcome)
    assert ["0 sms closing found: chen shen"] == story.sent()


def test_left_again(story: Story) -> None:
    """Who heard "seems to be back" hears that it is over when the elder leaves again."""
    back_after(story, "1")
    for east_m in (600, 700, 800):
        story.passes(60)
        story.is_seen(east_m)

    assert 1 == story.incidents()
    assert any(line.endswith("sms inform worse: chen") for line in story.sent())


def test_left_again_and_back_again(story: Story) -> None:
    """A second return is told again: the first news was undone."""
    back_after(story, "1")
    for east_m in (600, 700, 800):
        story.passes(60)
        story.is_seen(east_m)
    story.sent()
    for _ in range(3):
        story.passes(60)
        story.is_seen(0)

    assert 1 == len([line for line in story.sent() if "seems_back" in line])


def test_a_weak_fix_at_home_is_no_return(story: Story) -> None:
    """A fix that could also be far away brings nobody back."""
    story.wanders_off()
    story.texts(story.chen, "1")
    story.passes(30)
    story.sent()
    story.is_seen(0, accuracy_m=1200)

    assert EntryKind.SEEMS_BACK not in story.timeline
    assert [] == story.sent()


def test_the_asking_goes_on(story: Story) -> None:
    """A fix at home does not stop the ladder: nobody has confirmed anything yet."""
    back_after(story)
    story.passes(minutes=6)

    assert IncidentState.RESCUE is story.state
    story.wraps_up()


def test_the_team_hears_it_too(story: Story) -> None:
    """When the team was asked, it hears of the return like the guardians."""
    story.wanders_off()
    story.passes(310)
    story.sent()
    returns(story)

    assert any(line.endswith("sms inform seems_back: chen li shen wu") for line in story.sent())
    story.wraps_up()
