"""The life of an incident: what opens it, what time does to it, what ends it. Pure.

Every function takes the incident, who can be asked, and the time, and returns a `Move`: the next
version of the incident, the messages it wants and what the timeline says. The desk saves all of it
in one transaction. Transition names (T0 …) are those of docs/architecture.md, "Incident states".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.asking import (
    alarm_every_s,
    alarm_operators,
    ask_guardians,
    ask_rescuers,
    reach_somebody,
    tell,
)
from alerts.severity import severity_of
from core.incidents import (
    EntryKind,
    Incident,
    IncidentState,
    Outcome,
    TimelineEntry,
    Trigger,
)
from core.notifications import Order, Purpose
from core.people import PHONE, Channel, Roster
from core.policies import DEFAULT_POLICIES, Policies, Severity

#: the longest pause, seconds: about what it takes to drive to a house and look
MOST_PAUSE_S = 1800.0

Detail = dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What one event does to an incident."""

    incident: Incident
    orders: tuple[Order, ...] = ()
    entries: tuple[TimelineEntry, ...] = ()

    def then(self, later: "Move") -> "Move":
        """Return this move followed by *later*, which started from this one's incident."""
        return Move(
            incident=later.incident,
            orders=self.orders + later.orders,
            entries=self.entries + later.entries,
        )


def entry(
    kind: EntryKind, now: datetime, detail: Detail | None = None, *, person_id: int | None = None
) -> TimelineEntry:
    """Return a timeline entry."""
    return TimelineEntry(kind=kind, at=now, person_id=person_id, detail=detail or {})


# -- opening -------------------------------------------------------------------------------------


def suspect(
    *,
    elder_id: int,
    trigger: Trigger,
    wait_s: float,
    evidence: Detail,
    now: datetime,
    severity: Severity | None = None,
    policies: Policies = DEFAULT_POLICIES,
) -> Move:
    """Open quietly (T0): nobody is woken; silence for *wait_s* seconds will confirm it."""
    incident = _new(elder_id, trigger, now, severity, policies)
    incident = replace(
        incident,
        suspicions=frozenset({trigger}),
        next_action_at=now + timedelta(seconds=wait_s),
    )
    return Move(
        incident=incident,
        entries=(entry(EntryKind.SUSPECTED, now, {"trigger": trigger.value, **evidence}),),
    )


def alarm(
    *,
    elder_id: int,
    trigger: Trigger,
    evidence: Detail,
    roster: Roster,
    now: datetime,
    severity: Severity | None = None,
    policies: Policies = DEFAULT_POLICIES,
    drill_ends_at: datetime | None = None,
    drill_with_rescue: bool = False,
) -> Move:
    """Open loudly: there is no doubt, guardians are asked at once.

    *severity* is given where it is not that of the trigger. With *drill_ends_at* it is a drill.
    """
    incident = replace(
        _new(elder_id, trigger, now, severity, policies),
        is_drill=drill_ends_at is not None,
        drill_ends_at=drill_ends_at,
        drill_with_rescue=drill_with_rescue,
    )
    opened = entry(EntryKind.OPENED, now, {"trigger": trigger.value, **evidence})
    return Move(incident=incident, entries=(opened,)).then(start_guardians(incident, roster, now))


def confirm(
    incident: Incident,
    *,
    kind: EntryKind,
    trigger: Trigger,
    evidence: Detail,
    roster: Roster,
    now: datetime,
) -> Move:
    """A suspicion is believed (T1): by a second fix, or because silence confirmed it.

    *trigger* is the cause that is believed; the messages speak of it.
    """
    believed = replace(incident, trigger=trigger)
    said = Move(incident=believed, entries=(entry(kind, now, evidence),))
    return said.then(start_guardians(believed, roster, now))


def suspect_more(
    incident: Incident, *, trigger: Trigger, wait_s: float, evidence: Detail, now: datetime
) -> Move:
    """Add a second suspicion to the first, so that dropping one does not drop the other."""
    said = entry(EntryKind.TRIGGERED_AGAIN, now, {"trigger": trigger.value, **evidence})
    suspicions = incident.suspicions | {trigger}
    due = now + timedelta(seconds=wait_s)
    both = replace(
        incident,
        suspicions=suspicions,
        trigger=_main(suspicions),
        next_action_at=min(due, incident.next_action_at or due),
    )
    return Move(incident=both, entries=(said,))


