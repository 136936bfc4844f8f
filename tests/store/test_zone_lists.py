"""Zones in lists and histories: newest version by any of its ids, pages, scope."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from core.accounts import EVERYWHERE, NOWHERE
from core.errors import NotFound
from core.zones import Circle, ZoneKind
from store import schema, zone_lists
from store.zones import add_zone, edit_zone, retire_zone
from tests.conftest import NOON
from tests.scenes import HOME, Town, on_both_databases

pytestmark = on_both_databases


def drawn(connection: Connection, elder_id: int | None, name: str = "公园") -> int:
    """Draw a zone and return its id."""
    return add_zone(
        connection,
        elder_id=elder_id,
        kind=ZoneKind.SAFE if elder_id else ZoneKind.DANGER,
        name=name,
        shape=Circle(HOME, 300),
        by="管理员甲",
        now=NOON,
    )


def test_every_version_leads_to_the_newest(town: Town) -> None:
    """The id of the first version and of each later one name the same zone."""
    with town.engine.begin() as connection:
        first = drawn(connection, town.household.elder_id)
        zone = zone_lists.newest(connection, first, EVERYWHERE).zone
        second = edit_zone(
            connection, replace(zone, name="花园"), by="乙", now=NOON + timedelta(hours=1)
        )
        third = edit_zone(
            connection,
            replace(zone, id=second, name="院子"),
            by="丙",
            now=NOON + timedelta(hours=2),
        )
        found = [zone_lists.newest(connection, one, EVERYWHERE) for one in (first, second, third)]
        edits = connection.execute(
            select(schema.registry_change.c.version, schema.registry_change.c.changes)
            .where(schema.registry_change.c.subject_id == str(first))
            .order_by(schema.registry_change.c.id)
        ).all()

    assert [("院子", first, third)] * 3 == [(v.zone.name, v.origin, v.zone.id) for v in found]
    assert [(2, {"name": ["公园", "花园"]}), (3, {"name": ["花园", "院子"]})] == [
        (edit.version, edit.changes) for edit in edits[1:]
    ]


def test_zones_beyond_the_scope_are_not_there(town: Town) -> None:
    """An elder's zone is found in their scope only; one for everyone by everybody."""
    with town.engine.begin() as connection:
        own = drawn(connection, town.household.elder_id)
        common = drawn(connection, None)

        assert "公园" == zone_lists.newest(connection, common, NOWHERE).zone.name
        for zone_id, scope in ((own, NOWHERE), (own + common + 99, EVERYWHERE)):
            with pytest.raises(NotFound):
                zone_lists.newest(connection, zone_id, scope)


def test_pages_in_both_directions(town: Town) -> None:
    """Lists go up by origin, histories down by version; given up ones are in histories only."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        ids = [drawn(connection, elder_id, f"第{number}个") for number in range(5)]
        retire_zone(connection, ids[1], by="乙", now=NOON + timedelta(hours=1))
        kept, after = zone_lists.present(connection, elder_id, limit=3)
        rest, end = zone_lists.present(connection, elder_id, after=after or 0, limit=3)
        newest, before = zone_lists.history(connection, elder_id, limit=4)
        oldest, done = zone_lists.history(connection, elder_id, before=before, limit=4)

        assert 5 == zone_lists.count(connection, elder_id)
    home = kept[0].origin
    assert [home, ids[0], ids[2]] == [version.origin for version in kept]
    assert ([ids[3], ids[4]], None) == ([version.origin for version in rest], end)
    assert [*ids[::-1], home] == [version.zone.id for version in (*newest, *oldest)]
    assert done is None
