"""Whatever is asked for, an elder has at most two guardians: different people, different phones."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import AihuijiaError, Conflict, Refused
from core.pairing_rules import (
    LIFE,
    PLACES,
    Candidate,
    ChangeKind,
    ChangeState,
    GuardianChange,
    Wish,
    applied,
    check_decider,
    check_requester,
    check_wish,
)
from core.people import Role

ASKED_AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

candidates = st.builds(
    Candidate,
    person_id=st.integers(1, 4),
    role=st.sampled_from([Role.GUARDIAN, Role.GUARDIAN, Role.RESCUER]),
    numbers=st.frozensets(st.sampled_from(["+8613800000001", "+8613800000002"]), max_size=2),
    is_archived=st.booleans(),
)
steps = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(ChangeKind), st.none() | candidates), max_size=12
)


@given(steps)
def test_no_chain_of_changes_breaks_the_pair(
    wishes: list[tuple[int, ChangeKind, Candidate | None]],
) -> None:
    """After any changes that were let through, both are able, and no phone stands for both."""
    held: dict[int, Candidate] = {}
    for place, kind, coming in wishes:
        wish = Wish(place=place, kind=kind, person_id=None if coming is None else coming.person_id)
        try:
            check_wish(wish, held, coming)
        except AihuijiaError:
            continue
        ids = applied({at: one.person_id for at, one in held.items()}, wish)
        held.pop(place, None)
        if coming is not None:
            held[place] = coming

        assert {at: one.person_id for at, one in held.items()} == ids
        assert set(held) <= set(PLACES)
        assert len(held) == len(set(ids.values()))
        assert all(
            one.numbers and one.role is Role.GUARDIAN and not one.is_archived
            for one in held.values()
        )
        assert not frozenset.intersection(*(one.numbers for one in held.values())) or (
            len(held) < 2
        )


@given(
    asker=st.sampled_from(["anna", "berta"]),
    by=st.sampled_from(["anna", "berta"]),
    state=st.sampled_from(ChangeState),
    passed=st.timedeltas(timedelta(0), 2 * LIFE),
)
def test_only_another_person_decides_and_only_in_time(
    asker: str, by: str, state: ChangeState, passed: timedelta
) -> None:
    """A decision passes exactly when the change waits, a week is not over, and another decides."""
    change = GuardianChange(
        id=1,
        elder_id=1,
        wish=Wish(place=1, kind=ChangeKind.UNBIND),
        replaces_id=2,
        reason="",
        batch=None,
        state=state,
        requested_by=asker,
        requested_at=ASKED_AT,
        expires_at=ASKED_AT + LIFE,
    )
    now = ASKED_AT + passed
    is_open = state is ChangeState.WAITING and passed < LIFE

    for check, may in ((check_decider, by != asker), (check_requester, by == asker)):
        if is_open and may:
            check(change, by, now)
            continue
        with pytest.raises(Refused if is_open else Conflict):
            check(change, by, now)
