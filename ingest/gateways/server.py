"""The gateway: listens, gives each connection its task, and passes the broker's words on.

One process, one event loop, and one thread that writes the spool.
"""

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex

from sqlalchemy import Engine

from core.clock import Clock, monotonic
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Codec
from ingest.gateways import counters
from ingest.gateways.connection import Connection
from ingest.gateways.delivery import Delivery
from ingest.gateways.downlink import Downlink
from ingest.gateways.endings import Ended
from ingest.gateways.hearing import ProfileFor
from ingest.gateways.languages import CODECS
from ingest.gateways.limits import Addresses, Bucket
from ingest.gateways.mqtt_link import Ears, MqttLink
from ingest.gateways.outgoing import Origin
from ingest.gateways.repeating import LOOK_EVERY_S, Repeater
from ingest.gateways.spooler import Spooler
from ingest.gateways.switchboard import Switchboard
from ingest.gateways.workplace import INTRODUCE_WITHIN_S, Workplace
from ingest.topics import read_down_topic
from store import spool
from store.database import reading

log = logging.getLogger(__name__)

#: connections that may wait to be taken: after a mast's outage a town comes back at once
_BACKLOG = 4096
#: so much of a stream waits in the kernel, the rest with its band
_RECEIVE_BYTES = 32 * 1024
_READ_LIMIT = 8 * 1024
_WRITE_BYTES = 16 * 1024
_EXPIRE_EVERY_S = 30.0
#: who speaks no language of ours is counted; the words of so many are kept
_STRANGERS_PER_MINUTE = 60


