"""Gather what a message says: the elder, the cause, where the band was last."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from alerts.drills import NEAR
from alerts.links import make_token
from alerts.wording import Facts
from core.clock import LOCAL_ZONE
from core.incidents import Incident
from core.notifications import Notification
from core.places import Position, bearing_deg, distance_m
from core.zones import Circle, ZoneKind
from store import drills, registry, schema
from store.zones import zones_for


def gather(connection: Connection, incident: Incident, now: datetime) -> Facts:
    """Return what every message about *incident* says."""
    elder = registry.elder(connection, incident.elder_id)
    latest = schema.latest
    band = connection.execute(
        select(latest)
        .where(latest.c.elder_id == elder.id, latest.c.position_at.is_not(None))
        .order_by(latest.c.position_at.desc())  # of a band that was replaced, too
        .limit(1)
    ).first()
    home = _home(connection, elder.id)
    from_home_m = from_home_deg = None
    if band is not None and home is not None:
        here = Position(band.lon, band.lat)
        from_home_m, from_home_deg = distance_m(home, here), bearing_deg(home, here)
    return Facts(
        incident_id=incident.id,
        elder_name=elder.name,
        age=now.astimezone(LOCAL_ZONE).year - elder.birth_year,
        trigger=incident.trigger,
        opened_at=incident.opened_at,
        said_at=now,
        seen_at=None if band is None else band.position_at,
        from_home_m=from_home_m,
        from_home_deg=from_home_deg,
        is_test=elder.is_virtual,
        is_drill=incident.is_drill,
        after_drill=not incident.is_drill
        and drills.ended_near(connection, elder.id, before=incident.opened_at, near=NEAR),
    )


def for_message(
    connection: Connection,
    known: Facts,
    message: Notification,
    *,
    secret: bytes,
    answer_url: str,
) -> Facts:
    """Add what only *message* says; *answer_url* is "" where links may not be sent."""
    topic, other = message.subject
    other_name = ""
    if topic == "going" and other.isdecimal():
        other_name = registry.person(connection, int(other)).name
    link = ""
    if answer_url and not known.is_test:
        link = f"{answer_url}/a/{make_token(secret, message.incident_id, message.person_id)}"
    return replace(known, other_name=other_name, link=link)


def _home(connection: Connection, elder_id: int) -> Position | None:
    """Return the centre of the first safe zone registered for the elder: where they live."""
    for zone in zones_for(connection, [elder_id])[elder_id]:
        if zone.kind is ZoneKind.SAFE:
            if isinstance(zone.shape, Circle):
                return zone.shape.centre
            centre = zone.shape.representative_point()
            return Position(centre.x, centre.y)
    return None
