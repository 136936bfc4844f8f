"""Which model a band is, for whoever has to read its bytes."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from store import schema


def models(connection: Connection, device_ids: Collection[str] | None = None) -> dict[str, str]:
    """Return the model of every band that has one, by device id; optionally only of some bands."""
    band = schema.band
    statement = select(band.c.device_id, band.c.model).where(band.c.model.is_not(None))
    if device_ids is not None:
        statement = statement.where(band.c.device_id.in_(device_ids))
    rows = connection.execute(statement)
    return {row.device_id: row.model for row in rows}