def _main(suspicions: Iterable[Trigger]) -> Trigger:
    """Return the suspicion that says where to look: having left, rather than the band being off."""
    return min(suspicions, key=lambda trigger: (trigger is not Trigger.CROSSING, trigger))


def drop_suspicion(
    incident: Incident, *, trigger: Trigger, evidence: Detail, now: datetime
) -> Move:
    """A suspicion proved wrong (T1b): with the last one, closed, and nobody ever heard of it."""
    said = entry(EntryKind.SUSPICION_DROPPED, now, {"trigger": trigger.value, **evidence})
    left = incident.suspicions - {trigger}
    if left:
        remaining = replace(incident, suspicions=left, trigger=_main(left))
        return Move(incident=remaining, entries=(said,))
    closed = replace(
        incident,
        state=IncidentState.CLOSED,
        suspicions=left,
        outcome=Outcome.NOT_CONFIRMED,
        closed_at=now,
        next_action_at=None,
    )
    return Move(incident=closed, entries=(said,))


def trigger_again(
    incident: Incident,
    *,
    trigger: Trigger,
    evidence: Detail,
    roster: Roster,
    now: datetime,
    severity: Severity | None = None,
) -> Move:
    """Another cause for an incident that is open already (T11): never a second incident."""
    said = Move(
        incident=incident,
        entries=(entry(EntryKind.TRIGGERED_AGAIN, now, {"trigger": trigger.value, **evidence}),),
    )
    if trigger is Trigger.CROSSING and incident.seemed_back_at is not None:
        said = said.then(_left_again(incident, roster, now))
        incident = said.incident
    severity = severity_of(trigger) if severity is None else severity
    if incident.state is IncidentState.SUSPECT and severity == incident.severity:
        # No graver than what was suspected, but certain: people are asked.
        return said.then(start_guardians(replace(incident, trigger=trigger), roster, now))
    if severity <= incident.severity:
        if trigger is Trigger.SOS and incident.trigger is not Trigger.SOS:
            return said.then(_calls_for_help(incident, severity, roster, now))
        return said
    said = said.then(resume(incident, by="", now=now))  # a pause was meant for what was known then
    incident = said.incident
    harder = replace(incident, severity=severity, trigger=trigger)
    match incident.state:
        case IncidentState.SUSPECT:
            return said.then(start_guardians(harder, roster, now))
        case IncidentState.GUARDIANS | IncidentState.UNANSWERED:
            # Asked anew on the harder ladder: going on with the old one's step would be slower.
            return said.then(start_guardians(replace(harder, round=harder.round + 1), roster, now))
        case IncidentState.ACCEPTED | IncidentState.RESCUE_ACCEPTED:
            # Whoever is going must know, and has half as long to report.
            lease_left = (incident.next_action_at or now) - now
            halved = replace(harder, next_action_at=now + lease_left / 2)
            news = tell(
                halved,
                roster,
                incident.going(),
                purpose=Purpose.INFORM,
                topic=f"worse:{trigger.value}",
                now=now,
            )
            told = said.then(Move(incident=halved, orders=news))
            return told.then(_rescue_at_once(halved, roster, now))
        case _:
            return said.then(Move(incident=harder))


def _calls_for_help(incident: Incident, severity: Severity, roster: Roster, now: datetime) -> Move:
    """An SOS on no harder ladder is news all the same: no pause holds, whoever goes must know."""
    again = resume(incident, by="", now=now)
    if severity == incident.severity:
        # The next step spares no quiet hours.
        again = again.then(Move(incident=replace(again.incident, trigger=Trigger.SOS)))
    if incident.state is IncidentState.UNANSWERED:
        # A sign of life where nobody came: the whole ladder once more.
        anew = replace(again.incident, round=again.incident.round + 1)
        return again.then(start_guardians(anew, roster, now))
    if incident.state not in (IncidentState.ACCEPTED, IncidentState.RESCUE_ACCEPTED):
        return again
    news = tell(
        again.incident,
        roster,
        incident.going(),
        purpose=Purpose.INFORM,
        topic=f"worse:{Trigger.SOS.value}",
        now=now,
    )
    return again.then(Move(incident=again.incident, orders=news))


