"""The ingest role: wristbands' messages in, incidents out."""

import os
import socket
from collections.abc import Callable

from sqlalchemy import Engine

from core.clock import Clock
from core.settings import Settings
from ingest.subscriber import Subscriber


def ingest_role(
    settings: Settings,
    engine: Engine,
    clock: Clock,
    *,
    broker_url: str,
    on_incident: Callable[[], None] = lambda: None,
) -> Subscriber:
    """Return the ingest role."""
    return Subscriber(
        engine,
        clock,
        broker_url=broker_url,
        client_id=settings.mqtt_client_id,
        worker=f"{socket.gethostname()}:{os.getpid()}:ingest",
        prefix=settings.topic_prefix,
        on_incident=on_incident,
    )
