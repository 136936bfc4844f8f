"""Send notices: claim with a lease, call outside the transaction, record. At most twice in doubt.

A thread of its own with a few callers: however many notices wait, no ask of an incident waits for
them. What nobody can be sure of is asked of the provider before it is sent a second time.
"""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from alerts import notice_words, readiness_watch, verification
from alerts.budget import DAY, Limits, spent
from alerts.channels.sender import Outgoing, Sender
from alerts.notices import NO_CALL, NoticeKind, tell_at
from alerts.providers import Providers, key_of
from alerts.retry import MOST_POSSIBLE_SENDS, NextStep, decide
from core.clock import Clock, monotonic
from core.notifications import AttemptResult, Found, NotificationStatus, SendResult
from core.people import PHONE, Channel
from store import contacts, notices, phone_use, registry
from store import providers as provider_states
from store.database import reading
from store.notices import Notice

log = logging.getLogger(__name__)

#: a claim is good for this long, wall seconds: longer than asking and calling a provider may take
LEASE_S = 45.0
#: with less of the lease left than this a call could end after somebody else's began
_LEAST_LEASE_LEFT_S = 12.0
#: calls under way at once
PARALLEL_CALLS = 2
#: a notice that cannot even be prepared is looked at again after this, wall seconds
_PUT_OFF_S = 30.0
#: how often it is asked whether the weekly list is due, wall seconds
_READINESS_EVERY_S = 60.0
#: how often the queue is looked at, wall seconds
_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    notice: Notice
    number: int
    outgoing: Outgoing
    sender: Sender
    use_id: int
    lease_ends_monotonic: float
    #: the attempt before, of which nobody can be sure: who made it, with which message, when
    doubtful: tuple[Sender, Outgoing, datetime] | None


