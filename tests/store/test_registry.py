"""Who is registered, and who can be asked right now."""

from datetime import timedelta

import pytest
from shapely.geometry import Polygon
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from core.errors import NotFound
from core.people import PHONE, Channel, Elder, Language, Person, Role
from core.places import Position
from core.zones import Circle, Zone, ZoneKind
from store import contacts, registry, rosters, schema
from store.database import reading
from store.zones import add_zone, zones_for
from tests.conftest import NOON
from tests.scenes import (
    HOME,
    RADIUS_M,
    Town,
    on_both_databases,
    phone_of,
    register_household,
    register_person,
    register_team,
)


def test_an_elder_and_people_come_back_as_registered(database: Engine) -> None:
    """What was registered of an elder and of people is read back whole."""
    with database.begin() as connection:
        registry.add_organisation(
            connection, "maqiao", kind="street", name_zh="马桥街道", name_en="Maqiao"
        )
        registry.add_organisation(connection, "maqiao", kind="x", name_zh="x", name_en="x")
        elder_id = registry.add_elder(
            connection,
            organisation_id="maqiao",
            name="王秀英",
            birth_year=1944,
            sex="f",
            appearance="红色外套",
            hint="叫她王老师",
            removal_matters=False,
        )
        person_id = registry.add_person(
            connection,
            role=Role.GUARDIAN,
            name="陈志强",
            contacts={Channel.SMS: "+8613800000001"},
            language=Language.ENGLISH,
            organisation_id="maqiao",
        )
    with reading(database) as connection:
        elder = registry.elder(connection, elder_id)
        person = registry.person(connection, person_id)

        assert (
            Elder(
                id=elder_id,
                name="王秀英",
                birth_year=1944,
                sex="f",
                organisation_id="maqiao",
                appearance="红色外套",
                hint="叫她王老师",
                removal_matters=False,
            )
            == elder
        )
        assert {elder_id: elder} == registry.elders(connection, [elder_id, 99])
        assert (
            Person(
                id=person_id,
                name="陈志强",
                role=Role.GUARDIAN,
                language=Language.ENGLISH,
                organisation_id="maqiao",
            )
            == person
        )


def test_who_is_not_registered_is_not_found(database: Engine) -> None:
    """Asking for somebody unknown says so instead of inventing one."""
    with reading(database) as connection:
        with pytest.raises(NotFound, match="99"):
            registry.elder(connection, 99)
        with pytest.raises(NotFound, match="99"):
            registry.person(connection, 99)


def test_the_roster_holds_guardians_and_who_is_on_duty(database: Engine) -> None:
    """For an elder: the two guardians in their order, rescuers and operators on duty."""
    with database.begin() as connection:
        household = register_household(connection, now=NOON)
        other = register_household(connection, "band-2", now=NOON)
        team = register_team(connection)
        register_person(connection, Role.RESCUER, "休息", on_duty=False)
        silent = register_person(connection, Role.OPERATOR, "没电话", channels=())
        roster = rosters.roster(connection, household.elder_id, NOON)

    assert (household.guardians, team.rescuers, (*team.operators, silent)) == (
        roster.guardians,
        roster.rescuers,
        roster.operators,
    )
    assert () == roster.channels_of(silent)
    assert () == roster.channels_of(other.guardians[0])
    assert PHONE == roster.channels_of(household.guardians[1])


def test_the_order_of_guardians_is_their_position(database: Engine) -> None:
    """Guardian number 1 is asked first, whoever was registered first."""
    with database.begin() as connection:
        household = register_household(connection, now=NOON)
        first, second = household.guardians
        connection.execute(schema.guardianship.delete())
        registry.pair_guardian(connection, household.elder_id, 2, first)
        registry.pair_guardian(connection, household.elder_id, 1, second)

        assert (second, first) == rosters.roster(connection, household.elder_id, NOON).guardians


@pytest.mark.parametrize("position", [0, 3])
@on_both_databases
def test_an_elder_has_two_guardians(town: Town, position: int) -> None:
    """There is no third guardian."""
    with pytest.raises(IntegrityError), town.engine.begin() as connection:
        registry.pair_guardian(
            connection, town.household.elder_id, position, town.team.operators[0]
        )


