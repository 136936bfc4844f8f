"""Looking again just before sending: which messages are still wanted in which state."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.asking import UNANSWERED_STEP
from alerts.gate import why_withhold
from core.incidents import Answer, Incident, Trigger
from core.notifications import Notification, NotificationStatus, Priority, Purpose
from core.people import Channel, Role
from tests.alerts.plays import CHEN, LI, MA, SHEN, START, Play


def message(purpose: Purpose, person_id: int, role: Role, *, in_round: int = 0) -> Notification:
    """Return a message that is good for an hour."""
    return Notification(
        id=1,
        incident_id=1,
        round=in_round,
        step=UNANSWERED_STEP if purpose is Purpose.ALARM else 0,
        person_id=person_id,
        role=role,
        channel=Channel.SMS,
        purpose=purpose,
        topic="",
        priority=Priority.REPEAT,
        status=NotificationStatus.READY,
        next_try_at=START,
        expires_at=START + timedelta(hours=9),
        attempts=0,
    )


def incident(until_s: float, *answers: tuple[int, Answer], closed: bool = False) -> Incident:
    """Return an incident after *until_s* seconds and these answers."""
    play = Play().opens(Trigger.CROSSING)
    play.waits_until(until_s)
    for person_id, said in answers:
        play.says(person_id, said)
    if closed:
        play.closes()
    return play.incident


ASKING, RESCUING, UNANSWERED = incident(0), incident(300), incident(900)
ACCEPTED = incident(0, (CHEN, Answer.GOING))
TEAM_GOES = incident(300, (LI, Answer.GOING))
CLOSED = incident(0, closed=True)

ASK_CHEN = message(Purpose.ASK, CHEN, Role.GUARDIAN)
ASK_SHEN = message(Purpose.ASK, SHEN, Role.GUARDIAN)
ASK_LI = message(Purpose.ASK, LI, Role.RESCUER)


@pytest.mark.parametrize(
    ("state", "wanted", "expected"),
    [
        (ASKING, ASK_CHEN, None),
        (ASKING, ASK_LI, None),  # in danger the team is asked beside the guardians
        (RESCUING, ASK_CHEN, None),  # after an outage both are asked together
        (RESCUING, ASK_LI, None),
        (ACCEPTED, ASK_CHEN, "answered"),
        (ACCEPTED, ASK_SHEN, "someone_goes"),
        (ACCEPTED, ASK_LI, "someone_goes"),
        (TEAM_GOES, ASK_SHEN, "someone_goes"),
        (incident(0, (CHEN, Answer.CANNOT)), ASK_CHEN, "answered"),
        (incident(0, (CHEN, Answer.CANNOT)), ASK_SHEN, None),
        (replace(ASKING, round=1), ASK_CHEN, "older_round"),
        (CLOSED, ASK_CHEN, "incident_closed"),
        (UNANSWERED, message(Purpose.ALARM, MA, Role.OPERATOR), None),
        (UNANSWERED, message(Purpose.ALARM, CHEN, Role.GUARDIAN), None),
        (ACCEPTED, message(Purpose.ALARM, MA, Role.OPERATOR), "answered"),
        (CLOSED, message(Purpose.ALARM, MA, Role.OPERATOR), "incident_closed"),
        (ACCEPTED, message(Purpose.REMIND, CHEN, Role.GUARDIAN), None),
        (ACCEPTED, message(Purpose.REMIND, SHEN, Role.GUARDIAN), "answered"),
        (replace(ACCEPTED, round=1), message(Purpose.REMIND, CHEN, Role.GUARDIAN), "answered"),
        (ACCEPTED, message(Purpose.INFORM, SHEN, Role.GUARDIAN), None),
        (CLOSED, message(Purpose.INFORM, SHEN, Role.GUARDIAN), "incident_closed"),
        (CLOSED, message(Purpose.CONFIRM, CHEN, Role.GUARDIAN), "incident_closed"),
        (CLOSED, message(Purpose.CLOSING, CHEN, Role.GUARDIAN), None),
        (ASKING, message(Purpose.CLOSING, CHEN, Role.GUARDIAN), None),
    ],
)
def test_a_message_goes_out_only_while_it_is_wanted(
    state: Incident, wanted: Notification, expected: str | None
) -> None:
    """Each message is held against the incident as it is now, and withheld with a named reason."""
    assert expected == why_withhold(state, wanted, START)


@pytest.mark.parametrize("purpose", Purpose)
def test_nothing_goes_out_after_its_life(purpose: Purpose) -> None:
    """A message of any purpose that waited too long is withheld as expired."""
    old = replace(message(purpose, CHEN, Role.GUARDIAN), expires_at=START)

    assert "expired" == why_withhold(ASKING, old, START)


def test_an_alarm_of_an_earlier_turn_is_not_sent_any_more() -> None:
    """When the next turn has gone to somebody else, the one before is not sent late."""
    late = incident(1510)

    old, newest = (
        replace(message(Purpose.ALARM, MA, Role.OPERATOR), step=UNANSWERED_STEP + turn)
        for turn in (0, 1)
    )

    assert "older_turn" == why_withhold(late, old, START)
    assert why_withhold(late, newest, START) is None
