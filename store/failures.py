"""Whose fault a failed statement is: the database's, then the same may work later, or the data's.

A ping must never be put aside because a disk is full, a standby has not been promoted yet, or a
migration is half done. Sources: PostgreSQL 15, appendix A (SQLSTATE classes); SQLite, result codes.
"""

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

#: how the SQLSTATE begins: what psycopg does not call operational, and is no fault of the data
_DATABASES_FAULTS = (
    "0A",  # a prepared plan from before a migration
    "25",  # a standby, or a server switched to read-only; a session ended as idle
    "26",  # a prepared statement that a pooler gave to somebody else
    "3D",  # the database itself is not there
    "42501",  # a right that was not granted yet
    "42703",  # a column … (the next two: a schema older than the code)
    "42P01",  # … or table that is missing
    "42P05",  # like 26
    "72",  # a snapshot too old
    "XX001",  # damaged data …
    "XX002",  # … or index: to be repaired, then it works again
)
#: what psycopg calls operational although it will never work: a statement too large or too deep
_DATAS_FAULTS = ("54",)
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_databases_fault(error: Exception) -> bool:
    """Say whether what failed with *error* may work later, unchanged."""
    if isinstance(error, NoConnectionFree):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    if state.startswith(_DATAS_FAULTS):
        return False
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return True
    # The low byte of an extended result code is its kind.
    code = getattr(error.orig, "sqlite_errorcode", None)
    return state.startswith(_DATABASES_FAULTS) or (code is not None and code & 0xFF in _DAMAGED)
