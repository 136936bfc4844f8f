"""`INSERT … ON CONFLICT`, which both databases have under different names."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def insert(dialect: str, table: Table) -> Any:
    """Return the dialect's INSERT, which knows `on_conflict_do_nothing` and `…_do_update`."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_new(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], returning: str
) -> list[Any]:
    """Insert the rows that break no unique key; return column *returning* of those inserted."""
    if not rows:
        return []
    statement = insert(connection.dialect.name, table).on_conflict_do_nothing()
    return list(connection.scalars(statement.returning(table.c[returning]), list(rows)))
