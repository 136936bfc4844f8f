"""Guardians change only when a second person agrees."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from core.accounts import EVERYWHERE, Scope
from core.clock import ManualClock
from core.errors import AihuijiaError, BadInput, Conflict, NotFound, Refused
from core.history import Subject
from core.pairing_rules import LIFE, ChangeKind, ChangeState, Wish
from core.people import Channel, Role
from store import (
    guardian_changes,
    guardians,
    history,
    pairing,
    person_lists,
    person_register,
    rosters,
    schema,
)
from store.database import reading
from store.pairing import ElderWish
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases, phone_of, register_person

ASKER, DECIDER = "anna", "berta"
LATER = NOON + timedelta(hours=1)


def newcomer(connection: Connection, name: str = "新来的") -> int:
    """Register a guardian who guards nobody yet."""
    return register_person(connection, Role.GUARDIAN, name)


def replace(place: int, person_id: int) -> Wish:
    """Wish somebody into a place that is held."""
    return Wish(place=place, kind=ChangeKind.REPLACE, person_id=person_id)


def ask(connection: Connection, town: Town, wish: Wish) -> int:
    """Ask for a change of the town's household."""
    return pairing.request(
        connection, town.household.elder_id, wish, reason="搬家", by=ASKER, now=NOON
    )


def guardians_of(connection: Connection, town: Town) -> dict[int, int]:
    """Return who guards, by place."""
    table = schema.guardianship
    rows = connection.execute(
        select(table.c.position, table.c.person_id).where(
            table.c.elder_id == town.household.elder_id
        )
    )
    return {row.position: row.person_id for row in rows}


@on_both_databases
def test_nothing_holds_before_somebody_else_agrees(town: Town) -> None:
    """A request changes nobody; approved, the newcomer is on the roster and it is on record."""
    first, second = town.household.guardians
    with town.engine.begin() as connection:
        person_id = newcomer(connection)
        change_id = ask(connection, town, replace(1, person_id))
        before = guardians_of(connection, town)
        effect = pairing.approve(connection, change_id, by=DECIDER, now=LATER)
        asked = rosters.roster(connection, town.household.elder_id, LATER).guardians
        (entry,) = history.changes_of(connection, subject=Subject.PAIRING)

    assert {1: first, 2: second} == before
    assert (first, person_id) == (effect.old_id, effect.new_id)
    assert (person_id, second) == asked
    assert (DECIDER, (None, ASKER)) == (entry.by, entry.changes["asked_by"])
    assert (first, person_id) == entry.changes["guardian_1"]


@on_both_databases
def test_who_asked_does_not_decide(town: Town) -> None:
    """The requester can neither approve nor refuse, and nobody else can withdraw."""
    with town.engine.begin() as connection:
        change_id = ask(connection, town, replace(1, newcomer(connection)))
        with pytest.raises(Refused, match="somebody else decides"):
            pairing.approve(connection, change_id, by=ASKER, now=LATER)
        with pytest.raises(Refused, match="somebody else decides"):
            pairing.refuse(connection, change_id, by=ASKER, answer="", now=LATER)
        with pytest.raises(Refused, match="Only who asked"):
            pairing.withdraw(connection, change_id, by=DECIDER, now=LATER)
        pairing.withdraw(connection, change_id, by=ASKER, now=LATER)
        with pytest.raises(Conflict, match="withdrawn"):
            pairing.approve(connection, change_id, by=DECIDER, now=LATER)

        assert set(town.household.guardians) == set(guardians_of(connection, town).values())


@on_both_databases
def test_what_waits_too_long_lapses(town: Town) -> None:
    """After a week nobody can approve any more, and the place is free for another request."""
    too_late = NOON + LIFE
    with town.engine.begin() as connection:
        person_id = newcomer(connection)
        change_id = ask(connection, town, replace(1, person_id))
        with pytest.raises(Conflict, match="lapsed"):
            pairing.approve(connection, change_id, by=DECIDER, now=too_late)
        waiting = guardian_changes.changes(connection, EVERYWHERE, too_late)
        lapsed = guardian_changes.changes(
            connection, EVERYWHERE, too_late, state=ChangeState.LAPSED
        )
        again = pairing.request(
            connection,
            town.household.elder_id,
            replace(1, person_id),
            reason="再来",
            by=ASKER,
            now=too_late,
        )
        states = [guardian_changes.change(connection, one).state for one in (change_id, again)]

    assert [] == waiting
    assert [change_id] == [one.id for one in lapsed]
    assert [ChangeState.LAPSED, ChangeState.WAITING] == states


