"""Zones as drawn, edited and given up, and as they were at any moment before."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from shapely.geometry import Polygon
from sqlalchemy import Connection

from core.errors import Conflict, NotFound
from core.hours_text import parse_hours
from core.places import Position
from core.working_days import DayRule
from core.zones import Circle, Urgency, Zone, ZoneKind
from store import registry_version, schema, zones
from store.database import reading
from store.zones import ZoneVersion, add_zone, edit_zone, retire_zone, zones_at, zones_for
from tests.conftest import NOON
from tests.scenes import HOME, Town, on_both_databases, register_household

pytestmark = on_both_databases

PARK = Polygon(
    [(120.68, 30.52), (120.69, 30.52), (120.69, 30.53), (120.68, 30.53)],
    [[(120.684, 30.524), (120.686, 30.524), (120.686, 30.526), (120.684, 30.526)]],
)
DAY_CARE = parse_hours("Mon-Fri 08:00-17:00; Sat 22:00-Mon 06:00")


def hours_later(hours: float) -> datetime:
    """Return an instant of this scene."""
    return NOON + timedelta(hours=hours)


def of(connection: Connection, town: Town) -> tuple[Zone, ...]:
    """Return the zones of the town's elder that were not given up."""
    elder_id = town.household.elder_id
    return zones_for(connection, [elder_id])[elder_id]


def names_at(connection: Connection, town: Town, at: datetime) -> list[str]:
    """Return the names of the zones that counted at *at*."""
    return [zone.name for zone in zones_at(connection, town.household.elder_id, at)]


def test_every_field_comes_back(town: Town) -> None:
    """Holes, hours, day rule, urgency and dates survive both databases."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        centre_id = add_zone(
            connection,
            elder_id=elder_id,
            kind=ZoneKind.SAFE,
            name="日间照料中心",
            shape=PARK,
            hours=DAY_CARE,
            days=DayRule.WORKING,
            valid_from=NOON,
            valid_until=hours_later(2),
        )
        market_id = add_zone(
            connection,
            elder_id=None,
            kind=ZoneKind.DANGER,
            name="车站",
            shape=Circle(HOME, 100),
            urgency=Urgency.WATCH,
        )
        other = register_household(connection, "band-2", now=NOON, home=Position(120.7, 30.6))
        found = zones_for(connection, [elder_id, other.elder_id])
    home, centre, market = found[elder_id]

    assert ("家", None, DayRule.EVERY, False) == (home.name, home.hours, home.days, home.is_timed)
    assert (
        Zone(
            id=centre_id,
            elder_id=elder_id,
            kind=ZoneKind.SAFE,
            name="日间照料中心",
            shape=PARK,
            hours=DAY_CARE,
            days=DayRule.WORKING,
            valid_from=NOON,
            valid_until=hours_later(2),
        )
        == centre
    )
    assert (market_id, None, Urgency.WATCH) == (market.id, market.elder_id, market.urgency)
    assert ["车站", "家"] == [zone.name for zone in found[other.elder_id]]


def test_a_zone_that_cannot_be_meant_is_not_registered(town: Town) -> None:
    """A shape with a fault raises before anything is written, in adding and in editing."""
    bow = Polygon([(120.68, 30.52), (120.69, 30.53), (120.69, 30.52), (120.68, 30.53)])
    with town.engine.begin() as connection:
        (home,) = of(connection, town)
        with pytest.raises(ValueError, match="crosses itself"):
            add_zone(connection, elder_id=None, kind=ZoneKind.DANGER, name="河", shape=bow)
        with pytest.raises(ValueError, match="crosses itself"):
            edit_zone(connection, replace(home, shape=bow), by="王", now=NOON)
        with pytest.raises(ValueError, match="stays with its elder"):
            edit_zone(connection, replace(home, elder_id=None), by="王", now=NOON)

        assert (home,) == of(connection, town)


def test_an_edit_makes_another_version(town: Town) -> None:
    """The old version ends where the new one begins; who did it and when is on record."""
    with town.engine.begin() as connection:
        (home,) = of(connection, town)
        drawn = replace(home, shape=Circle(HOME, 400), name="家和院子")
        new_id = edit_zone(connection, drawn, by="管理员甲", now=hours_later(1))
        old, new = zones.versions(connection, town.household.elder_id)

        assert (replace(drawn, id=new_id, valid_from=hours_later(1)),) == of(connection, town)
    assert replace(home, valid_until=hours_later(1)) == old.zone
    assert (None, "管理员甲", hours_later(1)) == (old.edited_by, old.retired_by, old.retired_at)
    assert (
        ZoneVersion(
            zone=new.zone,
            replaces=home.id,
            edited_by="管理员甲",
            edited_at=hours_later(1),
            retired_by=None,
            retired_at=None,
            origin=home.id,
        )
        == new
    )


def test_any_past_moment_can_be_read_again(town: Town) -> None:
    """Before an edit the old version counts, after it the new one, after retiring neither."""
    with town.engine.begin() as connection:
        (home,) = of(connection, town)
        park_id = add_zone(
            connection,
            elder_id=town.household.elder_id,
            kind=ZoneKind.SAFE,
            name="公园",
            shape=PARK,
            by="甲",
            now=hours_later(1),
        )
        edit_zone(connection, replace(home, name="新家"), by="乙", now=hours_later(2))
        retire_zone(connection, park_id, by="乙", now=hours_later(3))
    with reading(town.engine) as connection:
        found = [names_at(connection, town, hours_later(h)) for h in (0, 1, 1.99, 2, 2.99, 3, 9)]

    assert [
        ["家"],
        ["家", "公园"],
        ["家", "公园"],
        ["公园", "新家"],
        ["公园", "新家"],
        ["新家"],
        ["新家"],
    ] == found


def test_history_knows_hours(town: Town) -> None:
    """What counted at a past moment is asked with the hours of that moment."""
    monday = NOON  # a Monday, noon in Haining
    with town.engine.begin() as connection:
        (home,) = of(connection, town)
        edit_zone(connection, replace(home, hours=DAY_CARE), by="甲", now=monday)

        assert [["家"], []] == [
            names_at(connection, town, monday + timedelta(hours=h)) for h in (4.9, 5)
        ]


def test_an_edited_zone_keeps_its_place(town: Town) -> None:
    """The first safe zone is the home, also after it was drawn anew twice."""
    with town.engine.begin() as connection:
        add_zone(
            connection,
            elder_id=town.household.elder_id,
            kind=ZoneKind.SAFE,
            name="公园",
            shape=PARK,
        )
        for radius_m in (300, 400):
            home = of(connection, town)[0]
            drawn = replace(home, shape=Circle(HOME, radius_m))
            edit_zone(connection, drawn, by="甲", now=hours_later(radius_m))

        assert [("家", Circle(HOME, 400)), ("公园", PARK)] == [
            (zone.name, zone.shape) for zone in of(connection, town)
        ]


def test_late_reports_get_the_zones_of_their_time(town: Town) -> None:
    """Versions given up lately are handed out to whoever judges late reports, old ones are not."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        (home,) = of(connection, town)
        edit_zone(connection, replace(home, name="新家"), by="甲", now=hours_later(1))

        assert [["家", "新家"], ["新家"], ["新家"]] == [
            [zone.name for zone in zones_for(connection, [elder_id], retired_after=at)[elder_id]]
            for at in (hours_later(0.9), hours_later(1), None)
        ]


