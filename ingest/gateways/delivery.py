"""From a connection's hands to the broker: on disk first, then published, then thanked for.

What is on disk leaves it when the ingest role has committed it (`seen`); what is no report, when
the broker has it. A report that the broker thanked for may still be lost with the broker; so

- after a start, or when the broker does not know us any more, everything on disk is published
  again; after a short cut, what was kept shortly before it;
- the broker keeps the order, so when a report is seen and one kept a minute earlier is not, that
  one is lost and published again. While nothing at all is seen (the ingest role is away) nothing
  is repeated, and the broker's queue does not swell.

A report published twice changes nothing: its id is made of what it says.
"""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from core.clock import Clock
from ingest.gateways.counters import REPEATED, UNDER_WAY, UNSEEN
from ingest.gateways.outgoing import Outgoing
from ingest.gateways.spooler import Spooler
from store import spool
from store.database import reading
from store.spool import Entry

log = logging.getLogger(__name__)

#: messages the broker may have without having thanked for them
MOST_UNDER_WAY = 1000
#: messages in memory while there is no broker, before those nobody waits for are let go
MOST_WAITING = 10_000
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


@dataclass(slots=True)
class _Parcel:
    """Messages that were handed over together."""

    left: int
    thanked: "asyncio.Future[None]"


@dataclass(slots=True)
class _Item:
    entry: Entry
    parcel: _Parcel


@dataclass(slots=True)
class _Desk:
    """What is in hand: written and waiting for the broker, or with it and not thanked for."""

    waiting: deque[_Item] = field(default_factory=deque)
    under_way: dict[int, _Item] = field(default_factory=dict)
    ids: set[int] = field(default_factory=set)


