"""Drills travel the whole way, say so, end by themselves, and yield to what is real."""

import httpx

from core.incidents import IncidentState, Outcome
from tests.stories.scene import Story


def begins(story: Story, *, with_rescue: bool = False) -> httpx.Response:
    """Have the coordinator begin a drill; seconds count from here."""
    story.from_here()
    answer = story.stage.pages.post(
        "/api/drills",
        json={"elder": story.town.household.elder_id, "with_rescue": with_rescue},
        headers=story.staff,
    )
    if answer.status_code == 200:
        story.incident_id = answer.json()["drill"]
    story.settles()
    return answer


def test_a_drill_asks_as_the_real_thing_does(story: Story) -> None:
    """Both guardians are texted, then called, as if somebody had left."""
    begins(story)
    story.passes(70)

    assert ["0 sms ask: chen shen", "60 voice ask: chen shen"] == story.sent()
    story.passes(minutes=12)
    story.sent()


def test_every_message_of_a_drill_says_so(story: Story) -> None:
    """Nobody may take a drill for real: the word stands in every SMS and every call."""
    begins(story)
    story.passes(minutes=4)
    story.sent()

    texts = [*story.texts_to(story.chen), *story.texts_to(story.shen)]
    assert len(texts) >= 4
    assert all("演练" in text for text in texts)
    story.passes(minutes=12)
    story.sent()


def test_a_drill_ends_by_itself(story: Story) -> None:
    """It is the only incident that needs nobody to close it, and no operator is woken by it."""
    begins(story)
    story.passes(minutes=16)

    assert (IncidentState.CLOSED, Outcome.DRILL) == (story.state, story.incident.outcome)
    assert not [line for line in story.sent() if "ma" in line.split() or "li" in line.split()]


def test_a_drill_with_the_team(story: Story) -> None:
    """With the team it climbs on to the rescuers, and no further."""
    begins(story, with_rescue=True)
    story.passes(minutes=30)
    told = story.sent()

    assert IncidentState.CLOSED is story.state
    assert any("ask: li wu" in line for line in told)
    assert not [line for line in told if "alarm" in line]


def test_an_answer_to_a_drill(story: Story) -> None:
    """Who answers a drill is thanked, and it ends without anybody being "found"."""
    begins(story)
    story.passes(20)
    story.texts(story.chen, "1")
    story.passes(minutes=20)
    story.sent()

    assert (IncidentState.CLOSED, Outcome.DRILL) == (story.state, story.incident.outcome)


def test_what_is_real_ends_a_drill(story: Story) -> None:
    """An SOS during a drill ends the drill and asks people about something serious."""
    begins(story)
    drill = story.incident_id
    story.passes(70)
    story.sent()
    story.presses_sos()
    story.passes(60)
    told = story.sent()

    assert drill != story.incident_id
    assert Outcome.DRILL is story.town.incident(drill).outcome
    assert any("sms ask: chen shen" in line for line in told), told
    assert "非演练" in story.texts_to(story.chen)[-1]
    story.wraps_up()


def test_a_yes_to_a_drill_is_no_yes_to_what_is_real(story: Story) -> None:
    """Who said yes to the drill is asked anew when it is serious."""
    begins(story)
    story.passes(20)
    story.texts(story.chen, "1")
    story.passes(60)
    story.sent()
    story.presses_sos()
    story.passes(5)

    assert IncidentState.GUARDIANS is story.state
    assert any("sms ask: chen shen" in line for line in story.sent())
    story.wraps_up()


def test_no_drill_while_something_is_open(story: Story) -> None:
    """Nobody can begin to practise while the elder is really missing."""
    story.wanders_off()
    story.sent()

    assert 409 == begins(story).status_code
    assert [] == story.sent()
    story.wraps_up()


def test_not_twice_in_a_day(story: Story) -> None:
    """The same people are not asked to practise again within hours."""
    begins(story)
    story.passes(minutes=16)
    story.sent()

    assert 409 == begins(story).status_code
    assert [] == story.sent()
