"""A drill: an incident that people practise with. It travels the whole way and says so. Pure.

It is the only incident that ends by itself, and the only one that nobody real may wait behind: all
it sends has the lowest priority. Anything real about the same elder ends it at once, and opens an
incident of its own, as if there had been no drill: what somebody answered to a drill, or to a call
of it that still rings, can never count as "I am going" when it is serious.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts import lifecycle
from alerts.asking import tell
from alerts.lifecycle import Detail, Move, entry
from alerts.triggers import SignalKind
from core.drills import DrillAsk
from core.incidents import (
    Answer,
    EntryKind,
    Incident,
    IncidentState,
    Outcome,
    Trigger,
)
from core.notifications import NotificationStatus, Order, Priority, Purpose
from core.people import Channel, Role, Roster
from core.policies import Policies, Severity

#: after the last ask of a drill there is this long to answer, seconds: who reads it late counts
ANSWER_S = 300.0
#: the same elder's people are asked to practise once in this time
ONCE_IN = timedelta(hours=12)
#: who practised shortly ago must read that this time it is serious
NEAR = timedelta(hours=2)
#: what cannot wait for a drill
REAL = (SignalKind.ALARM, SignalKind.SUSPICION)


def start(
    *,
    elder_id: int,
    with_rescue: bool,
    by: str,
    roster: Roster,
    policies: Policies,
    now: datetime,
) -> Move:
    """Begin a drill: as if the elder had left their safe zone, by the ordinary ladder."""
    move = lifecycle.alarm(
        elder_id=elder_id,
        trigger=Trigger.CROSSING,
        evidence={"drill": True, "by": by},
        roster=roster,
        now=now,
        severity=Severity.NORMAL,
        policies=policies,
        drill_ends_at=now + timedelta(seconds=length_s(policies, with_rescue=with_rescue)),
        drill_with_rescue=with_rescue,
    )
    return bounded(move)


def length_s(policies: Policies, *, with_rescue: bool) -> float:
    """Return how long a drill takes, seconds: its ladder, and time to answer."""
    policy = policies.at(Severity.NORMAL)
    team_s = policy.rescue_rounds * policy.rescue_round_s if with_rescue else 0.0
    return policy.guardian_window_s + team_s + ANSWER_S


def advance(incident: Incident, roster: Roster, now: datetime) -> Move:
    """Do what is due at *now*, for a drill as for what is serious; a drill may be over."""
    ends_at = incident.drill_ends_at
    if incident.is_drill and incident.is_open and ends_at is not None and ends_at <= now:
        return finish(incident, now, detail={})
    return bounded(lifecycle.advance(incident, roster, now))


def finish(incident: Incident, now: datetime, *, detail: Detail) -> Move:
    """End a drill; nobody is told, for everybody knows that it was one."""
    latest = incident.latest_answers()
    counts: Detail = {"asked": len(incident.woken), "answered": len(latest)}
    closed = replace(
        incident,
        state=IncidentState.CLOSED,
        outcome=Outcome.DRILL,
        closed_at=now,
        next_action_at=None,
        paused_until=None,
    )
    said = {"outcome": Outcome.DRILL.value, "by": "", **counts, **detail}
    return Move(incident=closed, entries=(entry(EntryKind.CLOSED, now, said),))


def bounded(move: Move) -> Move:
    """Keep a drill inside its bounds: its end, its rank, how it counts; others are left alone."""
    incident = move.incident
    if not incident.is_drill or incident.drill_ends_at is None:
        return move
    orders = tuple(replace(order, priority=Priority.DRILL) for order in move.orders)
    if incident.is_open:
        due = min(incident.next_action_at or incident.drill_ends_at, incident.drill_ends_at)
        incident = replace(incident, next_action_at=due)
    else:
        # However somebody ended it: nobody was found, and nothing was a false alarm.
        incident = replace(incident, outcome=Outcome.DRILL)
        orders = tuple(order for order in orders if order.purpose is not Purpose.CLOSING)
    return Move(incident=incident, orders=orders, entries=move.entries)


def say_real(
    drill: Incident, real: Incident, asked: Collection[int], roster: Roster, now: datetime
) -> tuple[Order, ...]:
    """Return the word to everyone who practised and is not among those *asked*: it is real now."""
    people = sorted(drill.woken - set(asked))
    return tell(real, roster, people, purpose=Purpose.INFORM, topic="real", now=now)


# -- what came of it -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How one channel did with one person."""

    channel: Channel
    status: NotificationStatus
    reason: str
    #: seconds from the ask to the phone, None if it did not get there or nobody knows
    after_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonResult:
    """What came of a drill with one person."""

    person_id: int
    role: Role
    channels: tuple[Reached, ...]
    answer: Answer | None
    #: seconds from the drill's beginning to the answer
    answered_after_s: int | None

    @property
    def was_reached(self) -> bool:
        """Say whether an answer came, or at least a phone had it."""
        delivered = NotificationStatus.DELIVERED
        return self.answer is not None or any(one.status is delivered for one in self.channels)


def results(incident: Incident, sendings: Sequence[DrillAsk]) -> tuple[PersonResult, ...]:
    """Return what came of a drill, person by person, in the order of asking."""
    people = dict.fromkeys((sending.person_id, sending.role) for sending in sendings)
    first = {given.person_id: given for given in sorted(incident.answers, key=lambda a: a.at)[::-1]}
    return tuple(
        PersonResult(
            person_id=person_id,
            role=role,
            channels=tuple(
                _best([s for s in sendings if (s.person_id, s.channel) == (person_id, channel)])
                for channel in Channel
                if any((s.person_id, s.channel) == (person_id, channel) for s in sendings)
            ),
            answer=first[person_id].answer if person_id in first else None,
            answered_after_s=(
                _seconds(incident.opened_at, first[person_id].at) if person_id in first else None
            ),
        )
        for person_id, role in people
    )


def _best(sendings: Sequence[DrillAsk]) -> Reached:
    """Return how a channel did at best: of two messages it is enough if one arrived."""
    delivered = [s for s in sendings if s.delivered_at is not None]
    best = min(
        delivered or sendings,
        key=lambda s: (s.status is not NotificationStatus.DELIVERED, s.created_at),
    )
    at = best.delivered_at
    return Reached(
        channel=best.channel,
        status=best.status,
        reason=best.reason,
        after_s=None if at is None else _seconds(best.created_at, at),
    )


def _seconds(begin: datetime, end: datetime) -> int:
    return max(0, round((end - begin).total_seconds()))
