"""A band's own alarms, and its being taken off, as signals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.triggers import SignalKind, from_ping
from core.incidents import Trigger
from core.people import Elder
from core.pings import Alarm, Doubt, Ping

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ELDER = Elder(id=7, name="王秀英", birth_year=1944, sex="f", organisation_id="maqiao")
PING = Ping(device_id="b7", report_id="x", measured_at=NOW, received_at=NOW)
SUSPECTED = [(SignalKind.SUSPICION, Trigger.STRAP_REMOVED)]
DROPPED = [(SignalKind.SUSPICION_DROPPED, Trigger.STRAP_REMOVED)]


def signals(
    *, was_worn: bool | None = True, elder: Elder = ELDER, **said: Any
) -> list[tuple[SignalKind, Trigger]]:
    """Return the signals of a ping with these fields."""
    ping = replace(PING, **said)
    return [(s.kind, s.trigger) for s in from_ping(elder, ping, was_worn=was_worn)]


@pytest.mark.parametrize(
    ("alarm", "trigger"), [(Alarm.SOS, Trigger.SOS), (Alarm.FALL, Trigger.FALL)]
)
def test_sos_and_fall_are_alarms(alarm: Alarm, trigger: Trigger) -> None:
    """The key and a fall ask people at once."""
    assert [(SignalKind.ALARM, trigger)] == signals(alarms=frozenset({alarm}))


@pytest.mark.parametrize("alarm", set(Alarm) - {Alarm.SOS, Alarm.FALL})
def test_no_other_alarm_asks_anybody_by_itself(alarm: Alarm) -> None:
    """Battery, vibration and a device's own fences are recorded, never an incident."""
    assert [] == signals(alarms=frozenset({alarm}))


@pytest.mark.parametrize(
    ("late", "evidence"),
    [(timedelta(minutes=5), {}), (timedelta(hours=5), {"late_s": 18000})],
)
def test_an_old_sos_still_rings_and_says_so(late: timedelta, evidence: dict[str, int]) -> None:
    """An SOS that was stored on the way rings; more than ten minutes old, it is marked late."""
    ping = replace(
        PING, alarms=frozenset({Alarm.SOS}), measured_at=NOW - late, is_backlog=bool(evidence)
    )

    (signal,) = from_ping(ELDER, ping, was_worn=True)
    assert evidence == signal.evidence


def test_what_the_broker_kept_rings_nobody() -> None:
    """A retained message is old news, whatever it cries."""
    alarms = frozenset({Alarm.SOS, Alarm.FALL})

    assert [] == signals(alarms=alarms, worn=False, doubts=frozenset({Doubt.RETAINED}))


@pytest.mark.parametrize("doubt", set(Doubt) - {Doubt.RETAINED})
def test_an_sos_rings_whatever_the_doubt(doubt: Doubt) -> None:
    """Only what the broker kept is no cry of now."""
    ringing = signals(alarms=frozenset({Alarm.SOS}), doubts=frozenset({doubt}))

    assert [(SignalKind.ALARM, Trigger.SOS)] == ringing


def test_a_model_on_trial_asks_nobody_but_for_an_sos() -> None:
    """What the bits of an untried model mean, nobody knows yet; a pressed key is heard."""
    observed = frozenset({Doubt.OBSERVED})

    assert [] == signals(alarms=frozenset({Alarm.FALL}), worn=False, doubts=observed)
    assert [] == signals(was_worn=False, worn=True, doubts=observed)


@pytest.mark.parametrize(
    ("was_worn", "said", "expected"),
    [
        (True, {"worn": False}, SUSPECTED),
        (None, {"worn": False}, SUSPECTED),
        (False, {"worn": False}, []),  # lying on a table is no event
        (True, {"worn": None}, []),
        (True, {"worn": False, "charging": True}, []),  # taken off to be charged
        (True, {"worn": False, "is_backlog": True}, []),  # history
        (False, {"worn": True}, DROPPED),
        (False, {"charging": True}, DROPPED),
        (True, {"worn": True}, []),
        (None, {}, []),
    ],
)
def test_taking_the_band_off(
    was_worn: bool | None, said: dict[str, Any], expected: list[tuple[SignalKind, Trigger]]
) -> None:
    """Taking the band off is an event, lying on a table is not; wearing or charging it ends it."""
    assert expected == signals(was_worn=was_worn, **said)


def test_for_some_people_taking_it_off_does_not_matter() -> None:
    """Where the family decided so, a band that is off suspects nothing."""
    assert [] == signals(elder=replace(ELDER, removal_matters=False), worn=False)
