"""Send what must go out: claim, call, record. The call is outside any transaction.

A sender that dies between claim and record leaves an attempt without a result; when its lease is
over, the next claim finds it, calls it ambiguous and goes on. So one message is sent once, or twice
when nobody can know, and never not at all.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from alerts import desk, facts, wording
from alerts.channels.sender import Outgoing, Sender
from alerts.gate import why_withhold
from alerts.lifecycle import entry
from alerts.retry import MOST_POSSIBLE_SENDS, NextStep, decide
from alerts.wording import Facts
from core.clock import Clock, monotonic
from core.incidents import EntryKind, Incident
from core.notifications import (
    AttemptResult,
    Notification,
    NotificationStatus,
    Purpose,
    SendResult,
)
from core.people import Channel, Language
from store import contacts, incidents, notifications, registry, timeline
from store.database import reading

log = logging.getLogger(__name__)

#: a claim is good for this long, wall seconds: longer than a provider call may take
LEASE_S = 30.0
#: with less of the lease left than this a call could end after somebody else's began
_LEAST_LEASE_LEFT_S = 12.0
#: calls under way at once
PARALLEL_CALLS = 16
#: a message that cannot even be claimed is looked at again after this, wall seconds
_PUT_OFF_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    notification: Notification
    incident: Incident
    number: str | None
    language: Language
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    notification: Notification
    number: int
    outgoing: Outgoing
    sender: Sender
    lease_ends_monotonic: float


class Outbox:
    """Delivers due notifications through the given senders."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        senders: Mapping[Channel, Sender],
        *,
        secret: bytes,
        answer_url: str,
    ) -> None:
        """*answer_url* is the address of the answer page, "" where links may not be sent."""
        self._engine = engine
        self._clock = clock
        self._senders = senders
        self._secret = secret
        self._answer_url = answer_url
        self._pool = ThreadPoolExecutor(PARALLEL_CALLS, thread_name_prefix="send")
        self._calls: set[Future[None]] = set()

    def deliver_due(self) -> int:
        """Claim what is due and start the calls; return how many. Never waits for a provider."""
        self._calls = {call for call in self._calls if not call.done()}
        room = PARALLEL_CALLS - len(self._calls)
        if room <= 0:
            return 0
        now = self._clock.now()
        with reading(self._engine) as connection:
            due = notifications.due(connection, now, room)
            plans = self._plan(connection, due, now)
        if not due:
            return 0
        claimed: list[_Claimed] = []
        with self._engine.begin() as connection:
            for message in due:
                plan = plans.get(message.id)
                item = self._claim_alone(connection, message, plan) if plan else None
                if item is not None:
                    claimed.append(item)
                elif plan is None:
                    self._put_off(connection, message)
        for item in claimed:
            self._calls.add(self._pool.submit(self._call_and_record, item))
        return len(due)

    def finish(self) -> None:
        """Wait for calls under way (at most about 10 s) and take no more."""
        wait(self._calls, timeout=LEASE_S)
        self._pool.shutdown(wait=True)

    # -- plan: what to say to whom; reads only ---------------------------------------------------

    def _plan(
        self, connection: Connection, due: Sequence[Notification], now: datetime
    ) -> dict[int, _Plan]:
        """Return what can be sent, by notification id; what cannot be planned is left out."""
        known: dict[int, tuple[Incident, Facts]] = {}
        plans = {}
        for message in due:
            try:
                if message.incident_id not in known:
                    incident = incidents.load(connection, message.incident_id)
                    known[incident.id] = incident, facts.gather(connection, incident, now)
                plans[message.id] = self._plan_one(connection, message, *known[message.incident_id])
            except Exception:  # noqa: BLE001  one bad row must not stop the others
                _say_broken(message)
        return plans

    def _plan_one(
        self, connection: Connection, message: Notification, incident: Incident, known: Facts
    ) -> _Plan:
        person = registry.person(connection, message.person_id)
        said = facts.for_message(
            connection, known, message, secret=self._secret, answer_url=self._answer_url
        )
        say = wording.speak if message.channel is Channel.VOICE else wording.compose
        return _Plan(
            notification=message,
            incident=incident,
            number=contacts.reachable_at(connection, message.person_id, message.channel),
            language=person.language,
            text=say(message.purpose, message.subject[0], message.role, said, person.language),
        )

    # -- claim: one short transaction ------------------------------------------------------------

    def _claim_alone(
        self, connection: Connection, message: Notification, plan: _Plan
    ) -> _Claimed | None:
        """Claim one message so that its failure undoes only itself."""
        try:
            with connection.begin_nested():
                return self._claim(connection, plan)
        except OperationalError:
            raise  # the database is away, not this row
        except Exception:  # noqa: BLE001  one bad row must not stop the others
            _say_broken(message)
            self._put_off(connection, message)
            return None

    def _put_off(self, connection: Connection, message: Notification) -> None:
        later = self._clock.now() + timedelta(seconds=_PUT_OFF_S * self._clock.speed)
        notifications.put_off(connection, message.id, until=later)

    def _claim(self, connection: Connection, plan: _Plan) -> _Claimed | None:
        message, incident, now = plan.notification, plan.incident, self._clock.now()
        if message.status is NotificationStatus.SENDING:
            self._settle_lost_attempt(connection, incident, message, now)
            message = notifications.load(connection, message.id)
            if message.status is NotificationStatus.FAILED:
                return None
        # Look again: somebody may have answered since the message was planned.
        if incidents.fence_of(connection, incident.id) != incident.fence:
            incident = incidents.load(connection, incident.id)
        reason = why_withhold(incident, message, now)
        if reason is not None:
            notifications.withhold(connection, message.id, reason)
            _write(connection, incident, message, EntryKind.MESSAGE_WITHHELD, reason, now)
            return None
        sender = self._senders.get(message.channel)
        if sender is None or plan.number is None:
            why = "no_provider" if sender is None else "no_number"
            self._give_up(connection, incident, message, why, now, failover=True)
            return None
        lease = timedelta(seconds=LEASE_S * self._clock.speed)
        attempt = notifications.claim(
            connection, message, provider=sender.provider, now=now, lease_until=now + lease
        )
        if attempt is None:
            return None
        return _Claimed(
            notification=message,
            number=attempt,
            outgoing=Outgoing(
                to=plan.number,
                text=plan.text,
                language=plan.language,
                token=f"{message.id}-{attempt}",
                validity_s=(message.expires_at - now).total_seconds(),
                answerable=message.purpose in (Purpose.ASK, Purpose.ALARM),
            ),
            sender=sender,
            lease_ends_monotonic=monotonic() + LEASE_S,
        )

    def _settle_lost_attempt(
        self, connection: Connection, incident: Incident, message: Notification, now: datetime
    ) -> None:
        """Its sender died in the middle: nobody can know, so it counts as perhaps sent."""
        lost = notifications.unresolved_attempt(connection, message.id)
        if lost is not None:
            unsure = SendResult(result=AttemptResult.AMBIGUOUS, reason="sender_died")
            notifications.record_result(connection, message.id, lost, unsure, now)
            _failover(connection, incident, message, now)
        if notifications.possible_sends(connection, message.id) >= MOST_POSSIBLE_SENDS:
            self._give_up(connection, incident, message, "sent_twice_unsure", now, failover=False)

    # -- call and record: another thread, another transaction ------------------------------------

    def _call_and_record(self, item: _Claimed) -> None:
        if item.lease_ends_monotonic - monotonic() < _LEAST_LEASE_LEFT_S:
            sent = SendResult(result=AttemptResult.NOT_SENT, reason="lease_nearly_over")
        else:
            sent = item.sender.send(item.outgoing)
        try:
            with self._engine.begin() as connection:
                self._record(connection, item, sent, self._clock.now())
        except Exception:
            log.exception(
                "A send could not be recorded; its lease will bring it back.",
                extra={"action": "record_failed", "notification": item.notification.id},
            )

    def _record(
        self, connection: Connection, item: _Claimed, sent: SendResult, now: datetime
    ) -> None:
        message = item.notification
        notifications.record_result(connection, message.id, item.number, sent, now)
        current = notifications.load(connection, message.id)
        if current.attempts != item.number or current.status is not NotificationStatus.SENDING:
            return  # a receipt was faster, or a later attempt took over
        incident = incidents.load(connection, message.incident_id)
        retry = decide(
            sent,
            attempts=item.number,
            possible_sends=notifications.possible_sends(connection, message.id),
            expires_at=message.expires_at,
            now=now,
        )
        if retry.step is NextStep.DONE:
            notifications.set_status(connection, message.id, NotificationStatus.SENT)
            _write(connection, incident, message, EntryKind.MESSAGE_SENT, "", now)
            return
        if sent.result is AttemptResult.PERMANENT:
            contacts.disable_contact(connection, message.person_id, message.channel, sent.reason)
        if retry.step is NextStep.GIVE_UP:
            self._give_up(connection, incident, message, retry.reason, now, failover=retry.failover)
            return
        notifications.set_status(
            connection,
            message.id,
            NotificationStatus.READY,
            reason=sent.reason,
            next_try_at=retry.at,
        )
        if retry.failover:
            _failover(connection, incident, message, now)

    def _give_up(
        self,
        connection: Connection,
        incident: Incident,
        message: Notification,
        reason: str,
        now: datetime,
        *,
        failover: bool,
    ) -> None:
        notifications.set_status(connection, message.id, NotificationStatus.FAILED, reason=reason)
        _write(connection, incident, message, EntryKind.MESSAGE_FAILED, reason, now)
        if failover:
            _failover(connection, incident, message, now)


def _say_broken(message: Notification) -> None:
    log.exception(
        "A message could not be prepared; it is tried again in half a minute.",
        extra={"action": "prepare_failed", "notification": message.id},
    )


def _failover(
    connection: Connection, incident: Incident, message: Notification, now: datetime
) -> None:
    """Reach the same person another way (the desk knows the ladder)."""
    desk.go_another_way(connection, incident, message, now=now)


def _write(
    connection: Connection,
    incident: Incident,
    message: Notification,
    kind: EntryKind,
    reason: str,
    now: datetime,
) -> None:
    said = entry(
        kind,
        now,
        {
            "channel": message.channel.value,
            "purpose": message.purpose.value,
            "topic": message.subject[0],
            "role": message.role.value,
            "reason": reason,
        },
        person_id=message.person_id,
    )
    timeline.append(connection, incident.id, [said], state=incident.state)
