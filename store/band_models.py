"""Which model a band is, for whoever has to read its bytes."""

from sqlalchemy import Connection, select

from store import schema


def models(connection: Connection) -> dict[str, str]:
    """Return the model of every band that has one, by device id."""
    band = schema.band
    rows = connection.execute(
        select(band.c.device_id, band.c.model).where(band.c.model.is_not(None))
    )
    return {row.device_id: row.model for row in rows}
