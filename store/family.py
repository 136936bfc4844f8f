"""The family of an elder: whom to call, and who hears of changes. Never guardians."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from core import elder_rules, phone_numbers
from core.elders import FamilyMember
from core.errors import NotFound, Stale
from core.history import Subject, differences
from core.people import Language
from store import elder_versions, history, schema
from store.elder_versions import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyContact(FamilyMember):
    """Somebody of the family, as registered."""

    id: int
    elder_id: int
    version: int


def contacts_of(connection: Connection, elder_id: int) -> list[FamilyContact]:
    """Return the elder's family in the order of calling."""
    table = schema.family_contact
    rows = connection.execute(
        select(table)
        .where(table.c.elder_id == elder_id, table.c.removed_at.is_(None))
        .order_by(table.c.position, table.c.id)
    )
    return [_contact(row) for row in rows]


def to_be_told(connection: Connection, elder_id: int) -> list[FamilyContact]:
    """Return who of the family hears of changes of guardians, in the order of calling."""
    return [one for one in contacts_of(connection, elder_id) if one.is_told]


def is_number_of_guardian(connection: Connection, elder_id: int, phone: str) -> bool:
    """Say whether a guardian of this elder has this number (E.164): guardians are never family."""
    pair, point = schema.guardianship, schema.contact_point
    return (
        connection.scalar(
            select(point.c.id)
            .join(pair, pair.c.person_id == point.c.person_id)
            .where(pair.c.elder_id == elder_id, point.c.value == phone)
            .limit(1)
        )
        is not None
    )


def contact(connection: Connection, elder_id: int, contact_id: int) -> FamilyContact:
    """Return one of the elder's family; NotFound without."""
    return _contact(_row(connection, elder_id, contact_id))


def add(
    connection: Connection, elder_id: int, member: FamilyMember, *, by: str, now: datetime
) -> int:
    """Register somebody of the family; return the id. BadInput says what to mend."""
    refuse(elder_rules.check_family_member(member))
    elder_versions.locked(connection, elder_id)
    values = _values(member)
    table = schema.family_contact
    contact_id = int(
        connection.execute(
            table.insert().values(elder_id=elder_id, **values).returning(table.c.id)
        ).scalar_one()
    )
    _note(connection, elder_id, contact_id, 1, differences({}, values), by, now)
    return contact_id


def change(
    connection: Connection,
    elder_id: int,
    contact_id: int,
    member: FamilyMember,
    *,
    version: int,
    by: str,
    now: datetime,
) -> int:
    """Put *member* in the place of what is known; return the new version. Stale, see `Stale`."""
    row = _row(connection, elder_id, contact_id, version=version)
    refuse(elder_rules.check_family_member(member))
    values = _values(member)
    changes = differences({name: getattr(row, name) for name in values}, values)
    if not changes:
        return version
    table = schema.family_contact
    connection.execute(
        table.update().where(table.c.id == contact_id).values(version=version + 1, **values)
    )
    _note(connection, elder_id, contact_id, version + 1, changes, by, now)
    return version + 1


def remove(
    connection: Connection,
    elder_id: int,
    contact_id: int,
    *,
    version: int,
    by: str,
    now: datetime,
) -> None:
    """Take somebody off the list; who they were stays in the history."""
    row = _row(connection, elder_id, contact_id, version=version)
    table = schema.family_contact
    connection.execute(
        table.update()
        .where(table.c.id == contact_id)
        .values(version=version + 1, removed_at=now, name="", relation="", phone="", note="")
    )
    before = {name: getattr(row, name) for name in ("name", "relation", "phone")}
    _note(connection, elder_id, contact_id, version + 1, differences(before, {}), by, now)


def _values(member: FamilyMember) -> dict[str, Any]:
    member = replace(member, phone=phone_numbers.normalised(member.phone))
    known = {name: value for name, value in asdict(member).items() if name not in _KEYS}
    texts = {name: value.strip() for name, value in known.items() if isinstance(value, str)}
    return {**known, **texts, "language": member.language.value}


_KEYS = frozenset({"id", "elder_id", "version"})


def _row(
    connection: Connection, elder_id: int, contact_id: int, *, version: int | None = None
) -> Row[Any]:
    table = schema.family_contact
    statement = select(table).where(
        table.c.id == contact_id, table.c.elder_id == elder_id, table.c.removed_at.is_(None)
    )
    if version is not None:
        statement = statement.with_for_update()
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(f"Elder {elder_id} has no family contact {contact_id}.")
    if version is not None and row.version != version:
        raise Stale(
            f"The contact {contact_id} was changed meanwhile: this is version {row.version}, the"
            f" change is meant for {version}. Read it again and repeat the change."
        )
    return row


def _contact(row: Any) -> FamilyContact:
    return FamilyContact(
        id=row.id,
        elder_id=row.elder_id,
        version=row.version,
        name=row.name,
        relation=row.relation,
        phone=row.phone,
        position=row.position,
        note=row.note,
        is_told=row.is_told,
        language=Language(row.language),
    )


def _note(
    connection: Connection,
    elder_id: int,
    contact_id: int,
    version: int,
    changes: dict[str, tuple[Any, Any]],
    by: str,
    now: datetime,
) -> None:
    history.record(
        connection,
        subject=Subject.FAMILY,
        subject_id=contact_id,
        version=version,
        changes=changes,
        by=by,
        now=now,
        elder_id=elder_id,
    )
