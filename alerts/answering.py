"""What a person's answer does to an incident. Pure.

An answer is never dropped and never wrong twice: saying the same thing again changes nothing, and
anyone who was ever asked may still answer late.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.asking import ask_guardians, tell
from alerts.lifecycle import Move, close, entry, start_guardians, start_rescue
from core.incidents import Answer, EntryKind, GivenAnswer, Incident, IncidentState, Outcome
from core.notifications import Order, Purpose
from core.people import Channel, Role, Roster

_RESCUE_STATES = (IncidentState.RESCUE, IncidentState.RESCUE_ACCEPTED)


def answer(
    incident: Incident,
    *,
    person_id: int,
    role: Role,
    said: Answer,
    channel: str,
    roster: Roster,
    now: datetime,
    reason: str = "",
) -> Move:
    """Take *said* from *person_id* (T4, T4b, T6, T8).

    *channel* is how it reached us; *reason* what the person added (`hurt`, `not_there` …).
    """
    given = GivenAnswer(person_id=person_id, role=role, answer=said, round=incident.round, at=now)
    heard = replace(incident, answers=(*incident.answers, given))
    detail = {"answer": said.value, "channel": channel, "role": role.value}
    if reason:
        detail["reason"] = reason
    record = entry(EntryKind.ANSWERED, now, dict(detail), person_id=person_id)
    move = Move(incident=heard, entries=(record,))
    if not incident.is_open:
        return move
    match said:
        case Answer.GOING:
            return move.then(_going(heard, person_id, role, roster, now))
        case Answer.CANNOT:
            return move.then(_cannot(heard, person_id, role, roster, now))
        case Answer.FOUND | Answer.FALSE_ALARM:
            return move.then(
                close(
                    heard,
                    outcome=Outcome.FOUND if said is Answer.FOUND else Outcome.FALSE_ALARM,
                    person_id=person_id,
                    by=role.value,
                    roster=roster,
                    now=now,
                )
            )
        case Answer.NEED_RESCUE:
            return move.then(_need_rescue(heard, person_id, roster, now))
        case Answer.NOT_REACHED:
            return move.then(_not_reached(heard, roster, now))


def _going(incident: Incident, person_id: int, role: Role, roster: Roster, now: datetime) -> Move:
    others = incident.woken - {person_id}
    news = tell(
        incident,
        roster,
        others,
        purpose=Purpose.INFORM,
        topic=f"going:{person_id}",
        now=now,
    )
    thanks = _confirm(incident, person_id, "going", roster, now)
    if role is not Role.RESCUER and incident.state in _RESCUE_STATES:
        # Late (T6): the team is told, and is not called back.
        return Move(incident=incident, orders=news + thanks)
    policy = incident.policy
    accepted = replace(
        incident,
        state=(IncidentState.RESCUE_ACCEPTED if role is Role.RESCUER else IncidentState.ACCEPTED),
        stage_at=now,
        reminded=False,
        next_action_at=now + timedelta(seconds=policy.lease_s - policy.remind_before_s),
    )
    earlier = replace(incident, answers=incident.answers[:-1])
    if person_id in earlier.going() and accepted.state is incident.state:
        return Move(incident=accepted)  # said it again: good for another lease, no news
    took_over = entry(EntryKind.TOOK_OVER, now, {"role": role.value}, person_id=person_id)
    return Move(incident=accepted, orders=news + thanks, entries=(took_over,))


def _cannot(incident: Incident, person_id: int, role: Role, roster: Roster, now: datetime) -> Move:
    thanks = _confirm(incident, person_id, "cannot", roster, now)
    said = Move(incident=incident, orders=thanks)
    nobody_going = not incident.going()
    willing = [p for p in roster.guardians if p not in incident.declined()]
    match incident.state:
        case IncidentState.GUARDIANS if role is Role.GUARDIAN and not willing:
            return said.then(start_rescue(incident, roster, now, reason="both_cannot"))
        case IncidentState.GUARDIANS if role is Role.GUARDIAN:
            return said.then(_pull_call_forward(incident, roster, now))
        case IncidentState.ACCEPTED if nobody_going:
            again = replace(incident, round=incident.round + 1)
            if willing:
                return said.then(start_guardians(again, roster, now))
            return said.then(start_rescue(again, roster, now, reason="both_cannot"))
        case IncidentState.RESCUE_ACCEPTED if not _rescuers_going(incident):
            again = replace(incident, round=incident.round + 1)
            return said.then(start_rescue(again, roster, now, reason="team_cannot"))
        case _:
            return said


def _need_rescue(incident: Incident, person_id: int, roster: Roster, now: datetime) -> Move:
    thanks = Move(
        incident=incident, orders=_confirm(incident, person_id, "need_rescue", roster, now)
    )
    if incident.state in _RESCUE_STATES:
        return thanks
    again = incident
    if incident.state is IncidentState.UNANSWERED:
        again = replace(incident, round=incident.round + 1)
    return thanks.then(start_rescue(again, roster, now, reason="guardian_asks"))


def _not_reached(incident: Incident, roster: Roster, now: datetime) -> Move:
    """A guardian tried in vain; once every guardian has answered so, waiting helps nobody."""
    latest = incident.latest_answers()
    tried = all(
        person_id in latest and latest[person_id].answer in (Answer.NOT_REACHED, Answer.CANNOT)
        for person_id in roster.guardians
        if person_id not in roster.quiet or person_id in incident.woken
    )
    if tried and incident.state in (IncidentState.GUARDIANS, IncidentState.ACCEPTED):
        return start_rescue(incident, roster, now, reason="not_reached")
    return Move(incident=incident)


def _rescuers_going(incident: Incident) -> list[int]:
    """Return who of the team is on the way, as they said when they said it: shifts may end."""
    said = incident.latest_answers()
    return [person for person in incident.going() if said[person].role is Role.RESCUER]


def _pull_call_forward(incident: Incident, roster: Roster, now: datetime) -> Move:
    """Call the other guardian now instead of at the next call's time (T4b)."""
    steps = enumerate(incident.policy.guardian_steps)
    number = next(
        (n for n, step in steps if n >= incident.step and Channel.VOICE in step.channels), None
    )
    orders: tuple[Order, ...] = ()
    if number is not None:
        # The later step computes the same key, so the call is not made twice.
        orders = ask_guardians(incident, roster, step=number, channels=(Channel.VOICE,), now=now)
    return Move(incident=incident, orders=orders)


def _confirm(
    incident: Incident, person_id: int, topic: str, roster: Roster, now: datetime
) -> tuple[Order, ...]:
    return tell(incident, roster, (person_id,), purpose=Purpose.CONFIRM, topic=topic, now=now)