def _left_again(incident: Incident, roster: Roster, now: datetime) -> Move:
    """Whoever heard "seems to be back" must hear that it is over, and may hear it again later."""
    again = replace(incident, seemed_back_at=None)
    people = again.going() or tuple(again.woken)
    topic = _once(f"worse:{Trigger.CROSSING.value}", now)
    news = tell(again, roster, people, purpose=Purpose.INFORM, topic=topic, now=now)
    return Move(incident=again, orders=news)


# -- time ----------------------------------------------------------------------------------------


def advance(incident: Incident, roster: Roster, now: datetime) -> Move:
    """Do what is due at *now*: the state the incident should be in after any outage."""
    if incident.next_action_at is None or incident.next_action_at > now:
        return Move(incident=incident)
    if incident.paused_until is not None:
        if incident.paused_until > now:
            return Move(incident=incident)
        again = resume(incident, by="", now=now)
        return again.then(advance(again.incident, roster, now))
    match incident.state:
        case IncidentState.SUSPECT:
            return confirm(
                incident,
                kind=EntryKind.SILENCE_CONFIRMED,
                trigger=incident.trigger,
                evidence={"waited_s": round((now - incident.opened_at).total_seconds())},
                roster=roster,
                now=now,
            )
        case IncidentState.GUARDIANS:
            return _climb_guardians(incident, roster, now)
        case IncidentState.RESCUE:
            return _climb_rescue(incident, roster, now)
        case IncidentState.UNANSWERED:
            return _alarm_again(incident, roster, now)
        case IncidentState.ACCEPTED | IncidentState.RESCUE_ACCEPTED:
            return _watch_lease(incident, roster, now)
        case IncidentState.CLOSED:
            return Move(incident=replace(incident, next_action_at=None))


def pause(incident: Incident, *, until: datetime, by: str, now: datetime) -> Move:
    """Ask nobody anew before *until* (T12); what is due stays due, and answers still count.

    At most half an hour, whatever *until* says: a pause that is forgotten must not last.
    """
    ends_at = min(until, now + timedelta(seconds=MOST_PAUSE_S))
    said = entry(EntryKind.PAUSED, now, {"by": by, "until": ends_at.isoformat()})
    return Move(incident=replace(incident, paused_until=ends_at), entries=(said,))


def resume(incident: Incident, *, by: str, now: datetime) -> Move:
    """Go on asking from where it stood; *by* is "" when the pause ended by itself."""
    if incident.paused_until is None:
        return Move(incident=incident)
    said = entry(EntryKind.RESUMED, now, {"by": by})
    return Move(incident=replace(incident, paused_until=None), entries=(said,))


def start_guardians(incident: Incident, roster: Roster, now: datetime) -> Move:
    """Ask both guardians (T1); with nobody to ask, the rescue team at once."""
    asking = replace(
        incident,
        state=IncidentState.GUARDIANS,
        suspicions=frozenset(),
        stage_at=now,
        step=0,
        reminded=False,
        next_action_at=now,
    )
    at_once = _rescue_at_once(asking, roster, now)
    return at_once.then(_climb_guardians(at_once.incident, roster, now))


def start_rescue(incident: Incident, roster: Roster, now: datetime, *, reason: str) -> Move:
    """Ask the whole rescue team (T3) and tell the guardians that it was asked.

    Not in a drill of the guardians alone: that waits for its end.
    """
    if not incident.may_ask_rescue:
        return _wait_for_the_end(incident)
    asked_already = incident.rescue_round == incident.round
    # Asked together with the guardians a moment ago: go on with the next turn. Asked in an earlier
    # stage of this round: begin a new round, or every ask would count as sent already.
    goes_on = asked_already and incident.state is IncidentState.GUARDIANS
    turn = 1 if goes_on else 0
    number = incident.round + 1 if asked_already and not goes_on else incident.round
    asking = replace(
        incident,
        state=IncidentState.RESCUE,
        suspicions=frozenset(),
        stage_at=now - timedelta(seconds=turn * incident.policy.rescue_round_s),
        step=turn,
        round=number,
        rescue_round=number,
        reminded=False,
        next_action_at=now,
    )
    news = tell(
        asking,
        roster,
        (p for p in roster.guardians if p in incident.woken),
        purpose=Purpose.INFORM,
        topic="rescue_asked",
        now=now,
    )
    said = entry(EntryKind.RESCUE_ASKED, now, {"reason": reason})
    return Move(incident=asking, orders=news, entries=(said,)).then(
        _climb_rescue(asking, roster, now)
    )


