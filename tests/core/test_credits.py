"""What service is worth: deeds once, rules by the day, caps, corrections, any order."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.credits import (
    EARNED,
    STANDARD_RULES,
    CreditKind,
    Deed,
    Earned,
    Rule,
    SaidInIncident,
    day_of,
    deeds_of,
    ledger,
    places,
    rule_for,
    totals,
    worth,
)
from core.incidents import EntryKind, TimelineEntry

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
CHEN, SHEN, LI, MA = 1, 2, 11, 21
ROLES = {CHEN: "guardian", SHEN: "guardian", LI: "rescuer", MA: "operator"}


def said(
    *answers: tuple[int, str], is_drill: bool = False, is_virtual: bool = False
) -> SaidInIncident:
    """Return an incident in which these answers were given, one a minute; "closed" ends it."""
    entries = []
    for minute, (person_id, answer) in enumerate(answers):
        at = NOON + timedelta(minutes=minute)
        kind = EntryKind.CLOSED if answer == "closed" else EntryKind.ANSWERED
        detail: dict[str, str | int | float | bool | None] = {
            "answer": answer,
            "role": ROLES[person_id],
        }
        entries.append(TimelineEntry(kind=kind, at=at, person_id=person_id, detail=detail))
    return SaidInIncident(
        incident_id=7, is_drill=is_drill, is_virtual=is_virtual, entries=tuple(entries)
    )


def sources(found: Iterable[Deed]) -> list[str]:
    """Return what the deeds are called."""
    return sorted(deed.source for deed in found)


def test_whoever_goes_and_finds_earns_both() -> None:
    """Accepting and finding are two deeds of one person, and an operator's work is none."""
    found = deeds_of(said((CHEN, "going"), (MA, "going"), (CHEN, "found"), (CHEN, "closed")), {})

    assert ["accepted:7:1", "found:7:1"] == sources(found)


def test_pressing_often_is_one_deed() -> None:
    """Going three times, with a round between, counts once, and from the first time on."""
    found = deeds_of(
        said(
            (CHEN, "going"), (CHEN, "going"), (CHEN, "not_reached"), (CHEN, "going"), (MA, "closed")
        ),
        {},
    )

    assert [("accepted:7:1", NOON)] == [(deed.source, deed.at) for deed in found]


def test_who_takes_it_back_did_not_go() -> None:
    """A yes that was taken back earns nothing; one given again does."""
    found = deeds_of(
        said(
            (CHEN, "going"),
            (SHEN, "going"),
            (CHEN, "cannot"),
            (SHEN, "cannot"),
            (SHEN, "going"),
            (MA, "closed"),
        ),
        {},
    )

    assert ["accepted:7:2"] == sources(found)


def test_after_the_end_nothing_counts() -> None:
    """Who says "found" when it is over was not there in time."""
    found = deeds_of(said((CHEN, "going"), (MA, "closed"), (SHEN, "found")), {})

    assert ["accepted:7:1"] == sources(found)


def test_a_drill_is_a_drill() -> None:
    """Whatever is answered to a drill, it is one deed and no search."""
    found = deeds_of(
        said((CHEN, "going"), (CHEN, "found"), (LI, "cannot"), (LI, "closed"), is_drill=True), {}
    )

    assert ["drill:7:1", "drill:7:11"] == sources(found)


def test_the_canary_gives_nobody_anything() -> None:
    """What is answered for a virtual elder is no service."""
    assert [] == deeds_of(
        said((CHEN, "going"), (CHEN, "found"), (CHEN, "closed"), is_virtual=True), {}
    )


def deed(
    kind: CreditKind,
    number: int,
    at: datetime,
    *,
    person_id: int = CHEN,
    organisation: str | None = "xiashi",
) -> Deed:
    """Return one deed."""
    return Deed(
        source=f"{kind.value}:{number}:{person_id}",
        person_id=person_id,
        organisation_id=organisation,
        kind=kind,
        at=at,
    )


def rule(
    minutes: int, most: int, day: date, *, organisation: str | None = "xiashi", number: int = 1
) -> Rule:
    """Return a rule for accepting."""
    return Rule(
        organisation_id=organisation,
        kind=CreditKind.ACCEPTED,
        minutes=minutes,
        most_per_day_min=most,
        valid_from=day,
        id=number,
    )


