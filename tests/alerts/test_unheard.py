"""What was fired and what failed is followed, from values alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.unheard import failures_without_successor, steps_without_ask
from core.ask_history import Ask, FiredStep, Standing
from core.incidents import IncidentState
from core.notifications import NotificationStatus
from core.policies import STANDARD

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PATIENCE = timedelta(seconds=60)
#: the longest way from one step to the next
WAIT = timedelta(seconds=STANDARD.unanswered_every_s) + PATIENCE
STEP = FiredStep(incident_id=1, stage="rescue", number=2, at=NOON)
ASK = Ask(
    id=1,
    incident_id=1,
    round=0,
    step=102,
    status=NotificationStatus.DELIVERED,
    reason="",
    created_at=NOON,
    due_at=NOON,
    ended_at=NOON,
)
FAILED = replace(ASK, status=NotificationStatus.FAILED)
STANDING = Standing(
    id=1,
    state=IncidentState.RESCUE,
    is_drill=False,
    policy=STANDARD,
    stage_at=NOON,
    next_action_at=NOON + timedelta(seconds=120),
    paused_until=None,
    closed_at=None,
)
LATE = NOON + timedelta(seconds=30)


def without_ask(*asks: Ask, late: datetime = LATE, **changed: Any) -> list[int]:
    """Return the incidents in which the step asked nobody."""
    standings = {1: replace(STANDING, **changed)}
    return list(steps_without_ask([STEP], asks, standings, late=late))


def unfollowed(*asks: Ask, **changed: Any) -> list[int]:
    """Return the failed asks that nothing followed."""
    return list(
        failures_without_successor(
            asks,
            {1: replace(STANDING, **changed)},
            last_words={},
            patience=PATIENCE,
            now=NOON + timedelta(seconds=90),
        )
    )


@pytest.mark.parametrize(
    "ask",
    [
        ASK,
        FAILED,
        replace(ASK, status=NotificationStatus.READY, due_at=LATE),
        replace(ASK, status=NotificationStatus.WITHHELD, reason="answered"),
        replace(ASK, created_at=NOON - timedelta(seconds=40)),  # pulled forward
    ],
)
def test_a_step_that_asks_somebody_is_heard(ask: Ask) -> None:
    """Gone out, under way, not wanted any more, made before its turn, or failed: it was asked."""
    assert [] == without_ask(ask)


def test_a_step_without_its_ask_is_not() -> None:
    """No message, one of another step, or one that lies about: the step asked nobody."""
    lies = replace(ASK, status=NotificationStatus.READY)

    assert [1] == without_ask()
    assert [1] == without_ask(replace(ASK, step=2))
    assert [1] == without_ask(lies)
    assert [1] == without_ask(lies, replace(FAILED, id=2))
    assert [] == without_ask(lies, replace(ASK, id=2))


def test_of_two_rounds_the_newer_counts() -> None:
    """An ask that went out in an earlier round says nothing of this one's."""
    lies = replace(ASK, id=2, round=1, status=NotificationStatus.READY)

    assert [1] == without_ask(ASK, lies)


def test_a_young_step_a_drill_and_a_pause_are_given_time() -> None:
    """Too early to say; drills lie behind what is real; in a pause nothing is sent."""
    lies = replace(ASK, status=NotificationStatus.READY)

    assert [] == without_ask(late=NOON - timedelta(seconds=1))
    assert [] == without_ask(lies, is_drill=True)
    assert [] == without_ask(lies, paused_until=LATE + timedelta(seconds=1))
    assert [] == without_ask(lies, state=IncidentState.ACCEPTED)


@pytest.mark.parametrize(
    ("others", "changed"),
    [
        ([replace(ASK, id=2)], {"next_action_at": None}),  # beside it
        ([replace(ASK, id=2, created_at=LATE)], {"next_action_at": None}),  # after it
        ([], {"next_action_at": NOON + WAIT}),
        ([], {"state": IncidentState.ACCEPTED, "stage_at": NOON + WAIT}),
        ([], {"state": IncidentState.CLOSED, "closed_at": NOON + WAIT, "next_action_at": None}),
        ([], {"next_action_at": NOON + WAIT * 9, "paused_until": NOON + WAIT * 8}),
    ],
)
def test_a_failed_ask_has_a_successor(others: list[Ask], changed: dict[str, Any]) -> None:
    """Another ask, the next step in time, somebody who goes, the end, or the end of a pause."""
    assert [] == unfollowed(FAILED, *others, **changed)


@pytest.mark.parametrize(
    ("others", "changed"),
    [
        ([], {"next_action_at": None}),
        ([], {"next_action_at": NOON + WAIT + PATIENCE}),
        ([replace(ASK, id=2, created_at=NOON - PATIENCE)], {"next_action_at": None}),
        ([], {"state": IncidentState.CLOSED, "closed_at": NOON + WAIT * 2}),
    ],
)
def test_a_failed_ask_without_one_is_found(others: list[Ask], changed: dict[str, Any]) -> None:
    """No next step, one too far away, only an older ask, or an end long after."""
    assert [1] == unfollowed(FAILED, *others, **changed)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_in_a_chain_of_failures_the_last_is_found(made_at: list[int]) -> None:
    """However many asks failed, something must follow the last: no failure excuses itself."""
    asks = [
        replace(FAILED, id=number, created_at=NOON + timedelta(seconds=second))
        for number, second in enumerate(made_at, start=1)
    ]
    last = max(made_at)
    found = unfollowed(*asks, next_action_at=None)

    assert [number for number, second in enumerate(made_at, start=1) if second == last] == found
