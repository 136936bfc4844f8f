"""Danger zones press as hard as whoever drew them said."""

from dataclasses import replace

import pytest

from alerts import lifecycle
from alerts.triggers import SignalKind, from_change
from core.incidents import IncidentState, Trigger
from core.places import Position
from core.policies import Severity
from core.zones import Circle, Urgency, Zone, ZoneKind
from geofence.engine import Change, ChangeKind, Evidence, Rule
from tests.alerts.plays import Play
from tests.conftest import NOON

MARKET = Zone(
    id=7,
    elder_id=None,
    kind=ZoneKind.DANGER,
    name="车站",
    shape=Circle(Position(120.68, 30.53), 100),
    urgency=Urgency.WATCH,
)
RIVER = replace(MARKET, id=8, name="河", urgency=Urgency.ALARM)


def change(kind: ChangeKind, zone_id: int | None) -> Change:
    """Return a change of belief about one danger zone."""
    evidence = Evidence(
        rule=Rule.FIX_IN_DANGER,
        probability_outside=0.02,
        beyond_m=-40.0,
        accuracy_m=8.0,
        fixes=1,
        span_s=0.0,
    )
    return Change(kind=kind, at=NOON, report_id="r", zone_id=zone_id, evidence=evidence)


@pytest.mark.parametrize(
    ("entered", "severity"), [(7, Severity.NORMAL), (8, None), (9, None), (None, None)]
)
def test_only_a_watched_zone_presses_less(entered: int | None, severity: Severity | None) -> None:
    """A zone to watch asks as for a crossing; any other, also one nobody knows, as for danger."""
    signal = from_change(1, change(ChangeKind.DANGER_ENTERED, entered), (MARKET, RIVER))
    assert signal is not None

    assert (SignalKind.ALARM, Trigger.DANGER_ZONE, severity) == (
        signal.kind,
        signal.trigger,
        signal.severity,
    )


def test_leaving_home_presses_as_ever() -> None:
    """The urgency of danger zones says nothing about the safe ones."""
    signal = from_change(1, change(ChangeKind.LEFT, None), (MARKET,))
    assert signal is not None

    assert (Trigger.CROSSING, None) == (signal.trigger, signal.severity)


@pytest.mark.parametrize(
    ("severity", "policy", "expected"),
    [(Severity.NORMAL, "standard", Severity.NORMAL), (None, "danger", Severity.DANGER)],
)
def test_the_policy_follows(severity: Severity | None, policy: str, expected: Severity) -> None:
    """A watched zone opens with the standard policy, others with that of danger."""
    opened = lifecycle.alarm(
        elder_id=1,
        trigger=Trigger.DANGER_ZONE,
        evidence={},
        roster=Play().roster,
        now=NOON,
        severity=severity,
    ).incident

    assert (policy, expected, IncidentState.GUARDIANS) == (
        opened.policy.name,
        opened.severity,
        opened.state,
    )


def again(play: Play, severity: Severity | None) -> None:
    """Enter a danger zone that presses so hard while an incident is open."""
    play.apply(
        lifecycle.trigger_again(
            play.incident,
            trigger=Trigger.DANGER_ZONE,
            evidence={},
            roster=play.roster,
            now=play.now(),
            severity=severity,
        )
    )


def test_a_watched_zone_ends_the_wait_of_a_suspicion() -> None:
    """A suspicion waits for silence; entering a watched zone is certain, and people are asked."""
    play = Play().suspects()
    play.now_s = 20

    again(play, Severity.NORMAL)

    assert (IncidentState.GUARDIANS, Trigger.DANGER_ZONE, "standard") == (
        play.state,
        play.incident.trigger,
        play.incident.policy.name,
    )
    assert [] != play.asked(since_s=20)


def test_a_watched_zone_adds_a_line_where_people_are_asked_already() -> None:
    """On an open incident it changes nobody's ladder; the river after it does."""
    play = Play().opens(Trigger.CROSSING)
    asked = play.asked()
    play.now_s = 20

    again(play, Severity.NORMAL)
    assert (asked, "standard") == (play.asked(), play.incident.policy.name)

    again(play, None)
    assert "danger" == play.incident.policy.name
