"""What the command line does to a band stands in the same history as what the API does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from core.band_life import BandState, state_of
from core.history import Subject, differences
from store import history, schema

_TOLD = ("elder_id", "model", "expected_interval_s", "generation")


@contextmanager
def recorded(connection: Connection, device_id: str, *, by: str, now: datetime) -> Iterator[None]:
    """Write down what the body changes of a band; nothing where it changes nothing or fails."""
    before = _told(connection, device_id)
    yield
    after = _told(connection, device_id)
    changes = differences(before, after)
    if not changes:
        return
    table, elder = schema.band, schema.elder
    version = 1
    worn_by = before.get("elder_id")
    if before:
        values: dict[str, Any] = {"version": table.c.version + 1}
        if worn_by is not None and after.get("elder_id") is None:
            theirs = select(elder.c.organisation_id).where(elder.c.id == worn_by).scalar_subquery()
            values["last_elder_id"] = worn_by
            values["organisation_id"] = func.coalesce(table.c.organisation_id, theirs)
        version = connection.execute(
            table.update()
            .where(table.c.device_id == device_id)
            .values(**values)
            .returning(table.c.version)
        ).scalar_one()
    history.record(
        connection,
        subject=Subject.BAND,
        subject_id=device_id,
        version=version,
        changes=changes,
        by=by,
        now=now,
        elder_id=after.get("elder_id") or worn_by,
    )


def _told(connection: Connection, device_id: str) -> dict[str, Any]:
    """Return what a history tells of a band, empty when it is not registered."""
    band, access = schema.band, schema.band_access
    row = connection.execute(
        select(band, access.c.generation)
        .outerjoin(access, access.c.device_id == band.c.device_id)
        .where(band.c.device_id == device_id)
    ).first()
    if row is None:
        return {}
    state = state_of(
        is_retired=row.retired_at is not None,
        is_worn=row.elder_id is not None,
        shelf=BandState(row.shelf),
    )
    return {name: getattr(row, name) for name in _TOLD} | {"state": state.value}