def default_profile(protocol: str, _device_id: str) -> Profile:
    """Return the profile of a model that nobody named."""
    return profile_of(protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a gateway is set up."""

    name: str
    host: str
    port: int
    broker_url: str
    #: fixed; the broker keeps orders and `seen` under it
    client_id: str
    prefix: str
    #: file that vouches for an `mqtts` broker; "": the system's authorities
    broker_ca: str = ""
    codecs: Sequence[Codec] = CODECS
    profile_for: ProfileFor = field(default=default_profile)
    most_connections: int = 12_000
    connections_per_address: int = 12_000
    frames_per_minute: int = 60_000
    introduce_within_s: float = INTRODUCE_WITHIN_S
    #: how often lost reports are looked for
    look_every_s: float = LOOK_EVERY_S


class Gateway:
    """Runs in one event loop until it is told to stop."""

    def __init__(self, plan: Plan, engine: Engine, clock: Clock) -> None:
        """*engine* is the spool's. Nothing listens before `run`."""
        #: how it was set up
        self.plan = plan
        self._engine = engine
        self._clock = clock
        self._numbers = count(1)
        self._birth = token_hex(4)
        self._open: dict[int, Connection] = {}
        self._stopping = asyncio.Event()
        #: where it listens, once it does
        self.port = 0

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until `stop`; *ready* is called when it listens. OSError when it cannot."""
        self._loop = asyncio.get_running_loop()
        plan = self.plan
        self._spooler = spooler = Spooler(self._engine, self._clock)
        link = MqttLink(
            plan.broker_url,
            client_id=plan.client_id,
            prefix=plan.prefix,
            ears=self._ears(),
            ca_file=plan.broker_ca,
        )
        self._link = link
        with reading(self._engine) as connection:
            last_id = spool.last_id(connection)
            link.follow(spool.devices(connection))
        self._delivery = Delivery(spooler, link.publish, last_id=last_id)
        self._repeater = Repeater(
            self._engine, spooler, self._clock, self._delivery, look_every_s=plan.look_every_s
        )
        self._place = Workplace(
            clock=self._clock,
            delivery=self._delivery,
            switchboard=Switchboard(2 * plan.most_connections, link.let_go),
            downlink=Downlink(self._clock, self._delivery, plan.prefix),
            addresses=Addresses(
                most_connections=plan.connections_per_address,
                frames_per_minute=plan.frames_per_minute,
            ),
            profile_for=plan.profile_for,
            codecs=plan.codecs,
            strangers=Bucket(_STRANGERS_PER_MINUTE, _STRANGERS_PER_MINUTE, monotonic()),
            follow=link.follow,
            introduce_within_s=plan.introduce_within_s,
        )
        server = await self._listen()
        spooler.start()
        chores = [
            asyncio.create_task(link.run()),
            asyncio.create_task(self._repeater.run()),
            asyncio.create_task(self._expire()),
        ]
        try:
            await server.start_serving()
            ready()
            stopping = asyncio.create_task(self._stopping.wait())
            ended, _ = await asyncio.wait([stopping, *chores], return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()  # a chore never ends but by an error
        finally:
            server.close()
            await self._hang_up()
            await link.leave()
            for chore in chores:
                chore.cancel()
            await asyncio.to_thread(spooler.stop)

    def stop(self) -> None:
        """End; from any thread."""
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)

    @property
    def connections(self) -> int:
        """Return how many connections are open."""
        return len(self._open)

    def figures(self) -> dict[str, int | bool]:
        """Return how it is, for whoever looks after it; from any thread."""
        return {
            "connections": len(self._open),
            "under_way": self._delivery.under_way,
            "spool_in_trouble": self._spooler.in_trouble,
        }

    @property
    def is_in_trouble(self) -> bool:
        """Say whether the spool cannot be written."""
        return self._spooler.in_trouble

    # -- connections -------------------------------------------------------------------------------

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(
            self._serve,
            self.plan.host,
            self.plan.port,
            limit=_READ_LIMIT,
            backlog=_BACKLOG,
            start_serving=False,
        )
        for listening in server.sockets:
            # No keepalive probes: they would wake the band's modem and drain it.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
            self.port = listening.getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        counters.OPENED.inc()
        if len(self._open) >= self.plan.most_connections or not self._place.addresses.enter(
            address
        ):
            counters.CLOSED.labels(Ended.TOO_MANY.value).inc()
            writer.transport.abort()
            return
        number = next(self._numbers)
        writer.transport.set_write_buffer_limits(high=_WRITE_BYTES)
        origin = Origin(
            prefix=self.plan.prefix,
            gateway=self.plan.name,
            connection=f"{self._birth}-{number}",
        )
        connection = Connection(reader, writer, self._place, origin, address)
        self._open[number] = connection
        counters.CONNECTIONS.set(len(self._open))
        try:
            reason = await connection.talk()
        finally:
            del self._open[number]
            self._place.addresses.leave(address)
            counters.CONNECTIONS.set(len(self._open))
        counters.CLOSED.labels(reason.value).inc()
        if reason in (Ended.PEER, Ended.IDLE):
            writer.close()
        else:
            writer.transport.abort()

    async def _hang_up(self) -> None:
        for connection in list(self._open.values()):
            connection.stop(Ended.STOPPED)
        while self._open:
            await asyncio.sleep(0)

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(_EXPIRE_EVERY_S)
            self._place.downlink.expire()

    # -- the broker --------------------------------------------------------------------------------

    def _ears(self) -> Ears:
        return Ears(
            connected=self._connected,
            lost=self._lost,
            thanked=lambda number: self._delivery.thanked(number),
            message=self._hear,
        )

    def _connected(self, known: bool) -> None:
        self._repeater.connected(known)
        self._delivery.connected()

    def _lost(self) -> None:
        self._delivery.lost()
        self._repeater.lost()

    def _hear(self, topic: str, payload: bytes) -> None:
        place = read_down_topic(topic, self.plan.prefix)
        if place is None:
            return
        device_id, kind = place
        if kind == "seen":
            self._delivery.seen(device_id, _report_ids(payload))
        else:
            self._place.downlink.accept(device_id, payload)
            line = self._place.switchboard.line(device_id)
            if isinstance(line, Connection):
                line.send_orders()


def _report_ids(payload: bytes) -> list[str]:
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    ids = said.get("ids") if isinstance(said, dict) else None
    return [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
