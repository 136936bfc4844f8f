"""What people's answers do to an incident, as timelines in seconds."""

import pytest

from core.incidents import Answer, EntryKind, IncidentState, Outcome, Trigger
from core.notifications import Purpose
from tests.alerts.plays import CHEN, LI, MA, SHEN, SMS, VOICE, WU, Play, both, roster


def opened(trigger: Trigger = Trigger.CROSSING, until_s: float = 0) -> Play:
    """Return an incident in which nobody has answered until *until_s*."""
    play = Play().opens(trigger)
    play.waits_until(until_s)
    return play


# -- going ---------------------------------------------------------------------------------------


def test_a_yes_ends_the_asking() -> None:
    """After a guardian's yes nobody else is asked until news is overdue."""
    play = opened(until_s=20)

    play.says(CHEN, Answer.GOING)
    play.waits_until(1500)

    assert IncidentState.ACCEPTED is play.state
    assert [] == play.asked(since_s=1)


def test_a_yes_is_confirmed_and_told_to_the_other() -> None:
    """Who says yes gets a confirmation; the other guardian hears who is going."""
    play = opened(until_s=20)

    play.says(CHEN, Answer.GOING)

    assert [(20, CHEN, SMS)] == play.told(Purpose.CONFIRM)
    assert [(SHEN, f"going:{CHEN}")] == play.topics(Purpose.INFORM)
    assert [EntryKind.ANSWERED, EntryKind.TOOK_OVER] == play.entries[-2:]


def test_saying_yes_twice_tells_nobody_twice() -> None:
    """The same yes again is recorded, renews the time for news, and sends nothing."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.GOING)
    sent = len(play.orders)
    play.now_s = 100

    play.says(CHEN, Answer.GOING)

    assert sent == len(play.orders)
    assert 100 + 1500 == play.due_s


def test_a_second_guardian_may_go_too() -> None:
    """Two people can go; the first hears of the second."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.GOING)

    play.says(SHEN, Answer.GOING)

    assert {CHEN, SHEN} == set(play.incident.going())
    assert (CHEN, f"going:{SHEN}") in play.topics(Purpose.INFORM)


def test_the_team_s_yes_ends_the_asking() -> None:
    """A rescuer's yes stops the rescue rounds and tells the guardians."""
    play = opened(until_s=310)

    play.says(LI, Answer.GOING)
    play.waits_until(1500)

    assert IncidentState.RESCUE_ACCEPTED is play.state
    assert [] == play.asked(since_s=311)
    assert {CHEN, SHEN, WU} == {
        person for person, topic in play.topics(Purpose.INFORM) if topic == f"going:{LI}"
    }


def test_a_guardian_s_late_yes_does_not_call_the_team_back() -> None:
    """Once the team is asked, a guardian's yes is told to them and changes nothing else."""
    play = opened(until_s=310)

    play.says(CHEN, Answer.GOING)
    play.waits_until(420)

    assert IncidentState.RESCUE is play.state
    assert [(420, LI, VOICE), (420, WU, VOICE)] == play.asked(since_s=311)
    assert {SHEN, LI, WU} == {
        person for person, topic in play.topics(Purpose.INFORM) if topic == f"going:{CHEN}"
    }


def test_an_operator_s_yes_does_not_call_the_team_back() -> None:
    """While the team is being asked, an operator's yes does not stop it."""
    play = opened(until_s=310)

    play.says(MA, Answer.GOING)
    play.waits_until(420)

    assert [(420, LI, VOICE), (420, WU, VOICE)] == play.asked(since_s=311)


@pytest.mark.parametrize("person", [CHEN, LI, MA])
def test_anyone_may_still_take_over_when_all_were_silent(person: int) -> None:
    """In UNANSWERED the first yes of anybody ends the alarm."""
    play = opened(until_s=1000)

    play.says(person, Answer.GOING)
    play.waits_until(1000 + 1500)

    assert play.state in (IncidentState.ACCEPTED, IncidentState.RESCUE_ACCEPTED)
    assert [] == play.asked(since_s=1001)


# -- cannot --------------------------------------------------------------------------------------


