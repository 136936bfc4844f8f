"""Write a made-up town into the store, through the same functions the service registers with."""

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry import Polygon
from sqlalchemy import Connection

from core.people import Channel, Role
from core.working_days import DayRule
from core.zones import Circle, ZoneKind
from simulators.town import DAY_CARE_HOURS, Helper, Town, TownElder
from store import contacts, registry
from store.zones import add_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredTown:
    """What the database calls the people of a town."""

    #: elder id by device id
    elder_ids: dict[str, int]
    #: person id by number (E.164)
    person_ids: dict[str, int]


def register(connection: Connection, town: Town, now: datetime) -> RegisteredTown:
    """Register everybody and everything; the caller commits. *now* is when the bands begin.

    Who is registered already stays as they are: the same town can be played twice in one database.
    """
    for body in town.organisations:
        registry.add_organisation(
            connection, body.id, kind=body.kind, name_zh=body.name_zh, name_en=body.name_en
        )
    person_ids: dict[str, int] = {}
    worn = registry.wearers(connection, [elder.device_id for elder in town.elders])
    again = bool(contacts.people_at_number(connection, town.rescuers[0].number))

    def person(helper: Helper, role: Role) -> int:
        if helper.number not in person_ids:
            known = contacts.people_at_number(connection, helper.number) if again else []
            person_ids[helper.number] = (
                known[0].id
                if known
                else registry.add_person(
                    connection,
                    role=role,
                    name=helper.name,
                    contacts={Channel.SMS: helper.number, Channel.VOICE: helper.number},
                    organisation_id=helper.organisation_id,
                )
            )
        return person_ids[helper.number]

    for helper in town.rescuers:
        person(helper, Role.RESCUER)
    for helper in town.operators:
        person(helper, Role.OPERATOR)
    for name, ground in () if again else town.dangers:
        add_zone(connection, elder_id=None, kind=ZoneKind.DANGER, name=name, shape=ground)
    elder_ids = {device_id: elder_id for device_id, elder_id in worn.items() if elder_id}
    for elder in town.elders:
        if elder.device_id in elder_ids:
            for helper in elder.guardians:
                person(helper, Role.GUARDIAN)
            continue
        elder_id = registry.add_elder(
            connection,
            organisation_id=elder.organisation_id,
            name=elder.name,
            birth_year=now.year - elder.age,
            sex=elder.sex,
            appearance=elder.appearance,
            hint=elder.hint,
        )
        elder_ids[elder.device_id] = elder_id
        registry.add_band(connection, elder.device_id, elder_id=elder_id, now=now)
        for position, helper in enumerate(elder.guardians, start=1):
            registry.pair_guardian(connection, elder_id, position, person(helper, Role.GUARDIAN))
        _add_zones(connection, elder_id, elder)
    return RegisteredTown(elder_ids=elder_ids, person_ids=person_ids)


def _add_zones(connection: Connection, elder_id: int, elder: TownElder) -> None:
    drawn: list[tuple[str, Circle | Polygon]] = [("家", Circle(elder.home, elder.home_radius_m))]
    if elder.way_zone is not None:
        drawn.append(("常走的路", elder.way_zone))
    for name, shape in drawn:
        add_zone(connection, elder_id=elder_id, kind=ZoneKind.SAFE, name=name, shape=shape)
    if elder.day_care is not None:
        add_zone(
            connection,
            elder_id=elder_id,
            kind=ZoneKind.SAFE,
            name="日间照料中心",
            shape=elder.day_care,
            hours=DAY_CARE_HOURS,
            days=DayRule.WORKING,
        )