def _climb_guardians(incident: Incident, roster: Roster, now: datetime) -> Move:
    policy = incident.policy
    elapsed_s = (now - incident.stage_at).total_seconds()
    due = [
        (number, step)
        for number, step in enumerate(policy.guardian_steps)
        if number >= incident.step and step.after_s <= elapsed_s
    ]
    move = Move(incident=incident)
    if due:
        # Steps missed during an outage collapse into one ask by all their channels.
        number = due[-1][0]
        channels = [c for c in Channel if any(c in step.channels for _, step in due)]
        orders = ask_guardians(incident, roster, step=number, channels=channels, now=now)
        reached = reach_somebody(orders)
        kind = EntryKind.STEP_STARTED if reached else EntryKind.NOBODY_REACHABLE
        move = Move(
            incident=replace(incident, step=number + 1),
            orders=orders,
            entries=(_stepped(kind, now, "guardians", number, orders, roster),),
        )
        if not reached:
            return move.then(start_rescue(move.incident, roster, now, reason="nobody_reachable"))
    if elapsed_s >= policy.guardian_window_s:
        return move.then(start_rescue(move.incident, roster, now, reason="window_ended"))
    coming = [policy.guardian_window_s] + [
        step.after_s for step in policy.guardian_steps[move.incident.step :]
    ]
    next_at = incident.stage_at + timedelta(seconds=min(coming))
    return move.then(Move(incident=replace(move.incident, next_action_at=next_at)))


