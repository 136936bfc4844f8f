"""A pause (T12): nobody is asked anew, nothing due is forgotten, and it ends by itself."""

from datetime import timedelta

from alerts import lifecycle
from core.incidents import Answer, EntryKind, IncidentState, Trigger
from core.people import Channel
from tests.alerts.plays import CHEN, SHEN, Play
from tests.scenes import AlertsRole, Town, on_both_databases


def paused(play: Play, seconds: float) -> None:
    """Have a coordinator pause the play's incident."""
    until = play.now() + timedelta(seconds=seconds)
    play.apply(lifecycle.pause(play.incident, until=until, by="c", now=play.now()))


def test_nobody_is_asked_anew_during_a_pause() -> None:
    """The step that comes due in a pause is taken when it ends, once."""
    play = Play().opens(Trigger.CROSSING)
    paused(play, 100)

    play.now_s = 99
    play.apply(lifecycle.advance(play.incident, play.roster, play.now()))
    assert [] == play.asked(since_s=1)

    play.sleeps_until(100)

    assert [(100, CHEN, Channel.VOICE), (100, SHEN, Channel.VOICE)] == play.asked(since_s=1)
    assert EntryKind.RESUMED is play.entries[-2]


def test_a_forgotten_pause_ends_after_half_an_hour() -> None:
    """Whatever was asked for, a pause lasts half an hour at most, and then the team is asked."""
    play = Play().opens(Trigger.CROSSING)
    paused(play, 36_000)

    play.sleeps_until(1800)

    assert IncidentState.RESCUE is play.state
    assert play.asked(since_s=1)


def test_an_answer_counts_during_a_pause() -> None:
    """Whoever says they are going during a pause is going."""
    play = Play().opens(Trigger.CROSSING)
    paused(play, 600)
    play.now_s = 10

    play.says(CHEN, Answer.GOING)

    assert IncidentState.ACCEPTED is play.state


def test_a_graver_cause_ends_a_pause() -> None:
    """An SOS in a pause asks at once: the pause was meant for what was known then."""
    play = Play().opens(Trigger.CROSSING)
    paused(play, 600)
    play.now_s = 30

    play.triggers_again(Trigger.SOS)

    assert play.incident.paused_until is None
    assert {CHEN, SHEN} == {person for _, person, _ in play.asked(since_s=30)}


def test_an_sos_ends_a_pause_of_another_cause_as_grave() -> None:
    """After a fall and a pause an SOS is news, though its ladder is no harder."""
    play = Play().opens(Trigger.FALL)
    play.now_s = 30
    paused(play, 1800)
    play.now_s = 60
    play.triggers_again(Trigger.SOS)

    play.waits_until(200)

    assert play.incident.paused_until is None
    assert [90, 180] == sorted({s for s, _, _ in play.asked(since_s=60)})


def test_whoever_goes_hears_of_an_sos_as_grave_as_the_cause() -> None:
    """A guardian is on the way because of a fall; the SOS reaches them, and nobody else."""
    play = Play().opens(Trigger.FALL)
    play.now_s = 30
    play.says(CHEN, Answer.GOING)
    before = len(play.orders)

    play.triggers_again(Trigger.SOS)
    play.triggers_again(Trigger.SOS)

    assert [(CHEN, "worse:sos")] == [(o.person_id, o.topic) for _, o in play.orders[before:]]


def test_the_same_cause_again_leaves_the_pause() -> None:
    """A second fix outside is nothing new to whoever paused."""
    play = Play().opens(Trigger.CROSSING)
    paused(play, 600)
    play.now_s = 30

    play.triggers_again(Trigger.CROSSING)

    assert play.incident.paused_until is not None


@on_both_databases
def test_a_paused_incident_sends_nothing_and_then_goes_on(town: Town) -> None:
    """Through the doors: paused at once, no call comes at 60 s; at the end of the pause it does."""
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(1)
    body = {"do": "pause", "incident_id": incident_id, "seconds": 120, "by": "c"}
    town.arrives("order", body)
    town.handles_arrivals()

    role.pass_time(110)
    assert [] == role.voice.sent

    role.pass_time(20)

    assert 2 == len(role.voice.sent)
    assert [EntryKind.PAUSED, EntryKind.RESUMED] == [
        kind for kind in town.timeline(incident_id) if kind in (EntryKind.PAUSED, EntryKind.RESUMED)
    ]


@on_both_databases
def test_a_pause_can_be_ended_by_hand(town: Town) -> None:
    """Resumed by a coordinator, what came due meanwhile is done at once."""
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(1)
    for do, wait_s in (("pause", 100), ("resume", 1)):
        body = {"do": do, "incident_id": incident_id, "seconds": 900, "by": "c"}
        town.arrives("order", body)
        town.handles_arrivals()
        role.pass_time(wait_s)

    assert 2 == len(role.voice.sent)
