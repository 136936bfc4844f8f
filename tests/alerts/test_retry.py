"""What follows one provider call: the whole table."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.retry import MOST_POSSIBLE_SENDS, NextStep, decide
from core.notifications import AttemptResult, SendResult
from tests.alerts.plays import START

LONG_S = 240.0


@pytest.mark.parametrize(
    ("result", "refusals", "possible", "left_s", "step", "wait_s", "failover"),
    [
        (AttemptResult.ACCEPTED, 1, 1, LONG_S, NextStep.DONE, None, False),
        (AttemptResult.ACCEPTED, 4, 2, 1, NextStep.DONE, None, False),
        (AttemptResult.PERMANENT, 1, 0, LONG_S, NextStep.GIVE_UP, None, True),
        (AttemptResult.TEMPORARY, 1, 0, LONG_S, NextStep.TRY_AGAIN, 5, False),
        (AttemptResult.TEMPORARY, 2, 0, LONG_S, NextStep.TRY_AGAIN, 15, False),
        (AttemptResult.TEMPORARY, 3, 0, LONG_S, NextStep.TRY_AGAIN, 45, False),
        (AttemptResult.TEMPORARY, 4, 0, LONG_S, NextStep.GIVE_UP, None, True),
        (AttemptResult.TEMPORARY, 1, 0, 5, NextStep.GIVE_UP, None, True),  # too late by then
        (AttemptResult.ELSEWHERE, 1, 0, LONG_S, NextStep.GIVE_UP, None, True),
        (AttemptResult.NOT_SENT, 1, 0, LONG_S, NextStep.TRY_AGAIN, 5, False),
        (AttemptResult.NOT_SENT, 4, 0, LONG_S, NextStep.GIVE_UP, None, True),
        (AttemptResult.AMBIGUOUS, 1, 1, LONG_S, NextStep.TRY_AGAIN, 2, False),  # asked first
        (AttemptResult.AMBIGUOUS, 2, 2, LONG_S, NextStep.GIVE_UP, None, True),
        (AttemptResult.AMBIGUOUS, 3, 2, LONG_S, NextStep.GIVE_UP, None, True),
    ],
)
def test_the_retry_table(
    result: AttemptResult,
    refusals: int,
    possible: int,
    left_s: float,
    step: NextStep,
    wait_s: float | None,
    failover: bool,
) -> None:
    """Each result has one consequence: the step, when, and whether another channel starts."""
    retry = decide(
        SendResult(result=result, reason="x"),
        refusals=refusals,
        possible_sends=possible,
        expires_at=START + timedelta(seconds=left_s),
        now=START,
    )

    assert step is retry.step
    assert failover == retry.failover
    assert (None if wait_s is None else START + timedelta(seconds=wait_s)) == retry.at


def test_the_provider_s_own_wait_is_kept() -> None:
    """A provider that asks us to wait longer than we would is given that time."""
    retry = decide(
        SendResult(result=AttemptResult.TEMPORARY, retry_after_s=30),
        refusals=1,
        possible_sends=0,
        expires_at=START + timedelta(seconds=LONG_S),
        now=START,
    )

    assert START + timedelta(seconds=30) == retry.at


@pytest.mark.parametrize("result", [AttemptResult.TEMPORARY, AttemptResult.ELSEWHERE])
def test_another_provider_is_asked_at_once(result: AttemptResult) -> None:
    """While a provider is left that was not asked, nobody waits for one that refused."""
    retry = decide(
        SendResult(result=result),
        refusals=1,
        possible_sends=0,
        expires_at=START + timedelta(seconds=LONG_S),
        now=START,
        has_other=True,
    )

    assert (NextStep.TRY_AGAIN, START) == (retry.step, retry.at)


def test_who_stumbled_is_tried_again_after_another_refused() -> None:
    """A second provider that cannot serve the number takes no retry away from the first."""
    retry = decide(
        SendResult(result=AttemptResult.ELSEWHERE, reason="not_a_mainland_number"),
        refusals=2,
        possible_sends=0,
        expires_at=START + timedelta(seconds=LONG_S),
        now=START,
        may_come_back=True,
    )

    assert (NextStep.TRY_AGAIN, START + timedelta(seconds=15)) == (retry.step, retry.at)


@pytest.mark.parametrize("result", [AttemptResult.TEMPORARY, AttemptResult.ELSEWHERE])
def test_a_last_resort_is_tried_until_it_expires(result: AttemptResult) -> None:
    """When nobody else would be asked, a refusal is never the last word."""
    retry = decide(
        SendResult(result=result),
        refusals=40,
        possible_sends=0,
        expires_at=START + timedelta(seconds=LONG_S),
        now=START,
        is_last_resort=True,
    )

    assert (NextStep.TRY_AGAIN, START + timedelta(seconds=45)) == (retry.step, retry.at)


@given(
    st.sampled_from(AttemptResult),
    st.integers(1, 10),
    st.integers(0, 5),
    st.floats(0, 1000),
    st.none() | st.floats(0, 1000),
)
def test_nothing_is_left_without_a_next_step(
    result: AttemptResult,
    refusals: int,
    possible: int,
    left_s: float,
    wait_s: float | None,
) -> None:
    """Giving up starts another channel, trying again has a time, a third is never sent."""
    retry = decide(
        SendResult(result=result, reason="x", retry_after_s=wait_s),
        refusals=refusals,
        possible_sends=possible,
        expires_at=START + timedelta(seconds=left_s),
        now=START,
    )

    assert (retry.step is NextStep.TRY_AGAIN) == (retry.at is not None)
    assert retry.step is not NextStep.GIVE_UP or retry.failover
    if result is AttemptResult.AMBIGUOUS and possible >= MOST_POSSIBLE_SENDS:
        assert NextStep.GIVE_UP is retry.step
