"""Who did how much in a year, of those who want it to be seen. Nobody else is counted."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from core.credits import year_bounds
from store import schema
from store.upsert import insert


def show(connection: Connection, person_id: int, *, shown: bool, now: datetime) -> None:
    """Remember whether somebody wants to be seen in the ranking."""
    table = schema.credit_ranking
    if not shown:
        connection.execute(table.delete().where(table.c.person_id == person_id))
        return
    statement = insert(connection.dialect.name, table).values(person_id=person_id, since=now)
    connection.execute(statement.on_conflict_do_nothing())


def is_shown(connection: Connection, person_id: int) -> bool:
    """Say whether somebody wants to be seen in the ranking."""
    table = schema.credit_ranking
    found = select(table.c.person_id).where(table.c.person_id == person_id)
    return connection.scalar(found) is not None


def minutes_of(
    connection: Connection, organisation_id: str, year: int
) -> list[tuple[int, str, int]]:
    """Return (person, name, minutes) of a year for those who want to be seen, unordered."""
    table, person, ranking = schema.credit_entry, schema.person, schema.credit_ranking
    begin, end = year_bounds(year)
    rows = connection.execute(
        select(person.c.id, person.c.name, func.sum(table.c.minutes).label("minutes"))
        .join(person, person.c.id == table.c.person_id)
        .join(ranking, ranking.c.person_id == person.c.id)
        .where(table.c.organisation_id == organisation_id, table.c.at >= begin, table.c.at < end)
        .group_by(person.c.id, person.c.name)
    )
    return [(row.id, row.name, int(row.minutes)) for row in rows]
