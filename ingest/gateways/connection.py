"""One band's connection: read, hear, keep, answer; and pass orders on. One task each.

Nothing is read while what was read waits for the disk or the broker: the band's own sending then
waits in TCP, the only protection of messages that their protocol never answers.
"""

import asyncio
import logging
import traceback
from collections.abc import Sequence
from dataclasses import replace

from core.clock import monotonic
from ingest.codecs.readings import Codec, Session
from ingest.gateways import counters
from ingest.gateways.endings import ORDINARY, Closing, Ended
from ingest.gateways.hearing import Heard, device_name, hear, passed_over
from ingest.gateways.languages import language_of
from ingest.gateways.limits import Bucket
from ingest.gateways.outgoing import Origin, unread
from ingest.gateways.switchboard import MOST_SWAPS
from ingest.gateways.workplace import Workplace

log = logging.getLogger(__name__)

#: a band takes what we say within this, seconds
TAKE_WITHIN_S = 30.0
_READ_BYTES = 16 * 1024
#: frames that are kept and answered together
_MOST_TOGETHER = 50
#: of one connection; a band that empties its memory, or sends a voice clip, needs the most
FRAMES_PER_MINUTE = 6000
#: to look for frames in so many bytes costs as much as one frame: a frame that never ends is
#: looked through again and again
_BYTES_LIKE_A_FRAME = 512
#: after the first line about a band that comes and goes, each so many swaps another
_SWAPS_TOLD = 50
#: an address nobody understands says so much before it is let go
_MOST_UNKNOWN_BYTES = 256