def test_an_end_that_was_planned_earlier_stays(town: Town) -> None:
    """Giving up a zone that is over already does not make it count for longer."""
    with town.engine.begin() as connection:
        zone_id = add_zone(
            connection,
            elder_id=town.household.elder_id,
            kind=ZoneKind.SAFE,
            name="女儿家",
            shape=Circle(HOME, 300),
            valid_until=hours_later(1),
        )
        retire_zone(connection, zone_id, by="甲", now=hours_later(5))

        assert [["家", "女儿家"], ["家"]] == [
            names_at(connection, town, hours_later(h)) for h in (0.9, 1)
        ]


def test_a_zone_that_was_planned_can_be_edited(town: Town) -> None:
    """An edit of a zone that begins later keeps its beginning; the old version never counted."""
    with town.engine.begin() as connection:
        zone_id = add_zone(
            connection,
            elder_id=town.household.elder_id,
            kind=ZoneKind.SAFE,
            name="女儿家",
            shape=Circle(HOME, 300),
            valid_from=hours_later(5),
        )
        (planned,) = (zone for zone in of(connection, town) if zone.id == zone_id)
        edit_zone(connection, replace(planned, name="儿子家"), by="甲", now=hours_later(1))

        assert [["家"], ["家", "儿子家"]] == [
            names_at(connection, town, hours_later(h)) for h in (4.9, 5)
        ]


def test_only_the_newest_version_can_be_edited(town: Town) -> None:
    """Who edits from an older reading is told so; nobody's edit is lost or doubled."""
    with town.engine.begin() as connection:
        (home,) = of(connection, town)
        edit_zone(connection, replace(home, name="甲的家"), by="甲", now=hours_later(1))
        with pytest.raises(Conflict, match="read it again"):
            edit_zone(connection, replace(home, name="乙的家"), by="乙", now=hours_later(1))
        with pytest.raises(Conflict, match="read it again"):
            retire_zone(connection, home.id, by="乙", now=hours_later(1))
        with pytest.raises(NotFound):
            retire_zone(connection, 9999, by="乙", now=hours_later(1))

        assert ["甲的家"] == [zone.name for zone in of(connection, town)]


def test_the_registry_notices_every_change(town: Town) -> None:
    """Adding, editing and giving up each raise the number that workers look at."""
    with town.engine.begin() as connection:
        seen = [registry_version.version(connection) or 0]
        (home,) = of(connection, town)
        new_id = edit_zone(connection, replace(home, name="新家"), by="甲", now=NOON)
        seen.append(registry_version.version(connection) or 0)
        retire_zone(connection, new_id, by="甲", now=hours_later(1))
        seen.append(registry_version.version(connection) or 0)
        add_zone(connection, elder_id=None, kind=ZoneKind.DANGER, name="河", shape=PARK)
        seen.append(registry_version.version(connection) or 0)

    assert sorted(set(seen)) == seen


@pytest.mark.parametrize(("kind", "expected"), [(ZoneKind.SAFE, []), (ZoneKind.DANGER, [None])])
def test_hours_that_nobody_can_read_never_make_anyone_safe(
    town: Town, kind: ZoneKind, expected: list[None]
) -> None:
    """Hours broken by hand: a safe zone is left out, a danger zone counts always; others work."""
    with town.engine.begin() as connection:
        broken_id = add_zone(
            connection,
            elder_id=town.household.elder_id,
            kind=kind,
            name="公园",
            shape=PARK,
            hours=DAY_CARE,
        )
        table = schema.zone
        connection.execute(
            table.update().where(table.c.id == broken_id).values(hours=f"{kind.value} hours")
        )
        home, *others = of(connection, town)

    assert ("家", expected) == (home.name, [zone.hours for zone in others])
