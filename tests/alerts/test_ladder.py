"""What time does to an incident that nobody answers, as timelines in seconds."""

from itertools import pairwise

import pytest

from alerts import lifecycle
from core.incidents import Answer, EntryKind, IncidentState, Outcome, Trigger
from core.notifications import Priority, Purpose
from core.people import Channel, Role
from tests.alerts.plays import (
    CHEN,
    LI,
    MA,
    SHEN,
    SMS,
    START,
    VOICE,
    WU,
    Line,
    Play,
    both,
    roster,
)


def each(second: int, people: tuple[int, ...], *channels: Channel) -> list[Line]:
    """Return one line for each of *people* on each of *channels*, in the order of asking."""
    return [(second, person, channel) for person in people for channel in channels]


GUARDIANS = (CHEN, SHEN)
TEAM = (LI, WU)


# -- suspicion -----------------------------------------------------------------------------------


def test_a_suspicion_wakes_nobody() -> None:
    """A suspicion is open, has its next look, and asks nobody."""
    play = Play().suspects(wait_s=180)

    assert IncidentState.SUSPECT is play.state
    assert 180 == play.due_s
    assert [] == play.orders
    assert [EntryKind.SUSPECTED] == play.entries


def test_silence_confirms_a_suspicion() -> None:
    """When nothing contradicts a suspicion in time, the guardians are asked."""
    play = Play().suspects(wait_s=180)

    play.waits_until(179)
    assert [] == play.asked()

    play.waits_until(180)

    assert IncidentState.GUARDIANS is play.state
    assert each(180, GUARDIANS, SMS) == play.asked()
    assert EntryKind.SILENCE_CONFIRMED in play.entries


def test_a_confirmed_suspicion_asks_at_once() -> None:
    """A second fix outside asks the guardians without waiting for silence."""
    play = Play().suspects(wait_s=360)
    play.now_s = 60

    play.apply(
        lifecycle.confirm(
            play.incident,
            kind=EntryKind.CONFIRMED,
            trigger=Trigger.CROSSING,
            evidence={},
            roster=play.roster,
            now=play.now(),
        )
    )

    assert IncidentState.GUARDIANS is play.state
    assert each(60, GUARDIANS, SMS) == play.asked()


def test_a_dropped_suspicion_ends_without_a_word() -> None:
    """A suspicion that proved wrong closes as not confirmed, and nobody ever hears of it."""
    play = Play().suspects()
    play.now_s = 60

    play.drops(Trigger.CROSSING)
    play.waits_until(7200)

    assert (IncidentState.CLOSED, Outcome.NOT_CONFIRMED) == (play.state, play.incident.outcome)
    assert [] == play.orders
    assert None is play.due_s


def test_a_suspicion_that_slept_through_an_outage_still_asks_from_the_first_step() -> None:
    """However late silence is noticed, guardians get their whole window from then on."""
    play = Play().suspects(wait_s=180)

    play.sleeps_until(5000)
    play.waits_until(5060)

    assert each(5000, GUARDIANS, SMS) + each(5060, GUARDIANS, VOICE) == play.asked()


# -- the ladder ----------------------------------------------------------------------------------


def test_the_standard_ladder_when_nobody_answers() -> None:
    """Guardians at 0, 60 and 180 s, the team five times from 300 s on, then the operators."""
    play = Play().opens(Trigger.CROSSING)

    play.waits_until(900)

    assert (
        each(0, GUARDIANS, SMS)
        + each(60, GUARDIANS, VOICE)
        + each(180, GUARDIANS, SMS, VOICE)
        + each(300, TEAM, SMS, VOICE)
        + each(420, TEAM, VOICE)
        + each(540, TEAM, SMS, VOICE)
        + each(660, TEAM, VOICE)
        + each(780, TEAM, SMS, VOICE)
        + each(900, (MA,), SMS, VOICE)
    ) == play.asked()
    assert IncidentState.UNANSWERED is play.state


def test_the_urgent_ladder_calls_at_once() -> None:
    """An SOS calls and texts at 0 and 90 s, and asks the team after 180 s."""
    play = Play().opens(Trigger.SOS)

    play.waits_until(180)

    assert (
        each(0, GUARDIANS, SMS, VOICE)
        + each(90, GUARDIANS, SMS, VOICE)
        + each(180, TEAM, SMS, VOICE)
    ) == play.asked()


