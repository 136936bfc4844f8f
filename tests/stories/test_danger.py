"""Water, railway, night: where minutes count, everybody is asked together."""

from datetime import timedelta

from core.incidents import IncidentState
from core.policies import Severity
from core.zones import Circle, ZoneKind
from store import schema
from store.zones import add_zone
from tests.stories.scene import Story


def river(story: Story) -> None:
    """Draw a danger zone a kilometre east of home."""
    shape = Circle(story.town.household.home.moved(east_m=1000), 150.0)
    with story.engine.begin() as connection:
        add_zone(
            connection,
            elder_id=story.town.household.elder_id,
            kind=ZoneKind.DANGER,
            name="长山河",
            shape=shape,
        )


def falls_in(story: Story) -> None:
    """Be at home, then twice by the water."""
    river(story)
    story.is_seen(0)
    for _ in range(2):
        story.passes(60)
        story.is_seen(1000)


def nightfall(story: Story) -> None:
    """Let it be half past ten in the evening, with the band heard at home."""
    story.clock.advance(10.5 * 3600)
    story.is_seen(0)


def has_a_health_risk(story: Story) -> None:
    """Register the elder as ill."""
    with story.engine.begin() as connection:
        connection.execute(schema.elder.update().values(health_risk=True))


def test_by_the_water_everybody_is_asked_together(story: Story) -> None:
    """In a danger zone guardians and rescue team are texted and called at the same time."""
    falls_in(story)
    everybody = story.sent()

    assert Severity.DANGER is story.incident.severity
    for line in ("sms ask: chen li shen wu", "voice ask: chen li shen wu"):
        assert any(said.endswith(line) for said in everybody), everybody
    story.wraps_up()


def test_by_the_water_one_yes_does_not_call_off_the_team(story: Story) -> None:
    """One volunteer is not enough by the water: the team goes on being asked until it answers."""
    falls_in(story)
    story.texts(story.chen, "1")
    story.sent()
    story.texts(story.li, "1")

    assert IncidentState.RESCUE_ACCEPTED is story.state
    assert "1" not in [code for code in story.sent(story.li) if "ask" in code]
    story.sent()
    story.wraps_up()


def test_by_the_water_the_yes_of_the_team_is_told_to_all(story: Story) -> None:
    """When a rescuer takes it, everybody who was woken hears who goes."""
    falls_in(story)
    story.sent()
    story.from_here()
    story.texts(story.wu, "1")

    assert ["0 sms confirm going: wu", "0 sms inform going: chen li shen"] == story.sent()
    story.wraps_up()


def test_a_second_rescue_round_comes_after_a_minute(story: Story) -> None:
    """By the water silent rescuers are called again every minute once the window is over."""
    falls_in(story)
    story.sent()
    story.from_here()
    story.passes(60)

    assert [line for line in story.sent() if "voice ask" in line]
    story.wraps_up()


def test_at_night_leaving_presses_harder(story: Story) -> None:
    """Who leaves at night has guardians texted and called at once."""
    nightfall(story)
    story.wanders_off()

    assert Severity.URGENT is story.incident.severity
    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_by_day_the_same_walk_is_ordinary(story: Story) -> None:
    """The same walk at noon begins with an SMS only."""
    story.wanders_off()

    assert Severity.NORMAL is story.incident.severity
    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_whoever_is_ill_has_less_time(story: Story) -> None:
    """Who has a health risk is looked for urgently by day, too."""
    has_a_health_risk(story)
    story.wanders_off()

    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_a_strap_taken_off_at_night_is_no_worse(story: Story) -> None:
    """A band that comes off in bed at night presses no harder than by day."""
    nightfall(story)
    story.band_says(worn=True)
    story.from_here()
    story.band_says(worn=False)
    story.passes(minutes=3)

    assert ["180 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_a_doubt_at_night_is_given_its_time(story: Story) -> None:
    """However hard a night presses, one fix outside still waits for the next report."""
    nightfall(story)
    story.passes(60)
    story.is_seen(600)
    story.passes(minutes=5)

    assert IncidentState.SUSPECT is story.state
    assert story.incident.next_action_at is not None
    assert story.clock.now() < story.incident.next_action_at
    assert timedelta(minutes=6) == story.incident.next_action_at - story.incident.opened_at
    story.is_seen(0)
