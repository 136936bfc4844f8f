"""One elder, one incident: another cause raises it, and never opens a second."""

from core.errors import Outdated
from core.incidents import EntryKind, IncidentState
from core.policies import Severity
from core.zones import Circle, ZoneKind
from store.zones import add_zone
from tests.stories.scene import Story


def accepted(story: Story) -> None:
    """Have chen go; seconds count from then."""
    story.wanders_off()
    story.texts(story.chen, "1")
    story.passes(60)
    story.sent()
    story.from_here()


def sos(story: Story) -> None:
    """Press the SOS key without counting anew."""
    story.band_says(alarms=["sos"], why="alarm")


def hears(story: Story, report_id: str, alarm: str) -> None:
    """Take one report as an ingest worker does: again when another was first."""
    for _ in range(5):
        try:
            story.town.hears(report_id, alarms=[alarm], why="alarm")
        except Outdated:
            continue
        return


def test_sos_while_guardians_are_asked(story: Story) -> None:
    """An SOS while guardians are being asked starts the harder ladder: text and call at once."""
    story.wanders_off()
    story.passes(70)
    story.sent()
    story.from_here()
    sos(story)

    assert (1, Severity.URGENT) == (story.incidents(), story.incident.severity)
    assert "0 sms ask: chen shen" in story.sent()
    story.wraps_up()


def test_sos_while_somebody_goes(story: Story) -> None:
    """Who is on the way is told of the SOS, and nobody else is woken."""
    accepted(story)
    sos(story)

    assert IncidentState.ACCEPTED is story.state
    assert ["0 sms inform worse: chen"] == story.sent()


def test_sos_halves_the_lease(story: Story) -> None:
    """After an SOS whoever goes has half as long to report."""
    accepted(story)
    before = story.incident.next_action_at
    assert before is not None
    left = before - story.clock.now()
    sos(story)
    story.sent()

    assert story.clock.now() + left / 2 == story.incident.next_action_at


def test_sos_while_the_team_is_asked(story: Story) -> None:
    """An SOS while the team is asked is written down; the team goes on being asked as before."""
    story.wanders_off()
    story.passes(310)
    story.sent()
    story.from_here()
    sos(story)

    assert (IncidentState.RESCUE, 1) == (story.state, story.incidents())
    assert EntryKind.TRIGGERED_AGAIN in story.timeline
    assert [] == story.sent()
    story.wraps_up()


def test_by_the_water_while_somebody_goes(story: Story) -> None:
    """One guardian goes, then the elder is by the water: the team is asked beside them, at once."""
    accepted(story)
    with story.engine.begin() as connection:
        add_zone(
            connection,
            elder_id=story.town.household.elder_id,
            kind=ZoneKind.DANGER,
            name="长山河",
            shape=Circle(story.town.household.home.moved(east_m=1000), 150.0),
        )
    for _ in range(2):
        story.passes(60)
        story.is_seen(1000)
    told = story.sent()

    assert Severity.DANGER is story.incident.severity
    assert any(line.endswith("sms ask: li wu") for line in told), told
    assert any(line.endswith("sms inform worse: chen") for line in told), told
    story.wraps_up()


def test_a_milder_cause_changes_nothing(story: Story) -> None:
    """A band taken off during an SOS is written down and presses no less."""
    story.presses_sos()
    story.sent()
    story.band_says(worn=True)
    story.band_says(worn=False)

    assert (Severity.URGENT, 1) == (story.incident.severity, story.incidents())
    story.wraps_up()


def test_further_fixes_outside_say_nothing_new(story: Story) -> None:
    """While somebody is outside every further fix outside leaves phones alone."""
    story.wanders_off()
    story.sent()
    for east_m in (900, 1000, 1100):
        story.passes(15)
        story.is_seen(east_m)

    assert [] == story.sent()
    assert 1 == story.incidents()
    story.wraps_up()


def test_two_workers_hear_of_two_causes_at_once(story: Story) -> None:
    """An SOS and a fall that two workers take at the same moment are one incident."""
    story.from_here()
    story.at_once(lambda: hears(story, "twin-1", "sos"), lambda: hears(story, "twin-2", "fall"))

    assert 1 == story.incidents()
    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    story.incident_id = 1
    story.wraps_up()


def test_after_the_end_a_new_cause_is_a_new_incident(story: Story) -> None:
    """An SOS after a case was closed asks people anew."""
    story.wanders_off()
    first = story.incident_id
    story.texts(story.chen, "3")
    story.passes(120)
    story.sent()
    story.presses_sos()

    assert first != story.incident_id
    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_two_elders_at_once_are_two_incidents(story: Story) -> None:
    """Two elders who leave in the same minute are asked about apart, each with a number."""
    story.wanders_off()
    story.sent()
    story.registers_household("band-2", "tang", "shi")
    story.from_here()
    story.band_says(device_id="band-2", alarms=["sos"], why="alarm")

    assert 2 == story.incidents()
    assert ["0 sms ask: shi tang", "0 voice ask: shi tang"] == story.sent()
    story.wraps_up()
    story.incident_id = 1
    story.wraps_up()
