"""What was learned around each elder, who may replace it, and how it is erased."""

import pytest

from core.errors import Outdated
from store import schema, surroundings
from store.surroundings import StoredSurroundings
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases, rows


def learned(elder_id: int, version: int, data: bytes = b"sums") -> StoredSurroundings:
    """Return what was learned as it is saved."""
    return StoredSurroundings(elder_id=elder_id, version=version, learned=data, updated_at=NOON)


@on_both_databases
def test_what_was_learned_is_kept_per_elder(town: Town) -> None:
    """It is saved over what was learned before and loaded for the elders asked for."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        surroundings.save(connection, [])
        surroundings.save(connection, [learned(elder_id, 0)])
        surroundings.save(connection, [learned(elder_id, 1, b"more")])

        expected = {elder_id: learned(elder_id, 2, b"more")}
        assert expected == surroundings.load(connection, [elder_id, 99])
        assert {} == surroundings.load(connection, [])


@on_both_databases
@pytest.mark.parametrize("version", [0, 2])
def test_only_who_knows_the_newest_replaces_it(town: Town, version: int) -> None:
    """What follows from something older is refused, and with it its whole batch."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        surroundings.save(connection, [learned(elder_id, 0)])

    with pytest.raises(Outdated), town.engine.begin() as connection:
        surroundings.save(connection, [learned(elder_id, version, b"stale")])

    assert [(1, b"sums")] == rows(town.engine, schema.surroundings, "version", "learned")


@on_both_databases
def test_what_is_erased_does_not_come_back(town: Town) -> None:
    """After erasing nothing is left, and who still remembers it may not save it again."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        surroundings.save(connection, [learned(elder_id, 0)])
        surroundings.erase(connection, elder_id, NOON)

    with pytest.raises(Outdated), town.engine.begin() as connection:
        surroundings.save(connection, [learned(elder_id, 1, b"remembered")])

    assert [(2, b"")] == rows(town.engine, schema.surroundings, "version", "learned")
