"""The course of a story: its clock moves from one due thing to the next, without waiting."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import case, select, union_all
from sqlalchemy import func as sql

from aihuijia.alerts_role import AlertsRole
from aihuijia.senders import senders_for
from alerts import desk
from alerts.outbox import Outbox
from alerts.templates import all_templates
from core.clock import ManualClock
from core.notifications import NotificationStatus
from simulators.phone_network.aliyun_account import AliyunAccount
from store import schema
from store.database import reading
from tests.scenes import Town
from tests.stories import stage as stages
from tests.stories.cast import Cast
from tests.stories.dying import Dies
from tests.stories.stage import Stage

#: time moves on at most this much in one go, and what people and phones do is gathered into
#: moments this far apart, seconds
_STRIDE_S = 90.0
_MOMENT_S = 5.0


class Course(Cast):
    """A cast whose service works, and whose time its owner moves."""

    #: the incident that the story is about: the one touched last
    incident_id = 0

    def __init__(self, town: Town, stage: Stage, clock: ManualClock) -> None:
        """Begin at the clock's time; no worker has started yet."""
        super().__init__(town, stage, clock)
        self._first_at = clock.now()
        self._role: AlertsRole | None = None
        #: when the service has something to do, as far as the last look told
        self._next_at: datetime | None = None

    @property
    def role(self) -> AlertsRole:
        """The alerts role at work; a new one when the last is gone."""
        if self._role is None:
            self._role = AlertsRole(self.settings, self.engine, self.clock)
        return self._role

    def advances_only(self) -> None:
        """Do what time does to the incident, and send nothing yet."""
        with self.engine.begin() as connection:
            desk.advance(connection, self.incident_id, self.clock.now())

    def worker_restarts(self) -> None:
        """End the worker in good order; a new one, that remembers nothing, takes over."""
        if self._role is not None:
            self._role.stop()
            self._role = None

    def from_here(self) -> None:
        """Count seconds from now on."""
        self.began_at = self.clock.now()

    def settles(self) -> None:
        """Do everything that is due at this instant, and what follows from it."""
        for _ in range(100):
            done = self.stage.run_due()
            self._next_at = self._next_due_at()
            if self._next_at is not None and self._next_at <= self.clock.now():
                done += 1
                self.ticks()
            if not done:
                return
        raise AssertionError("something stays due for ever\n" + self.so_far())

    def ticks(self) -> None:
        """Have the worker look once, whether or not anything is due."""
        self.role.ticker.tick()
        self.role.ticker.wait_for_calls()
        self.role.notices.deliver_due()
        self.role.notices.wait_for_calls()
        self.role.relays.deliver_due()
        self.role.relays.wait_for_posts()

    def passes(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Let time pass; everything happens when it is due."""
        end = self.clock.now() + timedelta(seconds=seconds + 60 * minutes)
        self.settles()
        while (now := self.clock.now()) < end:
            coming = [end, now + timedelta(seconds=_STRIDE_S)]
            coming += [self._moment_after(at) for at in (self.network.next_at,) if at]
            coming += [at for at in (self._next_at,) if at]
            self.clock.advance((max(now, min(coming)) - now).total_seconds())
            if min(coming) >= now + timedelta(seconds=_STRIDE_S):
                self.ticks()  # nothing is due, so nothing must happen
            self.settles()

    def _moment_after(self, at: datetime) -> datetime:
        moments = -(-(at - self._first_at).total_seconds() // _MOMENT_S)
        return self._first_at + timedelta(seconds=moments * _MOMENT_S)

    def dies_sending(self, *, after: bool) -> None:
        """Have another worker claim what is due and die, before or *after* the provider took it."""
        senders = {
            channel: [Dies(sender, after=after) for sender in several]
            for channel, several in senders_for(self.settings).items()
        }
        outbox = Outbox(
            self.engine, self.clock, senders, secret=stages.SECRET.encode(), answer_url=""
        )
        outbox.deliver_due()
        outbox.finish()

    def outage(self, *, minutes: float) -> None:
        """Have nothing of the alerts role at work for so long; then it is started again."""
        self.worker_restarts()
        self.clock.advance(60 * minutes)
        self.ticks()
        self.settles()

    def _next_due_at(self) -> datetime | None:
        with reading(self.engine) as connection:
            found = connection.scalars(_DUE).all()
        return min([at for at in found if at is not None], default=None)

    # -- how the service is set ------------------------------------------------------------------

    def is_set(self, **settings: Any) -> None:
        """Have the service started anew with other settings."""
        self.worker_restarts()
        self.settings = self.settings.model_copy(update=settings)
        self.stage.serve(self.settings, self.engine, self.clock)

    def uses_aliyun(self, order: str = "aliyun") -> None:
        """Have Aliyun, with every text approved, deliver for us, in this *order* of providers."""
        codes = {one.name: f"T_{number}" for number, one in enumerate(all_templates(), start=1)}
        account = AliyunAccount(
            key_id="LTAI-of-stories",
            key_secret="its secret",
            sign_name="121爱回家",
            show_number="057387000121",
            approved={codes[one.name]: one.text for one in all_templates()},
            hooks_url=f"{self.stage.public_url}/hooks/aliyun/{stages.HOOK_SECRET}",
        )
        self.network.open_aliyun(account)
        self.is_set(
            sms_provider=order,
            aliyun_access_key_id=account.key_id,
            aliyun_access_key_secret=SecretStr(account.key_secret),
            aliyun_show_number=account.show_number,
            aliyun_sms_url=self.stage.provider_url,
            aliyun_voice_url=self.stage.provider_url,
            aliyun_templates=",".join(f"{name}={code}" for name, code in codes.items()),
            aliyun_hook_secret=SecretStr(stages.HOOK_SECRET),
        )

    def aliyun(self, what: str, **body: Any) -> None:
        """Command the stand-in for Aliyun: `faults`, `refusals`, `reports`."""
        self.stage.phones.post(f"/aliyun/{what}", json=body).raise_for_status()


_message, _incident, _inbox = schema.notification, schema.incident, schema.inbox
_notice = schema.notice
#: the next instant at which the alerts role has something to do
_DUE = union_all(
    select(
        sql.min(
            case(
                (_incident.c.paused_until > _incident.c.next_action_at, _incident.c.paused_until),
                else_=_incident.c.next_action_at,
            )
        )
    ),
    select(sql.min(_message.c.next_try_at)).where(
        _message.c.status == NotificationStatus.READY.value
    ),
    select(sql.min(_message.c.lease_until)).where(
        _message.c.status == NotificationStatus.SENDING.value
    ),
    select(sql.min(_message.c.receipt_due_at)).where(
        _message.c.status == NotificationStatus.SENT.value
    ),
    select(sql.min(_notice.c.next_try_at)).where(
        _notice.c.status == NotificationStatus.READY.value
    ),
    select(sql.min(_notice.c.lease_until)).where(
        _notice.c.status == NotificationStatus.SENDING.value
    ),
    select(sql.min(sql.coalesce(_inbox.c.next_try_at, _inbox.c.received_at))).where(
        _inbox.c.processed_at.is_(None)
    ),
)
