"""Ladders are edited for a street or for one elder, and frozen into an incident when it opens."""

from dataclasses import replace

from core.people import Channel
from core.policies import EVERYWHERE, STANDARD, Policy, Scope, ScopeKind, Severity, Step
from store import registry
from store.policies import set_policy
from tests.stories.scene import Story

#: calls at once, and the team after two minutes
QUICK = replace(
    STANDARD,
    guardian_steps=(Step(after_s=0, channels=(Channel.SMS, Channel.VOICE)),),
    guardian_window_s=120,
)


def edits(story: Story, policy: Policy, scope: Scope = EVERYWHERE, seen: int = 0) -> None:
    """Have the coordinator edit the ordinary ladder of a scope."""
    with story.engine.begin() as connection:
        set_policy(
            connection,
            scope,
            Severity.NORMAL,
            policy,
            seen=seen,
            by="coordinator",
            now=story.clock.now(),
        )


def test_an_edited_ladder_holds_for_everybody(story: Story) -> None:
    """A ladder that is edited for everywhere is climbed from the next incident on."""
    edits(story, QUICK)
    story.wanders_off()
    story.passes(minutes=2)

    assert [
        "0 sms ask: chen shen",
        "0 voice ask: chen shen",
        "120 sms ask: li wu",
        "120 sms inform rescue_asked: chen shen",
        "120 voice ask: li wu",
    ] == story.sent()
    story.wraps_up()


def test_a_street_may_have_its_own(story: Story) -> None:
    """The elder's street wins over everywhere."""
    edits(story, replace(STANDARD, guardian_window_s=600))
    edits(story, QUICK, Scope(kind=ScopeKind.ORGANISATION, id="maqiao"))
    story.wanders_off()

    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_an_elder_may_have_their_own(story: Story) -> None:
    """The elder's own ladder wins over the street's."""
    elder = Scope(kind=ScopeKind.ELDER, id=str(story.town.household.elder_id))
    edits(story, QUICK, Scope(kind=ScopeKind.ORGANISATION, id="maqiao"))
    edits(story, STANDARD, elder)
    story.wanders_off()

    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_an_edit_changes_nothing_that_is_open(story: Story) -> None:
    """An incident keeps the ladder it was opened with, whatever is edited meanwhile."""
    story.wanders_off()
    story.passes(20)
    edits(story, QUICK)
    story.passes(130)

    assert ["0 sms ask: chen shen", "60 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_an_edit_for_another_street_changes_nothing_here(story: Story) -> None:
    """A ladder of another street is not ours."""
    with story.engine.begin() as connection:
        registry.add_organisation(
            connection, "yanguan", kind="town", name_zh="盐官镇", name_en="Yanguan"
        )
    edits(story, QUICK, Scope(kind=ScopeKind.ORGANISATION, id="yanguan"))
    story.wanders_off()

    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_an_sos_has_its_own_ladder(story: Story) -> None:
    """Editing the ordinary ladder leaves the urgent one alone."""
    edits(story, replace(STANDARD, guardian_window_s=900))
    story.presses_sos()
    story.passes(minutes=3)

    assert "180 sms ask: li wu" in story.sent()
    story.wraps_up()


def test_a_ladder_survives_a_restart(story: Story) -> None:
    """What was frozen when it opened is climbed by whoever works next."""
    edits(story, QUICK)
    story.wanders_off()
    edits(story, STANDARD, seen=1)
    story.passes(60)
    story.worker_restarts()
    story.sent()
    story.passes(60)

    assert "120 sms ask: li wu" in story.sent()
    story.wraps_up()
