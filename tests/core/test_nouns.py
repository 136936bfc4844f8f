"""The nouns refuse bad values at birth and keep what they are given."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from core.incidents import Answer, GivenAnswer, Incident, IncidentState, Trigger
from core.notifications import Notification, NotificationStatus, Priority, Purpose
from core.people import Channel, Role, Roster
from core.places import Position
from core.policies import DEFAULT_POLICIES, POLICIES, Policy, Severity
from core.zones import Circle, Zone, ZoneKind
from tests.conftest import NOON

INCIDENT = Incident(
    id=1,
    elder_id=1,
    trigger=Trigger.SOS,
    severity=Severity.URGENT,
    state=IncidentState.GUARDIANS,
    policies=DEFAULT_POLICIES,
    opened_at=NOON,
    stage_at=NOON,
    next_action_at=NOON,
)


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_survives_json(name: str) -> None:
    """What is frozen into an incident is read back as it was."""
    policy = POLICIES[name]

    assert policy == Policy.from_json(json.loads(json.dumps(policy.to_json())))


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_stays_below_what_carriers_allow(name: str) -> None:
    """Nobody is called twice within a minute, nor texted or called more than carriers allow."""
    policy = POLICIES[name]
    calls = [s.after_s for s in policy.guardian_steps if Channel.VOICE in s.channels]
    texts = [s.after_s for s in policy.guardian_steps if Channel.SMS in s.channels]

    assert all(later - earlier >= 60 for earlier, later in itertools.pairwise(calls))
    assert len(calls) <= 5
    assert len(texts) <= 3
    assert policy.rescue_round_s >= 60
    assert policy.rescue_rounds <= 5
    assert policy.remind_before_s < policy.lease_s


@pytest.mark.parametrize("radius_m", [9.9, 50_001, float("nan"), -1])
def test_a_circle_has_a_sensible_radius(radius_m: float) -> None:
    """A radius in degrees or kilometres by mistake is refused at birth."""
    with pytest.raises(ValueError, match="radius"):
        Circle(Position(120, 30), radius_m)


@pytest.mark.parametrize(("seconds", "expected"), [(-1, False), (0, True), (59, True), (60, False)])
def test_a_zone_counts_from_its_beginning_to_before_its_end(seconds: int, expected: bool) -> None:
    """A zone with hours counts from the first instant to just before the last."""
    zone = Zone(
        id=1,
        elder_id=1,
        kind=ZoneKind.SAFE,
        name="公园",
        shape=Circle(Position(120, 30), 100),
        valid_from=NOON,
        valid_until=NOON + timedelta(seconds=60),
    )

    assert expected == zone.counts_at(NOON + timedelta(seconds=seconds))


def given(person_id: int, answer: Answer, *, in_round: int = 0, second: int = 0) -> GivenAnswer:
    """Return an answer of a guardian."""
    return GivenAnswer(
        person_id=person_id,
        role=Role.GUARDIAN,
        answer=answer,
        round=in_round,
        at=NOON + timedelta(seconds=second),
    )


@pytest.mark.parametrize(
    ("answers", "going", "declined"),
    [
        ((), (), set()),
        ((given(1, Answer.GOING),), (1,), set()),
        ((given(1, Answer.CANNOT),), (), {1}),
        ((given(1, Answer.GOING), given(1, Answer.CANNOT, second=9)), (), {1}),
        ((given(1, Answer.CANNOT), given(1, Answer.GOING, second=9)), (1,), set()),
        # kept in another order than said
        ((given(1, Answer.CANNOT, second=9), given(1, Answer.GOING)), (), {1}),
        ((given(1, Answer.GOING), given(2, Answer.GOING)), (1, 2), set()),
    ],
)
def test_the_latest_word_of_each_person_counts(
    answers: tuple[GivenAnswer, ...], going: tuple[int, ...], declined: set[int]
) -> None:
    """Who goes and who cannot follows from what each said last."""
    incident = replace(INCIDENT, answers=answers)

    assert (going, declined) == (incident.going(), set(incident.declined()))


def test_a_yes_of_an_earlier_round_has_run_out() -> None:
    """After the lease ended, an old yes no longer counts; an old no still does."""
    later = replace(INCIDENT, round=1, answers=(given(1, Answer.GOING), given(2, Answer.CANNOT)))

    assert ((), {2}) == (later.going(), set(later.declined()))


def test_a_roster_knows_roles_and_channels() -> None:
    """Who stands on a roster, as what, and how they are reached."""
    roster = Roster(
        guardians=(1, 2),
        rescuers=(3,),
        operators=(4,),
        reachable=frozenset({(1, Channel.SMS), (1, Channel.VOICE), (3, Channel.VOICE)}),
    )

    assert [Role.GUARDIAN, Role.RESCUER, Role.OPERATOR, None] == [
        roster.role_of(person) for person in (2, 3, 4, 5)
    ]
    assert (Channel.SMS, Channel.VOICE) == roster.channels_of(1)
    assert () == roster.channels_of(2)


@pytest.mark.parametrize(
    ("topic", "subject"),
    [
        ("", ("", "")),
        ("going:12", ("going", "12")),
        ("rescue_asked", ("rescue_asked", "")),
        ("going:12|another_way", ("going", "12")),
        ("|another_way", ("", "")),
    ],
)
def test_what_a_message_speaks_of(topic: str, subject: tuple[str, str]) -> None:
    """The subject is the same whichever way the message goes."""
    message = Notification(
        id=1,
        incident_id=1,
        round=0,
        step=0,
        person_id=1,
        role=Role.GUARDIAN,
        channel=Channel.SMS,
        purpose=Purpose.INFORM,
        topic=topic,
        priority=Priority.CONFIRM,
        status=NotificationStatus.READY,
        next_try_at=NOON,
        expires_at=NOON,
        attempts=0,
    )

    assert subject == message.subject
