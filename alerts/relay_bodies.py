"""Gather what one event says to one subscriber, and put a look at a position on record."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.relays import Scene, Whereabouts, room_text, webhook_body
from core.people import Language
from core.relays import Relay, Subscriber, SubscriberKind
from store import looks, relay_scenes


def body_for(
    connection: Connection, relay: Relay, subscriber: Subscriber, *, public_url: str, now: datetime
) -> dict[str, Any]:
    """Return what goes out: an agency's document, or a room's text under `text`."""
    scene = None
    if relay.incident_id is not None:
        scene = _scene(connection, relay.incident_id, subscriber, now)
    console = f"{public_url}/console?incident={relay.incident_id}"
    if subscriber.kind is SubscriberKind.ROOM:
        return {"text": room_text(relay, scene, console=console)}
    return webhook_body(relay, scene, console=console)


def _scene(
    connection: Connection, incident_id: int, subscriber: Subscriber, now: datetime
) -> Scene:
    row = relay_scenes.of_incident(connection, incident_id)
    whereabouts = None
    may_know = subscriber.with_position and subscriber.kind is SubscriberKind.WEBHOOK
    if may_know and row.position is not None and row.position_at is not None:
        whereabouts = Whereabouts(
            position=row.position, accuracy_m=row.accuracy_m, at=row.position_at
        )
        looks.record(connection, f"subscriber:{subscriber.id}", row.elder_id, "webhook", now)
    return Scene(
        organisation_id=row.organisation_id,
        organisation_names={Language.CHINESE: row.name_zh, Language.ENGLISH: row.name_en},
        whereabouts=whereabouts,
    )
