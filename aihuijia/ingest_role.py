"""The ingest role: wristbands' messages in, incidents out."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from core.clock import Clock
from core.settings import Settings
from ingest.locator_table import load_table
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
        broker_ca=settings.broker_ca,
        worker=f"{socket.gethostname()}:{os.getpid()}:ingest",
        prefix=settings.topic_prefix,
        locator=load_table(Path(settings.locator_table)) if settings.locator_table else None,
        phones_secret=settings.owntracks_secret.get_secret_value().encode() or None,
        on_incident=on_incident,
    )
