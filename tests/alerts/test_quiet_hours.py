"""Whom quiet hours spare while an incident climbs, and whom nothing spares."""

from dataclasses import replace
from datetime import timedelta

from alerts import lifecycle
from core.clock import ManualClock
from core.hours_text import parse_hours
from core.incidents import Answer, EntryKind, IncidentState, Trigger
from core.people import Role
from core.policies import Severity
from store import quiet, rota, schema
from tests.alerts.plays import CHEN, LI, MA, SHEN, VOICE, WU, Play, both, roster
from tests.scenes import AlertsRole, Town, on_both_databases, rows


def people(play: Play) -> set[int]:
    """Return everybody who was asked so far."""
    return {person for _second, person, _channel in play.asked()}


def asleep(*who: int, deaf: tuple[int, ...] = ()) -> Play:
    """Return a play in which *who* are in their quiet hours."""
    return Play(replace(roster(deaf=both(*deaf)), quiet=frozenset(who)))


def test_somebody_asleep_is_left_out() -> None:
    """While the other guardian can be asked, the one in quiet hours is not, at any step."""
    play = asleep(SHEN).opens(Trigger.CROSSING)
    play.waits_until(299)

    assert {CHEN} == people(play)


def test_the_team_comes_all_the_same() -> None:
    """With the only guardian awake silent, the team is asked when the window ends, not later."""
    play = asleep(SHEN).opens(Trigger.CROSSING)
    play.waits_until(300)

    assert IncidentState.RESCUE is play.state
    assert {CHEN, LI, WU} == people(play)


def test_both_asleep_are_both_asked() -> None:
    """Quiet hours never leave an elder with nobody, and the record says how many were disturbed."""
    play = asleep(CHEN, SHEN).opens(Trigger.CROSSING)

    assert {CHEN, SHEN} == people(play)
    (said,) = [
        entry
        for move in play.moves
        for entry in move.entries
        if entry.kind is EntryKind.STEP_STARTED
    ]
    assert 2 == said.detail["despite_quiet"]


def test_whoever_cannot_be_reached_spares_nobody() -> None:
    """A guardian without a number that works is no reason to let the other one sleep."""
    play = asleep(SHEN, deaf=(CHEN,)).opens(Trigger.CROSSING)

    assert {SHEN} == people(play)


def test_when_the_other_cannot_the_sleeper_is_called() -> None:
    """A no of the other guardian leaves nobody else: the one in quiet hours is called at once."""
    play = asleep(SHEN).opens(Trigger.CROSSING)
    play.waits_until(20)
    play.says(CHEN, Answer.CANNOT)

    assert (20, SHEN, VOICE) in play.asked()
    assert IncidentState.GUARDIANS is play.state


def test_a_sleeper_holds_nothing_up() -> None:
    """When everybody who was asked tried in vain the team is asked; nobody waits for a sleeper."""
    play = asleep(SHEN).opens(Trigger.CROSSING)
    play.waits_until(60)
    play.says(CHEN, Answer.NOT_REACHED)

    assert IncidentState.RESCUE is play.state


def test_danger_and_sos_spare_nobody() -> None:
    """By the water, and when the elder calls for help, quiet hours count for nothing."""
    for trigger in (Trigger.DANGER_ZONE, Trigger.SOS):
        play = asleep(SHEN).opens(trigger)

        assert {CHEN, SHEN} <= people(play)


def test_a_call_for_help_wakes_the_sleeper() -> None:
    """After a crossing at night, which presses as hard, the SOS key spares nobody from then on."""
    play = asleep(SHEN)
    play.apply(
        lifecycle.alarm(
            elder_id=7,
            trigger=Trigger.CROSSING,
            severity=Severity.URGENT,
            evidence={},
            roster=play.roster,
            now=play.now(),
        )
    )
    play.waits_until(30)
    assert {CHEN} == people(play)

    play.triggers_again(Trigger.SOS)
    play.waits_until(90)

    assert {CHEN, SHEN} == people(play)