class Delivery:
    """Takes messages and brings them to the broker. Used in one event loop only."""

    def __init__(
        self,
        engine: Engine,
        spooler: Spooler,
        clock: Clock,
        publish: Callable[[str, bytes], int],
        *,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """*publish* hands topic and payload to the broker's client and returns a number."""
        self._look_every_s = look_every_s
        self._engine = engine
        self._spooler = spooler
        self._clock = clock
        self._publish = publish
        self._loop = asyncio.get_running_loop()
        with reading(engine) as connection:
            last = spool.last_id(connection)
        self._numbers = itertools.count(last + 1)
        self._last_id = last
        self._desk = _Desk()
        self._most_waiting = MOST_WAITING
        self._is_connected = False
        self._was_connected = False
        self._lost_at = clock.now()
        #: bounds of what is to be published again because of a new connection
        self._again: dict[str, Any] | None = None
        self._wake = asyncio.Event()

    @property
    def under_way(self) -> int:
        """Return how many messages the broker has not thanked for."""
        return len(self._desk.waiting) + len(self._desk.under_way)

    # -- from the connections ----------------------------------------------------------------------

    def hand_over(self, messages: Sequence[Outgoing]) -> "asyncio.Future[None]":
        """Take *messages*; the future is done when all are on disk and with the broker.

        They go their way whether somebody waits for the future or not.
        """
        parcel = _Parcel(len(messages), self._loop.create_future())
        if not messages:
            parcel.thanked.set_result(None)
            return parcel.thanked
        items = [_Item(self._entry(message), parcel) for message in messages]
        self._desk.ids.update(item.entry.id for item in items)
        self._spooler.keep(
            [item.entry for item in items], partial(self._in_loop, self._kept, items)
        )
        return parcel.thanked

    def note(self, message: Outgoing) -> None:
        """Take a message that nobody waits for."""
        self.hand_over([message]).cancel()

    # -- from the broker ---------------------------------------------------------------------------

    def connected(self, known: bool) -> None:
        """There is a connection; *known*: the broker kept our session."""
        self._is_connected = True
        bounds = {"kept_since": self._lost_at - GRACE} if known and self._was_connected else {}
        self._was_connected = True
        self._again = bounds
        self._wake.set()
        self._pump()

    def lost(self) -> None:
        """There is none; the client keeps what is under way and sends it again."""
        if self._is_connected:
            self._lost_at = self._clock.now()
        self._is_connected = False

    def thanked(self, number: int) -> None:
        """The broker has the message with the client's *number*."""
        item = self._desk.under_way.pop(number, None)
        if item is None:
            return
        self._desk.ids.discard(item.entry.id)
        if item.entry.report_id is None:
            self._spooler.remove([item.entry.id])
        item.parcel.left -= 1
        if item.parcel.left == 0 and not item.parcel.thanked.done():
            item.parcel.thanked.set_result(None)
        self._pump()

    def seen(self, device_id: str, report_ids: Sequence[str]) -> None:
        """The ingest role has committed these reports."""
        self._spooler.remove_seen([(device_id, report_id) for report_id in report_ids])

    # -- again -------------------------------------------------------------------------------------

    async def look_after(self) -> None:
        """Publish again what may be lost, and speak up about what nobody sees; without end."""
        while True:
            try:
                async with asyncio.timeout(self._look_every_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            try:
                await self._look()
            except DBAPIError as error:
                log.error(
                    "The spool cannot be read (%s); tried again.",
                    error.orig,
                    extra={"action": "spool_unreadable"},
                )

    async def _look(self) -> None:
        self._wake.clear()
        if self._again is not None:
            bounds, self._again = self._again, None
            try:
                await self._repeat(bounds)
            except DBAPIError:
                self._again = {} if self._again is None else self._again
                raise
            return
        await self._repeat_lost()
        await self._report()

    async def _repeat_lost(self) -> None:
        newest = self._spooler.newest_seen
        if newest is not None:
            repeated_before = self._clock.now() - REPEAT_AFTER
            bounds = {"kept_before": newest - GRACE, "repeated_before": repeated_before}
            await self._repeat(bounds, most=_MOST_LOST)

    async def _repeat(self, bounds: dict[str, Any], most: float = float("inf")) -> None:
        """Publish what is on disk once more, slowly: each lot waits for the last one's thanks."""
        after_id, up_to_id, count = 0, self._last_id, 0
        while count < most:
            entries = await asyncio.to_thread(self._read, after_id, up_to_id, bounds)
            if not entries:
                break
            after_id = entries[-1].id
            entries = [entry for entry in entries if entry.id not in self._desk.ids]
            if not entries:
                continue
            parcel = _Parcel(len(entries), self._loop.create_future())
            self._kept([_Item(entry, parcel) for entry in entries])
            await parcel.thanked
            self._spooler.note_repeated([entry.id for entry in entries])
            count += len(entries)
        REPEATED.inc(count)

    def _read(self, after_id: int, up_to_id: int, bounds: dict[str, Any]) -> list[Entry]:
        with reading(self._engine) as connection:
            return spool.unseen(
                connection, after_id=after_id, up_to_id=up_to_id, limit=_MOST_AT_ONCE, **bounds
            )

    async def _report(self) -> None:
        def read() -> tuple[int, Any]:
            with reading(self._engine) as connection:
                return spool.waiting(connection)

        count, oldest = await asyncio.to_thread(read)
        UNSEEN.set(count)
        if oldest is not None and oldest < self._clock.now() - OVERDUE:
            log.warning(
                "%d reports wait to be seen, some for %.0f min: does the ingest role run, and may"
                " the gateway's login publish (deploy/mosquitto/acl)?",
                count,
                (self._clock.now() - oldest).total_seconds() / 60,
                extra={"action": "reports_unseen"},
            )

    # -- inside ------------------------------------------------------------------------------------

    def _entry(self, message: Outgoing) -> Entry:
        self._last_id = next(self._numbers)
        return Entry(
            id=self._last_id,
            device_id=message.device_id,
            report_id=message.report_id,
            topic=message.topic,
            payload=message.payload,
        )

    def _kept(self, items: Sequence[_Item]) -> None:
        self._desk.ids.update(item.entry.id for item in items)
        self._desk.waiting.extend(items)
        if not self._is_connected and len(self._desk.waiting) > self._most_waiting:
            self._leave_on_disk()
        self._pump()

    def _leave_on_disk(self) -> None:
        """Let go of what nobody waits for; it is published from disk when there is a broker."""
        desk = self._desk
        awaited = deque(item for item in desk.waiting if not item.parcel.thanked.done())
        desk.ids.difference_update(
            item.entry.id for item in desk.waiting if item.parcel.thanked.done()
        )
        desk.waiting = awaited
        self._most_waiting = max(MOST_WAITING, 2 * len(awaited))

    def _pump(self) -> None:
        desk = self._desk
        while self._is_connected and desk.waiting and len(desk.under_way) < MOST_UNDER_WAY:
            item = desk.waiting.popleft()
            desk.under_way[self._publish(item.entry.topic, item.entry.payload)] = item
        UNDER_WAY.set(self.under_way)

    def _in_loop(self, do: Callable[..., None], *values: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(do, *values)
        except RuntimeError:  # the loop has ended; what is on disk is published by the next one
            return
