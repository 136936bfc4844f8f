"""Doubt wakes nobody, and doubt that nothing contradicts is believed."""

from core.incidents import EntryKind, IncidentState, Outcome
from store import schema
from tests.scenes import rows
from tests.stories.scene import Story


def test_one_fix_outside_wakes_nobody(story: Story) -> None:
    """A single good fix outside opens a suspicion, and no phone rings."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.passes(60)

    assert IncidentState.SUSPECT is story.state
    assert [] == story.sent()


def test_a_second_fix_outside_is_believed(story: Story) -> None:
    """A second good fix outside confirms the first, and both guardians are asked in that second."""
    story.wanders_off()

    assert [EntryKind.SUSPECTED, EntryKind.CONFIRMED] == story.timeline[:2]
    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_silence_confirms(story: Story) -> None:
    """When a band falls silent after one fix outside, silence itself is believed."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.from_here()
    story.passes(minutes=6)

    assert EntryKind.SILENCE_CONFIRMED in story.timeline
    assert ["360 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_silence_is_not_believed_too_early(story: Story) -> None:
    """Silence waits one ordinary report of the band and a minute before it is believed."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.passes(355)

    assert IncidentState.SUSPECT is story.state
    story.is_seen(0)


def test_a_fix_well_inside_drops_the_suspicion(story: Story) -> None:
    """A good fix at home ends a suspicion before anybody heard of it."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.passes(60)
    story.is_seen(0)

    assert (IncidentState.CLOSED, Outcome.NOT_CONFIRMED) == (story.state, story.incident.outcome)


def test_after_a_dropped_suspicion_the_next_one_counts_anew(story: Story) -> None:
    """Who really leaves after a false suspicion is missed by an incident of its own."""
    story.is_seen(0)
    story.passes(60)
    first = story.is_seen(600)
    story.passes(60)
    story.is_seen(0)
    story.passes(60)
    story.wanders_off()
    story.passes(60)
    story.is_seen(800)

    assert first != story.incident_id
    assert ["60 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_a_weak_fix_wakes_nobody(story: Story) -> None:
    """A fix whose disc still touches home opens nothing, however far away its centre lies."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600, accuracy_m=900)
    story.passes(minutes=8)

    assert 0 == story.incidents()


def test_a_weak_fix_does_not_confirm_a_suspicion(story: Story) -> None:
    """One good fix outside and one that could be anywhere are still only a suspicion."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.passes(60)
    story.is_seen(600, accuracy_m=900)

    assert IncidentState.SUSPECT is story.state
    story.is_seen(0)


def test_a_weak_fix_does_not_bring_anybody_home(story: Story) -> None:
    """A blurry fix around home ends no suspicion: silence goes on counting."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.from_here()
    story.passes(60)
    story.is_seen(0, accuracy_m=1500)
    story.passes(minutes=5)

    assert ["360 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_the_same_report_twice_is_one_fix(story: Story) -> None:
    """A report that the broker delivers twice confirms nothing by itself."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    position = story.town.household.home.moved(east_m=600)
    story.town.hears("story-2", position=position)
    story.settles()

    assert IncidentState.SUSPECT is story.state
    story.is_seen(0)


def test_old_positions_that_come_late_open_nothing(story: Story) -> None:
    """What a band kept in its memory about an hour ago wakes nobody once it is known to be home."""
    story.is_seen(0)
    an_hour_ago = story.clock.now().timestamp() - 3600
    far = story.town.household.home.moved(east_m=800)
    for number, seconds in enumerate((0, 60)):
        story.town.hears(f"late-{number}", position=far, t=an_hour_ago + seconds)
    story.passes(minutes=7)

    assert [] == story.sent()


def test_an_outage_does_not_forget_a_suspicion(story: Story) -> None:
    """A suspicion from before an outage is believed as soon as the service is back."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.from_here()
    story.outage(minutes=20)

    assert ["1200 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_a_band_taken_off_is_believed_after_three_minutes(story: Story) -> None:
    """A band that says it was taken off, and stays off, has guardians asked after its patience."""
    story.band_says(worn=True)
    story.from_here()
    story.band_says(worn=False)
    story.passes(minutes=3)

    assert ["180 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_a_band_put_back_on_disturbs_nobody(story: Story) -> None:
    """Taken off to wash and put on again within the patience: nobody hears of it."""
    story.band_says(worn=True)
    story.band_says(worn=False)
    story.passes(minutes=2)
    story.band_says(worn=True)

    assert Outcome.NOT_CONFIRMED is story.incident.outcome


def test_a_band_on_its_charger_disturbs_nobody(story: Story) -> None:
    """A band that comes off to be charged is no cause."""
    story.band_says(worn=True)
    story.band_says(worn=False, bat={"pct": 30, "charging": True})
    story.passes(minutes=5)

    assert [] == rows(story.engine, schema.notification, "id")


def test_two_doubts_are_one_incident(story: Story) -> None:
    """Off the wrist and outside: dropping one doubt does not drop the other."""
    story.is_seen(0, worn=True)
    story.passes(60)
    story.is_seen(600, worn=False)
    story.passes(30)
    story.band_says(worn=True)

    assert (1, IncidentState.SUSPECT) == (story.incidents(), story.state)
    story.is_seen(0)
