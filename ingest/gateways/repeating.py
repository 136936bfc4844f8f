"""Reports that may be lost are published again.

The broker's thanks are no promise for ever: it may crash. What the ingest role has committed has
left the spool (`seen`); of the rest

- after a start, or when the broker does not know us any more, everything is published again; after
  a short cut, what was kept shortly before it;
- the broker keeps the order, so when a report is seen and one kept a minute earlier is not, that
  one is lost and published again. While nothing at all is seen (the ingest role is away) nothing
  is repeated, and the broker's queue does not swell.

A report published twice changes nothing: its id is made of what it says.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from core.clock import Clock
from ingest.gateways.counters import REPEATED, UNSEEN
from ingest.gateways.delivery import Delivery
from ingest.gateways.spooler import Spooler
from store import spool
from store.database import reading
from store.spool import Entry

log = logging.getLogger(__name__)

#: published again in one go
_MOST_AT_ONCE = 200
#: found lost and published again in one look
_MOST_LOST = 2000
#: how often lost reports are looked for, wall seconds
LOOK_EVERY_S = 60.0
#: a report kept so much earlier than one that was seen is lost; what was kept so shortly before
#: the broker went may be lost with it
GRACE = timedelta(seconds=60)
#: a report is published again at most this often
REPEAT_AFTER = timedelta(minutes=10)
#: reports unseen for so long are told to the operators
OVERDUE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Round:
    """What is on disk and to be published once more."""

    #: by when it was kept and last repeated: keywords of `spool.unseen`
    bounds: dict[str, datetime]
    up_to_id: int
    skip_ids: frozenset[int] = frozenset()


class Repeater:
    """Looks after what is on disk. Used in one event loop only."""

    def __init__(
        self,
        engine: Engine,
        spooler: Spooler,
        clock: Clock,
        delivery: Delivery,
        *,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """*engine* is the spool's; what is found goes out by *delivery*."""
        self._engine = engine
        self._spooler = spooler
        self._clock = clock
        self._delivery = delivery
        self._look_every_s = look_every_s
        self._was_connected = False
        self._lost_at = clock.now()
        #: what is to be published again because of a new connection
        self._again: _Round | None = None
        self._wake = asyncio.Event()

    def connected(self, known: bool) -> None:
        """There is a connection; *known*: the broker kept our session."""
        bounds = {"kept_since": self._lost_at - GRACE} if known and self._was_connected else {}
        self._was_connected = True
        # What is in memory goes out from there.
        self._again = _Round(bounds, self._delivery.last_id, self._delivery.in_hand())
        self._wake.set()

    def lost(self) -> None:
        """There is none any more."""
        self._lost_at = self._clock.now()

    async def run(self) -> None:
        """Look now and then, and after each new connection; without end."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_every_s):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._look()
            except DBAPIError as error:
                log.error(
                    "The spool cannot be read (%s); tried again.",
                    error.orig,
                    extra={"action": "spool_unreadable"},
                )

    async def _look(self) -> None:
        if self._again is not None:
            again, self._again = self._again, None
            try:
                await self._repeat(again)
            except DBAPIError:
                self._again = self._again or again
                raise
            return
        newest = self._spooler.newest_seen
        if newest is not None:
            bounds = {
                "kept_before": newest - GRACE,
                "repeated_before": self._clock.now() - REPEAT_AFTER,
            }
            await self._repeat(_Round(bounds, self._delivery.last_id), most=_MOST_LOST)
        await self._report()

    async def _repeat(self, again: _Round, most: float = float("inf")) -> None:
        """Publish what is on disk once more, slowly: each lot waits for the last one's thanks."""
        after_id, count = 0, 0
        while count < most:
            entries = await asyncio.to_thread(self._read, after_id, again)
            if not entries:
                break
            after_id = entries[-1].id
            skip_ids = self._delivery.in_hand() | again.skip_ids
            entries = [entry for entry in entries if entry.id not in skip_ids]
            if not entries:
                continue
            await self._delivery.publish_again(entries)
            self._spooler.note_repeated([entry.id for entry in entries])
            count += len(entries)
        REPEATED.inc(count)

    def _read(self, after_id: int, again: _Round) -> list[Entry]:
        with reading(self._engine) as connection:
            return spool.unseen(
                connection,
                after_id=after_id,
                up_to_id=again.up_to_id,
                limit=_MOST_AT_ONCE,
                **again.bounds,
            )

    async def _report(self) -> None:
        """Count what waits, and speak up when it waits for long."""

        def read() -> tuple[int, Any]:
            with reading(self._engine) as connection:
                return spool.waiting(connection)

        count, oldest = await asyncio.to_thread(read)
        UNSEEN.set(count)
        if oldest is not None and oldest < self._clock.now() - OVERDUE:
            log.warning(
                "%d reports wait to be seen, some for %.0f min: does the ingest role run, and may"
                " the gateway's login publish (docs/broker.md)?",
                count,
                (self._clock.now() - oldest).total_seconds() / 60,
                extra={"action": "reports_unseen"},
            )