@on_both_databases
def test_two_guardians_have_two_numbers(town: Town) -> None:
    """Somebody with the other guardian's number is refused, as is the other guardian again."""
    first, second = town.household.guardians
    with town.engine.begin() as connection:
        person_id = newcomer(connection)
        table = schema.contact_point
        number = connection.scalar(select(table.c.value).where(table.c.person_id == second))
        connection.execute(
            table.update()
            .where(table.c.person_id == person_id, table.c.channel == Channel.SMS.value)
            .values(value=number)
        )
        with pytest.raises(BadInput, match="same number"):
            ask(connection, town, replace(1, person_id))
        with pytest.raises(Conflict, match="two different people"):
            ask(connection, town, replace(1, second))
        with pytest.raises(Conflict, match=f"held by person {first}"):
            ask(connection, town, Wish(place=1, kind=ChangeKind.BIND, person_id=person_id))
        with pytest.raises(BadInput, match="not registered as guardian"):
            ask(connection, town, replace(1, town.team.rescuers[0]))
        with pytest.raises(NotFound):
            pairing.request(connection, 10**6, replace(1, second), reason="", by=ASKER, now=NOON)


@on_both_databases
def test_a_file_is_decided_at_once(town: Town) -> None:
    """Both places change together, each checked as if the one before were in force."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        one, two = newcomer(connection, "甲"), newcomer(connection, "乙")
        wishes = [ElderWish(elder_id=elder_id, wish=replace(1, one))]
        twice = [*wishes, ElderWish(elder_id=elder_id, wish=replace(2, one))]
        with pytest.raises(Conflict, match="two different people"):
            pairing.request_many(connection, twice, reason="", by=ASKER, now=NOON, batch="f0")
        connection.execute(schema.guardian_change.delete())
        wishes.append(ElderWish(elder_id=elder_id, wish=replace(2, two)))
        pairing.request_many(connection, wishes, reason="", by=ASKER, now=NOON, batch="f1")
        guardian_changes.check_batch(connection, "f1", EVERYWHERE)
        with pytest.raises(NotFound):
            guardian_changes.check_batch(
                connection, "f1", Scope(organisations=frozenset({"xiashi"}))
            )
        effects = pairing.approve_batch(connection, "f1", by=DECIDER, now=LATER)

        assert {1: one, 2: two} == guardians_of(connection, town)
        assert 2 == len(effects)
        with pytest.raises(NotFound):
            pairing.approve_batch(connection, "f1", by=DECIDER, now=LATER)


@on_both_databases
def test_a_request_speaks_of_who_is_there(town: Town) -> None:
    """When the place has changed hands since, an old request cannot be approved."""
    with town.engine.begin() as connection:
        change_id = ask(connection, town, replace(1, newcomer(connection, "甲")))
        other = newcomer(connection, "乙")
        table = schema.guardianship
        connection.execute(
            table.update()
            .where(table.c.elder_id == town.household.elder_id, table.c.position == 1)
            .values(person_id=other)
        )
        with pytest.raises(Conflict, match="has changed since"):
            pairing.approve(connection, change_id, by=DECIDER, now=LATER)


@on_both_databases
def test_an_archived_elder_gets_no_guardian(town: Town) -> None:
    """Nobody is bound to whom nobody looks after, whether asked for before or after."""
    with town.engine.begin() as connection:
        change_id = ask(connection, town, replace(1, newcomer(connection)))
        connection.execute(schema.elder.update().values(archived_at=NOON))
        with pytest.raises(Conflict, match="is archived"):
            pairing.approve(connection, change_id, by=DECIDER, now=LATER)
        with pytest.raises(Conflict, match="is archived"):
            ask(connection, town, Wish(place=2, kind=ChangeKind.UNBIND))


@on_both_databases
def test_an_open_incident_asks_the_new_guardian(town: Town) -> None:
    """A change is possible while the elder is looked for: the roster follows at once."""
    first, second = town.household.guardians
    with town.engine.begin() as connection:
        change_id = ask(connection, town, Wish(place=2, kind=ChangeKind.UNBIND))
        pairing.approve(connection, change_id, by=DECIDER, now=LATER)
        alone = rosters.roster(connection, town.household.elder_id, LATER).guardians

    assert (first,) == alone
    assert second not in alone


def in_parallel(*works: "threading.Thread") -> None:
    """Run all of them at once and wait."""
    for work in works:
        work.start()
    for work in works:
        work.join(20)


def outcome_of(engine: Engine, work: object, found: list[object], gate: threading.Barrier) -> None:
    """Call *work* in a transaction of its own, when all others are there."""
    assert callable(work)
    gate.wait(10)
    try:
        with engine.begin() as connection:
            found.append(work(connection))
    except AihuijiaError as error:
        found.append(error)


def raced(engine: Engine, *works: object) -> list[object]:
    """Return what came of works that were done at once; of losers their error."""
    found: list[object] = []
    gate = threading.Barrier(len(works))
    in_parallel(
        *(threading.Thread(target=outcome_of, args=(engine, work, found, gate)) for work in works)
    )
    return found


@on_both_databases
def test_two_who_approve_at_once_have_one_effect(town: Town) -> None:
    """One of them is told that it is decided."""
    with town.engine.begin() as connection:
        person_id = newcomer(connection)
        change_id = ask(connection, town, replace(1, person_id))

    found = raced(
        town.engine,
        *(
            lambda connection, by=by: pairing.approve(connection, change_id, by=by, now=LATER)
            for by in (DECIDER, "carla", "dora")
        ),
    )

    assert 1 == sum(isinstance(one, pairing.Effect) for one in found)
    assert 2 == sum(isinstance(one, Conflict) for one in found)
    with reading(town.engine) as connection:
        assert 1 == len(history.changes_of(connection, subject=Subject.PAIRING))


@on_both_databases
def test_two_requests_for_one_place_are_one(town: Town) -> None:
    """Of two who ask at once for the same place one is told that another request waits."""
    with town.engine.begin() as connection:
        people = [newcomer(connection, name) for name in ("甲", "乙")]

    found = raced(
        town.engine,
        *(lambda connection, one=one: ask(connection, town, replace(1, one)) for one in people),
    )

    assert 1 == sum(isinstance(one, int) for one in found)
    with reading(town.engine) as connection:
        assert 1 == len(guardian_changes.changes(connection, EVERYWHERE, NOON))


@on_both_databases
def test_a_number_cannot_be_taken_while_somebody_is_bound(town: Town) -> None:
    """Bound just when they get the other guardian's number: one of both is refused."""
    second = town.household.guardians[1]
    with town.engine.begin() as connection:
        person_id = newcomer(connection)
        change_id = ask(connection, town, replace(1, person_id))

    def renumber(connection: Connection) -> int:
        before = person_lists.person(connection, person_id)
        return person_register.change_number(
            connection, before.points[0].id, phone_of(second), by=ASKER, now=LATER
        )

    found = raced(
        town.engine,
        renumber,
        lambda connection: pairing.approve(connection, change_id, by=DECIDER, now=LATER),
    )

    assert 1 == sum(isinstance(one, AihuijiaError) for one in found)
    with reading(town.engine) as connection:
        one, two = guardians.holders_of(connection, town.household.elder_id).values()
    assert not one.numbers & two.numbers