class NoticeSender:
    """Delivers due notices."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        providers: Providers,
        *,
        secret: bytes,
        limits: Limits | None = None,
    ) -> None:
        """*secret* is the service's key: codes are computed from it."""
        self._engine = engine
        self._clock = clock
        self._providers = providers
        self._secret = secret
        self._limits = limits or Limits()
        self._pool = ThreadPoolExecutor(PARALLEL_CALLS, thread_name_prefix="notice")
        self._calls: set[Future[None]] = set()
        self._readiness_at = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def start(self) -> None:
        """Begin to look at the queue in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more and finish the calls under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self.finish()

    def wait_for_calls(self) -> None:
        """Wait until the calls under way are over and recorded."""
        wait(self._calls, timeout=LEASE_S)

    def finish(self) -> None:
        """Wait for the calls under way and take no more."""
        self.wait_for_calls()
        self._pool.shutdown(wait=True)

    def deliver_due(self) -> int:
        """Claim what is due and start the calls; return how many notices were looked at."""
        self._calls = {call for call in self._calls if not call.done()}
        room = PARALLEL_CALLS - len(self._calls)
        if room <= 0:
            return 0
        with reading(self._engine) as connection:
            due = notices.due(connection, self._clock.now(), room)
        for notice in due:
            with self._engine.begin() as connection:
                claimed = self._claim_alone(connection, notice)
            if claimed is not None:
                self._calls.add(self._pool.submit(self._call_and_record, claimed))
        return len(due)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._look_at_readiness()
                pause_s = 0.05 if self.deliver_due() > 0 else _LOOK_EVERY_S
            except Exception:
                log.exception(
                    "Looking at the notices failed and will be tried again.",
                    extra={"action": "notices_failed"},
                )
                pause_s = _PUT_OFF_S
            self._stopped.wait(pause_s)

    def _look_at_readiness(self) -> None:
        """Once a week somebody hears who is not ready; asked a little more often."""
        if self._readiness_at > monotonic():
            return
        self._readiness_at = monotonic() + _READINESS_EVERY_S
        with self._engine.begin() as connection:
            readiness_watch.tell_weekly(connection, self._clock.now())

    # -- claim: one short transaction ------------------------------------------------------------

    def _claim_alone(self, connection: Connection, notice: Notice) -> _Claimed | None:
        try:
            with connection.begin_nested():
                return self._claim(connection, notice)
        except OperationalError:
            raise  # the database is away, not this row
        except Exception:
            log.exception(
                "A notice could not be prepared; it is tried again in half a minute.",
                extra={"action": "notice_prepare_failed", "notice": notice.id},
            )
            later = self._clock.now() + timedelta(seconds=_PUT_OFF_S * self._clock.speed)
            notices.put_off(connection, notice.id, until=later)
            return None

    def _claim(self, connection: Connection, notice: Notice) -> _Claimed | None:
        now = self._clock.now()
        if notice.expires_at <= now:
            notices.set_status(connection, notice.id, NotificationStatus.WITHHELD, reason="expired")
            return None
        if notice.possible_sends >= MOST_POSSIBLE_SENDS:
            self._give_up(connection, notice, "sent_twice_unsure", now, another_way=True)
            return None
        address = notice.address or contacts.reachable_at(
            connection, notice.person_id, notice.channel
        )
        sender = self._providers.choose(
            notice.channel,
            provider_states.states(connection),
            failed={notice.provider} if notice.provider else (),
            now=now,
        )
        message = None if address is None else self._message(connection, notice, address, now)
        if sender is None or address is None or message is None:
            why = "no_number" if address is None else "no_provider"
            why = why if message is not None or address is None else "not_wanted"
            self._give_up(connection, notice, why, now, another_way=why != "not_wanted")
            return None
        uses = phone_use.since(connection, address, notice.channel, now - DAY)
        rest = spent(notice.channel, uses, self._limits, now, is_first_ask=False, is_drill=True)
        if rest is not None:
            if rest.again_at is not None and rest.again_at < notice.expires_at:
                notices.put_off(connection, notice.id, until=rest.again_at)
            else:
                self._give_up(connection, notice, rest.reason, now, another_way=True)
            return None
        lease = timedelta(seconds=LEASE_S * self._clock.speed)
        number = notices.claim(
            connection,
            notice,
            address=address,
            provider=sender.provider,
            now=now,
            lease_until=now + lease,
        )
        if number is None:
            return None
        return _Claimed(
            notice=notice,
            number=number,
            outgoing=_with_token(message, f"n{notice.id}-{number}"),
            sender=sender,
            use_id=phone_use.note(connection, address, notice.channel, now),
            lease_ends_monotonic=monotonic() + LEASE_S,
            doubtful=self._doubtful(notice, message),
        )

    def _doubtful(
        self, notice: Notice, message: Outgoing
    ) -> tuple[Sender, Outgoing, datetime] | None:
        if not notice.possible_sends or notice.provider is None or notice.requested_at is None:
            return None
        before = self._providers.named(notice.channel, notice.provider)
        if before is None:
            return None
        token = f"n{notice.id}-{notice.attempts}"
        return before, _with_token(message, token), notice.requested_at

    def _message(
        self, connection: Connection, notice: Notice, address: str, now: datetime
    ) -> Outgoing | None:
        """Return the message without its token; None when it is not wanted any more."""
        kind, values = NoticeKind(notice.kind), dict(notice.said)
        if kind is NoticeKind.VERIFICATION:
            code = verification.code_of(connection, int(values["verification"]), self._secret)
            if code is None:
                return None
            values["code"] = code
        language = registry.person(connection, notice.person_id).language
        spoken = notice.channel is Channel.VOICE
        say = notice_words.speak if spoken else notice_words.compose
        template, variables = notice_words.template(kind, values, spoken=spoken)
        return Outgoing(
            to=address,
            text=say(kind, values, language),
            language=language,
            token="",
            validity_s=(notice.expires_at - now).total_seconds(),
            answerable=False,
            template=template,
            values=variables,
        )

    # -- call and record: another thread, another transaction ------------------------------------

    def _call_and_record(self, item: _Claimed) -> None:
        sent = self._send(item)
        try:
            with self._engine.begin() as connection:
                self._record(connection, item, sent, self._clock.now())
        except Exception:
            log.exception(
                "A notice's send could not be recorded; its lease will bring it back.",
                extra={"action": "notice_record_failed", "notice": item.notice.id},
            )

    def _send(self, item: _Claimed) -> SendResult:
        if item.doubtful is not None:
            sender, message, requested_at = item.doubtful
            finding = sender.find(message, requested_at=requested_at)
            if finding.found is Found.YES:
                return SendResult(
                    result=AttemptResult.NOT_SENT,
                    provider_id=finding.provider_id,
                    reason=_FOUND,
                )
        if item.lease_ends_monotonic - monotonic() < _LEAST_LEASE_LEFT_S:
            return SendResult(result=AttemptResult.NOT_SENT, reason="lease_nearly_over")
        return item.sender.send(item.outgoing)

    def _record(
        self, connection: Connection, item: _Claimed, sent: SendResult, now: datetime
    ) -> None:
        if sent.result not in (AttemptResult.ACCEPTED, AttemptResult.AMBIGUOUS):
            phone_use.take_back(connection, item.use_id)
        self._note_health(connection, item, sent, now)
        notice = notices.record(connection, item.notice.id, item.number, sent, now)
        if notice is None:
            return  # a receipt was faster, or a later attempt took over
        if sent.result is AttemptResult.NOT_SENT and sent.reason == _FOUND:
            notices.set_status(connection, notice.id, NotificationStatus.SENT)
            return
        refusals = notice.attempts - notice.possible_sends
        ours = f"/{notice.channel.value}"
        everyone = self._providers.keys()
        several = sum(key.endswith(ours) for key in everyone)
        retry = decide(
            sent,
            refusals=max(refusals, 1),
            possible_sends=notice.possible_sends,
            expires_at=notice.expires_at,
            now=now,
            has_other=refusals < several,
        )
        if retry.step is NextStep.DONE:
            notices.set_status(connection, notice.id, NotificationStatus.SENT)
        elif retry.step is NextStep.GIVE_UP:
            self._give_up(connection, notice, retry.reason, now, another_way=True)
        else:
            notices.set_status(
                connection,
                notice.id,
                NotificationStatus.READY,
                reason=sent.reason,
                next_try_at=retry.at,
            )

    def _note_health(
        self, connection: Connection, item: _Claimed, sent: SendResult, now: datetime
    ) -> None:
        """A provider that takes a notice is well; one that is out rests for asks as well."""
        key = key_of(item.sender.provider, item.notice.channel)
        if sent.result is AttemptResult.ACCEPTED:
            provider_states.note_success(connection, key, now)
        elif sent.provider_is_out:
            provider_states.note_failure(
                connection,
                key,
                reason=sent.reason,
                is_out=True,
                speed=self._clock.speed,
                now=now,
            )

    def _give_up(
        self,
        connection: Connection,
        notice: Notice,
        reason: str,
        now: datetime,
        *,
        another_way: bool,
    ) -> None:
        notices.set_status(connection, notice.id, NotificationStatus.FAILED, reason=reason)
        log.warning(
            "A notice could not be delivered: %s.",
            reason,
            extra={"action": "notice_failed", "notice": notice.id},
        )
        if another_way:
            go_another_way(connection, notice, now)


def go_another_way(connection: Connection, notice: Notice, now: datetime) -> None:
    """Tell the same by another channel, unless it can wait or is about this very number."""
    kind = NoticeKind(notice.kind)
    if kind in NO_CALL:
        return
    for channel in PHONE:
        if channel is notice.channel:
            continue
        if contacts.reachable_at(connection, notice.person_id, channel) is not None:
            tell_at(connection, kind, notice.person_id, channel, notice.subject, notice.said, now)


#: the provider has the attempt before: nothing needs to be sent again
_FOUND = "found_at_provider"


def _with_token(message: Outgoing, token: str) -> Outgoing:
    return replace(message, token=token)
