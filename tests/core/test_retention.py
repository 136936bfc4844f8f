"""How long what is kept, and that nothing goes which an incident needs."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.retention import (
    BEFORE_INCIDENT,
    RULES,
    Kind,
    Span,
    cutoffs,
    is_time,
    may_go,
    read_rules,
)
from tests.conftest import NOON

hours = st.integers(min_value=0, max_value=24 * 800)


def test_every_kind_has_a_rule() -> None:
    """Each kind has its days, within its bounds."""
    assert set(Kind) == set(RULES)
    assert all(rule.least <= rule.days <= rule.most for rule in RULES.values())


def test_a_setting_changes_single_kinds() -> None:
    """What is named differs, the rest stays."""
    days = read_rules(" positions=20, looks=730 ,")

    assert (20, 730, 30) == (days[Kind.POSITIONS], days[Kind.LOOKS], days[Kind.INBOX])
    assert NOON - timedelta(days=20) == cutoffs(days, NOON)[Kind.POSITIONS]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("position=20", "there is no kind 'position'"),
        ("positions", "write positions=30"),
        ("positions=-1", "write positions=30"),
        ("positions=١٥", "write positions=30"),
        ("positions=1", "from 15 to 3650"),
        ("looks=999999", "write looks=1095"),
        ("looks=9999", "from 183 to 3650"),
        ("positions=400", "at least as long"),
    ],
)
def test_what_cannot_be_meant_is_named(text: str, said: str) -> None:
    """An unknown kind, no number, or one out of bounds is a sentence."""
    with pytest.raises(ValueError, match=said):
        read_rules(text)


@given(age=hours, opened=hours, lasted=st.one_of(st.none(), hours))
def test_nothing_of_an_incident_goes_before_its_time(
    age: int, opened: int, lasted: int | None
) -> None:
    """What an open incident holds stays for ever, what an ended one held for its longer time."""
    at, begin = NOON - timedelta(hours=age), NOON - timedelta(hours=opened)
    until = None if lasted is None else begin + timedelta(hours=lasted)
    span = Span(since=begin - BEFORE_INCIDENT, until=until)
    goes = may_go(
        at,
        [span],
        cutoff=NOON - timedelta(days=30),
        incident_cutoff=NOON - timedelta(days=365),
    )

    assert goes == (
        age > 24 * 30 and (not span.holds(at) or (until is not None and age > 24 * 365))
    )


@pytest.mark.parametrize(
    ("hour", "done_h", "expected"),
    [
        (3, 24, True),
        (3, 2, False),
        (12, 24, False),
        (12, 36, True),
        (5, 24, False),
        (2, None, True),
    ],
)
def test_it_runs_at_night_or_when_it_was_missed(
    hour: int, done_h: int | None, expected: bool
) -> None:
    """Once a night; by day only when a night was missed."""
    done_at = None if done_h is None else NOON - timedelta(hours=done_h)
    since = NOON - timedelta(hours=1)

    assert expected == is_time(local_hour=hour, since=since, done_at=done_at, now=NOON)
