"""Orders on their way to bands: waiting for the band, sent and unconfirmed, or answered. Pure.

They live in memory until they expire. A crash loses them; the ingest role says an order again
until it is confirmed or too old, so what a crash costs is time.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.clock import from_unix
from ingest.codecs.readings import Confirmation, Order

#: so many orders may stand for one band; the oldest make room
MOST_FOR_ONE_BAND = 20
#: and so many for all
MOST_STANDING = 50_000
#: an order that comes again is sent again only this long after it was sent, seconds
SEND_AGAIN_AFTER_S = 10


@dataclass(slots=True, kw_only=True)
class Standing:
    """An order and how far it has come."""

    command: str
    order: Order
    expires_at: datetime
    sent_at: datetime | None = None
    #: the serial number it went out under, where the protocol counts
    serial: int | None = None
    #: was it answered, and with which error? The empty text: it was heard
    answer: str | None = None

    @property
    def is_due(self) -> bool:
        """Say whether it should be sent."""
        return self.sent_at is None and self.answer is None


@dataclass(slots=True)
class OrderBook:
    """All orders that stand. Not for several threads."""

    _by_device: dict[str, dict[str, Standing]] = field(default_factory=dict)
    _count: int = 0

    def accept(self, device_id: str, payload: bytes, now: datetime) -> Standing | None:
        """Take an order as it came; None when it is none, too old, or one too many.

        One that was answered is returned with its answer, which did not arrive then.
        """
        read = _read_order(payload)
        if read is None or read.expires_at <= now:
            return None
        standing = self._by_device.setdefault(device_id, {})
        known = standing.get(read.command)
        if known is not None:
            if known.sent_at is not None and now >= known.sent_at + timedelta(
                seconds=SEND_AGAIN_AFTER_S
            ):
                known.sent_at = None
            return known
        if self._count >= MOST_STANDING:
            self.expire(now)
        if self._count >= MOST_STANDING:
            return None
        if len(standing) >= MOST_FOR_ONE_BAND:
            del standing[next(iter(standing))]
            self._count -= 1
        standing[read.command] = read
        self._by_device[device_id] = standing  # `expire` may have let it go
        self._count += 1
        return read

    def due(self, device_id: str, now: datetime) -> list[Standing]:
        """Return what the band should be told now, oldest first."""
        standing = self._by_device.get(device_id, {})
        return [one for one in standing.values() if one.is_due and one.expires_at > now]

    def confirm(self, device_id: str, said: Confirmation) -> Standing | None:
        """Return the order that the band speaks of, with its answer noted; None if there is none.

        Where the band repeats our serial number it decides, and the newest order with it is meant:
        each connection counts anew. Else it is the first one sent of that name; without a name the
        only one that waits. What was answered is not answered twice.
        """
        sent = [
            one
            for one in self._by_device.get(device_id, {}).values()
            if one.sent_at is not None and one.answer is None
        ]
        if said.serial is not None:
            sent = [one for one in sent if one.serial == said.serial]
            meant = max(sent, key=_sent_at, default=None)
        elif said.do is not None:
            meant = min(
                (one for one in sent if one.order.do == said.do), key=_sent_at, default=None
            )
        else:
            meant = sent[0] if len(sent) == 1 else None
        if meant is not None:
            meant.answer = "" if said.ok else "refused by the band"
        return meant

    def expire(self, now: datetime) -> None:
        """Forget what is too old."""
        for device_id, standing in list(self._by_device.items()):
            for command in [c for c, one in standing.items() if one.expires_at <= now]:
                del standing[command]
                self._count -= 1
            if not standing:
                del self._by_device[device_id]

    def __len__(self) -> int:
        return self._count


def _read_order(payload: bytes) -> Standing | None:
    try:
        said = json.loads(payload)
        if not isinstance(said, Mapping):
            return None
        command, do, args = said["cmd"], said["do"], said.get("args", {})
        if not (_is_text(command, 40) and _is_text(do, 20) and isinstance(args, dict)):
            return None
        return Standing(
            command=command, order=Order(do=do, args=args), expires_at=from_unix(float(said["exp"]))
        )
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None


def _sent_at(one: Standing) -> datetime:
    assert one.sent_at is not None
    return one.sent_at


def _is_text(value: Any, most: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= most
