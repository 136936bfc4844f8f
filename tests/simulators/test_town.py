"""The made-up town."""

import re
from pathlib import Path

import pytest
from shapely.geometry import Point
from sqlalchemy import func, select

from core.clock import ManualClock, from_unix
from core.places import distance_m, haining_outline
from core.zones import ZoneKind
from simulators.ground import river, wall_lat
from simulators.names import number
from simulators.registration import register
from simulators.stories import STORIES, build_story
from simulators.town import Town, build_town
from store import rosters, schema
from store.database import open_database
from store.zones import zones_for

TOWN = build_town(seed=1, elder_count=400)
NOW = from_unix(1_795_000_000)


def test_four_hundred_elders_live_in_the_streets_and_yanguan() -> None:
    """Each of the four streets and Yanguan has its elders, and nobody lives elsewhere."""
    homes = {elder.organisation_id for elder in TOWN.elders}

    assert 400 == len(TOWN.elders)
    assert {"xiashi", "haizhou", "haichang", "maqiao", "yanguan"} == homes


def test_every_home_is_in_haining_and_dry() -> None:
    """Homes lie inside the outline and at least half a kilometre from the danger zone."""
    outline, water = haining_outline(), river().buffer(0.005)
    for elder in TOWN.elders:
        home = Point(elder.home.lon, elder.home.lat)

        assert outline.contains(home)
        assert not water.contains(home)


def test_two_different_guardians_each() -> None:
    """No elder's two guardians are one person, and volunteers look after several elders."""
    pairs = [elder.guardians for elder in TOWN.elders]
    volunteers = {helper.number for pair in pairs for helper in pair}

    assert all(one.number != other.number for one, other in pairs)
    assert 150 < len(volunteers) <= 250


def test_numbers_and_devices_are_plainly_synthetic() -> None:
    """Numbers cannot ring anywhere and are unique; device ids fit a topic."""
    helpers = [helper for elder in TOWN.elders for helper in elder.guardians]
    helpers += [*TOWN.rescuers, *TOWN.operators]
    names = {helper.number: helper.name for helper in helpers}

    assert all(re.fullmatch(r"\+86100\d{8}", one) for one in names)
    assert len(names) == len({(h.number, h.name) for h in helpers})
    assert all(re.fullmatch(r"[a-z0-9_-]{1,32}", elder.device_id) for elder in TOWN.elders)
    assert 400 == len({elder.device_id for elder in TOWN.elders})


def test_zones_are_as_guardians_draw_them() -> None:
    """Home circles are 150 to 300 m; most elders have a way as well, beginning at home."""
    assert all(150 <= elder.home_radius_m <= 300 for elder in TOWN.elders)
    assert 0.75 < sum(elder.way_zone is not None for elder in TOWN.elders) / 400 < 0.95
    assert all(distance_m(elder.home, elder.way.points[0]) < 1 for elder in TOWN.elders)


def test_one_elder_goes_to_day_care() -> None:
    """One elder has a day-care centre in the town, safe in its hours on working days only."""
    goes = [elder for elder in TOWN.elders if elder.day_care is not None]
    centre = goes[0].day_care
    assert centre is not None

    assert ["hn-0001"] == [elder.device_id for elder in goes]
    assert haining_outline().contains(Point(centre.centre.lon, centre.centre.lat))


def test_the_same_seed_builds_the_same_town() -> None:
    """A seed is the whole town."""
    assert TOWN == build_town(seed=1, elder_count=400)
    assert TOWN != build_town(seed=2, elder_count=400)


def test_eight_digits_are_needed() -> None:
    """A number outside the block is refused."""
    with pytest.raises(ValueError, match="eight digits"):
        number(100_000_000)


def test_the_wall_is_drawn_only_so_far() -> None:
    """Beyond its ends there is no wall to stand behind."""
    with pytest.raises(ValueError, match="does not reach"):
        wall_lat(121.0)


def test_a_town_registers_whole(tmp_path: Path) -> None:
    """400 elders are registered with everything they need."""
    cast = tuple(build_story(name, seed=1).elder for name in STORIES)
    town: Town = build_town(seed=1, elder_count=392, cast=cast)
    engine = open_database(f"sqlite:///{tmp_path}/town.db")
    schema.metadata.create_all(engine)
    with engine.begin() as connection:
        registered = register(connection, town, ManualClock(NOW).now())
    with engine.connect() as connection:
        elder_id = registered.elder_ids["by-the-river-1-1"]
        zones = zones_for(connection, [elder_id])[elder_id]
        roster = rosters.roster(connection, elder_id, NOW)
        bands = connection.scalar(select(func.count()).select_from(schema.band))
        points = connection.scalar(select(func.count()).select_from(schema.contact_point))
    engine.dispose()

    assert 400 == bands == len(registered.elder_ids)
    assert 2 * len(registered.person_ids) == points
    assert {ZoneKind.SAFE, ZoneKind.DANGER} == {zone.kind for zone in zones}
    assert (2, 6, 2) == (len(roster.guardians), len(roster.rescuers), len(roster.operators))
