"""Watch that the database still has the schema this code was written for, also while it runs.

A migration under a running worker would have two behaviours work on the same rows. A worker that
finds another version does nothing until it fits again.
"""

import logging

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidRequestError

from core.clock import monotonic
from store.migrate import versions, wanted_version

log = logging.getLogger(__name__)

#: the version is asked for this often, and after each new connection; wall seconds
CHECK_EVERY_S = 5.0


class SchemaGuard:
    """Says whether work may be done. Whoever starts a worker has checked the version before."""

    def __init__(self, engine: Engine, *, check_every_s: float = CHECK_EVERY_S) -> None:
        """Ask *engine* every *check_every_s* wall seconds; nothing is asked before `fits`."""
        self._engine = engine
        self._check_every_s = check_every_s
        self._due = monotonic() + check_every_s
        #: what the database has when it is not what we need
        self._found: str | None = None
        self._is_wrong = False

    @property
    def problem(self) -> dict[str, str]:
        """Return both versions while they differ, for a beat; nothing while they do not."""
        if not self._is_wrong:
            return {}
        return {"schema_found": self._found or "", "schema_wanted": wanted_version() or ""}

    def watch_connections(self) -> None:
        """Ask again after each new connection: meanwhile somebody may have migrated."""
        event.listen(self._engine, "connect", self._connected)

    def end(self) -> None:
        """Stop watching connections."""
        try:
            event.remove(self._engine, "connect", self._connected)
        except InvalidRequestError:
            return  # it was not watched

    def fits(self) -> bool:
        """Say whether the schema is ours, as last seen; asks when it is time."""
        if monotonic() >= self._due:
            self._due = monotonic() + self._check_every_s
            found, wanted = versions(self._engine)
            self._note(found, is_wrong=found != wanted)
        return not self._is_wrong

    def _note(self, found: str | None, *, is_wrong: bool) -> None:
        if is_wrong and not self._is_wrong:
            log.error(
                "The database has schema %s, this worker needs %s: it stops working until they"
                " match. Start it anew with the version that migrated.",
                found or "none",
                wanted_version(),
                extra={"action": "schema_mismatch"},
            )
        elif self._is_wrong and not is_wrong:
            log.info("The schema fits again: work goes on.", extra={"action": "schema_fits"})
        self._found, self._is_wrong = found, is_wrong

    def _connected(self, _connection: object, _record: object) -> None:
        self._due = 0.0