def test_danger_asks_the_team_together_with_the_guardians() -> None:
    """At water or railway nobody waits: the rescue team is asked in the same moment."""
    play = Play().opens(Trigger.DANGER_ZONE)

    assert each(0, TEAM, SMS, VOICE) + each(0, GUARDIANS, SMS, VOICE) == play.asked()

    play.waits_until(180)

    assert (
        each(60, GUARDIANS, VOICE) + each(120, TEAM, VOICE) + each(180, TEAM, SMS, VOICE)
    ) == play.asked(since_s=1)


def test_guardians_hear_that_the_team_was_asked() -> None:
    """When the window ends, the guardians who were asked are told that rescue was asked."""
    play = Play().opens(Trigger.CROSSING)

    play.waits_until(300)

    assert each(300, GUARDIANS, SMS) == play.told(Purpose.INFORM)
    assert {(CHEN, "rescue_asked"), (SHEN, "rescue_asked")} == set(play.topics(Purpose.INFORM))


def test_unanswered_never_ends_by_itself() -> None:
    """With everyone silent, somebody is alarmed every ten minutes, in rotation, for a whole day."""
    play = Play().opens(Trigger.CROSSING)

    play.waits_until(24 * 3600)

    assert IncidentState.UNANSWERED is play.state
    later = sorted({second for second, _, _ in play.asked(since_s=900)})
    assert {600} == {after - before for before, after in pairwise(later)}
    assert {MA, LI, WU, CHEN, SHEN} == {person for _, person, _ in play.asked(since_s=901)}


def test_the_first_ask_goes_before_everything_else() -> None:
    """The first ask of an incident has the most urgent priority, repeats a lesser one."""
    play = Play().opens(Trigger.CROSSING)
    play.waits_until(300)

    urgency = {(second, order.role): order.priority for second, order in play.orders}

    assert Priority.FIRST_ASK is urgency[0, Role.GUARDIAN]
    assert Priority.REPEAT is urgency[60, Role.GUARDIAN]
    assert Priority.RESCUE is urgency[300, Role.RESCUER]


# -- nobody to reach -----------------------------------------------------------------------------


def test_nobody_reachable_moves_to_the_next_stage_in_the_same_move() -> None:
    """With no guardian to reach, the team is asked at once, and the timeline says why."""
    play = Play(roster(deaf=both(CHEN, SHEN))).opens(Trigger.CROSSING)

    assert each(0, TEAM, SMS, VOICE) == play.asked()
    assert EntryKind.NOBODY_REACHABLE in play.entries
    assert 1 == len(play.moves)


def test_nobody_reachable_at_all_reaches_the_operators_in_the_same_move() -> None:
    """With neither guardian nor team to reach, the operators are alarmed at once."""
    play = Play(roster(deaf=both(CHEN, SHEN, LI, WU))).opens(Trigger.CROSSING)

    assert each(0, (MA,), SMS, VOICE) == play.asked()
    assert IncidentState.UNANSWERED is play.state


def test_deaf_operators_do_not_cost_ten_minutes() -> None:
    """When no operator can be reached, the alarm goes to somebody else in the same move."""
    play = Play(roster(rescuers=(), deaf=both(MA))).opens(Trigger.CROSSING)

    play.waits_until(300)

    assert IncidentState.UNANSWERED is play.state
    assert [] != play.asked(since_s=300)


def test_with_nobody_on_the_roster_the_incident_stays_open() -> None:
    """Even with nobody to ask, an incident stays open and keeps looking."""
    play = Play(roster(guardians=(), rescuers=(), operators=())).opens(Trigger.SOS)

    play.waits_until(3600)

    assert IncidentState.UNANSWERED is play.state
    assert [] == play.orders
    assert play.due_s is not None


def test_somebody_without_a_step_s_channel_is_asked_on_the_one_they_have() -> None:
    """A guardian with only a landline is called when the step says SMS."""
    play = Play(roster(deaf=[(CHEN, SMS)])).opens(Trigger.CROSSING)

    assert [(0, CHEN, VOICE), (0, SHEN, SMS)] == play.asked()


# -- outages -------------------------------------------------------------------------------------


def test_missed_steps_collapse_into_one_ask() -> None:
    """After an outage within the window, missed steps become one ask by all their channels."""
    play = Play().opens(Trigger.CROSSING)

    play.sleeps_until(200)

    assert each(200, GUARDIANS, SMS, VOICE) == play.asked(since_s=1)
    assert 300 == play.due_s


