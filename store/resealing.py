"""Sealed values get the present key, a few at a time, while the service runs."""

from sqlalchemy import Connection, func, select

from core.sealing import Sealer
from store import schema
from store.elder_secrets import SecretKind, digest_of


def by_key(connection: Connection) -> dict[str, int]:
    """Return how many values are sealed with each key, by its mark."""
    found: dict[str, int] = {}
    for table in (schema.elder_secret, schema.elder_photo):
        counted = select(table.c.key_mark, func.count().label("n")).group_by(table.c.key_mark)
        for row in connection.execute(counted):
            found[row.key_mark] = found.get(row.key_mark, 0) + row.n
    return found


def reseal_some(connection: Connection, sealer: Sealer, *, limit: int = 100) -> int:
    """Seal up to *limit* values with the present key that have another; return how many.

    0: nothing is left. Repeat, with a commit after each, until then.
    """
    done = _secrets(connection, sealer, limit)
    return done or _photos(connection, sealer, limit)


def _secrets(connection: Connection, sealer: Sealer, limit: int) -> int:
    table = schema.elder_secret
    rows = connection.execute(
        select(table)
        .where(table.c.key_mark != sealer.key_mark)
        .order_by(table.c.elder_id, table.c.kind)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        kind = SecretKind(row.kind)
        value = sealer.open(row.sealed, about=f"elder:{row.elder_id}:{row.kind}").decode()
        sealed = sealer.reseal(row.sealed)
        connection.execute(
            table.update()
            .where(table.c.elder_id == row.elder_id, table.c.kind == row.kind)
            .values(
                sealed=sealed.token,
                key_mark=sealed.key_mark,
                digest=digest_of(sealer, kind, value),
            )
        )
    return len(rows)


def _photos(connection: Connection, sealer: Sealer, limit: int) -> int:
    table = schema.elder_photo
    rows = connection.execute(
        select(table.c.elder_id, table.c.sealed)
        .where(table.c.key_mark != sealer.key_mark)
        .order_by(table.c.elder_id)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        sealed = sealer.reseal(row.sealed)
        connection.execute(
            table.update()
            .where(table.c.elder_id == row.elder_id)
            .values(sealed=sealed.token, key_mark=sealed.key_mark)
        )
    return len(rows)
