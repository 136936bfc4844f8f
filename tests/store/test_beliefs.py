"""What is believed of each elder between batches, and who may change it."""

import threading

import pytest

from core.errors import Outdated
from store import beliefs, schema
from store.beliefs import StoredBelief
from store.database import reading
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases, register_household, rows


def belief(
    elder_id: int, version: int, short: bytes = b"short", long: bytes | None = None
) -> StoredBelief:
    """Return a belief as it is saved."""
    return StoredBelief(elder_id=elder_id, version=version, short=short, long=long)


@on_both_databases
def test_what_is_believed_is_kept_per_elder(town: Town) -> None:
    """A belief is saved over the one before and loaded for the elders asked for."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        beliefs.save(connection, [], NOON)
        beliefs.save(connection, [belief(elder_id, 0, b"inside")], NOON)
        beliefs.save(connection, [belief(elder_id, 1, b"outside", b"fixes")], NOON)
        beliefs.save(connection, [belief(elder_id, 2, b"still outside")], NOON)

        expected = {elder_id: belief(elder_id, 3, b"still outside", b"fixes")}
        assert expected == beliefs.load(connection, [elder_id, 99])
        assert {} == beliefs.load(connection, [])


@on_both_databases
@pytest.mark.parametrize("version", [0, 1, 3])
def test_only_who_knows_the_newest_belief_replaces_it(town: Town, version: int) -> None:
    """A belief that follows from an older one is refused, and with it its whole batch."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        other = register_household(connection, "band-2", now=NOON).elder_id
        for known in (0, 1):
            beliefs.save(connection, [belief(elder_id, known)], NOON)

    with pytest.raises(Outdated), town.engine.begin() as connection:
        beliefs.save(connection, [belief(other, 0), belief(elder_id, version, b"stale")], NOON)

    assert [(elder_id, 2, b"short")] == rows(
        town.engine, schema.belief, "elder_id", "version", "state"
    )


def test_who_loads_keeps_others_waiting(postgresql_town: Town) -> None:
    """On PostgreSQL a loaded belief is locked: another worker's turn comes after the commit."""
    engine, elder_id = postgresql_town.engine, postgresql_town.household.elder_id
    with engine.begin() as connection:
        beliefs.save(connection, [belief(elder_id, 0)], NOON)
    found: list[int] = []

    def judge() -> None:
        with engine.begin() as connection:
            version = beliefs.load(connection, [elder_id])[elder_id].version
            found.append(version)
            beliefs.save(connection, [belief(elder_id, version)], NOON)

    with engine.begin() as connection:
        version = beliefs.load(connection, [elder_id])[elder_id].version
        other = threading.Thread(target=judge)
        other.start()
        beliefs.save(connection, [belief(elder_id, version)], NOON)
    other.join()

    assert [2] == found
    with reading(engine) as connection:
        assert 3 == beliefs.load(connection, [elder_id])[elder_id].version