class Connection:
    """Talks with one band until either side ends it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        workplace: Workplace,
        origin: Origin,
        address: str,
    ) -> None:
        """*origin* names this connection; *address* is the peer's."""
        self._reader = reader
        self._writer = writer
        self._place = workplace
        self._origin = origin
        self._address = address
        self._codec: Codec | None = None
        self._session: Session | None = None
        self._buffer = b""
        self._frames = 0
        self._waste = 0
        self._pace = Bucket(FRAMES_PER_MINUTE, FRAMES_PER_MINUTE, monotonic())
        self._began = monotonic()
        self._device_id: str | None = None
        #: has it been answered? Orders wait until then
        self._is_ready = False
        self._task = asyncio.current_task()
        self._why: Ended | None = None

    async def talk(self) -> Ended:
        """Talk to the end and return why it ended."""
        try:
            while True:
                await self._read()
                await self._work()
        except Closing as closing:
            reason = closing.reason
        except OSError:
            reason = Ended.PEER
        except asyncio.CancelledError:
            reason = self._why or Ended.STOPPED
        except Exception as fault:  # noqa: BLE001  it must cost only this connection
            self._tell_fault("A connection failed; its band will come again.", fault)
            reason = Ended.FAULT
        self._end(reason)
        return reason

    def replace(self) -> None:
        """End: the band is on a newer connection."""
        self.stop(Ended.REPLACED)

    def stop(self, reason: Ended) -> None:
        """End for *reason*."""
        if self._why is None and self._task is not None:
            self._why = reason
            self._task.cancel()

    # -- in ----------------------------------------------------------------------------------------

    async def _read(self) -> None:
        if self._device_id is None:
            patience = self._began + self._place.introduce_within_s - monotonic()
            too_late = Ended.NOT_INTRODUCED
        else:
            assert self._codec is not None
            patience, too_late = self._codec.idle_s, Ended.IDLE
        try:
            async with asyncio.timeout(patience):
                data = await self._reader.read(_READ_BYTES)
        except TimeoutError:
            raise Closing(too_late) from None
        if not data:
            raise Closing(Ended.PEER)
        self._buffer += data

    async def _work(self) -> None:
        codec = self._codec or self._choose()
        if codec is None:
            return
        buffer = self._buffer
        split = codec.split(buffer)
        self._buffer = split.rest
        if split.skipped:
            counters.PASSED_OVER.labels(codec.name).inc(split.skipped)
            self._note_unread(passed_over(buffer, split).strip(), "belongs to no frame")
        self._waste = 0 if split.frames else self._waste + split.skipped
        await self._keep_pace(len(split.frames) + len(buffer) / _BYTES_LIKE_A_FRAME)
        for start in range(0, len(split.frames), _MOST_TOGETHER):
            await self._hear(codec, split.frames[start : start + _MOST_TOGETHER])
        if max(self._waste, len(self._buffer)) > codec.most_buffer:
            raise Closing(Ended.GARBAGE)

    def _choose(self) -> Codec | None:
        """Find the language; None while it has said nothing but line ends."""
        self._buffer = self._buffer.lstrip(b"\r\n\0 ")
        if not self._buffer:
            return None
        codec = language_of(self._buffer, self._place.codecs)
        if codec is None:
            if self._place.strangers.admits(monotonic()):
                self._note_unread(self._buffer[:_MOST_UNKNOWN_BYTES], "unknown language")
            raise Closing(Ended.UNKNOWN_LANGUAGE)
        self._codec = codec
        self._origin = replace(self._origin, protocol=codec.name)
        self._session = codec.open(self._place.profile_for(codec.name, ""))
        return codec

    async def _keep_pace(self, frames: float) -> None:
        now = monotonic()
        wait_s = self._place.addresses.take(self._address, frames, now)
        await asyncio.sleep(max(wait_s, self._pace.take(frames, now)))

    async def _hear(self, codec: Codec, frames: Sequence[bytes]) -> None:
        heard = [self._hear_one(codec, frame) for frame in frames]
        self._introduce()
        messages = [message for one in heard for message in one.messages]
        thanked = self._place.delivery.hand_over(messages)
        if self._device_id is not None:
            said = [confirmation for one in heard for confirmation in one.confirmations]
            self._place.downlink.confirm(self._device_id, said)
        try:
            async with asyncio.timeout(codec.idle_s):
                await thanked
        except TimeoutError:
            raise Closing(Ended.NO_THANKS) from None
        await self._say(b"".join(one.reply for one in heard if one.reply is not None))
        self._is_ready = True
        self.send_orders()

    def _hear_one(self, codec: Codec, frame: bytes) -> Heard:
        assert self._session is not None
        self._frames += 1
        heard = hear(
            codec,
            frame,
            self._session,
            profile_for=self._place.profile_for,
            origin=self._origin,
            number=self._frames,
            at=self._place.clock.now(),
        )
        self._session = heard.session
        counters.FRAMES.labels(codec.name).inc()
        for kind in heard.kinds:
            counters.READINGS.labels(codec.name, kind.value).inc()
        if heard.fault is not None:
            counters.FAULTS.inc()
            self._tell_fault("A decoder broke on a frame, which is kept.", heard.fault)
        return heard

    def _introduce(self) -> None:
        """Note whose connection this is; the band's older one ends."""
        assert self._session is not None
        device_id = device_name(self._session.device_id)
        if device_id is None or device_id == self._device_id:
            return
        if self._device_id is not None:
            self._place.switchboard.left(self._device_id, self)
        self._device_id = device_id
        self._place.follow([device_id])
        swaps = self._place.switchboard.arrived(device_id, self, monotonic())
        if swaps:
            counters.REPLACED.inc()
        if swaps % _SWAPS_TOLD == MOST_SWAPS + 1:
            log.warning(
                "A band changes its connection again and again: two with the same id, or a network"
                " that forgets it.",
                extra={"action": "band_twice", "device": device_id, "swaps": swaps},
            )

    def _note_unread(self, some: bytes, reason: str) -> None:
        if not some:
            return
        message = unread(
            some,
            self._device_id,
            self._origin,
            number=self._frames,
            reason=reason,
            received_at=self._place.clock.now(),
        )
        self._place.delivery.note(message)

    # -- out ---------------------------------------------------------------------------------------

    async def _say(self, words: bytes) -> None:
        if not words:
            return
        self._writer.write(words)
        try:
            async with asyncio.timeout(TAKE_WITHIN_S):
                await self._writer.drain()
        except TimeoutError:
            raise Closing(Ended.DOES_NOT_LISTEN) from None

    def send_orders(self) -> None:
        """Say what is due, if the band has been answered and takes what we say."""
        if self._device_id is None or self._codec is None or not self._is_ready:
            return
        if self._writer.transport.get_write_buffer_size() > _READ_BYTES:
            return  # it does not take what was said before; after its next words we look again
        assert self._session is not None
        self._session = self._place.downlink.send(
            self._device_id, self._codec, self._session, self._writer.write
        )

    def _end(self, reason: Ended) -> None:
        if self._device_id is not None:
            self._place.switchboard.left(self._device_id, self)
        if reason is Ended.GARBAGE:
            self._note_unread(self._buffer[:_MOST_UNKNOWN_BYTES], "no end of a frame")
        if reason not in ORDINARY:
            log.info(
                "A connection was ended.",
                extra={
                    "action": "connection_ended",
                    "reason": reason.value,
                    "connection": self._origin.connection,
                    "protocol": self._origin.protocol,
                    "device": self._device_id,
                    "frames": self._frames,
                },
            )

    def _tell_fault(self, what: str, fault: Exception) -> None:
        """Say where an error of ours is. Its text may hold a person's words: it is left out."""
        last = traceback.extract_tb(fault.__traceback__)[-1]
        log.error(
            what,
            extra={
                "action": "gateway_fault",
                "error": type(fault).__name__,
                "where": f"{last.filename}:{last.lineno}",
                "connection": self._origin.connection,
            },
        )
