"""Who guards whom, and when the weekly look was last: what the judgement of readiness stands on."""

from sqlalchemy import Connection, select

from core.accounts import Scope
from core.pairings import Pairing
from store import schema
from store.scoping import elder_ids, within
from store.upsert import insert

#: name of the cursor that remembers the weeks: ISO year and week of the last list, as yyyyww
_READER = "readiness_weeks"


def pairings(connection: Connection, *, scope: Scope, elder_id: int | None = None) -> list[Pairing]:
    """Return every elder in *scope* (or one) with their guardians; no virtual elder."""
    elder, guardianship, person = schema.elder, schema.guardianship, schema.person
    wanted = (
        select(elder)
        .where(
            ~elder.c.is_virtual,
            elder.c.archived_at.is_(None),
            within(scope, elder.c.organisation_id),
        )
        .order_by(elder.c.id)
    )
    of_whom = (
        select(guardianship.c.elder_id, person.c.id, person.c.name)
        .join(person, person.c.id == guardianship.c.person_id)
        .where(guardianship.c.elder_id.in_(elder_ids(scope)))
        .order_by(guardianship.c.elder_id, guardianship.c.position)
    )
    if elder_id is not None:
        wanted = wanted.where(elder.c.id == elder_id)
        of_whom = of_whom.where(guardianship.c.elder_id == elder_id)
    guardians: dict[int, list[tuple[int, str]]] = {}
    for row in connection.execute(of_whom):
        guardians.setdefault(row.elder_id, []).append((row.id, row.name))
    return [
        Pairing(
            elder_id=row.id,
            name=row.name,
            organisation_id=row.organisation_id,
            guardians=tuple(guardians.get(row.id, ())),
        )
        for row in connection.execute(wanted)
    ]


def take_week(connection: Connection, week: int) -> bool:
    """Mark *week* (yyyyww) as looked at; False when it was, by whichever worker."""
    table = schema.cursor
    first = insert(connection.dialect.name, table).values(reader=_READER, position=0)
    connection.execute(first.on_conflict_do_nothing())
    result = connection.execute(
        table.update()
        .where(table.c.reader == _READER, table.c.position < week)
        .values(position=week)
    )
    return result.rowcount == 1


def last_week(connection: Connection) -> int:
    """Return the week (yyyyww) that was looked at last, 0 if none was."""
    table = schema.cursor
    found = connection.scalar(select(table.c.position).where(table.c.reader == _READER))
    return int(found or 0)