def test_one_cannot_pulls_the_other_s_call_forward() -> None:
    """When one guardian cannot, the other is called now; the step's own time calls nobody twice."""
    play = opened(until_s=20)

    play.says(CHEN, Answer.CANNOT)
    play.waits_until(100)

    assert [(20, SHEN, VOICE)] == play.asked(since_s=1)


def test_who_cannot_is_not_asked_again() -> None:
    """After "I cannot" only the other guardian goes on being asked."""
    play = opened(until_s=20)

    play.says(CHEN, Answer.CANNOT)
    play.waits_until(299)

    assert {SHEN} == {person for _, person, _ in play.asked(since_s=1)}


def test_two_cannots_ask_the_team_at_once() -> None:
    """When both guardians cannot, nobody waits for the window's end."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.CANNOT)
    play.now_s = 45

    play.says(SHEN, Answer.CANNOT)

    assert IncidentState.RESCUE is play.state
    assert [(45, LI, SMS), (45, LI, VOICE), (45, WU, SMS), (45, WU, VOICE)] == play.asked(
        since_s=40
    )


def test_a_cannot_after_a_yes_asks_the_other_again() -> None:
    """Who was going and cannot after all hands back: a new round asks the other guardian."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.GOING)
    play.now_s = 200

    play.says(CHEN, Answer.CANNOT)

    assert (IncidentState.GUARDIANS, 1) == (play.state, play.incident.round)
    assert [(200, SHEN, SMS)] == play.asked(since_s=21)


def test_a_cannot_of_the_second_who_goes_changes_little() -> None:
    """As long as somebody else is going, a change of mind asks nobody."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.GOING)
    play.says(SHEN, Answer.GOING)

    play.says(SHEN, Answer.CANNOT)

    assert IncidentState.ACCEPTED is play.state
    assert [] == play.asked(since_s=1)


def test_the_team_handing_back_is_asked_again() -> None:
    """A rescuer who cannot after all starts a new rescue round."""
    play = opened(until_s=310)
    play.says(LI, Answer.GOING)
    play.now_s = 400

    play.says(LI, Answer.CANNOT)

    assert (IncidentState.RESCUE, 1) == (play.state, play.incident.round)
    assert [(400, WU, SMS), (400, WU, VOICE)] == play.asked(since_s=311)


def test_the_team_handing_back_is_asked_again_although_a_guardian_goes() -> None:
    """A guardian on the way does not hide that the rescue team is not."""
    play = opened(until_s=310)
    play.says(CHEN, Answer.GOING)  # late, beside the team
    play.says(LI, Answer.GOING)
    play.now_s = 400

    play.says(LI, Answer.CANNOT)

    assert IncidentState.RESCUE_ACCEPTED is not play.state
    assert [(400, WU, SMS), (400, WU, VOICE)] == play.asked(since_s=311)


# -- found, rescue wanted, not reached -------------------------------------------------------------


def test_a_guardian_s_false_alarm_ends_it() -> None:
    """Who says that nothing was wrong closes the incident as a false alarm; the others hear it."""
    play = opened(until_s=20)

    play.says(CHEN, Answer.FALSE_ALARM)

    assert (IncidentState.CLOSED, Outcome.FALSE_ALARM) == (play.state, play.incident.outcome)


def test_found_closes_and_thanks_everyone() -> None:
    """A guardian who found the elder ends it; all who were woken are told."""
    play = opened(until_s=310)
    play.says(CHEN, Answer.GOING)

    play.says(CHEN, Answer.FOUND)
    play.waits_until(7200)

    assert (IncidentState.CLOSED, Outcome.FOUND) == (play.state, play.incident.outcome)
    assert {CHEN, SHEN, LI, WU} == {person for _, person, _ in play.told(Purpose.CLOSING)}
    assert [] == play.asked(since_s=311)


def test_an_answer_after_the_end_is_recorded_and_changes_nothing() -> None:
    """Answering a closed incident is harmless and not lost."""
    play = opened(until_s=20)
    play.closes()
    sent = len(play.orders)

    play.says(SHEN, Answer.GOING)

    assert IncidentState.CLOSED is play.state
    assert sent == len(play.orders)
    assert EntryKind.ANSWERED is play.entries[-1]


def test_a_guardian_can_ask_for_the_team() -> None:
    """A guardian's "need rescue" asks the team at once and confirms it."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.GOING)
    play.now_s = 100

    play.says(CHEN, Answer.NEED_RESCUE)

    assert IncidentState.RESCUE is play.state
    assert {LI, WU} == {person for _, person, _ in play.asked(since_s=1)}
    assert (CHEN, "need_rescue") in play.topics(Purpose.CONFIRM)