@on_both_databases
def test_whoever_leaves_is_not_bound(town: Town) -> None:
    """Bound at the instant in which they leave: somebody who left guards nobody."""
    with town.engine.begin() as connection:
        person_id = newcomer(connection)
        change_id = ask(connection, town, replace(1, person_id))

    raced(
        town.engine,
        lambda connection: person_register.archive(
            connection, person_id, scope=EVERYWHERE, seen=1, by=ASKER, now=LATER
        ),
        lambda connection: pairing.approve(connection, change_id, by=DECIDER, now=LATER),
    )

    with reading(town.engine) as connection:
        left = person_lists.person(connection, person_id).archived_at is not None
        assert left
        assert person_id not in guardians_of(connection, town).values()


@on_both_databases
def test_two_places_cannot_get_one_person_at_once(town: Town, clock: ManualClock) -> None:
    """Two requests that are fine alone and not together: the second one approved is refused."""
    with town.engine.begin() as connection:
        person_id = newcomer(connection)
        ids = [ask(connection, town, replace(place, person_id)) for place in (1, 2)]

    found = raced(
        town.engine,
        *(
            lambda connection, one=one: pairing.approve(
                connection, one, by=DECIDER, now=clock.now()
            )
            for one in ids
        ),
    )

    assert 1 == sum(isinstance(one, pairing.Effect) for one in found)
    with reading(town.engine) as connection:
        assert 2 == len(set(guardians_of(connection, town).values()))