def test_an_outage_never_skips_the_rescue_team() -> None:
    """After an outage longer than the window, guardians and team are asked together."""
    play = Play().opens(Trigger.CROSSING)

    play.sleeps_until(1000)

    assert (each(1000, GUARDIANS, SMS, VOICE) + each(1000, TEAM, SMS, VOICE)) == play.asked(
        since_s=1
    )
    assert IncidentState.RESCUE is play.state


def test_missed_rescue_rounds_collapse_into_one() -> None:
    """After an outage during rescue, the team gets one ask, not one for each missed round."""
    play = Play().opens(Trigger.CROSSING)
    play.waits_until(300)

    play.sleeps_until(700)  # rounds of 420, 540 and 660 s were missed

    assert [700] * len(TEAM) == [second for second, _, _ in play.asked(since_s=301)]


def test_an_outage_through_all_rescue_rounds_alarms_the_operators_once() -> None:
    """Whoever slept through all rescue rounds alarms the operators at once."""
    play = Play().opens(Trigger.CROSSING)
    play.waits_until(300)

    play.sleeps_until(5000)

    assert each(5000, (MA,), SMS, VOICE) == play.asked(since_s=301)


def test_before_its_time_nothing_is_due() -> None:
    """Looking too early changes nothing."""
    play = Play().opens(Trigger.CROSSING)
    play.now_s = 59

    move = lifecycle.advance(play.incident, play.roster, play.now())

    assert play.incident == move.incident
    assert ((), ()) == (move.orders, move.entries)


# -- a second cause ------------------------------------------------------------------------------


def test_an_sos_on_a_suspicion_goes_straight_to_the_guardians() -> None:
    """Who presses the key while suspected outside is believed at once, by the urgent ladder."""
    play = Play().suspects()
    play.now_s = 30

    play.triggers_again(Trigger.SOS)

    assert IncidentState.GUARDIANS is play.state
    assert each(30, GUARDIANS, SMS, VOICE) == play.asked()
    assert "urgent" == play.incident.policy.name


def test_danger_on_an_open_incident_asks_the_team_at_once() -> None:
    """Entering a danger zone while guardians are asked asks the rescue team in the same move."""
    play = Play().opens(Trigger.CROSSING)
    play.now_s = 20

    play.triggers_again(Trigger.DANGER_ZONE)

    assert set(each(20, TEAM, SMS, VOICE)) <= set(play.asked(since_s=1))
    assert "danger" == play.incident.policy.name


def test_danger_in_a_later_round_asks_the_team_at_once() -> None:
    """Danger asks the team at once also when the guardians are being asked anew."""
    play = Play().opens(Trigger.CROSSING)
    play.says(CHEN, Answer.GOING)
    play.waits_until(1800)  # the lease of 1800 s ends without news
    assert (IncidentState.GUARDIANS, 1) == (play.state, play.incident.round)
    play.now_s = 1810

    play.triggers_again(Trigger.DANGER_ZONE)

    assert set(each(1810, TEAM, SMS, VOICE)) <= set(play.asked(since_s=1801))


@pytest.mark.parametrize("at_s", [1, 30, 59, 61, 100, 170])
@pytest.mark.parametrize("worse", [Trigger.SOS, Trigger.DANGER_ZONE])
def test_a_worse_trigger_never_makes_anybody_wait_longer(at_s: int, worse: Trigger) -> None:
    """Pressing harder never moves the guardians' next ask to a later second."""
    calm, pressed = Play().opens(Trigger.CROSSING), Play().opens(Trigger.CROSSING)
    for play in (calm, pressed):
        play.waits_until(at_s)

    pressed.triggers_again(worse)
    for play in (calm, pressed):
        play.waits_until(400)

    def next_ask(play: Play) -> int:
        return min(second for second, person, _ in play.asked(since_s=at_s) if second > 0)

    assert next_ask(pressed) <= next_ask(calm)


def test_a_lesser_trigger_is_only_noted() -> None:
    """A cause that is not worse is written down and changes nothing."""
    play = Play().opens(Trigger.SOS)
    before = play.incident

    play.triggers_again(Trigger.STRAP_REMOVED)

    assert EntryKind.TRIGGERED_AGAIN is play.entries[-1]
    assert (before.state, before.severity, before.next_action_at, before.trigger) == (
        play.incident.state,
        play.incident.severity,
        play.incident.next_action_at,
        play.incident.trigger,
    )


