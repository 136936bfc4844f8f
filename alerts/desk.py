"""Where all doors meet: load the incident, let the pure lifecycle decide, save everything.

The desk never commits; the door that opened the transaction does. A change that lost a race is
tried again on the newer version (a signal or an answer is never dropped); a timer gives up.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import answering, asking, drills, lifecycle, watching
from alerts.lifecycle import Move
from alerts.saving import keep, save
from alerts.severity import severity_at, severity_of
from alerts.triggers import Signal, SignalKind
from core.errors import Conflict
from core.incidents import Answer, EntryKind, Incident, IncidentState, Outcome, Trigger
from core.notifications import Notification
from core.policies import Severity
from store import drills as drill_rows
from store import incidents, notifications, registry, rosters, timeline
from store.policies import policies_for

#: a suspicion also waits one ordinary report of the band and this much more, seconds
REPORT_GRACE_S = 60
_TRIES = 5


def report(
    connection: Connection, signal: Signal, *, ping_id: int | None, now: datetime
) -> int | None:
    """Take one signal; return the id of the incident it touched, None when it touched none."""
    for _ in range(_TRIES):
        try:
            return _report(connection, signal, ping_id, now)
        except Conflict:
            continue  # another worker was first; look again
    raise Conflict(f"elder {signal.elder_id}: the incident kept changing")


def take_answer(
    connection: Connection,
    incident_id: int,
    *,
    person_id: int,
    said: Answer,
    channel: str,
    now: datetime,
    reason: str = "",
) -> Incident:
    """Take a person's answer and return the incident after it; Conflict: read and try again."""
    before = incidents.load(connection, incident_id)
    roster = rosters.roster(connection, before.elder_id, now)
    role = roster.role_of(person_id) or registry.person(connection, person_id).role
    move = answering.answer(
        before,
        person_id=person_id,
        role=role,
        said=said,
        channel=channel,
        roster=roster,
        now=now,
        reason=reason,
    )
    incidents.add_answer(connection, incident_id, move.incident.answers[-1], channel=channel)
    save(connection, before, move, now)
    return move.incident


def order_rescue(connection: Connection, incident_id: int, *, by: str, now: datetime) -> None:
    """Ask the rescue team because a coordinator says so."""
    before = incidents.load(connection, incident_id)
    if before.state in (
        IncidentState.RESCUE,
        IncidentState.RESCUE_ACCEPTED,
        IncidentState.CLOSED,
    ):
        return
    roster = rosters.roster(connection, before.elder_id, now)
    save(connection, before, lifecycle.start_rescue(before, roster, now, reason=f"order:{by}"), now)


def order_pause(
    connection: Connection, incident_id: int, *, seconds: float, by: str, now: datetime
) -> None:
    """Ask nobody anew for *seconds* because a coordinator says so (T12)."""
    before = incidents.load(connection, incident_id)
    if not before.is_open:
        return
    until = now + timedelta(seconds=seconds)
    save(connection, before, lifecycle.pause(before, until=until, by=by, now=now), now)


def order_resume(connection: Connection, incident_id: int, *, by: str, now: datetime) -> None:
    """End a pause because a coordinator says so; what came due meanwhile is done at once."""
    before = incidents.load(connection, incident_id)
    if before.is_open and before.paused_until is not None:
        save(connection, before, lifecycle.resume(before, by=by, now=now), now)
        notifications.wake_up(connection, incident_id, now)


def order_close(
    connection: Connection, incident_id: int, *, outcome: Outcome, by: str, now: datetime
) -> None:
    """Close because a coordinator says so."""
    before = incidents.load(connection, incident_id)
    if not before.is_open:
        return
    roster = rosters.roster(connection, before.elder_id, now)
    move = lifecycle.close(before, outcome=outcome, person_id=None, by=by, roster=roster, now=now)
    save(connection, before, move, now)


def end_drill(connection: Connection, elder_id: int, *, now: datetime) -> int | None:
    """Close the canary's incident and return its id; None when none is open.

    ValueError when *elder_id* is a real person: only a human closes about those.
    """
    if not registry.elder(connection, elder_id).is_virtual:
        raise ValueError(f"elder {elder_id} is no canary")
    before = incidents.open_of(connection, elder_id)
    if before is None:
        return None
    order_close(connection, before.id, outcome=Outcome.DRILL, by="canary", now=now)
    return before.id


def note(connection: Connection, incident_id: int, *, text: str, by: str, now: datetime) -> None:
    """Write a coordinator's note into the timeline."""
    incident = incidents.load(connection, incident_id)
    said = lifecycle.entry(EntryKind.NOTE, now, {"text": text, "by": by})
    timeline.append(connection, incident_id, [said], state=incident.state)


def go_another_way(
    connection: Connection, incident: Incident, message: Notification, *, now: datetime
) -> None:
    """A message failed on its channel: put it into the outbox on another one (T9)."""
    roster = rosters.roster(connection, incident.elder_id, now)
    order = asking.another_way(incident, roster, message, now=now)
    if order is not None:
        # Keep the failed message's round: an ask of an ended round is withheld by the gate.
        notifications.add(connection, replace(incident, round=message.round), [order], now)


def advance(connection: Connection, incident_id: int, now: datetime) -> bool:
    """Do what is due for one incident; False when somebody else does it."""
    if not incidents.take(connection, incident_id):
        return False
    before = incidents.load(connection, incident_id)
    if before.next_action_at is None or before.next_action_at > now:
        return False  # another worker did it a moment ago
    roster = rosters.roster(connection, before.elder_id, now)
    move = drills.advance(before, roster, now)
    if move.incident == before:
        return False
    save(connection, before, move, now)
    return True


