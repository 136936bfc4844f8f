"""Has anything changed in who is registered? One number answers, so that nobody need look.

Triggers of the database count it up in the transaction that changes a band, an elder or a zone,
whoever changes it: a page, the command line, a map program (migration 0004).
"""

from sqlalchemy import Connection, select

from store import schema


def version(connection: Connection) -> int | None:
    """Return the number; None: this database does not count, so nothing may be remembered."""
    return connection.scalar(_VERSION)


_VERSION = select(schema.registry_version.c.version)