@on_both_databases
def test_one_person_is_not_both_guardians(town: Town) -> None:
    """The two guardians are two people."""
    second = schema.guardianship.c.position == 2
    with town.engine.begin() as connection:
        connection.execute(schema.guardianship.delete().where(second))
    first, _ = town.household.guardians

    with pytest.raises(IntegrityError), town.engine.begin() as connection:
        registry.pair_guardian(connection, town.household.elder_id, 2, first)


@on_both_databases
def test_an_elder_wears_one_band(town: Town) -> None:
    """A second band for the same elder is refused until the first is taken away."""
    with pytest.raises(IntegrityError), town.engine.begin() as connection:
        registry.add_band(connection, "second", elder_id=town.household.elder_id, now=NOON)


@on_both_databases
def test_bands_know_their_wearers(town: Town) -> None:
    """Registered bands are known with or without a wearer; others are not in the answer."""
    with town.engine.begin() as connection:
        registry.add_band(connection, "shelf", elder_id=None, now=NOON)
        known = registry.wearers(connection, {"band-1", "shelf", "stranger"})
        band = registry.band_of(connection, town.household.elder_id)
        interval = registry.expected_interval_s(connection, town.household.elder_id)

    assert {"band-1": town.household.elder_id, "shelf": None} == known
    assert ("band-1", 300) == (band, interval)


@on_both_databases
def test_a_disabled_number_is_not_used(town: Town) -> None:
    """A number the provider refused for good is left out; whose it is stays known."""
    person_id = town.household.guardians[0]
    with town.engine.begin() as connection:
        before = contacts.reachable_at(connection, person_id, Channel.SMS)
        contacts.disable_contact(connection, person_id, Channel.SMS, "21211")
        roster = rosters.roster(connection, town.household.elder_id, NOON)

        assert phone_of(person_id) == before
        assert None is contacts.reachable_at(connection, person_id, Channel.SMS)
        assert (Channel.VOICE,) == roster.channels_of(person_id)
        people = contacts.people_at_number(connection, phone_of(person_id))

    assert [person_id] == [person.id for person in people]


def test_several_people_may_share_a_number(database: Engine) -> None:
    """A number can lead to several people, each once."""
    with database.begin() as connection:
        ids = [
            registry.add_person(
                connection,
                role=Role.GUARDIAN,
                name=name,
                contacts={Channel.SMS: "+861", Channel.VOICE: "+861"},
            )
            for name in "ab"
        ]
        people = contacts.people_at_number(connection, "+861")

    assert ids == [person.id for person in people]


@on_both_databases
def test_zones_come_back_as_drawn(town: Town) -> None:
    """Circles and polygons survive both databases, with their kind and hours."""
    park = Polygon([(120.68, 30.52), (120.69, 30.52), (120.69, 30.53), (120.68, 30.53)])
    with town.engine.begin() as connection:
        park_id = add_zone(
            connection,
            elder_id=town.household.elder_id,
            kind=ZoneKind.SAFE,
            name="公园",
            shape=park,
            valid_from=NOON,
            valid_until=NOON + timedelta(hours=2),
        )
        canal_id = add_zone(
            connection, elder_id=None, kind=ZoneKind.DANGER, name="运河", shape=park
        )
        other = register_household(connection, "band-2", now=NOON, home=Position(120.7, 30.6))
        zones = zones_for(connection, [town.household.elder_id, other.elder_id])
    home, found_park, canal = zones[town.household.elder_id]

    assert ("家", Circle(HOME, RADIUS_M)) == (home.name, home.shape)
    assert (
        Zone(
            id=park_id,
            elder_id=town.household.elder_id,
            kind=ZoneKind.SAFE,
            name="公园",
            shape=park,
            valid_from=NOON,
            valid_until=NOON + timedelta(hours=2),
        )
        == found_park
    )
    assert (canal_id, None, ZoneKind.DANGER) == (canal.id, canal.elder_id, canal.kind)
    assert ["运河", "家"] == [zone.name for zone in zones[other.elder_id]]
