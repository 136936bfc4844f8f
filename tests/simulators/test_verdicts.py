"""One story compared with what happened."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.clock import from_unix
from core.incidents import IncidentState, Outcome, Trigger
from core.people import Channel
from simulators.expectations import GUARDIANS, Expected, asks
from simulators.observed import SeenIncident
from simulators.verdicts import Request, judge

OPENED = from_unix(1_795_000_000)
ASKED = OPENED + timedelta(seconds=40)
ALIASES = {"+1": "guardian-1", "+2": "guardian-2", "+3": "rescuer-1"}
EXPECTED = Expected(
    trigger=Trigger.CROSSING,
    states=(
        IncidentState.SUSPECT,
        IncidentState.GUARDIANS,
        IncidentState.ACCEPTED,
        IncidentState.CLOSED,
    ),
    asks=asks(GUARDIANS, Channel.SMS, at_s=0),
)
INCIDENT = SeenIncident(
    id=9,
    elder_id=1,
    trigger=Trigger.CROSSING,
    outcome=Outcome.FOUND,
    opened_at=OPENED,
    closed_at=OPENED + timedelta(seconds=900),
    states=EXPECTED.states,
    asked_at=ASKED,
    by_silence=False,
    ping_received_at=ASKED,
    requested_at=ASKED,
)


def request(number: str, *, at_s: float = 1, **more: Any) -> Request:
    """Return an SMS to *number*, *at_s* seconds after asking began."""
    values: dict[str, Any] = {
        "sid": "SM1",
        "number": number,
        "channel": Channel.SMS,
        "at": ASKED + timedelta(seconds=at_s),
        "token": "1-1",
        "incident_id": 9,
        "purpose": "ask",
    }
    return Request(**(values | more))


GOOD = (
    request("+1"),
    request("+2"),
    request("+1", at_s=30, purpose="confirm"),
    request("+2", at_s=30, purpose="inform"),
    request("+1", at_s=800, purpose="closing"),
    request("+2", at_s=800, purpose="closing"),
)


def problems(
    incidents: tuple[SeenIncident, ...] = (INCIDENT,),
    requests: tuple[Request, ...] = GOOD,
    expected: Expected = EXPECTED,
) -> tuple[str, ...]:
    """Return what the verdict finds wrong."""
    verdict = judge(
        "story",
        expected,
        incidents=incidents,
        requests=requests,
        aliases=ALIASES,
        slack_s=20,
    )
    assert verdict.ok is not bool(verdict.problems)
    return verdict.problems


def test_a_story_that_went_well() -> None:
    """The states, the asks in time and the closing messages make no problem."""
    assert () == problems()


def test_the_first_suspicion_may_be_skipped() -> None:
    """A fix that leaves no doubt may ask people at once."""
    at_once = replace(INCIDENT, states=INCIDENT.states[1:])

    assert () == problems((at_once,))
    assert ("the incident went guardians → accepted → closed",) == problems(
        (at_once,), expected=replace(EXPECTED, suspects=True)
    )


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        ({"trigger": Trigger.SOS}, "it was raised by sos"),
        ({"outcome": Outcome.FALSE_ALARM}, "it ended false_alarm"),
        ({"outcome": None}, "it ended not at all"),
        (
            {"states": INCIDENT.states[:2]},
            "the incident went suspect → guardians",
        ),
    ],
)
def test_an_incident_that_went_another_way(incident: dict[str, Any], expected: str) -> None:
    """Another cause, course or end is named."""
    assert (expected,) == problems((replace(INCIDENT, **incident),))


def test_the_timer_has_to_raise_what_silence_should() -> None:
    """A ping that raised it, where there should be none, is a problem."""
    by_silence = replace(EXPECTED, by_silence=True)

    assert ("a ping raised it, not the timer",) == problems(expected=by_silence)
    assert () == problems((replace(INCIDENT, by_silence=True),), expected=by_silence)


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        (GOOD[1:], ("guardian-1 was not asked by sms at 0 s (to 20 s)",)),
        (
            (request("+1", at_s=45), *GOOD[1:]),
            (
                "guardian-1 was not asked by sms at 0 s (to 20 s)",
                "guardian-1 was asked by sms at 45 s",
            ),
        ),
        ((*GOOD, request("+2", at_s=3)), ("guardian-2 was asked by sms at 3 s",)),
        (
            (*GOOD, request("+2", at_s=3, channel=Channel.VOICE)),
            ("guardian-2 was asked by voice at 3 s",),
        ),
        (
            (*GOOD, request("+3", purpose="inform")),
            ("rescuer-1 got a message and was never to be asked",),
        ),
        (
            (*GOOD, request("+8", purpose="closing")),
            ("a stranger got a message and was never to be asked",),
        ),
        (GOOD[:-1], ("guardian-2 was not told the end",)),
    ],
)
def test_messages_too_few_too_many_too_late(
    requests: tuple[Request, ...], expected: tuple[str, ...]
) -> None:
    """Each ask that is missing, late or not expected is named, and who was not told the end."""
    assert expected == problems(requests=requests)


def test_nobody_asked_at_all() -> None:
    """A story in which nobody was asked says so."""
    assert ("nobody was asked",) == problems(())


def test_a_second_alarm_is_one_too_many() -> None:
    """One elder's one story wakes people once."""
    second = replace(INCIDENT, id=10)

    assert ("a second incident (10) woke somebody",) == problems((INCIDENT, second))


def test_where_nobody_may_be_woken_nobody_is() -> None:
    """A suspicion that was dropped is fine; anything that reached a phone is not."""
    quiet = Expected(trigger=None, outcome=None)
    dropped = replace(
        INCIDENT,
        asked_at=None,
        outcome=Outcome.NOT_CONFIRMED,
        states=(IncidentState.SUSPECT, IncidentState.CLOSED),
    )

    assert () == problems((dropped,), (), quiet)
    assert ("incident 9 woke somebody", "guardian-1 got a message") == problems(
        (INCIDENT,), GOOD[:1], quiet
    )