def _climb_rescue(incident: Incident, roster: Roster, now: datetime) -> Move:
    policy = incident.policy
    elapsed_s = (now - incident.stage_at).total_seconds()
    turn = max(incident.step, int(elapsed_s // policy.rescue_round_s))
    orders: tuple[Order, ...] = ()
    if turn < policy.rescue_rounds:
        orders = ask_rescuers(incident, roster, turn=turn, now=now)
    if not reach_somebody(orders):
        reason = "rounds_used" if turn >= policy.rescue_rounds else "nobody_reachable"
        extras = Move(incident=incident, orders=orders)
        return extras.then(_give_the_alarm(incident, roster, now, reason=reason))
    next_at = incident.stage_at + timedelta(seconds=(turn + 1) * policy.rescue_round_s)
    return Move(
        incident=replace(incident, step=turn + 1, next_action_at=next_at),
        orders=orders,
        entries=(_stepped(EntryKind.STEP_STARTED, now, "rescue", turn, orders, roster),),
    )


def _wait_for_the_end(incident: Incident) -> Move:
    """A drill has gone as far as it should: nobody more is asked."""
    waiting = replace(
        incident,
        state=incident.state if incident.drill_with_rescue else IncidentState.GUARDIANS,
        step=max(incident.step, len(incident.policy.guardian_steps)),
        next_action_at=incident.drill_ends_at,
    )
    return Move(incident=waiting)


def _give_the_alarm(incident: Incident, roster: Roster, now: datetime, *, reason: str) -> Move:
    if incident.is_drill:
        return _wait_for_the_end(incident)
    unanswered = replace(
        incident, state=IncidentState.UNANSWERED, stage_at=now, step=0, next_action_at=now
    )
    said = Move(
        incident=unanswered, entries=(entry(EntryKind.UNANSWERED, now, {"reason": reason}),)
    )
    return said.then(_alarm_again(unanswered, roster, now))


def _alarm_again(incident: Incident, roster: Roster, now: datetime) -> Move:
    every = timedelta(seconds=alarm_every_s(incident))
    if incident.has_reached and incident.step and now < incident.stage_at + every:
        # The turn before was a hurried one, and it reached somebody: now there is time to answer.
        return Move(incident=replace(incident, next_action_at=incident.stage_at + every))
    if not incident.has_reached:
        incident = replace(incident, stage_at=now)
    orders = alarm_operators(incident, roster, turn=incident.step, now=now)
    kind = EntryKind.STEP_STARTED if reach_somebody(orders) else EntryKind.NOBODY_REACHABLE
    return Move(
        incident=replace(incident, step=incident.step + 1, next_action_at=now + every),
        orders=orders,
        entries=(_stepped(kind, now, "unanswered", incident.step, orders, roster),),
    )


def _watch_lease(incident: Incident, roster: Roster, now: datetime) -> Move:
    if not incident.reminded:
        due = now + timedelta(seconds=incident.policy.remind_before_s)
        return Move(
            incident=replace(incident, reminded=True, next_action_at=due),
            orders=tell(
                incident,
                roster,
                incident.going(),
                purpose=Purpose.REMIND,
                topic=f"lease:{incident.stage_at.timestamp():.0f}",
                now=now,
            ),
            entries=(entry(EntryKind.LEASE_REMINDED, now),),
        )
    was_rescue = incident.state is IncidentState.RESCUE_ACCEPTED
    again = replace(incident, round=incident.round + 1)
    said = Move(incident=again, entries=(entry(EntryKind.LEASE_ENDED, now),))
    if was_rescue:
        return said.then(start_rescue(again, roster, now, reason="no_news"))
    return said.then(start_guardians(again, roster, now))


# -- the end, and almost the end -------------------------------------------------------------------


def seems_back(incident: Incident, *, evidence: Detail, roster: Roster, now: datetime) -> Move:
    """The band is inside again: say so and ask for confirmation. A human closes, never a fix."""
    if incident.seemed_back_at is not None:
        return Move(incident=incident)
    people = incident.going() or tuple(incident.woken)
    return Move(
        incident=replace(incident, seemed_back_at=now),
        orders=tell(
            incident,
            roster,
            people,
            purpose=Purpose.INFORM,
            topic=_once("seems_back", now),
            now=now,
        ),
        entries=(entry(EntryKind.SEEMS_BACK, now, evidence),),
    )


def close(
    incident: Incident,
    *,
    outcome: Outcome,
    person_id: int | None,
    by: str,
    roster: Roster,
    now: datetime,
) -> Move:
    """A human ends it (T8): everyone who was woken is told; of the canary's drill nobody is."""
    closed = replace(
        incident,
        state=IncidentState.CLOSED,
        outcome=outcome,
        closed_at=now,
        next_action_at=None,
    )
    return Move(
        incident=closed,
        orders=tell(
            closed,
            roster,
            () if outcome is Outcome.DRILL else incident.woken,
            purpose=Purpose.CLOSING,
            topic=outcome.value,
            now=now,
        ),
        entries=(
            entry(EntryKind.CLOSED, now, {"outcome": outcome.value, "by": by}, person_id=person_id),
        ),
    )


def _once(topic: str, now: datetime) -> str:
    """Return *topic* for news that can come several times in one step: each is a message."""
    return f"{topic}|{now.timestamp():.0f}"


def _rescue_at_once(incident: Incident, roster: Roster, now: datetime) -> Move:
    """Ask the team beside the guardians, where the policy says so and it was not asked yet."""
    if not incident.policy.rescue_at_once or incident.rescue_round == incident.round:
        return Move(incident=incident)
    if not incident.may_ask_rescue:
        return Move(incident=incident)
    return Move(
        incident=replace(incident, rescue_round=incident.round),
        orders=ask_rescuers(incident, roster, turn=0, now=now),
    )


def _stepped(
    kind: EntryKind,
    now: datetime,
    stage: str,
    step: int,
    orders: tuple[Order, ...],
    roster: Roster,
) -> TimelineEntry:
    people = {order.person_id for order in orders if order.channel in PHONE}
    detail: Detail = {"stage": stage, "step": step, "asked": len(people)}
    disturbed = people & (roster.quiet | roster.asked_despite_quiet)
    if disturbed:
        detail["despite_quiet"] = len(disturbed)
    if stage == "rescue" and roster.has_rota_gap:
        detail["rota_gap"] = True
    return entry(kind, now, detail)


def _new(
    elder_id: int,
    trigger: Trigger,
    now: datetime,
    severity: Severity | None,
    policies: Policies,
) -> Incident:
    return Incident(
        id=0,
        elder_id=elder_id,
        trigger=trigger,
        severity=severity_of(trigger) if severity is None else severity,
        state=IncidentState.SUSPECT,
        policies=policies,
        opened_at=now,
        stage_at=now,
        next_action_at=now,
    )
