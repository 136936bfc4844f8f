"""Many rows in one statement, without the work that SQLAlchemy does for each row.

SQLAlchemy writes the statement, once for each database; the rows go past it to the driver: on
PostgreSQL as one array a column, on SQLite as they are. Measured with pings: a tenth of the time.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    CursorResult,
    Dialect,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from store.arrays import array_of
from store.columns import Instant

#: adds `ON CONFLICT …` and `RETURNING …`
Finish = Callable[[Any], Any]


class BulkInsert:
    """An INSERT of many rows into one table."""

    def __init__(self, table: Table, columns: Sequence[str], finish: Finish) -> None:
        """*columns* names the values of a row, in order."""
        self._table = table
        self._columns = [table.c[name] for name in columns]
        self._finish = finish
        self._statements: dict[str, str] = {}

    def execute(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> CursorResult[Any]:
        """Insert *rows*, at least one; the caller has begun a transaction.

        On SQLite nothing is returned, `RETURNING` or not: its driver gives no rows back for many.
        """
        on_postgresql = connection.dialect.name == "postgresql"
        statement = self._statements.get(connection.dialect.name)
        if statement is None:
            write = self._for_postgresql if on_postgresql else self._for_sqlite
            statement = self._statements[connection.dialect.name] = write(connection.dialect)
        values = zip(*rows, strict=True)
        if on_postgresql:
            arrays = {
                one.name: array_of(one.type)(column_of)
                for one, column_of in zip(self._columns, values, strict=True)
            }
            return connection.exec_driver_sql(statement, arrays)
        ready = [
            _for_sqlite3(one, column_of)
            for one, column_of in zip(self._columns, values, strict=True)
        ]
        return connection.exec_driver_sql(statement, list(zip(*ready, strict=True)))

    def _for_postgresql(self, dialect: Dialect) -> str:
        arrays = [
            bindparam(one.name, type_=postgresql.ARRAY(Text() if _is_json(one) else one.type))
            for one in self._columns
        ]
        names = [one.name for one in self._columns]
        new = func.unnest(*arrays).table_valued(*(column(name) for name in names)).render_derived()
        chosen = [
            cast(new.c[one.name], one.type) if _is_json(one) else new.c[one.name]
            for one in self._columns
        ]
        statement = self._finish(
            postgresql.insert(self._table).from_select(
                names, select(*chosen), include_defaults=False
            )
        )
        # Binary arrays cost the driver a third of what texts cost it.
        return re.sub(r"%\((\w+)\)s", r"%(\1)b", str(statement.compile(dialect=dialect)))

    def _for_sqlite(self, dialect: Dialect) -> str:
        places: dict[str, Any] = {one.name: bindparam(one.name) for one in self._columns}
        statement = self._finish(sqlite.insert(self._table).values(places))
        compiled = statement.compile(dialect=dialect)
        names = [one.name for one in self._columns]
        assert compiled.positiontup == names, "values in the table's order, and no others"
        return str(compiled)


def _is_json(one: Column[Any]) -> bool:
    return isinstance(one.type, JSON)


def _for_sqlite3(one: Column[Any], values: Sequence[Any]) -> Iterable[Any]:
    if _is_json(one):
        return [_document(value) for value in values]
    if isinstance(one.type, Instant):
        return [_instant(value) for value in values]
    return values


def _document(value: Any) -> str | None:
    """Return a JSON document as text; most are empty lists."""
    if value is None:
        return None
    return json.dumps(value) if value else ("[]" if isinstance(value, list) else "{}")


def _instant(value: datetime | None) -> str | None:
    """Return an instant in UTC as SQLAlchemy keeps it on SQLite."""
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
