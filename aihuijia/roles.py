"""What a role of the service is: something that starts and stops.

Roles share nothing but the settings and the database; `up` runs them in one process, production
runs each in its own. In one process a commit rings the alerts role's bell, which only makes it
faster. One file a role, so that a process imports only what it needs and is quickly back.
"""

import logging
import threading
from typing import Protocol

from sqlalchemy import Engine

from core.errors import ServerMissing
from store.database import check_reachable

log = logging.getLogger(__name__)


class Role(Protocol):
    """Something that runs until it is stopped."""

    def start(self) -> None:
        """Begin; returns when it works or keeps trying by itself."""
        ...

    def stop(self) -> None:
        """Finish what is in hand and end."""
        ...


def wait_for_database(engine: Engine, stopping: threading.Event) -> bool:
    """Wait until the database answers, saying once a round what to do; False when stopped."""
    while not stopping.is_set():
        try:
            check_reachable(engine)
            return True
        except ServerMissing as missing:
            log.warning("%s. Trying again.", missing, extra={"action": "database_missing"})
            stopping.wait(2)
    return False