def test_who_is_going_hears_that_it_got_worse_and_has_half_as_long() -> None:
    """An SOS on an accepted incident tells who is going and halves their time to report."""
    play = Play().opens(Trigger.CROSSING)
    play.says(CHEN, Answer.GOING)  # the reminder is due at 1500 s
    play.now_s = 500

    play.triggers_again(Trigger.SOS)

    assert [(500, CHEN, SMS)] == play.told(Purpose.INFORM, since_s=1)
    assert 1000 == play.due_s


def test_danger_reaches_the_team_also_when_a_guardian_is_going() -> None:
    """Entering a danger zone asks the rescue team although a guardian is on the way."""
    play = Play().opens(Trigger.CROSSING)
    play.says(CHEN, Answer.GOING)
    play.now_s = 500

    play.triggers_again(Trigger.DANGER_ZONE)

    assert each(500, TEAM, SMS, VOICE) == play.asked(since_s=1)


# -- the end -------------------------------------------------------------------------------------


def test_closing_tells_everyone_who_was_woken() -> None:
    """The end is told to all who were asked, and to nobody else."""
    play = Play().opens(Trigger.CROSSING)
    play.waits_until(300)

    play.closes()
    play.waits_until(7200)

    assert [(300, person, SMS) for person in (CHEN, SHEN, LI, WU)] == play.told(Purpose.CLOSING)
    assert (IncidentState.CLOSED, None) == (play.state, play.due_s)


def test_being_back_inside_closes_nothing() -> None:
    """A fix inside asks for confirmation, once, and the ladder goes on."""
    play = Play().opens(Trigger.CROSSING)
    play.now_s = 30

    play.seems_back()
    play.seems_back()
    play.waits_until(60)

    assert [(30, CHEN, SMS), (30, SHEN, SMS)] == play.told(Purpose.INFORM)
    assert IncidentState.GUARDIANS is play.state
    assert each(60, GUARDIANS, VOICE) == play.asked(since_s=1)


def test_leaving_again_is_told_to_whoever_heard_that_all_seemed_well() -> None:
    """Back, and out again minutes later: who is going hears both, and nobody else is asked anew."""
    play = Play().opens(Trigger.CROSSING)
    play.now_s = 30
    play.says(CHEN, Answer.GOING)
    play.now_s = 90
    play.seems_back()

    play.now_s = 240
    play.triggers_again(Trigger.CROSSING)
    play.triggers_again(Trigger.CROSSING)

    news = [
        (order.person_id, order.topic.partition("|")[0])
        for _, order in play.orders
        if order.purpose is Purpose.INFORM and order.topic.partition(":")[0] != "going"
    ]
    assert [(CHEN, "seems_back"), (CHEN, "worse:crossing")] == news
    assert play.incident.seemed_back_at is None
    assert IncidentState.ACCEPTED is play.state


def test_an_ask_stops_being_useful() -> None:
    """An ask expires, so that an old one is replaced by the ladder's next and never sent late."""
    play = Play().opens(Trigger.CROSSING)

    _, ask = play.orders[0]

    assert 240 == (ask.expires_at - START).total_seconds()


def test_a_hurried_alarm_that_reached_somebody_leaves_time_to_answer() -> None:
    """While nobody is reached everyone is tried every minute; once somebody was, every ten."""
    play = Play()
    play.has_provider = False
    play.opens(Trigger.CROSSING)
    play.waits_until(1019)
    hurried = sorted({second for second, _, _ in play.asked(since_s=899)})

    play.has_provider = True
    play.waits_until(2300)

    assert [900, 960] == hurried
    assert [1020, 1620, 2220] == sorted({second for second, _, _ in play.asked(since_s=961)})


@pytest.mark.parametrize("first", [Trigger.CROSSING, Trigger.FALL, Trigger.DANGER_ZONE])
def test_an_sos_where_nobody_came_asks_everyone_anew(first: Trigger) -> None:
    """A sign of life after the ladder was used up begins it once more, once."""
    play = Play().opens(first)
    play.waits_until(1300)
    play.triggers_again(Trigger.SOS)
    play.triggers_again(Trigger.SOS)

    assert IncidentState.GUARDIANS is play.state
    asked = play.asked(since_s=1300)
    assert {CHEN, SHEN} <= {person for _, person, _ in asked}
    assert len(asked) == len(set(asked))