@pytest.mark.parametrize("helper", [CHEN, MA])
def test_rescue_can_be_asked_for_again_after_all_were_silent(helper: int) -> None:
    """Who took over an unanswered incident and needs the team gets it: new asks really go out."""
    play = opened(until_s=1000)
    play.says(helper, Answer.GOING)
    play.now_s = 1200

    play.says(helper, Answer.NEED_RESCUE)

    assert {LI, WU} == {person for _, person, _ in play.asked(since_s=1200)}


def test_both_in_vain_after_all_were_silent_asks_the_team_anew() -> None:
    """When both guardians tried in vain after a long silence, new asks really reach the team."""
    play = opened(until_s=1000)
    play.says(CHEN, Answer.GOING)
    play.now_s = 1200

    play.says(CHEN, Answer.NOT_REACHED)
    play.says(SHEN, Answer.NOT_REACHED)

    assert {LI, WU} == {person for _, person, _ in play.asked(since_s=1200)}


def test_both_in_vain_asks_the_team() -> None:
    """Once every guardian tried in vain, waiting helps nobody."""
    play = opened(until_s=20)

    states = []
    for guardian in (CHEN, SHEN):
        play.says(guardian, Answer.NOT_REACHED)
        states.append(play.state)

    assert [IncidentState.GUARDIANS, IncidentState.RESCUE] == states


# -- the lease -----------------------------------------------------------------------------------


def test_who_goes_is_reminded_before_the_lease_ends() -> None:
    """Five minutes before a yes runs out, who is going is asked for news."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.GOING)

    play.waits_until(1600)

    assert [(1520, CHEN, SMS)] == play.told(Purpose.REMIND)
    assert IncidentState.ACCEPTED is play.state


def test_news_renews_the_lease() -> None:
    """A yes after the reminder is good for another lease, with its own reminder."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.GOING)
    play.waits_until(1600)

    play.says(CHEN, Answer.GOING)
    play.waits_until(3200)

    assert IncidentState.ACCEPTED is play.state
    assert [1520, 3100] == [second for second, _, _ in play.told(Purpose.REMIND)]


def test_without_news_both_are_asked_again_in_a_new_round() -> None:
    """When the lease ends, the asking begins anew, the one who went included."""
    play = opened(until_s=20)
    play.says(CHEN, Answer.GOING)

    play.waits_until(1820)

    assert (IncidentState.GUARDIANS, 1) == (play.state, play.incident.round)
    assert [(1820, CHEN, SMS), (1820, SHEN, SMS)] == play.asked(since_s=1)
    assert [EntryKind.LEASE_REMINDED, EntryKind.LEASE_ENDED] == [
        kind for kind in play.entries if kind.value.startswith("lease")
    ]


def test_without_news_of_the_team_the_team_is_asked_again() -> None:
    """When the team's lease ends, the rescue rounds begin anew."""
    play = opened(until_s=310)
    play.says(LI, Answer.GOING)

    play.waits_until(310 + 1800)

    assert (IncidentState.RESCUE, 1) == (play.state, play.incident.round)
    assert {LI, WU} == {person for _, person, _ in play.asked(since_s=311)}


def test_with_nobody_to_reach_the_answer_still_counts() -> None:
    """An answer from the page counts although no message could reach its sender."""
    play = Play(roster(deaf=both(CHEN))).opens(Trigger.CROSSING)

    play.says(CHEN, Answer.GOING)

    assert IncidentState.ACCEPTED is play.state
    assert [] == play.told(Purpose.CONFIRM)
