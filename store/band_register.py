"""Bands come and go: registered, given to an elder, given a new password, retired.

Whoever is registered may sign in to the broker, whoever is retired may not (`store.band_access`).
The caller commits; every refusal says what would be right.
"""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from core.clock import LOCAL_ZONE
from core.errors import NotFound, Refused
from core.worded import worded
from store import band_access, incidents, newest, registry, schema

_DEVICE = re.compile(r"[a-z0-9_-]{1,32}")
_MODEL = re.compile(r"[a-z0-9._-]{1,40}")
#: logins of our own begin like this; a band of that name would take their place at the broker
RESERVED = "aihuijia"
LEAST_INTERVAL_S, MOST_INTERVAL_S = 10, 86_400


def add(
    connection: Connection,
    device_id: str,
    *,
    elder_id: int | None = None,
    model: str | None = None,
    interval_s: int = 300,
    now: datetime,
    key_mark: str | None = None,
) -> None:
    """Register a new band, on an elder or on the shelf; its password is of generation 1."""
    check_device_id(device_id)
    check_words(model, interval_s)
    known = _find(connection, device_id)
    if known is not None and known.retired_at is not None:
        raise Refused(
            f"The band {device_id} was retired on {_day(known.retired_at)}. To use it again:"
            f" aihuijia band claim {device_id} --elder ID"
        )
    if known is not None:
        raise Refused(f"The band {device_id} is registered already. See: aihuijia band list")
    if elder_id is not None:
        _check_elder(connection, elder_id)
    registry.add_band(
        connection,
        device_id,
        elder_id=elder_id,
        now=now,
        expected_interval_s=interval_s,
        model=model,
        key_mark=key_mark,
    )


def claim(
    connection: Connection,
    device_id: str,
    *,
    elder_id: int,
    model: str | None = None,
    interval_s: int | None = None,
    now: datetime,
    key_mark: str | None = None,
) -> int | None:
    """Give a band to an elder: one that was heard, one from the shelf, or one that was retired.

    Returns the generation of its new password; None for a band from the shelf, which keeps its own.
    """
    known = _find(connection, device_id)
    if known is None:
        if not _was_heard(connection, device_id):
            raise Refused(
                f"The band {device_id} was never heard. To register it all the same:"
                f" aihuijia band add {device_id} --elder {elder_id}"
            )
        add(
            connection,
            device_id,
            elder_id=elder_id,
            model=model,
            interval_s=300 if interval_s is None else interval_s,
            now=now,
            key_mark=key_mark,
        )
        return 1
    if known.elder_id is not None:
        raise Refused(
            f"Elder {known.elder_id} wears the band {device_id}. To take it away:"
            f" aihuijia band retire {device_id}"
        )
    check_words(model, 300 if interval_s is None else interval_s)
    _check_elder(connection, elder_id)
    table = schema.band
    connection.execute(
        table.update()
        .where(table.c.device_id == device_id)
        .values(
            elder_id=elder_id,
            model=model or known.model,
            expected_interval_s=interval_s or known.expected_interval_s,
            registered_at=now if known.retired_at is not None else known.registered_at,
            retired_at=None,
        )
    )
    if known.retired_at is None:
        return None
    return band_access.grant(connection, device_id, now=now, key_mark=key_mark)


def retire(
    connection: Connection, device_id: str, *, now: datetime, while_searched: bool = False
) -> int | None:
    """Take a band out of use; return the elder who wore it.

    It keeps its history. It has no wearer from now on, and may not sign in. Refused while its
    elder is looked for, unless *while_searched*.
    """
    known = _in_use(connection, device_id)
    if known.elder_id is not None and not while_searched:
        incident = incidents.open_of(connection, known.elder_id)
        if incident is not None:
            raise Refused(
                f"Elder {known.elder_id} is being looked for (incident {incident.id}) by this"
                f" band. All the same: aihuijia band retire {device_id} --while-searched"
            )
    table, latest = schema.band, schema.latest
    connection.execute(
        table.update().where(table.c.device_id == device_id).values(elder_id=None, retired_at=now)
    )
    connection.execute(latest.update().where(latest.c.device_id == device_id).values(elder_id=None))
    band_access.revoke(connection, device_id, now=now)
    elder_id: int | None = known.elder_id
    return elder_id


def rotate(
    connection: Connection, device_id: str, *, now: datetime, key_mark: str | None = None
) -> int:
    """Give a band a new password; return its generation. The old one is good no longer."""
    _in_use(connection, device_id)
    return band_access.grant(connection, device_id, now=now, key_mark=key_mark)


def check_device_id(device_id: str) -> None:
    """Raise Refused, with what would be right, for a name that no band may have."""
    if not _DEVICE.fullmatch(device_id):
        close = re.sub(r"[^a-z0-9_-]", "-", device_id.lower())[:32]
        if close.strip("-_"):
            raise Refused(
                worded(
                    "A device id is 1 to 32 of a-z, 0-9, _ and -. Did you mean %(close)s?",
                    close=close,
                )
            )
        raise Refused(worded("A device id is 1 to 32 of a-z, 0-9, _ and -."))
    if device_id.startswith(RESERVED):
        raise Refused(
            worded(
                "Names that begin with %(reserved)s belong to the service itself.",
                reserved=RESERVED,
            )
        )


def check_words(model: str | None, interval_s: int) -> None:
    """Raise Refused for a name that no model has, and for an interval that is none."""
    if model is not None and not _MODEL.fullmatch(model):
        raise Refused(worded("A model is 1 to 40 of a-z, 0-9, ., _ and -, like tk905-4g."))
    if not LEAST_INTERVAL_S <= interval_s <= MOST_INTERVAL_S:
        raise Refused(
            worded(
                "An interval is %(least)s to %(most)s seconds.",
                least=LEAST_INTERVAL_S,
                most=MOST_INTERVAL_S,
            )
        )


def _check_elder(connection: Connection, elder_id: int) -> None:
    if registry.elder(connection, elder_id).archived_at is not None:
        raise Refused(f"Elder {elder_id} is archived: restore them first, then give them a band.")
    worn = registry.band_of(connection, elder_id)
    if worn is not None:
        raise Refused(
            f"Elder {elder_id} wears the band {worn}, and nobody wears two. To take it away:"
            f" aihuijia band retire {worn}"
        )


def _find(connection: Connection, device_id: str) -> Row[Any] | None:
    table = schema.band
    return connection.execute(select(table).where(table.c.device_id == device_id)).first()


def _in_use(connection: Connection, device_id: str) -> Row[Any]:
    known = _find(connection, device_id)
    if known is None:
        raise NotFound(f"No band {device_id!r} is registered. See: aihuijia band list")
    if known.retired_at is not None:
        raise Refused(f"The band {device_id} was retired on {_day(known.retired_at)} already.")
    return known


def _was_heard(connection: Connection, device_id: str) -> bool:
    return device_id in newest.load(connection, [device_id])


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(LOCAL_ZONE):%Y-%m-%d}"
