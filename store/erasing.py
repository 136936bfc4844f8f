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
from store.mentions import clean, is_in_bytes, mentions, needles

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
    (schema.credit_entry, "reason"),
    (schema.registry_change, "changes"),
    (schema.zone, "name"),
    *((schema.elder, name) for name in ("appearance", "hint", "habits", "past_places")),
)
_TRIES = 50
_ROWS = 500
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


def without_others(connection: Connection, searched: Sequence[str]) -> tuple[str, ...]:
    """Return *searched* without what is also somebody else's who is still registered.

    Call it when the rows of the erased are gone. A namesake, or a daughter whom two elders have,
    must still be found where something is written of them.
    """
    elder, person = schema.elder, schema.person
    family, point = schema.family_contact, schema.contact_point
    written = {way: one for one in searched for way in (one, f"+86{one}", f"+{one}")}
    known = set()
    for column in (elder.c.name, person.c.name, family.c.name, family.c.phone, point.c.value):
        found = connection.scalars(select(column).where(column.in_(written)).distinct())
        known |= set(needles(written[one] for one in found))
    return tuple(one for one in searched if one not in known)


def delete_strays(connection: Connection, searched: Sequence[str]) -> Counter[str]:
    """Delete what bands that nobody wears, or that made no sense, said of somebody.

    A phone may be such a band, with its number as its name.
    """
    ping, reject = schema.ping, schema.reject
    gone: Counter[str] = Counter()
    strays = select(ping.c.id, ping.c.device_id, ping.c.raw).where(ping.c.elder_id.is_(None))
    rejects = select(reject.c.id, reject.c.topic, reject.c.detail, reject.c.payload)
    for table, statement in ((ping, strays), (reject, rejects)):
        found = [
            row[0]
            for row in connection.execute(statement.execution_options(yield_per=_ROWS))
            if any(is_in_bytes(_bytes_of(value), searched) for value in row[1:])
        ]
        for start in range(0, len(found), _ROWS):
            some = table.c.id.in_(found[start : start + _ROWS])
            gone[table.name] += connection.execute(table.delete().where(some)).rowcount
    registered = select(schema.band.c.device_id)
    for table in (schema.latest, schema.band_health):
        device = table.c.device_id
        gone[table.name] += connection.execute(
            table.delete().where(mentions(device, searched), device.not_in(registered))
        ).rowcount
    return +gone


def _bytes_of(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def wipe(engine: Engine, tables: Iterable[str] = ()) -> bool:
    """Let what was deleted be gone from the files, too; False when readers were in the way.

    Then the nightly run does it. Call it outside of any transaction, with the tables that had rows.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in sorted(set(tables) & set(schema.metadata.tables)):
                # The planner keeps samples of the values, too: they are taken anew.
                connection.execute(text(f'VACUUM (ANALYZE) "{name}"'))
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
