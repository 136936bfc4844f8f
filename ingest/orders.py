"""Hand waiting orders to the broker: to bands in our own words, to phones in OwnTracks' words.

An order is said again until it is answered or too old (store/commands.py); twice is harmless, an
order has a number.
"""

import json
import logging
from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.errors import BadOrder
from ingest.codecs.owntracks.orders import command_of
from ingest.codecs.readings import Order
from ingest.messages import Message
from ingest.topics import OWNTRACKS, command_topic, phone_of
from store import commands
from store.commands import Command
from store.database import reading

log = logging.getLogger(__name__)

#: phones whose topic is remembered; a forgotten one is learned again from its next message
MOST_PHONES = 10_000


class Publisher(Protocol):
    """Whatever hands a message to the broker, at least once."""

    def publish(self, topic: str, payload: str) -> None:
        """Hand over one message."""
        ...


class Orders:
    """Orders on their way down. Not for several threads."""

    def __init__(self, engine: Engine, clock: Clock, publisher: Publisher, *, prefix: str) -> None:
        """Nothing is sent before `send_due`."""
        self._engine = engine
        self._clock = clock
        self._publisher = publisher
        self._prefix = prefix
        #: where each phone listens
        self._phones: dict[str, str] = {}
        #: what phones were told and did not react to yet
        self._told: dict[str, list[int]] = {}

    def hear(self, messages: Iterable[Message]) -> None:
        """Learn where phones are; what one says after an order is taken for its answer.

        The app confirms nothing, and a phone that speaks has heard what waited for it.
        """
        for message in messages:
            if not message.topic.startswith(OWNTRACKS) or message.retained:
                continue
            phone = phone_of(message.topic)
            if phone is None:
                continue
            device_id, base = phone
            if device_id not in self._phones and len(self._phones) >= MOST_PHONES:
                self._phones.pop(next(iter(self._phones)))
            self._phones[device_id] = base
            if device_id in self._told:
                self._confirm(device_id)

    def send_due(self) -> None:
        """Hand over every order that is due and mark it as sent; while the database is away, wait.

        Raises nothing.
        """
        try:
            now = self._clock.now()
            with reading(self._engine) as connection:
                waiting = commands.due(connection, now)
            if not waiting:
                return
            cannot = [order for order in waiting if not self._send(order)]
            with self._engine.begin() as connection:
                commands.mark_sent(connection, [order.id for order in waiting], now)
                for order in cannot:
                    commands.mark_answered(
                        connection, order.device_id, order.id, error="cannot", now=now
                    )
        except SQLAlchemyError:
            log.exception("Orders to bands wait.", extra={"action": "orders_failed"})

    def _send(self, order: Command) -> bool:
        """Publish one order; False when the phone it is for has no words for it."""
        base = self._phones.get(order.device_id)
        if base is None:
            said = {
                "v": 1,
                "cmd": f"c-{order.id}",
                "do": order.do,
                "args": order.args,
                "exp": round(order.expires_at.timestamp()),
            }
            self._publish(command_topic(self._prefix, order.device_id), said)
            return True
        try:
            words = command_of(Order(do=order.do, args=order.args))
        except BadOrder:
            words = None
        if words is None:
            return False
        self._publish(f"{base}/cmd", words)
        told = self._told.setdefault(order.device_id, [])
        if order.id not in told:
            told.append(order.id)
        return True

    def _publish(self, topic: str, document: object) -> None:
        self._publisher.publish(topic, json.dumps(document, separators=(",", ":")))

    def _confirm(self, device_id: str) -> None:
        try:
            with self._engine.begin() as connection:
                for command_id in self._told[device_id]:
                    commands.mark_answered(
                        connection, device_id, command_id, error=None, now=self._clock.now()
                    )
        except SQLAlchemyError:
            log.exception("A phone's answer waits.", extra={"action": "orders_failed"})
            return
        del self._told[device_id]
