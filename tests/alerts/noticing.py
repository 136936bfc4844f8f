"""The notice sender on a clock that the test moves, with senders that only write down."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from alerts.budget import Limits
from alerts.notice_sender import NoticeSender
from alerts.providers import Providers
from core.notifications import NotificationStatus, SendResult
from core.people import Channel
from store import schema
from store.database import reading
from tests.scenes import SECRET, RecordingSender, Sent, Town, rows


class Postman:
    """Sends notices; each delivery is by a worker that has just started."""

    def __init__(
        self,
        town: Town,
        *,
        sms: Iterable[SendResult | BaseException] = (),
        voice: Iterable[SendResult | BaseException] = (),
        limits: Limits | None = None,
    ) -> None:
        """Send through recording senders with these scripts."""
        self._town = town
        self._limits = limits
        self.sms = RecordingSender(town.clock, Channel.SMS, sms)
        self.voice = RecordingSender(town.clock, Channel.VOICE, voice)
        self.senders: Mapping[Channel, Sequence[RecordingSender]] = {
            Channel.SMS: (self.sms,),
            Channel.VOICE: (self.voice,),
        }

    def worker(self) -> NoticeSender:
        """Return the sender of a worker that has just started."""
        return NoticeSender(
            self._town.engine,
            self._town.clock,
            Providers(self.senders),
            secret=SECRET,
            limits=self._limits,
        )

    def deliver(self) -> None:
        """Send all that is due at this instant."""
        for _ in range(50):
            worker = self.worker()
            taken = worker.deliver_due()
            worker.finish()
            if not taken:
                return
        raise AssertionError("a notice stays due for ever")

    def pass_time(self, seconds: float) -> None:
        """Let *seconds* pass, sending everything at the instant at which it is due."""
        clock = self._town.clock
        end = clock.now() + timedelta(seconds=seconds)
        self.deliver()
        while (due_at := self._next_due_at()) is not None and due_at <= end:
            clock.advance(max(0.0, (due_at - clock.now()).total_seconds()))
            self.deliver()
        clock.advance((end - clock.now()).total_seconds())

    @property
    def sent(self) -> list[Sent]:
        """Return every call made, in order of time."""
        every = [
            one for several in self.senders.values() for sender in several for one in sender.sent
        ]
        return sorted(every, key=lambda sent: sent.at)

    def _next_due_at(self) -> datetime | None:
        table = schema.notice
        with reading(self._town.engine) as connection:
            instants = [
                connection.scalar(select(func.min(column)).where(table.c.status == status.value))
                for status, column in (
                    (NotificationStatus.READY, table.c.next_try_at),
                    (NotificationStatus.SENDING, table.c.lease_until),
                )
            ]
        return min((instant for instant in instants if instant is not None), default=None)


def notices(town: Town, *columns: str, **where: Any) -> list[Any]:
    """Return columns of the notices that there are, in order."""
    return rows(town.engine, schema.notice, *columns, **where)
