"""Who guards whom as it is now: the guardians of an elder, and what the rules need of them."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from core.errors import BadInput, Conflict, NotFound
from core.pairing_rules import Candidate, sharing
from core.people import PHONE, Role
from core.worded import worded
from store import schema


def holders_of(connection: Connection, elder_id: int) -> dict[int, Candidate]:
    """Return the guardians of an elder by place."""
    table = schema.guardianship
    rows = connection.execute(
        select(table.c.position, table.c.person_id).where(table.c.elder_id == elder_id)
    ).all()
    return {row.position: candidate(connection, row.person_id) for row in rows}


def candidate(connection: Connection, person_id: int) -> Candidate:
    """Return what the rules need of one person; NotFound if there is none."""
    table, point = schema.person, schema.contact_point
    row = connection.execute(select(table).where(table.c.id == person_id)).first()
    if row is None:
        raise NotFound(f"There is no person {person_id} among those that you look after.")
    numbers = connection.scalars(
        select(point.c.value).where(
            point.c.person_id == person_id,
            point.c.channel.in_([channel.value for channel in PHONE]),
            point.c.disabled_reason.is_(None),
        )
    )
    return Candidate(
        person_id=person_id,
        role=Role(row.role),
        numbers=frozenset(numbers),
        is_archived=row.archived_at is not None,
    )


def check_numbers(connection: Connection, person_id: int) -> None:
    """Raise BadInput when a guardian has no number, or one of the other guardian of an elder."""
    elders = elders_of(connection, person_id)
    if not elders:
        return
    own = candidate(connection, person_id)
    if not own.numbers:
        raise BadInput(
            worded(
                "Person %(person)s guards %(count)s elders and would have no number.",
                person=person_id,
                count=len(elders),
            ),
            {"numbers": worded("A telephone number is missing.")},
        )
    for elder_id in elders:
        same = sharing(own, list(holders_of(connection, elder_id).values()))
        if same is not None:
            raise BadInput(
                worded(
                    "Person %(person)s, the other guardian of elder %(elder)s, has the same"
                    " number. If that phone is off, nobody is reached.",
                    person=same.person_id,
                    elder=elder_id,
                ),
                {"numbers": worded("The other guardian has the same number.")},
            )


def without_other(connection: Connection, person_id: int) -> list[int]:
    """Return the elders of whom this person is the only guardian with a number that works."""
    return [
        elder_id
        for elder_id in elders_of(connection, person_id)
        if not any(
            other.numbers and not other.is_archived
            for other in holders_of(connection, elder_id).values()
            if other.person_id != person_id
        )
    ]


def check_looked_after(connection: Connection, elder_ids: Iterable[int]) -> None:
    """Raise Conflict when one of these elders is archived."""
    table = schema.elder
    archived = connection.scalar(
        select(table.c.id)
        .where(table.c.id.in_(sorted(set(elder_ids))), table.c.archived_at.is_not(None))
        .limit(1)
    )
    if archived is not None:
        raise Conflict(f"Elder {archived} is archived: nobody looks after them here.")


def lock_elders_of(connection: Connection, person_id: int) -> list[int]:
    """Keep a person, and the pairings they have, as they are until the commit; return the elders.

    Whoever binds them meanwhile waits (`lock_candidate`), and then sees what has become of them.
    """
    lock_elders(connection, elders_of(connection, person_id))
    _lock_person(connection, person_id, share=False)
    return elders_of(connection, person_id)


def lock_candidate(connection: Connection, person_id: int) -> Candidate:
    """Return what the rules need of one person, and keep it so until the commit; NotFound."""
    _lock_person(connection, person_id, share=True)
    return candidate(connection, person_id)


def _lock_person(connection: Connection, person_id: int, *, share: bool) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        table = schema.person
        row = select(table.c.id).where(table.c.id == person_id)
        connection.execute(row.with_for_update(read=share, key_share=not share))


def lock_elders(connection: Connection, elder_ids: Iterable[int]) -> None:
    """Let nobody else change these elders' guardians until the commit; NotFound."""
    wanted = sorted(set(elder_ids))
    table = schema.elder
    statement = select(table.c.id).where(table.c.id.in_(wanted)).order_by(table.c.id)
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        statement = statement.with_for_update(key_share=True)
    found = set(connection.scalars(statement))
    missing = [one for one in wanted if one not in found]
    if missing:
        raise NotFound(f"There is no elder {missing[0]} among those that you look after.")


def elders_of(connection: Connection, person_id: int) -> list[int]:
    """Return whom a person guards."""
    table = schema.guardianship
    return list(
        connection.scalars(
            select(table.c.elder_id)
            .where(table.c.person_id == person_id)
            .order_by(table.c.elder_id)
        )
    )
