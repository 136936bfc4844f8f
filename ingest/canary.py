"""Is it the message, or is it us? A good report is taken through all steps, and nothing is kept.

When that fails as well, a message that could not be stored is not to blame: code and schema do not
fit each other, or a migration is half done. Then it must wait, not be put aside.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Engine

from ingest.messages import Message
from ingest.pipeline import process
from ingest.topics import report_topic

#: nobody's band; should somebody have it, nothing of this is kept
_DEVICE = "canary"
_FIX = {"src": "gnss", "lat": 30.5, "lon": 120.7, "acc_m": 10}


def can_store(engine: Engine, *, prefix: str, now: datetime) -> bool:
    """Say whether an ordinary report of an unknown band could be stored at *now*."""
    report = {"v": 1, "id": "canary", "t": now.timestamp(), "fix": _FIX}
    message = Message(
        topic=report_topic(prefix, _DEVICE), payload=msgspec.json.encode(report), received_at=now
    )
    try:
        with engine.connect() as connection:  # rolled back at its end
            return bool(process(connection, [message], prefix=prefix, now=now).seen)
    except Exception:  # noqa: BLE001  whatever it is, a good report cannot be stored
        return False
