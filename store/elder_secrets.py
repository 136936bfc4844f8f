"""What only few may read of an elder: identity number and medical notes, sealed.

Equal identity numbers are found by their digests, made with the key that sealed them, so nothing is
opened to look for a second record of the same person.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from core import identity_numbers
from core.history import HIDDEN
from core.sealing import Sealer
from store import elder_versions, schema


class SecretKind(StrEnum):
    """What is sealed."""

    IDENTITY_NUMBER = "identity_number"
    MEDICAL_NOTES = "medical_notes"


def kinds_of(connection: Connection, elder_id: int) -> frozenset[SecretKind]:
    """Return what is kept of an elder, without opening it."""
    table = schema.elder_secret
    rows = connection.scalars(select(table.c.kind).where(table.c.elder_id == elder_id))
    return frozenset(SecretKind(kind) for kind in rows)


def opened(
    connection: Connection, sealer: Sealer, elder_id: int, kinds: frozenset[SecretKind]
) -> dict[SecretKind, str]:
    """Return those of *kinds* that are kept; the caller records the look."""
    table = schema.elder_secret
    rows = connection.execute(
        select(table.c.kind, table.c.sealed).where(
            table.c.elder_id == elder_id, table.c.kind.in_([kind.value for kind in kinds])
        )
    )
    return {
        SecretKind(row.kind): sealer.open(row.sealed, about=_place(elder_id, row.kind)).decode()
        for row in rows
    }


def change(
    connection: Connection,
    elder_id: int,
    values: Mapping[SecretKind, str],
    *,
    sealer: Sealer,
    version: int,
    by: str,
    now: datetime,
) -> int:
    """Put *values* in the place of what is kept, an empty one removes; return the elder's version.

    Stale when *version* is not the newest. A history says that it changed, not what it is.
    """
    row = elder_versions.locked(connection, elder_id, version)
    before = opened(connection, sealer, elder_id, frozenset(values))
    changes = {}
    for kind, value in values.items():
        value = _clean(kind, value)
        if value == before.get(kind, ""):
            continue
        changes[kind.value] = (HIDDEN if kind in before else None, HIDDEN if value else None)
        put(connection, sealer, elder_id, kind, value)
    return elder_versions.grow(connection, row, changes=changes, by=by, now=now)


def put(
    connection: Connection, sealer: Sealer, elder_id: int, kind: SecretKind, value: str
) -> None:
    """Keep *value*, or nothing when it is empty, without a word in the history."""
    table = schema.elder_secret
    connection.execute(
        table.delete().where(table.c.elder_id == elder_id, table.c.kind == kind.value)
    )
    value = _clean(kind, value)
    if not value:
        return
    sealed = sealer.seal(value.encode(), about=_place(elder_id, kind.value))
    connection.execute(
        table.insert().values(
            elder_id=elder_id,
            kind=kind.value,
            sealed=sealed.token,
            key_mark=sealed.key_mark,
            digest=digest_of(sealer, kind, value),
        )
    )


def digest_of(sealer: Sealer, kind: SecretKind, value: str) -> str | None:
    """Return what equal values have in common under the present key; None: not compared."""
    if kind is not SecretKind.IDENTITY_NUMBER:
        return None
    return sealer.digests(_clean(kind, value).encode(), about=kind.value)[0]


def holders_of(connection: Connection, sealer: Sealer, identity_number: str) -> list[int]:
    """Return the elders with this identity number, whichever key sealed it."""
    kind = SecretKind.IDENTITY_NUMBER
    wanted = sealer.digests(_clean(kind, identity_number).encode(), about=kind.value)
    table = schema.elder_secret
    return list(
        connection.scalars(
            select(table.c.elder_id).where(table.c.digest.in_(wanted)).order_by(table.c.elder_id)
        )
    )


def _clean(kind: SecretKind, value: str) -> str:
    if kind is SecretKind.IDENTITY_NUMBER:
        return identity_numbers.normalised(value)
    return value.strip()


def _place(elder_id: int, kind: str) -> str:
    return f"elder:{elder_id}:{kind}"