def _report(
    connection: Connection, signal: Signal, ping_id: int | None, now: datetime
) -> int | None:
    before = incidents.open_of(connection, signal.elder_id)
    if before is None:
        return _open(connection, signal, ping_id, now)
    if before.is_drill:
        with timeline.written_last(connection):
            return _open_over_drill(connection, before, signal, ping_id, now)
    move = _decide(connection, before, signal, now)
    if move is None:
        return None
    asked_because_of = None
    if before.state is IncidentState.SUSPECT and move.incident.state is IncidentState.GUARDIANS:
        asked_because_of = ping_id
    save(connection, before, move, now, trigger_ping_id=asked_because_of)
    if before.paused_until is not None and move.incident.paused_until is None:
        notifications.wake_up(connection, before.id, now)  # what the pause put off
    return before.id


def _open(connection: Connection, signal: Signal, ping_id: int | None, now: datetime) -> int | None:
    if registry.elder(connection, signal.elder_id).archived_at is not None:
        return None  # moved away or died; what a band that lay about still says wakes nobody
    if signal.kind is SignalKind.WEAK_SUSPICION:
        watching.locate(connection, signal.elder_id, now)
        return None
    if signal.kind is SignalKind.SUSPICION:
        move = lifecycle.suspect(
            elder_id=signal.elder_id,
            trigger=signal.trigger,
            wait_s=_patience_s(connection, signal),
            evidence=signal.evidence,
            now=now,
            severity=_severity(connection, signal, now),
            policies=policies_for(connection, signal.elder_id),
        )
    elif signal.kind is SignalKind.ALARM:
        move = lifecycle.alarm(
            elder_id=signal.elder_id,
            trigger=signal.trigger,
            evidence=signal.evidence,
            roster=rosters.roster(connection, signal.elder_id, now),
            now=now,
            severity=_severity(connection, signal, now),
            policies=policies_for(connection, signal.elder_id),
        )
    else:
        return None
    incident_id = incidents.insert(connection, move.incident, trigger_ping_id=ping_id)
    keep(connection, incident_id, move, now)
    watching.begin(connection, signal.elder_id, now)
    return incident_id


def _open_over_drill(
    connection: Connection, drill: Incident, signal: Signal, ping_id: int | None, now: datetime
) -> int | None:
    """Something real while people practise: the drill ends, the rest is as if there were none."""
    if signal.kind not in drills.REAL:
        return _open(connection, signal, ping_id, now)
    over: lifecycle.Detail = {"by": "real", "trigger": signal.trigger.value}
    save(connection, drill, drills.finish(drill, now, detail=over), now)
    incident_id = _open(connection, signal, ping_id, now)
    if incident_id is None:
        return None
    drill_rows.gave_way(connection, drill.id, to=incident_id)
    if signal.kind is SignalKind.ALARM:
        real = incidents.load(connection, incident_id)
        roster = rosters.roster(connection, drill.elder_id, now)
        asked = notifications.asked(connection, incident_id)
        news = drills.say_real(drill, real, asked, roster, now)
        notifications.add(connection, real, news, now)
    return incident_id


def _decide(connection: Connection, before: Incident, signal: Signal, now: datetime) -> Move | None:
    def with_roster(function: Callable[..., Move], **values: object) -> Move:
        roster = rosters.roster(connection, before.elder_id, now)
        return function(before, evidence=signal.evidence, roster=roster, now=now, **values)

    is_suspicion = before.state is IncidentState.SUSPECT
    match signal.kind:
        case SignalKind.ALARM if is_suspicion and signal.trigger is Trigger.CROSSING:
            return with_roster(lifecycle.confirm, kind=EntryKind.CONFIRMED, trigger=signal.trigger)
        case SignalKind.ALARM:
            return with_roster(
                lifecycle.trigger_again,
                trigger=signal.trigger,
                severity=_severity(connection, signal, now),
            )
        case SignalKind.SUSPICION if is_suspicion and signal.trigger not in before.suspicions:
            return lifecycle.suspect_more(
                before,
                trigger=signal.trigger,
                wait_s=_patience_s(connection, signal),
                evidence=signal.evidence,
                now=now,
            )
        case SignalKind.SUSPICION_DROPPED if signal.trigger in before.suspicions:
            return lifecycle.drop_suspicion(
                before, trigger=signal.trigger, evidence=signal.evidence, now=now
            )
        case SignalKind.RETURNED if not is_suspicion:
            return with_roster(lifecycle.seems_back)
        case _:
            return None


def _severity(connection: Connection, signal: Signal, now: datetime) -> Severity:
    """Return how hard *signal* presses for this elder at this hour."""
    if signal.severity is not None:
        return signal.severity
    risk = registry.elder(connection, signal.elder_id).health_risk
    return severity_at(signal.trigger, at=now, health_risk=risk)


def _patience_s(connection: Connection, signal: Signal) -> float:
    """Return how long a suspicion waits to be contradicted before silence confirms it.

    A crossing waits for the band's next ordinary report as well: one wrong fix of a band that
    sleeps between reports must not wake anybody.
    """
    # However hard it would press, a doubt is given the time that its cause needs.
    policies = policies_for(connection, signal.elder_id)
    wait_s = policies.at(severity_of(signal.trigger)).suspect_s
    if signal.trigger is Trigger.STRAP_REMOVED:
        return wait_s
    return max(wait_s, registry.expected_interval_s(connection, signal.elder_id) + REPORT_GRACE_S)
