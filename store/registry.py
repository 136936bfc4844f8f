"""Who is registered: elders, bands, guardians, the rescue team, zones."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.errors import NotFound
from core.people import Channel, Elder, Language, Person, Role
from store import band_access, schema


def add_organisation(
    connection: Connection, organisation_id: str, *, kind: str, name_zh: str, name_en: str
) -> None:
    """Register a street, township, team or agency; nothing happens if it is there already."""
    table = schema.organisation
    known = connection.scalar(select(table.c.id).where(table.c.id == organisation_id))
    if known is None:
        connection.execute(
            table.insert().values(id=organisation_id, kind=kind, name_zh=name_zh, name_en=name_en)
        )


def add_person(
    connection: Connection,
    *,
    role: Role,
    name: str,
    contacts: Mapping[Channel, str],
    language: Language = Language.CHINESE,
    organisation_id: str | None = None,
    on_duty: bool = True,
) -> int:
    """Register a guardian, rescuer or operator with their numbers (E.164); return the id."""
    person_id = _inserted_id(
        connection,
        schema.person,
        role=role.value,
        name=name,
        language=language.value,
        organisation_id=organisation_id,
        on_duty=on_duty,
    )
    for channel, value in contacts.items():
        connection.execute(
            schema.contact_point.insert().values(
                person_id=person_id, channel=channel.value, value=value
            )
        )
    return person_id


def add_elder(
    connection: Connection,
    *,
    organisation_id: str,
    name: str,
    birth_year: int,
    sex: str,
    appearance: str = "",
    hint: str = "",
    removal_matters: bool = True,
) -> int:
    """Register an elder; return the id."""
    return _inserted_id(
        connection,
        schema.elder,
        organisation_id=organisation_id,
        name=name,
        birth_year=birth_year,
        sex=sex,
        appearance=appearance,
        hint=hint,
        removal_matters=removal_matters,
    )


def pair_guardian(connection: Connection, elder_id: int, position: int, person_id: int) -> None:
    """Make *person_id* guardian number *position* (1 or 2) of the elder."""
    connection.execute(
        schema.guardianship.insert().values(
            elder_id=elder_id, position=position, person_id=person_id
        )
    )


def add_band(
    connection: Connection,
    device_id: str,
    *,
    elder_id: int | None,
    now: datetime,
    expected_interval_s: int = 300,
    model: str | None = None,
    key_mark: str | None = None,
) -> None:
    """Register a wristband, on an elder or on the shelf (elder_id None), and let it sign in."""
    connection.execute(
        schema.band.insert().values(
            device_id=device_id,
            elder_id=elder_id,
            expected_interval_s=expected_interval_s,
            registered_at=now,
            model=model,
        )
    )
    band_access.grant(connection, device_id, now=now, key_mark=key_mark)


def elder(connection: Connection, elder_id: int) -> Elder:
    """Return one elder; NotFound if there is none."""
    found = elders(connection, [elder_id])
    if not found:
        raise NotFound(f"there is no elder {elder_id}")
    return found[elder_id]


def person(connection: Connection, person_id: int) -> Person:
    """Return one person; NotFound if there is none."""
    found = people(connection, [person_id])
    if not found:
        raise NotFound(f"there is no person {person_id}")
    return found[person_id]


def wearers(connection: Connection, device_ids: Iterable[str]) -> dict[str, int | None]:
    """Return elder id by device id for those registered, and not retired, of *device_ids*."""
    rows = connection.execute(_WEARERS, {"device_ids": list(device_ids)})
    return {row.device_id: row.elder_id for row in rows}


def band_of(connection: Connection, elder_id: int) -> str | None:
    """Return the device id of the elder's band, None when they wear none."""
    table = schema.band
    return connection.scalar(select(table.c.device_id).where(table.c.elder_id == elder_id))


def expected_interval_s(connection: Connection, elder_id: int) -> int:
    """Return how often the elder's band reports when nothing happens, seconds."""
    table = schema.band
    return (
        connection.scalar(select(table.c.expected_interval_s).where(table.c.elder_id == elder_id))
        or 300
    )


def usual_intervals(connection: Connection, device_ids: Iterable[str]) -> dict[str, int]:
    """Return how often these registered bands report when nothing happens, seconds."""
    table = schema.band
    rows = connection.execute(
        select(table.c.device_id, table.c.expected_interval_s).where(
            table.c.device_id.in_(list(device_ids))
        )
    )
    return {row.device_id: row.expected_interval_s for row in rows}


def elders(connection: Connection, elder_ids: Iterable[int]) -> dict[int, Elder]:
    """Return these elders by id."""
    rows = connection.execute(_ELDERS, {"elder_ids": list(elder_ids)}).mappings()
    return {row["id"]: Elder(**row) for row in rows}


def people(connection: Connection, person_ids: Iterable[int]) -> dict[int, Person]:
    """Return those of these people that there are, by id."""
    table = schema.person
    rows = connection.execute(select(table).where(table.c.id.in_(list(person_ids))))
    return {row.id: person_of(row) for row in rows}


# Asked with every batch of pings; building such a statement takes longer than running it.

_WEARERS = select(schema.band.c.device_id, schema.band.c.elder_id).where(
    schema.band.c.device_id.in_(bindparam("device_ids", expanding=True)),
    schema.band.c.retired_at.is_(None),
)
_ELDERS = select(*(schema.elder.c[field.name] for field in fields(Elder))).where(
    schema.elder.c.id.in_(bindparam("elder_ids", expanding=True))
)


def person_of(row: Any) -> Person:
    """Return the person in a row of the table `person`."""
    return Person(
        id=row.id,
        role=Role(row.role),
        name=row.name,
        language=Language(row.language),
        organisation_id=row.organisation_id or "",
    )


def _inserted_id(connection: Connection, table: Any, **values: Any) -> int:
    result = connection.execute(table.insert().values(**values).returning(table.c.id))
    return int(result.scalar_one())