def test_danger_that_comes_later_wakes_the_sleeper() -> None:
    """An incident that becomes graver asks anew, and then everybody."""
    play = asleep(SHEN).opens(Trigger.CROSSING)
    play.waits_until(30)
    play.triggers_again(Trigger.DANGER_ZONE)

    assert (30, SHEN) in {(second, person) for second, person, _channel in play.asked()}


def test_whoever_was_asked_is_awake() -> None:
    """Quiet hours that begin while somebody is being asked do not take them off the list."""
    play = Play().opens(Trigger.CROSSING)
    play.roster = replace(play.roster, quiet=frozenset({SHEN}))
    play.waits_until(60)

    assert (60, SHEN, VOICE) in play.asked()


def test_the_team_may_sleep_in_turns() -> None:
    """A rescuer in quiet hours is left out while another can be asked."""
    play = asleep(WU).opens(Trigger.CROSSING)
    play.waits_until(500)

    assert {CHEN, SHEN, LI} == people(play)


def test_a_gap_is_on_the_record() -> None:
    """When the whole team is asked because nobody is on duty, the timeline says so."""
    play = Play(replace(roster(), has_rota_gap=True)).opens(Trigger.CROSSING)
    play.waits_until(300)
    said = [
        entry.detail
        for move in play.moves
        for entry in move.entries
        if entry.kind is EntryKind.STEP_STARTED and entry.detail["stage"] == "rescue"
    ]

    assert [True] == [detail.get("rota_gap") for detail in said]


def test_in_the_end_everybody_is_asked() -> None:
    """When nobody answered, neither quiet hours nor the rota keep anybody out of the rotation."""
    cast = replace(roster(rescuers=(LI,)), standing_by=(WU,), quiet=frozenset({MA, SHEN}))
    cast = replace(
        cast, reachable=cast.reachable | {(WU, channel) for channel in cast.channels_of(LI)}
    )
    play = Play(cast).opens(Trigger.CROSSING)
    play.waits_until(6000)

    assert IncidentState.UNANSWERED is play.state
    assert {CHEN, SHEN, LI, WU, MA} == people(play)


def test_a_shift_that_ends_takes_nobody_off_their_way() -> None:
    """A rescuer who is going goes on counting when their shift ends and another one cannot."""
    play = Play().opens(Trigger.CROSSING)
    play.waits_until(300)
    play.says(LI, Answer.GOING)
    play.roster = replace(play.roster, rescuers=(WU,), standing_by=(LI,))
    play.says(WU, Answer.CANNOT)

    assert IncidentState.RESCUE_ACCEPTED is play.state
    assert Role.RESCUER is play.roster.role_of(LI)


def test_time_alone_still_ends_in_the_alarm() -> None:
    """With everybody asleep the ladder climbs as with everybody awake."""
    awake, sleepy = Play().opens(Trigger.CROSSING), asleep(CHEN, SHEN, LI, WU, MA)
    sleepy.opens(Trigger.CROSSING)
    for play in (awake, sleepy):
        play.waits_until(2000)

    assert awake.asked() == sleepy.asked()


@on_both_databases
def test_a_night_with_rota_and_quiet_hours(town: Town, clock: ManualClock) -> None:
    """From band to phones: only the guardian who is awake and the rescuer on duty are rung."""
    first, second = town.household.guardians
    on_duty, off_duty = town.team.rescuers
    with town.engine.begin() as connection:
        always = parse_hours("Mon 00:00-Sun 24:00")
        rota.add_shift(connection, on_duty, always, by="值班室", now=clock.now())
        quiet.set_quiet_hours(connection, second, always, by="值班室", now=clock.now())
    role = AlertsRole(town.engine, clock)
    incident_id = town.wanders_off()
    role.pass_time(timedelta(minutes=8).total_seconds())
    asked = {
        person_id
        for person_id, purpose in rows(
            town.engine, schema.notification, "person_id", "purpose", incident_id=incident_id
        )
        if purpose == "ask"
    }

    assert {first, on_duty} == asked
    assert off_duty not in asked
