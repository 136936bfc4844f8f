"""What a ladder must be to be used, and what is allowed but unwise. Pure.

A ladder that cannot be meant is refused, and `core/policy_words.py` says what to mend; nothing is
mended silently. Where the figures about carriers come from: docs/policies.md.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from core.people import PHONE, Channel
from core.policies import Policies, Policy, Severity, Step

#: smallest and largest value of each plain number, seconds unless it is a count
LIMITS: dict[str, tuple[float, float]] = {
    "suspect_s": (30, 1800),
    "guardian_window_s": (60, 3600),
    "rescue_round_s": (60, 1800),
    "rescue_rounds": (1, 20),
    "unanswered_every_s": (60, 3600),
    "lease_s": (300, 14_400),
    "remind_before_s": (60, 3600),
}
MOST_STEPS = 8
#: calls to one number: not more than one in so many seconds, so many in an hour
CALL_EVERY_S, CALLS_AN_HOUR = 60.0, 5
#: SMS that carriers let through to one number in a day, and those kept back for a new incident
SMS_A_DAY, SMS_KEPT_BACK = 10, 2
#: whoever sleeps hears a call, not an SMS: later than this is late, seconds
CALL_BY_S = 180.0
#: beyond these a person may be lost for good; how far somebody walks in ten minutes is 700 m
LONG_WINDOW_S, LONG_SUSPICION_S, LONG_LEASE_S = 900.0, 600.0, 3600.0


class PolicyProblem(StrEnum):
    """Why a ladder is refused."""

    OUT_OF_RANGE = "out_of_range"
    NO_STEPS = "no_steps"
    TOO_MANY_STEPS = "too_many_steps"
    FIRST_STEP_LATE = "first_step_late"
    STEPS_OUT_OF_ORDER = "steps_out_of_order"
    STEP_AFTER_WINDOW = "step_after_window"
    STEP_WITHOUT_PHONE = "step_without_phone"
    CHANNEL_TWICE = "channel_twice"
    CALLS_TOO_CLOSE = "calls_too_close"
    NO_SUCH_TURN = "no_such_turn"
    REMINDER_TOO_EARLY = "reminder_too_early"


class PolicyWarning(StrEnum):
    """Why a ladder that is allowed may not work as meant."""

    MANY_SMS = "many_sms"
    MANY_CALLS = "many_calls"
    CALL_LATE = "call_late"
    NO_SMS = "no_sms"
    LONG_WINDOW = "long_window"
    LONG_SUSPICION = "long_suspicion"
    LONG_LEASE = "long_lease"
    TEAM_NOT_AT_ONCE = "team_not_at_once"
    SLOWER_WHEN_GRAVER = "slower_when_graver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing wrong or unwise; *part* is the field of the ladder it speaks of."""

    name: PolicyProblem | PolicyWarning
    part: str
    values: dict[str, str] = field(default_factory=dict)


def policy_problems(policy: Policy) -> tuple[Remark, ...]:
    """Return everything that must be mended before *policy* can be used; empty: nothing."""
    return tuple(_problems(policy))


def policy_warnings(policy: Policy) -> tuple[Remark, ...]:
    """Return what is unwise about a *policy* without problems."""
    return tuple(_warnings(policy))


def policies_warnings(policies: Policies) -> dict[Severity, tuple[Remark, ...]]:
    """Return what is unwise about each ladder, alone and beside those for smaller matters."""
    found = {severity: list(_warnings(policies.at(severity))) for severity in Severity}
    for milder, graver in pairwise(Severity):
        if _team_asked_at_s(policies.at(graver)) > _team_asked_at_s(policies.at(milder)):
            found[graver].append(
                Remark(name=PolicyWarning.SLOWER_WHEN_GRAVER, part="guardian_window_s")
            )
    if not policies.danger.rescue_at_once:
        found[Severity.DANGER].append(
            Remark(name=PolicyWarning.TEAM_NOT_AT_ONCE, part="rescue_at_once")
        )
    return {severity: tuple(remarks) for severity, remarks in found.items()}


def _problems(policy: Policy) -> Iterator[Remark]:
    numbers_are_sound = True
    for name, (least, most) in LIMITS.items():
        value = getattr(policy, name)
        is_count = name == "rescue_rounds"
        if not (math.isfinite(value) and least <= value <= most) or (
            is_count and value != int(value)
        ):
            numbers_are_sound = False
            yield Remark(
                name=PolicyProblem.OUT_OF_RANGE,
                part=name,
                values={"least": f"{least:g}", "most": f"{most:g}"},
            )
    yield from _step_problems(policy)
    if not numbers_are_sound:
        return
    turns = policy.rescue_sms_rounds
    for before, turn in pairwise((-1, *turns)):
        if not before < turn < policy.rescue_rounds:
            yield Remark(
                name=PolicyProblem.NO_SUCH_TURN,
                part="rescue_sms_rounds",
                values={"turn": str(turn + 1), "most": str(policy.rescue_rounds)},
            )
    if policy.remind_before_s > policy.lease_s / 2:
        yield Remark(
            name=PolicyProblem.REMINDER_TOO_EARLY,
            part="remind_before_s",
            values={"remind": f"{policy.remind_before_s:g}", "lease": f"{policy.lease_s:g}"},
        )


