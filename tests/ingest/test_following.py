"""Whoever is on the way is asked for fixes, unless their band speaks by itself."""

from datetime import timedelta

import pytest

from ingest.following import FOLLOW_AFTER
from store import commands, schema
from store.commands import CommandState
from store.database import reading
from tests.conftest import NOON
from tests.scenes import HOME, Town, message, on_both_databases, report, rows, take

LATER = timedelta(minutes=5)


def says(town: Town, number: int, east_m: float, *, minute: float, battery_pct: int = 80) -> None:
    """Take one good report *east_m* metres from home."""
    at = NOON + timedelta(minutes=minute)
    said = report(
        f"r-{number}", at=at, position=HOME.moved(east_m=east_m), bat={"pct": battery_pct}
    )
    take(town.engine, message("band-1", said, at=at), now=at)


def waiting(town: Town) -> list[str]:
    """Return what is still to be ordered, whenever."""
    return [
        do for do, state in rows(town.engine, schema.command, "do", "state") if state == "queued"
    ]


def due(town: Town, *, minute: float) -> list[str]:
    """Return what is ordered at that time."""
    with reading(town.engine) as connection:
        orders = commands.due(connection, NOON + timedelta(minutes=minute))
    return [order.do for order in orders]


@on_both_databases
def test_who_moves_is_asked_a_little_later(town: Town) -> None:
    """A walk inside the zone: the band is asked where it is when it does not say so itself."""
    says(town, 1, 0, minute=0)
    at_rest = waiting(town)

    says(town, 2, 70, minute=5)

    after_s = FOLLOW_AFTER.total_seconds()
    assert [] == at_rest
    assert ([], ["locate"]) == (
        due(town, minute=5 + (after_s - 1) / 60),
        due(town, minute=5 + after_s / 60),
    )


def test_a_band_that_speaks_is_not_asked(town: Town) -> None:
    """Each report puts the asking off; a band that reports each minute is never asked."""
    for number in range(6):
        says(town, number, 70 * (number % 2), minute=number)

        assert [] == due(town, minute=number + 1)
    assert ["locate"] == waiting(town)


def test_a_sign_of_life_is_no_place(town: Town) -> None:
    """A band that speaks without a position is asked for one all the same, once at a time."""
    says(town, 1, 0, minute=0)
    says(town, 2, 70, minute=5)

    for minute in (5.5, 6, 6.2):
        at = NOON + timedelta(minutes=minute)
        take(town.engine, message("band-1", report(f"life-{minute}", at=at), at=at), now=at)

    assert (["locate"], ["locate"]) == (waiting(town), due(town, minute=6.3))


def test_who_stands_still_is_asked_no_more(town: Town) -> None:
    """Five minutes after the last move the asking ends."""
    says(town, 1, 0, minute=0)
    says(town, 2, 70, minute=5)

    says(town, 3, 75, minute=11)

    assert [] == waiting(town)


def test_an_answer_is_followed_by_the_next_question(town: Town) -> None:
    """While an order is under way there is no second one; after the answer there is."""
    says(town, 1, 0, minute=0)
    says(town, 2, 70, minute=5)
    with town.engine.begin() as connection:
        (order,) = commands.due(connection, NOON + timedelta(minutes=7))
        commands.mark_sent(connection, [order.id], NOON + timedelta(minutes=7))
    says(town, 3, 72, minute=7.1)
    under_way = waiting(town)
    at = NOON + timedelta(minutes=7.2)
    answer = report("r-4", at=at, position=HOME.moved(east_m=74), why="reply", cmd=f"c-{order.id}")

    take(town.engine, message("band-1", answer, at=at), now=at)

    assert ([], ["locate"]) == (under_way, waiting(town))
    assert [CommandState.CONFIRMED.value, CommandState.QUEUED.value] == [
        state for state, _ in rows(town.engine, schema.command, "state", "do")
    ]


@pytest.mark.parametrize(("battery_pct", "expected"), [(29, []), (30, ["locate"])])
def test_an_empty_band_is_left_alone(town: Town, battery_pct: int, expected: list[str]) -> None:
    """Below 30 % the battery is kept for when somebody is really missing."""
    says(town, 1, 0, minute=0, battery_pct=battery_pct)
    says(town, 2, 70, minute=5, battery_pct=battery_pct)

    assert expected == waiting(town)


def test_a_walk_of_hours_ago_is_not_followed(town: Town) -> None:
    """A report that was stored for long tells of a move that is over."""
    long_ago = NOON - timedelta(hours=2)
    said = [
        report(f"old-{k}", at=long_ago + k * LATER, position=HOME.moved(east_m=70 * k))
        for k in range(2)
    ]

    take(town.engine, *(message("band-1", one, at=NOON) for one in said))

    assert [] == waiting(town)


def test_during_an_incident_the_band_reports_anyway(town: Town) -> None:
    """Who may be missing is watched every few seconds: nothing is put off beside that."""
    says(town, 1, 0, minute=0)
    says(town, 2, 70, minute=2)
    before = waiting(town)

    says(town, 3, 400, minute=3)

    later = rows(town.engine, schema.command, "do", "not_before")
    assert ["locate"] == before
    assert {None} == {not_before for _, not_before in later}
