"""Where an incident happens, for those who are told of it elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from core.places import Position
from store import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRow:
    """An incident's organisation, and its elder's last position."""

    elder_id: int
    organisation_id: str
    name_zh: str
    name_en: str
    #: WGS-84, lon/lat; None when the band never told one
    position: Position | None
    accuracy_m: float | None
    position_at: datetime | None


def of_incident(connection: Connection, incident_id: int) -> SceneRow:
    """Return the scene of one incident."""
    incident, elder, organisation = schema.incident, schema.elder, schema.organisation
    place = connection.execute(
        select(
            elder.c.id,
            organisation.c.id.label("org"),
            organisation.c.name_zh,
            organisation.c.name_en,
        )
        .select_from(incident)
        .join(elder, elder.c.id == incident.c.elder_id)
        .join(organisation, organisation.c.id == elder.c.organisation_id)
        .where(incident.c.id == incident_id)
    ).one()
    latest = schema.latest
    band = connection.execute(
        select(latest.c.lon, latest.c.lat, latest.c.accuracy_m, latest.c.position_at)
        .where(latest.c.elder_id == place.id, latest.c.position_at.is_not(None))
        .order_by(latest.c.position_at.desc())  # of a band that was replaced, too
        .limit(1)
    ).first()
    return SceneRow(
        elder_id=place.id,
        organisation_id=place.org,
        name_zh=place.name_zh,
        name_en=place.name_en,
        position=None if band is None else Position(band.lon, band.lat),
        accuracy_m=None if band is None else band.accuracy_m,
        position_at=None if band is None else band.position_at,
    )