def test_the_nearest_rule_holds() -> None:
    """An organisation's own rule comes before everybody's, the newest that has begun holds."""
    today = day_of(NOON)
    rules = [
        rule(1, 9, today - timedelta(days=9), organisation=None, number=1),
        rule(2, 9, today - timedelta(days=5), number=2),
        rule(3, 9, today, number=3),
        rule(4, 9, today, number=4),
        rule(5, 9, today + timedelta(days=1), number=5),
        rule(6, 9, today, organisation="haichang", number=6),
    ]
    held = [
        rule_for(rules, "xiashi", CreditKind.ACCEPTED, today + timedelta(days=days)).minutes
        for days in (-8, -1, 0, 1)
    ]

    assert [1, 2, 4, 5] == held
    assert 10 == rule_for(rules, "xiashi", CreditKind.ACCEPTED, today - timedelta(days=30)).minutes


def test_a_day_belongs_to_haining() -> None:
    """Half past four in the afternoon UTC is the next day there."""
    assert date(2026, 11, 24) == day_of(datetime(2026, 11, 23, 16, 30, tzinfo=UTC))


def test_a_day_has_an_end() -> None:
    """What goes beyond the day's most is on the ledger with what is left of it, and with zero."""
    found = ledger(
        [deed(CreditKind.ACCEPTED, n, NOON + timedelta(minutes=n)) for n in range(3)],
        [rule(10, 15, date(2026, 1, 1))],
    )

    assert [10, 5, 0] == [one.minutes for one in found]


@pytest.mark.parametrize("kind", EARNED)
def test_every_kind_has_a_standard(kind: CreditKind) -> None:
    """Where nobody made rules, each kind of deed counts for something."""
    assert (
        worth(
            deed(kind, 1, NOON), rule_for([], None, kind, day_of(NOON)), given_that_day_min=0
        ).minutes
        > 0
    )
    assert 1 == len([one for one in STANDARD_RULES if one.kind is kind])


def test_equals_share_a_place() -> None:
    """Two with as many minutes are both second, and the next is fourth."""
    assert [(1, 3, 90), (2, 1, 60), (2, 2, 60), (4, 4, 0)] == places({1: 60, 2: 60, 3: 90, 4: 0})


DEEDS = st.lists(
    st.builds(
        deed,
        st.sampled_from(EARNED),
        st.integers(1, 6),
        st.integers(0, 100).map(lambda hours: NOON + timedelta(hours=hours)),
        person_id=st.sampled_from((CHEN, SHEN)),
        organisation=st.sampled_from(("xiashi", None)),
    ),
    max_size=12,
    unique_by=lambda one: one.source,
)
RULES = st.lists(
    st.builds(
        Rule,
        organisation_id=st.sampled_from(("xiashi", None)),
        kind=st.sampled_from(EARNED),
        minutes=st.integers(0, 60),
        most_per_day_min=st.integers(0, 90),
        valid_from=st.integers(0, 5).map(lambda days: day_of(NOON) + timedelta(days=days)),
        id=st.integers(1, 9),
    ),
    max_size=5,
    unique_by=lambda one: (one.organisation_id, one.kind, one.valid_from),
)


def one_by_one(deeds: Iterable[Deed], rules: list[Rule]) -> dict[int, int]:
    """Return the minutes of each person when deeds become known in this order."""
    written: list[Earned] = []
    for one in deeds:
        given_min = sum(
            w.minutes
            for w in written
            if (w.deed.person_id, w.deed.organisation_id, w.deed.kind, w.deed.day)
            == (one.person_id, one.organisation_id, one.kind, one.day)
        )
        held = rule_for(rules, one.organisation_id, one.kind, one.day)
        written.append(worth(one, held, given_that_day_min=given_min))
    return totals(written)


@given(DEEDS, RULES, st.randoms(use_true_random=False))
def test_the_order_changes_no_sum(deeds: list[Deed], rules: list[Rule], chance: Random) -> None:
    """In whatever order deeds become known, each person's minutes are those of the recount."""
    shuffled = list(deeds)
    chance.shuffle(shuffled)

    assert totals(ledger(deeds, rules)) == one_by_one(shuffled, rules)


@given(DEEDS, RULES)
def test_twice_is_once(deeds: list[Deed], rules: list[Rule]) -> None:
    """Deeds that are read twice add nothing, and no day goes beyond its most."""
    earned = ledger([*deeds, *deeds], rules)

    assert len(deeds) == len(earned)
    assert totals(ledger(deeds, rules)) == totals(earned)
    assert all(one.minutes >= 0 for one in earned)


def test_corrections_are_added() -> None:
    """A correction counts beside what was earned, also below zero."""
    earned = ledger([deed(CreditKind.ARRIVED, 1, NOON)], [])

    assert [{CHEN: 25, SHEN: 7}] * 2 == [
        totals(earned, order) for order in permutations([(CHEN, -5), (SHEN, 7)])
    ]
