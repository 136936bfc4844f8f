"""From a connection's hands to the broker: on disk first, then published, then thanked for.

What is on disk leaves it when the ingest role has committed it (`seen`); what is no report, when
the broker has it. What may be lost in between: repeating.py.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ingest.gateways.counters import UNDER_WAY
from ingest.gateways.outgoing import Outgoing
from ingest.gateways.spooler import Spooler
from store.spool import Entry

log = logging.getLogger(__name__)

#: messages the broker may have without having thanked for them
MOST_UNDER_WAY = 1000
#: messages in memory while there is no broker, before those nobody waits for are let go
MOST_WAITING = 10_000


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
        self, spooler: Spooler, publish: Callable[[str, bytes], int], *, last_id: int
    ) -> None:
        """*publish* hands topic and payload to the broker's client and returns a number.

        *last_id* is the highest number in the spool.
        """
        self._spooler = spooler
        self._publish = publish
        self._loop = asyncio.get_running_loop()
        #: the highest number in use
        self.last_id = last_id
        self._desk = _Desk()
        self._most_waiting = MOST_WAITING
        self._is_connected = False

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

    def connected(self) -> None:
        """There is a connection."""
        self._is_connected = True
        self._pump()

    def lost(self) -> None:
        """There is none; the client keeps what is under way and sends it again."""
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

    def in_hand(self) -> frozenset[int]:
        """Return the numbers of the entries that are on their way already."""
        return frozenset(self._desk.ids)

    def publish_again(self, entries: Sequence[Entry]) -> "asyncio.Future[None]":
        """Publish what is on disk; the future is done when the broker has it."""
        parcel = _Parcel(len(entries), self._loop.create_future())
        self._kept([_Item(entry, parcel) for entry in entries])
        return parcel.thanked

    # -- inside ------------------------------------------------------------------------------------

    def _entry(self, message: Outgoing) -> Entry:
        self.last_id += 1
        return Entry(
            id=self.last_id,
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
