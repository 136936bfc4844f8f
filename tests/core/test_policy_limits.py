"""Ladders that are refused, ladders that are unwise, and what is said about them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import Channel, Language
from core.policies import DANGER, POLICIES, STANDARD, URGENT, Policies, Policy, Severity, Step
from core.policy_limits import (
    LIMITS,
    PolicyProblem,
    PolicyWarning,
    policies_warnings,
    policy_problems,
    policy_warnings,
)
from core.policy_words import FIELDS, sentence

SMS, VOICE, PUSH = Channel.SMS, Channel.VOICE, Channel.PUSH


def steps(*asked: tuple[float, tuple[Channel, ...]]) -> tuple[Step, ...]:
    """Return steps from (seconds, channels)."""
    return tuple(Step(after_s=after_s, channels=channels) for after_s, channels in asked)


def problems(policy: Policy) -> list[PolicyProblem]:
    """Return the names of what is wrong."""
    return [remark.name for remark in policy_problems(policy)]  # type: ignore[misc]


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_our_own_ladders_are_sound(policy: Policy) -> None:
    """The ladders that hold when nobody edited anything have neither faults nor doubts."""
    assert ((), ()) == (policy_problems(policy), policy_warnings(policy))


def test_our_own_ladders_fit_together() -> None:
    """With the default ladders a graver matter is never slower."""
    assert dict.fromkeys(Severity, ()) == policies_warnings(Policies())


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"suspect_s": 29}, [PolicyProblem.OUT_OF_RANGE]),
        ({"suspect_s": float("nan")}, [PolicyProblem.OUT_OF_RANGE]),
        ({"unanswered_every_s": float("inf")}, [PolicyProblem.OUT_OF_RANGE]),
        (
            {"guardian_window_s": 0},
            [PolicyProblem.OUT_OF_RANGE] + 3 * [PolicyProblem.STEP_AFTER_WINDOW],
        ),
        ({"guardian_window_s": 180}, [PolicyProblem.STEP_AFTER_WINDOW]),
        ({"rescue_rounds": 0}, [PolicyProblem.OUT_OF_RANGE]),
        ({"rescue_rounds": 2.5}, [PolicyProblem.OUT_OF_RANGE]),
        ({"rescue_round_s": 59}, [PolicyProblem.OUT_OF_RANGE]),
        ({"rescue_sms_rounds": (0, 5)}, [PolicyProblem.NO_SUCH_TURN]),
        ({"rescue_sms_rounds": (-1,)}, [PolicyProblem.NO_SUCH_TURN]),
        ({"rescue_sms_rounds": (2, 2)}, [PolicyProblem.NO_SUCH_TURN]),
        ({"lease_s": 500, "remind_before_s": 300}, [PolicyProblem.REMINDER_TOO_EARLY]),
        ({"guardian_steps": ()}, [PolicyProblem.NO_STEPS]),
        ({"guardian_steps": steps((10, (SMS,)))}, [PolicyProblem.FIRST_STEP_LATE]),
        ({"guardian_steps": steps((0, (PUSH,)))}, [PolicyProblem.STEP_WITHOUT_PHONE]),
        ({"guardian_steps": steps((0, ()))}, [PolicyProblem.STEP_WITHOUT_PHONE]),
        ({"guardian_steps": steps((0, (SMS, SMS)))}, [PolicyProblem.CHANNEL_TWICE]),
        (
            {"guardian_steps": steps((0, (SMS,)), (0, (SMS,)))},
            [PolicyProblem.STEPS_OUT_OF_ORDER],
        ),
        (
            {"guardian_steps": steps((0, (VOICE,)), (59, (VOICE,)))},
            [PolicyProblem.CALLS_TOO_CLOSE],
        ),
        (
            {"guardian_steps": steps(*((20 * n, (SMS,)) for n in range(9)))},
            [PolicyProblem.TOO_MANY_STEPS],
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    changed: dict[str, object], expected: list[PolicyProblem]
) -> None:
    """A ladder with a fault is refused by the fault's name, and by no other."""
    assert expected == problems(replace(STANDARD, **changed))  # type: ignore[arg-type]