def _step_problems(policy: Policy) -> Iterator[Remark]:
    steps = policy.guardian_steps

    def wrong(name: PolicyProblem, **values: str) -> Remark:
        return Remark(name=name, part="guardian_steps", values=values)

    if not steps:
        yield wrong(PolicyProblem.NO_STEPS)
        return
    if len(steps) > MOST_STEPS:
        yield wrong(PolicyProblem.TOO_MANY_STEPS, most=str(MOST_STEPS))
        return
    if any(not math.isfinite(step.after_s) for step in steps):
        yield wrong(PolicyProblem.OUT_OF_RANGE, least="0", most=f"{policy.guardian_window_s:g}")
        return
    times = [step.after_s for step in steps]
    if times[0] != 0:
        yield wrong(PolicyProblem.FIRST_STEP_LATE, at=f"{times[0]:g}")
    for before, after in pairwise(times):
        if after <= before:
            yield wrong(PolicyProblem.STEPS_OUT_OF_ORDER, at=f"{after:g}", before=f"{before:g}")
    for before, after in _calls_too_close(steps):
        yield wrong(
            PolicyProblem.CALLS_TOO_CLOSE,
            before=f"{before:g}",
            at=f"{after:g}",
            least=f"{CALL_EVERY_S:g}",
        )
    for step in steps:
        yield from _channel_problems(step, policy.guardian_window_s)


def _channel_problems(step: Step, window_s: float) -> Iterator[Remark]:
    values = {"at": f"{step.after_s:g}", "window": f"{window_s:g}"}
    for name, is_wrong in (
        (PolicyProblem.STEP_AFTER_WINDOW, step.after_s >= window_s),
        (PolicyProblem.STEP_WITHOUT_PHONE, not set(step.channels) & set(PHONE)),
        (PolicyProblem.CHANNEL_TWICE, len(set(step.channels)) != len(step.channels)),
    ):
        if is_wrong:
            yield Remark(name=name, part="guardian_steps", values=values)


def _calls_too_close(steps: Sequence[Step]) -> list[tuple[float, float]]:
    calls = sorted(step.after_s for step in steps if Channel.VOICE in step.channels)
    return [pair for pair in pairwise(calls) if pair[1] - pair[0] < CALL_EVERY_S]


def _warnings(policy: Policy) -> Iterator[Remark]:
    steps = policy.guardian_steps
    guardian_sms = sum(Channel.SMS in step.channels for step in steps)
    guardian_calls = [step.after_s for step in steps if Channel.VOICE in step.channels]
    turns_an_hour = min(policy.rescue_rounds, math.ceil(3600 / policy.rescue_round_s))
    for n, where in (
        (guardian_sms, "guardian_steps"),
        (len(policy.rescue_sms_rounds), "rescue_sms_rounds"),
    ):
        if 2 * n > SMS_A_DAY - SMS_KEPT_BACK:
            yield Remark(
                name=PolicyWarning.MANY_SMS,
                part=where,
                values={"n": str(n), "day": str(SMS_A_DAY)},
            )
    for n, where in ((len(guardian_calls), "guardian_steps"), (turns_an_hour, "rescue_rounds")):
        if n > CALLS_AN_HOUR:
            yield Remark(
                name=PolicyWarning.MANY_CALLS,
                part=where,
                values={"n": str(n), "hour": str(CALLS_AN_HOUR)},
            )
    if not guardian_calls or min(guardian_calls) > CALL_BY_S:
        yield Remark(
            name=PolicyWarning.CALL_LATE, part="guardian_steps", values={"s": f"{CALL_BY_S:g}"}
        )
    if not guardian_sms:
        yield Remark(name=PolicyWarning.NO_SMS, part="guardian_steps")
    for name, where, value, limit in (
        (PolicyWarning.LONG_SUSPICION, "suspect_s", policy.suspect_s, LONG_SUSPICION_S),
        (PolicyWarning.LONG_WINDOW, "guardian_window_s", _team_asked_at_s(policy), LONG_WINDOW_S),
        (PolicyWarning.LONG_LEASE, "lease_s", policy.lease_s, LONG_LEASE_S),
    ):
        if value > limit:
            minutes = math.ceil(value / 60)
            yield Remark(
                name=name,
                part=where,
                values={"minutes": str(minutes), "metres": str(minutes * 70)},
            )


def _team_asked_at_s(policy: Policy) -> float:
    return 0.0 if policy.rescue_at_once else policy.guardian_window_s
