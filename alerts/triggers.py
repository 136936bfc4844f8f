"""Translate what was noticed (a change of side, a band's alarm) into signals for the desk. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.lifecycle import Detail
from core.incidents import Trigger
from core.people import Elder
from core.pings import Alarm, Doubt, Ping
from core.policies import Severity
from core.zones import Urgency, Zone
from geofence.engine import Change, ChangeKind

#: an SOS older than this is passed on and marked late
LATE_SOS_S = 600


class SignalKind(StrEnum):
    """What the desk is told."""

    WEAK_SUSPICION = "weak_suspicion"  #: ask the band, no person
    SUSPICION = "suspicion"  #: open quietly; silence will confirm
    SUSPICION_DROPPED = "suspicion_dropped"
    ALARM = "alarm"  #: no doubt: people are asked
    RETURNED = "returned"  #: seems back, please confirm


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing the desk should know about one elder."""

    elder_id: int
    kind: SignalKind
    trigger: Trigger
    at: datetime
    report_id: str
    evidence: Detail
    #: how hard it presses; None: as its trigger does
    severity: Severity | None = None


def without_brief_returns(signals: Sequence[Signal]) -> list[Signal]:
    """Return *signals*, which are in time order, without returns that are over by now.

    What came together is known together: nobody hears "seems to be back" of somebody who has left
    again.
    """
    left_at: dict[int, int] = {}
    for place, signal in enumerate(signals):
        if signal.kind is SignalKind.ALARM and signal.trigger is Trigger.CROSSING:
            left_at[signal.elder_id] = place
    return [
        signal
        for place, signal in enumerate(signals)
        if signal.kind is not SignalKind.RETURNED or place > left_at.get(signal.elder_id, -1)
    ]


def from_change(elder_id: int, change: Change, zones: Iterable[Zone] = ()) -> Signal | None:
    """Return the signal for a change of side; None where nobody needs to act.

    *zones* are those it was judged by: how hard a danger zone presses is the zone's own affair.
    """
    if change.kind is ChangeKind.SUSPECTED:
        strong = change.silence_confirms
        kind = SignalKind.SUSPICION if strong else SignalKind.WEAK_SUSPICION
    elif change.kind is ChangeKind.SUSPICION_DROPPED:
        kind = SignalKind.SUSPICION_DROPPED
    elif change.kind in (ChangeKind.LEFT, ChangeKind.DANGER_ENTERED):
        kind = SignalKind.ALARM
    elif change.kind is ChangeKind.RETURNED:
        kind = SignalKind.RETURNED
    else:
        return None
    danger = change.kind is ChangeKind.DANGER_ENTERED
    return Signal(
        elder_id=elder_id,
        kind=kind,
        trigger=Trigger.DANGER_ZONE if danger else Trigger.CROSSING,
        at=change.at,
        report_id=change.report_id,
        evidence={**change.evidence.to_json(), "zone_id": change.zone_id},
        severity=_severity(change, zones),
    )


def _severity(change: Change, zones: Iterable[Zone]) -> Severity | None:
    """Return how hard the danger zone that was entered presses; None: as danger zones do."""
    entered = change.zone_id if change.kind is ChangeKind.DANGER_ENTERED else None
    is_watched = any(zone.id == entered and zone.urgency is Urgency.WATCH for zone in zones)
    return Severity.NORMAL if is_watched else None


def from_ping(elder: Elder, ping: Ping, *, was_worn: bool | None) -> Iterable[Signal]:
    """Return the signals of a band's own alarms and of its being taken off or put on.

    *was_worn* is what the band said last: taking it off is an event, lying on a table is not.
    """
    if Doubt.RETAINED in ping.doubts:
        return
    on_trial = Doubt.OBSERVED in ping.doubts
    age_s = (ping.received_at - ping.at).total_seconds()
    for alarm, trigger in ((Alarm.SOS, Trigger.SOS), (Alarm.FALL, Trigger.FALL)):
        if alarm in ping.alarms and not (on_trial and alarm is not Alarm.SOS):
            evidence: Detail = {"late_s": round(age_s)} if age_s > LATE_SOS_S else {}
            yield _signal(elder, SignalKind.ALARM, trigger, ping, evidence)
    if ping.is_backlog or on_trial:
        return  # old wear reports are history; those of a model on trial may mean anything
    if ping.worn is False and was_worn is not False and elder.removal_matters and not ping.charging:
        yield _signal(elder, SignalKind.SUSPICION, Trigger.STRAP_REMOVED, ping, {})
    elif was_worn is False and (ping.worn is True or ping.charging):
        yield _signal(elder, SignalKind.SUSPICION_DROPPED, Trigger.STRAP_REMOVED, ping, {})


def _signal(
    elder: Elder, kind: SignalKind, trigger: Trigger, ping: Ping, evidence: Detail
) -> Signal:
    return Signal(
        elder_id=elder.id,
        kind=kind,
        trigger=trigger,
        at=ping.at,
        report_id=ping.report_id,
        evidence=evidence,
    )
