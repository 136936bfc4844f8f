"""One round of a benchmark: a receiver, a publisher, and what each of them cost."""

import itertools
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.bands import Plan, publish
from benchmarks.processes import cpu_s, peak_mib, resident_mib
from benchmarks.receivers import Receiver, forget, receive, session_of
from benchmarks.servers import Server
from core.clock import monotonic, pause
from tests.servers import until

_numbers = itertools.count(1)
_spawned = multiprocessing.get_context("spawn")
#: how often the parent looks
_LOOK_S = 0.02
#: a drained part of this length is a memory reading
_WITHIN_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one round took."""

    messages: int
    took_s: float
    #: processor seconds of each process
    cpu_s: dict[str, float]
    peak_mib: float
    #: memory of the receiver when a tenth, two tenths … were through
    mib_by_tenth: list[float] = field(default_factory=list)
    #: from publishing to `seen`, seconds; only of paced rounds
    seen_after_s: list[float] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        """Return messages a second."""
        return self.messages / self.took_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The servers of a run."""

    broker: Server
    #: database server process by receiver's address
    database_pids: dict[str, int]

    def costs(self, receiver: Receiver, pid: int, publisher_pid: int | None) -> dict[str, float]:
        """Return processor seconds used so far."""
        pids = {"receiver": pid, "broker": self.broker.pid, "publisher": publisher_pid}
        pids["database"] = self.database_pids.get(receiver.url)
        return {name: cpu_s(one) for name, one in pids.items() if one is not None}


class Running:
    """A receiver at work."""

    def __init__(self, receiver: Receiver, port: int, prefix: str) -> None:
        """Start it and wait until it listens."""
        self._through = _spawned.RawValue("Q", 0)
        self._stop = _spawned.Event()
        ready = _spawned.Event()
        self._process = _spawned.Process(
            target=receive,
            args=(receiver, port, prefix, self._through, ready, self._stop),
        )
        self._process.start()
        assert ready.wait(60), f"{receiver.name} does not begin"

    @property
    def pid(self) -> int:
        """Return its process."""
        assert self._process.pid is not None
        return self._process.pid

    def through(self) -> int:
        """Return how many messages it is done with."""
        assert self._process.is_alive(), "the receiver died"
        return int(self._through.value)

    def end(self) -> None:
        """Stop it in good order."""
        self._stop.set()
        self._process.join()


@contextmanager
def running(receiver: Receiver, port: int, prefix: str) -> Iterator[Running]:
    """Run a receiver for a while."""
    one = Running(receiver, port, prefix)
    try:
        yield one
    finally:
        one.end()


def new_prefix() -> str:
    """Return topics of a round's own, so that no session hears another round."""
    return f"bench/{next(_numbers)}"


def online_round(machine: Machine, receiver: Receiver, plan: Plan) -> Outcome:
    """Publish while the receiver listens; from the first publish to the last one through."""
    prefix = new_prefix()
    with running(receiver, machine.broker.port, prefix) as one:
        with _publisher(machine.broker.port, prefix, plan) as (publisher_pid, go, waited):
            before = machine.costs(receiver, one.pid, publisher_pid)
            begun = monotonic()
            go()
            _until_through(one, plan.messages)
            took_s = monotonic() - begun
            after = machine.costs(receiver, one.pid, publisher_pid)
            seen_after_s = waited()
        most = peak_mib(one.pid)
    forget(machine.broker.port, session_of(prefix))
    return Outcome(
        messages=plan.messages,
        took_s=took_s,
        cpu_s={name: after[name] - before[name] for name in before},
        peak_mib=most,
        seen_after_s=seen_after_s,
    )


def drained_backlog(machine: Machine, receiver: Receiver, plan: Plan) -> Outcome:
    """Publish while the receiver is away; then how long it takes to catch up."""
    prefix = new_prefix()
    with running(receiver, machine.broker.port, prefix):
        pass  # the broker keeps a session now
    with _publisher(machine.broker.port, prefix, plan) as (_, go, waited):
        go()
        waited()
    begun_before = machine.costs(receiver, 0, None)
    begun = monotonic()
    with running(receiver, machine.broker.port, prefix) as one:
        tenths = [_memory_at(one, plan.messages * tenth // 10) for tenth in range(1, 11)]
        took_s = monotonic() - begun
        after = machine.costs(receiver, one.pid, None)
        most = peak_mib(one.pid)
    forget(machine.broker.port, session_of(prefix))
    return Outcome(
        messages=plan.messages,
        took_s=took_s,
        cpu_s={name: after[name] - begun_before.get(name, 0.0) for name in after},
        peak_mib=most,
        mib_by_tenth=tenths,
    )


def _memory_at(one: Running, messages: int) -> float:
    _until_through(one, messages)
    return resident_mib(one.pid)


def _until_through(one: Running, messages: int) -> None:
    deadline = monotonic() + _WITHIN_S
    while one.through() < messages:
        assert monotonic() < deadline, f"only {one.through()} of {messages} are through"
        pause(_LOOK_S)


@contextmanager
def _publisher(
    port: int, prefix: str, plan: Plan
) -> Iterator[tuple[int, Callable[[], None], Callable[[], list[float]]]]:
    ready, begin = _spawned.Event(), _spawned.Event()
    seen_after_s: Any = _spawned.Queue()
    process = _spawned.Process(
        target=publish, args=(port, prefix, plan, ready, begin, seen_after_s)
    )
    process.start()
    assert ready.wait(120), "the publisher does not begin"
    assert process.pid is not None
    yield process.pid, begin.set, seen_after_s.get
    process.join()
    until(lambda: not process.is_alive(), "the publisher has ended")
