"""Orders to bands: put into their words, said, and their answers published."""

from collections.abc import Callable, Sequence

from core.clock import Clock
from core.errors import BadOrder
from ingest.codecs.readings import Codec, Confirmation, Session
from ingest.gateways.counters import ORDERS
from ingest.gateways.delivery import Delivery
from ingest.gateways.orders import OrderBook, Standing
from ingest.gateways.outgoing import order_answer


class Downlink:
    """The orders of all bands of a gateway. Used in one event loop only."""

    def __init__(self, clock: Clock, delivery: Delivery, prefix: str) -> None:
        """Answers go out by *delivery*."""
        self._clock = clock
        self._delivery = delivery
        self._prefix = prefix
        self._book = OrderBook()

    def accept(self, device_id: str, payload: bytes) -> None:
        """Take an order as the broker gave it."""
        one = self._book.accept(device_id, payload, self._clock.now())
        if one is None:
            ORDERS.labels("unusable").inc()
        else:
            self._answer(device_id, one)  # again, if its first answer did not arrive

    def expire(self) -> None:
        """Forget orders that are too old."""
        self._book.expire(self._clock.now())

    def send(
        self, device_id: str, codec: Codec, session: Session, say: Callable[[bytes], None]
    ) -> Session:
        """Say what is due to a band that is connected; return the session to go on with."""
        now = self._clock.now()
        for one in self._book.due(device_id, now):
            serial = session.next_serial
            try:
                words = codec.encode(one.order, session)
                error = "cannot" if words is None else None
            except BadOrder as refused:
                words, error = None, str(refused)
            if words is not None:
                frame, session = words
                one.sent_at, one.serial = now, serial
                ORDERS.labels("sent").inc()
                say(frame)
            else:
                one.answer = error
                ORDERS.labels("cannot").inc()
                self._answer(device_id, one)
        return session

    def confirm(self, device_id: str, said: Sequence[Confirmation]) -> None:
        """Take a band's word that orders reached it."""
        for confirmation in said:
            one = self._book.confirm(device_id, confirmation)
            if one is not None:
                ORDERS.labels("confirmed").inc()
                self._answer(device_id, one)

    def _answer(self, device_id: str, one: Standing) -> None:
        if one.answer is not None:
            message = order_answer(self._prefix, device_id, one.command, one.answer or None)
            self._delivery.note(message)
