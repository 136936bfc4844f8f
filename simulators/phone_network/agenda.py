"""Do things later, in seconds of service time, however fast the clock runs.

One asyncio task looks at the clock at least every 50 ms of wall time while something is planned; it
ends when nothing is. Lives in the event loop that first uses it.

Who owns a clock that stands still takes the agenda over: then nothing happens before `run_due`, and
all of it is over when that returns.
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
#: turns of the event loop within which whatever needs nothing from outside has gone as far as it
#: can; the longest chain, from a key to the next wait of its call, takes five
_TURNS = 15


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
        self._taken_over = False

    @property
    def next_at(self) -> datetime | None:
        """The service time of the next plan, None when there is none."""
        plans = self._plans
        return plans[0][0] if plans else None

    def take_over(self) -> None:
        """Do nothing by itself from now on; call it before anything is planned."""
        self._taken_over = True

    async def run_due(self, is_busy: Callable[[], bool]) -> int:
        """Do what is due by the clock and what follows from it; return how many plans that were.

        *is_busy* says whether somebody outside still has to answer; it is waited for.
        """
        done = 0
        while True:
            done += self._do_due()
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if is_busy():
                await asyncio.sleep(0.001)
            elif self.next_at is None or self.next_at > self._clock.now():
                return done

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call *action* once *seconds* of service time have passed."""
        at = self._clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._plans, (at, next(self._order), action))
        if not self._taken_over and (self._runner is None or self._runner.done()):
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
            self._do_due()

    def _do_due(self) -> int:
        """Carry out every plan whose time has come; return how many."""
        done = 0
        while self._plans and self._plans[0][0] <= self._clock.now():
            _, _, action = heapq.heappop(self._plans)
            action()
            done += 1
        return done

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error(
                "The phone network stumbled.",
                extra={"action": "phone_network_failed"},
                exc_info=task.exception(),
            )
