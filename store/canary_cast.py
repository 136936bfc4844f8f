"""Who plays in the canary's rounds: a virtual elder, their band and zone, one person to be told.

The canary registers them itself. The elder is marked as virtual, which keeps them, their band and
their incidents off every map, list, count and task; the person guards nobody else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core import canary
from core.band_access import AccessState
from core.errors import SettingError
from core.people import Channel, Role
from core.places import Position
from core.settings import explain
from core.zones import Circle, ZoneKind
from store import band_access, contacts, registry, rosters, schema
from store.zones import add_zone

DEVICE_ID = "canary-1"
ORGANISATION_ID = canary.ORGANISATION_ID
NAME = "测试老人 · canary"
#: far from everybody this service looks after: the Gobi. WGS-84
HOME = Position(101.0, 41.5)
RADIUS_M = 150.0
#: seconds between two reports of a band at rest
INTERVAL_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """What the database calls them."""

    elder_id: int
    person_id: int
    #: of the band's password at the broker
    generation: int


def ensure(connection: Connection, *, number: str, key_mark: str | None, now: datetime) -> Cast:
    """Register what is missing and put right what differs; the caller commits.

    *number* (E.164) is told, *key_mark* tells the key behind bands' passwords, None: the broker
    asks nobody. SettingError when a real person has that number, or a real elder the band's name.
    """
    elder_id = _elder(connection)
    person_id = _person(connection, elder_id, now)
    strangers = [p for p in contacts.people_at_number(connection, number) if p.id != person_id]
    if strangers:
        raise SettingError(
            explain(
                "canary_number",
                "somebody is registered with this number, and would get every test and could"
                " answer one instead of the alarm they meant",
            )
        )
    _set_number(connection, person_id, number)
    generation = _band(connection, elder_id, key_mark, now)
    return Cast(elder_id=elder_id, person_id=person_id, generation=generation)


def _elder(connection: Connection) -> int:
    table = schema.elder
    known = connection.scalar(
        select(table.c.id).where(table.c.is_virtual).order_by(table.c.id).limit(1)
    )
    if known is not None:
        return int(known)
    registry.add_organisation(
        connection, ORGANISATION_ID, kind="canary", name_zh="测试", name_en="Canary"
    )
    values: dict[str, Any] = {
        "organisation_id": ORGANISATION_ID,
        "name": NAME,
        "birth_year": 1921,
        "sex": "f",
        "is_virtual": True,
        "removal_matters": False,
    }
    result = connection.execute(table.insert().values(**values).returning(table.c.id))
    elder_id = int(result.scalar_one())
    add_zone(
        connection,
        elder_id=elder_id,
        kind=ZoneKind.SAFE,
        name="canary",
        shape=Circle(HOME, RADIUS_M),
    )
    return elder_id


def _person(connection: Connection, elder_id: int, now: datetime) -> int:
    guardians = rosters.roster(connection, elder_id, now).guardians
    if guardians:
        return guardians[0]
    person_id = registry.add_person(
        connection,
        role=Role.GUARDIAN,
        name=NAME,
        contacts={},
        organisation_id=ORGANISATION_ID,
        on_duty=False,
    )
    registry.pair_guardian(connection, elder_id, 1, person_id)
    return person_id


def _set_number(connection: Connection, person_id: int, number: str) -> None:
    """Make *number* the one that is written to, also if it was refused before."""
    point = schema.contact_point
    mine = point.c.person_id == person_id
    known = connection.scalar(select(point.c.id).where(mine))
    values: dict[str, Any] = {"value": number, "disabled_reason": None}
    if known is None:
        values |= {"person_id": person_id, "channel": Channel.SMS.value}
        connection.execute(point.insert().values(**values))
    else:
        connection.execute(point.update().where(mine).values(**values))


def _band(connection: Connection, elder_id: int, key_mark: str | None, now: datetime) -> int:
    """Return the generation of the band's password; a band taken out of use comes back."""
    band, access = schema.band, schema.band_access
    row = connection.execute(
        select(
            band.c.elder_id,
            band.c.retired_at,
            access.c.wanted,
            access.c.generation,
            access.c.key_mark,
        )
        .outerjoin(access, access.c.device_id == band.c.device_id)
        .where(band.c.device_id == DEVICE_ID)
    ).first()
    if row is None:
        registry.add_band(
            connection,
            DEVICE_ID,
            elder_id=elder_id,
            now=now,
            expected_interval_s=INTERVAL_S,
            key_mark=key_mark,
        )
        return 1
    if row.elder_id not in (None, elder_id):
        raise SettingError(f"The band {DEVICE_ID} is on elder {row.elder_id}: the canary needs it.")
    if row.elder_id is None or row.retired_at is not None:
        connection.execute(
            band.update()
            .where(band.c.device_id == DEVICE_ID)
            .values(elder_id=elder_id, retired_at=None, expected_interval_s=INTERVAL_S)
        )
    is_granted = row.wanted == AccessState.GRANTED.value and row.key_mark in (key_mark, None)
    if is_granted or key_mark is None:
        return int(row.generation or 1)
    return band_access.grant(connection, DEVICE_ID, now=now, key_mark=key_mark)
