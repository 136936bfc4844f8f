"""One photo of each elder, sealed. Files of strangers are made harmless before they come here."""

from datetime import datetime

from sqlalchemy import Connection, select

from core.errors import NotFound
from core.history import HIDDEN
from core.sealing import Sealer
from store import elder_versions, schema


def put(
    connection: Connection,
    elder_id: int,
    jpeg: bytes,
    *,
    width_px: int,
    height_px: int,
    sealer: Sealer,
    version: int,
    by: str,
    now: datetime,
) -> int:
    """Keep *jpeg* in the place of any other and return the elder's new version."""
    row = elder_versions.locked(connection, elder_id, version)
    table = schema.elder_photo
    gone = connection.execute(table.delete().where(table.c.elder_id == elder_id)).rowcount
    sealed = sealer.seal(jpeg, about=_place(elder_id))
    connection.execute(
        table.insert().values(
            elder_id=elder_id,
            sealed=sealed.token,
            key_mark=sealed.key_mark,
            width_px=width_px,
            height_px=height_px,
            added_at=now,
            added_by=by,
        )
    )
    changes = {"photo": (HIDDEN if gone else None, HIDDEN)}
    return elder_versions.grow(connection, row, changes=changes, by=by, now=now)


def jpeg_of(connection: Connection, sealer: Sealer, elder_id: int) -> bytes:
    """Return the photo; NotFound without one. The caller records the look."""
    table = schema.elder_photo
    token = connection.scalar(select(table.c.sealed).where(table.c.elder_id == elder_id))
    if token is None:
        raise NotFound(f"There is no photo of elder {elder_id}.")
    return sealer.open(token, about=_place(elder_id))


def remove(connection: Connection, elder_id: int, *, version: int, by: str, now: datetime) -> int:
    """Remove the photo and return the elder's new version; NotFound without one."""
    row = elder_versions.locked(connection, elder_id, version)
    table = schema.elder_photo
    if not connection.execute(table.delete().where(table.c.elder_id == elder_id)).rowcount:
        raise NotFound(f"There is no photo of elder {elder_id}.")
    return elder_versions.grow(connection, row, changes={"photo": (HIDDEN, None)}, by=by, now=now)


def _place(elder_id: int) -> str:
    return f"elder:{elder_id}:photo"
