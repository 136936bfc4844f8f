"""What two erasures have in common: mentions elsewhere, and that the bytes are gone, too.

A deleted row can lie in the file for years. On SQLite freed pages are overwritten with zeros
(`secure_delete`) and the log beside the file is cut to nothing; PostgreSQL keeps dead rows until a
VACUUM, which is made at once. Backups are older than an erasure: docs/privacy.md.
"""

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, text

from core.clock import pause
from store import erasing_elder, erasing_person, schema
from store.mentions import clean, mentions

log = logging.getLogger(__name__)

#: words of people and values of messages: a mention of somebody is taken out of them
_WORDS: tuple[tuple[Table, str], ...] = (
    (schema.timeline, "detail"),
    (schema.notice, "said"),
    (schema.inbox, "body"),
    (schema.command, "args"),
    (schema.band_task, "detail"),
    (schema.guardian_change, "reason"),
    (schema.guardian_change, "answer"),
    (schema.zone_proposal, "reason"),
    (schema.elder_consent, "note"),
    (schema.family_contact, "note"),
    (schema.band, "note"),
    (schema.relay, "facts"),
    (schema.relay, "body"),
)
_TRIES = 50
_WAIT_S = 0.1


def take_out_mentions(connection: Connection, searched: Sequence[str]) -> Counter[str]:
    """Take names and numbers out of what people wrote anywhere; return how many rows changed."""
    changed: Counter[str] = Counter()
    for table, name in _WORDS:
        column, key = table.c[name], next(iter(table.primary_key.columns))
        rows = connection.execute(
            select(key, column).where(column.is_not(None), mentions(column, searched))
        ).all()
        for row in rows:
            cleaned: Any = clean(row[1], searched)
            if cleaned != row[1]:
                connection.execute(table.update().where(key == row[0]).values({name: cleaned}))
                changed[table.name] += 1
    return changed


def wipe(engine: Engine, tables: Iterable[str] = ()) -> bool:
    """Let what was deleted be gone from the files, too; False when readers were in the way.

    Then the nightly run does it. Call it outside of any transaction, with the tables that had rows.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in sorted(set(tables) & set(schema.metadata.tables)):
                connection.execute(text(f'VACUUM "{name}"'))
        return True
    for _ in range(_TRIES):
        raw = engine.raw_connection()
        try:
            file = raw.dbapi_connection
            assert file is not None
            is_busy, *_rest = file.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            is_busy = 1
        finally:
            raw.close()
        if not is_busy:
            return True
        pause(_WAIT_S)
    log.warning(
        "Readers were in the way: what was erased leaves the file's log with the nightly run.",
        extra={"action": "erased_later"},
    )
    return False


def erase_again(engine: Engine, now: datetime) -> int:
    """Delete what came for erased people after their erasure; return how many rows.

    A report that was on its way, or a backup that was played back.
    """
    elder, person = schema.elder, schema.person
    with engine.begin() as connection:
        elders = list(connection.scalars(select(elder.c.id).where(elder.c.erased_at.is_not(None))))
        people = list(
            connection.scalars(select(person.c.id).where(person.c.erased_at.is_not(None)))
        )
    found: Counter[str] = Counter()
    for elder_id in elders:
        with engine.begin() as connection:
            found += erasing_elder.delete_rows(connection, elder_id, now)
    for person_id in people:
        with engine.begin() as connection:
            found += erasing_person.delete_rows(connection, person_id)
    if elders or people:
        wipe(engine, found)
    return found.total()