def test_a_call_a_minute_is_allowed() -> None:
    """Exactly a minute between two calls is what carriers let through."""
    policy = replace(STANDARD, guardian_steps=steps((0, (SMS, VOICE)), (60, (VOICE, PUSH))))

    assert [] == problems(policy)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"guardian_steps": steps(*((50 * n, (SMS,)) for n in range(5)), (250, (VOICE,)))},
            {PolicyWarning.MANY_SMS, PolicyWarning.CALL_LATE},
        ),
        ({"rescue_sms_rounds": (0, 1, 2, 3, 4)}, {PolicyWarning.MANY_SMS}),
        ({"rescue_rounds": 6}, {PolicyWarning.MANY_CALLS}),
        ({"guardian_steps": steps((0, (SMS,)), (181, (VOICE,)))}, {PolicyWarning.CALL_LATE}),
        ({"guardian_steps": steps((0, (SMS,)))}, {PolicyWarning.CALL_LATE}),
        ({"guardian_steps": steps((0, (VOICE,)))}, {PolicyWarning.NO_SMS}),
        ({"guardian_window_s": 901}, {PolicyWarning.LONG_WINDOW}),
        ({"suspect_s": 601}, {PolicyWarning.LONG_SUSPICION}),
        ({"lease_s": 3601}, {PolicyWarning.LONG_LEASE}),
    ],
)
def test_what_is_unwise_is_said(changed: dict[str, object], expected: set[PolicyWarning]) -> None:
    """A ladder that is allowed and may not work as meant is named so."""
    policy = replace(STANDARD, **changed)  # type: ignore[arg-type]

    assert ([], expected) == (problems(policy), {r.name for r in policy_warnings(policy)})


def test_graver_and_slower_is_unwise() -> None:
    """A ladder by which the team comes later than on the milder one is named so."""
    slow = replace(URGENT, guardian_window_s=600)
    patient = replace(DANGER, rescue_at_once=False, guardian_window_s=601)

    found = policies_warnings(Policies(urgent=slow, danger=patient))

    assert [PolicyWarning.SLOWER_WHEN_GRAVER] == [r.name for r in found[Severity.URGENT]]
    assert [PolicyWarning.SLOWER_WHEN_GRAVER, PolicyWarning.TEAM_NOT_AT_ONCE] == [
        r.name for r in found[Severity.DANGER]
    ]


numbers = st.one_of(
    st.integers(-10, 20_000), st.floats(allow_nan=True, allow_infinity=True, width=32)
)


@st.composite
def ladders(draw: st.DrawFn) -> Policy:
    """Return ladders of all kinds, sensible and not."""
    plain = {name: draw(numbers) for name in LIMITS}
    return Policy(
        name="any",
        guardian_steps=tuple(
            Step(after_s=at, channels=tuple(channels))
            for at, channels in draw(
                st.lists(st.tuples(numbers, st.lists(st.sampled_from(Channel))), max_size=9)
            )
        ),
        rescue_at_once=draw(st.booleans()),
        rescue_sms_rounds=tuple(draw(st.lists(st.integers(-2, 25), max_size=6))),
        **plain,  # type: ignore[arg-type]
    )


@given(ladders())
def test_whatever_is_written_gets_an_answer(policy: Policy) -> None:
    """No ladder is so odd that it cannot be judged; every remark has words in both languages."""
    for remark in policy_problems(policy):
        chinese = sentence(remark, Language.CHINESE)
        english = sentence(remark, Language.ENGLISH)

        assert chinese != english
        assert "%(" not in chinese + english


@given(ladders())
def test_a_ladder_that_is_accepted_asks_at_once(policy: Policy) -> None:
    """Whatever passes begins with somebody's phone at second 0, and ends in the team's turns."""
    if policy_problems(policy):
        return

    assert 0 == policy.guardian_steps[0].after_s
    assert {SMS, VOICE} & set(policy.guardian_steps[0].channels)
    assert policy.rescue_rounds >= 1
    assert policy.remind_before_s < policy.lease_s


def test_every_remark_has_words() -> None:
    """Each warning reads in Chinese and English, and each part of a ladder has a name."""
    policy = replace(
        STANDARD,
        guardian_steps=steps(*((50 * n, (SMS,)) for n in range(8))),
        guardian_window_s=1000,
        suspect_s=700,
        lease_s=4000,
        rescue_rounds=20,
    )
    for remark in (
        *policy_warnings(policy),
        *policy_warnings(replace(STANDARD, guardian_steps=())),
    ):
        assert sentence(remark, Language.CHINESE) != sentence(remark, Language.ENGLISH)
    fields = set(STANDARD.to_json()) - {"name"}

    assert fields == set(FIELDS)
