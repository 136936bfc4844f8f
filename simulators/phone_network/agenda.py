"""Do things later, in seconds of service time, however fast the clock runs.

One asyncio task looks at the clock at least every 50 ms of wall time while something is planned; it
ends when nothing is. Lives in the event loop that first uses it.
"""

import asyncio
import contextlib
import heapq
import itertools
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock

log = logging.getLogger(__name__)

#: the longest nap, wall seconds: a changed clock speed is noticed this soon
_NAP_S = 0.05


class Agenda:
    """A heap of plans and the task that carries them out."""

    def __init__(self, clock: Clock) -> None:
        """Read the time from *clock*."""
        self._clock = clock
        self._plans: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._sooner = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call *action* once *seconds* of service time have passed."""
        at = self._clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._plans, (at, next(self._order), action))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.get_running_loop().create_task(self._run())
        self._sooner.set()

    async def sleep(self, seconds: float) -> None:
        """Wait until *seconds* of service time have passed."""
        woken = asyncio.get_running_loop().create_future()
        self.later(seconds, lambda: None if woken.done() else woken.set_result(None))
        await woken

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let *work* run beside everything else; what it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def stop(self) -> None:
        """Drop all plans and work."""
        running = [*self._tasks, *([self._runner] if self._runner else [])]
        self._plans.clear()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self) -> None:
        while self._plans:
            self._sooner.clear()
            left_s = (self._plans[0][0] - self._clock.now()).total_seconds() / self._clock.speed
            if left_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._sooner.wait(), min(left_s, _NAP_S))
                continue
            _, _, action = heapq.heappop(self._plans)
            action()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error(
                "The phone network stumbled.",
                extra={"action": "phone_network_failed"},
                exc_info=task.exception(),
            )
