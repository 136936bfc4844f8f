"""Reports to the service as Aliyun pushes them: JSON arrays, again after 1, 5 and 10 minutes.

On command they come twice, late, in one batch, in the wrong order, or not at all.
"""

import asyncio
import http.client
import json
import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from simulators.phone_network.exchange import Exchange
from simulators.phone_network.faults import ReceiptHabits
from simulators.phone_network.record import Happened

log = logging.getLogger(__name__)

#: between tries, seconds of service time
RETRY_PAUSES_S = (60.0, 300.0, 600.0)
#: wall seconds; the real one waits 0.7 s, which a busy test machine cannot promise
TIMEOUT_S = 5.0


@dataclass(slots=True, kw_only=True)
class PushHabits:
    """How all reports come; what befalls those of one message comes on top (`ReceiptHabits`)."""

    #: each item twice in its batch, and each batch twice
    doubled: bool = False
    #: so many seconds of service time after what they report
    late_s: float = 0.0
    #: kept until `flush`, then in one batch for each address
    held: bool = False
    #: the newest first
    reversed: bool = False
    #: never
    lost: bool = False


@dataclass(slots=True, kw_only=True)
class Push:
    """Sends reports to the addresses under *url*."""

    exchange: Exchange
    url: str
    habits: PushHabits = field(default_factory=PushHabits)
    _waiting: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many items are held."""
        return sum(len(items) for items in self._waiting.values())

    def report(self, to: str, item: dict[str, Any], receipts: ReceiptHabits | None = None) -> None:
        """Push *item* to the address *to*, as the habits are, and those of its message."""
        about = receipts or ReceiptHabits()
        if self.habits.lost or about.lost:
            return
        items = [item, item] if self.habits.doubled or about.doubled else [item]
        late_s = self.habits.late_s + about.late_s
        if self.habits.held:
            self._waiting.setdefault(to, []).extend(items)
        elif late_s > 0:
            self.exchange.agenda.later(late_s, lambda: self._go(to, items))
        else:
            self._go(to, items)

    def flush(self) -> int:
        """Push what was held, one batch for each address; return how many items."""
        flushed, waiting, self._waiting = self.waiting, self._waiting, {}
        for to, items in waiting.items():
            self._go(to, items)
        return flushed

    def _go(self, to: str, items: list[dict[str, Any]]) -> None:
        batch = items[::-1] if self.habits.reversed else items
        for _ in range(2 if self.habits.doubled else 1):
            self.exchange.agenda.start(self._post(to, batch))

    async def _post(self, to: str, batch: list[dict[str, Any]]) -> None:
        url = f"{self.url}/{to}"
        for tries, pause_s in enumerate((*RETRY_PAUSES_S, None), start=1):
            status = await self._try(url, batch)
            self.exchange.record.add(
                Happened.WEBHOOK, sid="", status=status, tries=tries, event=to, items=len(batch)
            )
            if status == 200 or pause_s is None:
                return
            await self.exchange.agenda.sleep(pause_s)

    async def _try(self, url: str, batch: list[dict[str, Any]]) -> int:
        """Return the status of one try; 0 when nobody answered, or not with a number as code."""
        webhooks = self.exchange.webhooks
        webhooks.under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(None, _post_json, url, batch)
        finally:
            webhooks.under_way -= 1


def _post_json(url: str, batch: list[dict[str, Any]]) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    body = json.dumps(batch, ensure_ascii=False).encode()
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read() or b"null")
        thanked = isinstance(answer, dict) and isinstance(answer.get("code"), int)
        return response.status if thanked or response.status != 200 else 0
    except (OSError, ValueError, http.client.HTTPException) as error:
        log.debug("A report did not get through: %s", type(error).__name__)
        return 0
    finally:
        connection.close()
