"""Send what must go out: claim, call, record. The call is outside any transaction.

A sender that dies between claim and record leaves an attempt without a result; when its lease is
over, the next claim finds it and calls it ambiguous. Whatever is ambiguous is looked up at its
provider before it is sent again. So one message is sent once, or twice when nobody can know, and
never not at all.

Lanes keep what is urgent apart from what is not, and one channel from another: neither ten
thousand reports nor a provider that hangs delays a first ask.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from alerts import facts, outcomes, spending, wording
from alerts.budget import Limits
from alerts.channels.sender import Outgoing, Sender
from alerts.claims import Claimed, Unsure
from alerts.failing import FailingRows
from alerts.gate import why_withhold
from alerts.notices import NoticeKind, tell_operators
from alerts.provider_health import note_health
from alerts.providers import Providers, key_of
from alerts.push_words import push_text
from alerts.wording import Facts
from core.clock import Clock, monotonic, pause
from core.incidents import EntryKind, Incident
from core.notifications import (
    AttemptResult,
    Finding,
    Found,
    Notification,
    NotificationStatus,
    Purpose,
    SendResult,
)
from core.people import PHONE, Channel, Language
from store import (
    attempts,
    contacts,
    incidents,
    notifications,
    providers,
    registry,
    timeline,
)
from store.attempts import Attempt
from store.database import lost_a_race, reading
from store.providers import ProviderState

log = logging.getLogger(__name__)

#: a claim is good for this long, wall seconds: longer than a provider call may take
LEASE_S = 30.0
#: with less of the lease left than this a call could end after somebody else's began
_LEAST_LEASE_LEFT_S = 12.0
#: calls under way at once in a lane: urgent ones, and others
_URGENT_CALLS, _OTHER_CALLS = 8, 3
#: a message that cannot even be claimed is looked at again after this, wall seconds
_PUT_OFF_S = 30.0
#: so often it is noted that a provider is well, wall seconds
_WELL_S = 5.0
#: a result that cannot be written down is tried again after these, wall seconds
_WRITE_WAITS_S = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)

_T = TypeVar("_T")

#: how a channel says it, where not as an SMS
_SAYING = {Channel.VOICE: wording.speak, Channel.PUSH: push_text}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    notification: Notification
    incident: Incident
    address: str | None
    language: Language
    text: str
    template: str
    values: Mapping[str, str]
    #: the canary's: its number has no budget
    is_test: bool


@dataclass(slots=True)
class _Lane:
    channel: Channel
    urgent: bool
    most: int
    pool: ThreadPoolExecutor
    calls: set[Future[None]] = field(default_factory=set)
    was_full: bool = False

    def room(self) -> int:
        self.calls = {call for call in self.calls if not call.done()}
        return self.most - len(self.calls)


class Outbox:
    """Delivers due notifications through the given providers."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        senders: Mapping[Channel, Sequence[Sender]],
        *,
        secret: bytes,
        answer_url: str,
        push_url: str = "",
        limits: Limits = Limits(),  # noqa: B008  frozen
    ) -> None:
        """*answer_url* is the address of the answer page, "" where links may not be sent.

        *push_url* is the same for messages to browsers, which always hold a link.
        """
        self._engine = engine
        self._clock = clock
        self._providers = Providers(senders)
        self._secret = secret
        self._answer_url = answer_url
        self._push_url = push_url
        self._limits = limits
        #: when a provider was last noted to be well, on the monotonic clock
        self._well_at: dict[str, float] = {}
        self._failing = FailingRows()
        self._lanes = [
            _Lane(channel, urgent, most, ThreadPoolExecutor(most, f"send-{channel.value}"))
            for channel in Channel
            for urgent, most in ((True, _URGENT_CALLS), (False, _OTHER_CALLS))
        ]
        #: called from a sender's thread when a full lane has room again
        self.on_room: Callable[[], None] = lambda: None

    def deliver_due(self) -> int:
        """Claim what is due and start the calls; return how many. Never waits for a provider."""
        now = self._clock.now()
        with reading(self._engine) as connection:
            if not notifications.is_any_due(connection, now):
                return 0
        return sum(self._deliver(lane, now) for lane in self._lanes)

    def wait_for_calls(self) -> None:
        """Wait for calls under way, at most about 20 s."""
        wait([call for lane in self._lanes for call in lane.calls], timeout=LEASE_S)

    def finish(self) -> None:
        """Wait for calls under way and take no more."""
        self.wait_for_calls()
        for lane in self._lanes:
            lane.pool.shutdown(wait=True)

    def _deliver(self, lane: _Lane, now: datetime) -> int:
        lane.was_full = False
        room = lane.room()
        if room <= 0:
            lane.was_full = True
            return 0
        with reading(self._engine) as connection:
            due = notifications.due(connection, now, room, channel=lane.channel, urgent=lane.urgent)
            if not due:
                return 0
            plans = self._plan(connection, due, now)
            states = providers.states(connection)
        claimed: list[Claimed] = []
        with self._engine.begin() as connection, timeline.written_last(connection):
            ours = notifications.lock(connection, [message.id for message in due])
            for message in (one for one in due if one.id in ours):
                plan = plans.get(message.id)
                if plan is None:
                    self._put_off(connection, message)
                elif (item := self._claim_alone(connection, message, plan, states)) is not None:
                    claimed.append(item)
        lane.was_full = len(due) == room
        for item in claimed:
            call = lane.pool.submit(self._call_and_record, item, lane)
            lane.calls.add(call)
        return len(ours)

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
        is_push = message.channel is Channel.PUSH
        answer_url = self._push_url if is_push else self._answer_url
        said = facts.for_message(
            connection, known, message, secret=self._secret, answer_url=answer_url
        )
        about = (message.purpose, message.subject[0], message.role, said, person.language)
        say = _SAYING.get(message.channel, wording.compose)
        template, values = wording.template(*about)
        return _Plan(
            notification=message,
            incident=incident,
            address=contacts.address_of(connection, message.person_id, message.channel),
            language=person.language,
            text=say(*about),
            template=template,
            values=values,
            is_test=known.is_test,
        )

    # -- claim: one short transaction ------------------------------------------------------------

    def _claim_alone(
        self,
        connection: Connection,
        message: Notification,
        plan: _Plan,
        states: Mapping[str, ProviderState],
    ) -> Claimed | None:
        """Claim one message so that its failure undoes only itself."""
        try:
            with timeline.savepoint(connection):
                return self._claim(connection, plan, states)
        except OperationalError:
            raise  # the database is away, not this row
        except Exception:  # noqa: BLE001  one bad row must not stop the others
            _say_broken(message)
            self._put_off(connection, message)
            return None

    def _put_off(self, connection: Connection, message: Notification) -> None:
        later = self._clock.now() + timedelta(seconds=_PUT_OFF_S * self._clock.speed)
        notifications.put_off(connection, message.id, until=later)
        if self._failing.failed(message.id):
            no = str(message.incident_id)
            tell_operators(connection, NoticeKind.STEP_FAILED, no, {"no": no}, self._clock.now())

    def _claim(
        self, connection: Connection, plan: _Plan, states: Mapping[str, ProviderState]
    ) -> Claimed | None:
        incident, now = plan.incident, self._clock.now()
        message = notifications.load(connection, plan.notification.id)
        if message.attempts != plan.notification.attempts or not message.is_waiting:
            return None  # another worker was first, or a receipt settled it
        made = attempts.attempts_of(connection, message.id) if message.attempts else []
        if message.status is NotificationStatus.SENDING:
            known = outcomes.settle_lost(connection, incident, message, made, now)
            if known is None:
                return None
            made = known
        # Look again: somebody may have answered since the message was planned.
        if incidents.fence_of(connection, incident.id) != incident.fence:
            incident = incidents.load(connection, incident.id)
        reason = why_withhold(incident, message, now)
        if reason is not None:
            notifications.withhold(connection, message.id, reason)
            outcomes.write(
                connection, incident.state, message, EntryKind.MESSAGE_WITHHELD, reason, now
            )
            return None
        if incident.paused_until is not None and incident.paused_until > now and message.is_ask:
            notifications.put_off(connection, message.id, until=incident.paused_until)
            return None
        sender, has_other = self._choose(message.channel, made, states, now)
        if sender is None or plan.address is None:
            why = "no_provider" if sender is None else "no_number"
            outcomes.give_up(connection, incident, message, why, now, failover=True)
            return None
        use_id = None
        if message.channel in PHONE and not plan.is_test:
            use = spending.use(connection, incident, message, plan.address, self._limits, now)
            if use is None:
                return None
            use_id = use.id
        lease = timedelta(seconds=LEASE_S * self._clock.speed)
        attempt = notifications.claim(
            connection,
            message,
            provider=sender.provider,
            address=plan.address if message.channel in PHONE else "",
            now=now,
            lease_until=now + lease,
        )
        if attempt is None:
            return None
        return Claimed(
            notification=message,
            number=attempt,
            outgoing=Outgoing(
                to=plan.address,
                text=plan.text,
                language=plan.language,
                token=f"{message.id}-{attempt}",
                validity_s=(message.expires_at - now).total_seconds(),
                answerable=message.purpose in (Purpose.ASK, Purpose.ALARM),
                template=plan.template,
                values=plan.values,
            ),
            sender=sender,
            has_other=has_other,
            unsure=self._unsure(message.channel, made),
            use_id=use_id,
            lease_ends_monotonic=monotonic() + LEASE_S,
        )

    def _choose(
        self,
        channel: Channel,
        made: Sequence[Attempt],
        states: Mapping[str, ProviderState],
        now: datetime,
    ) -> tuple[Sender | None, bool]:
        """Return the provider for the next call, and whether there is one that never failed it."""
        refused = {a.provider for a in made if a.result is AttemptResult.ELSEWHERE}
        failed = {
            a.provider
            for a in made
            if a.result in (AttemptResult.TEMPORARY, AttemptResult.AMBIGUOUS)
        }
        chosen = self._providers.choose(channel, states, refused=refused, failed=failed, now=now)
        if chosen is None:
            # Everyone refused. A last resort goes round once more; decide() ended all others.
            chosen = self._providers.choose(channel, states, failed=failed, now=now)
            return chosen, False
        spoiled = {*refused, *failed, chosen.provider}
        other = self._providers.choose(channel, states, refused=spoiled, now=now)
        return chosen, other is not None

    def _unsure(self, channel: Channel, made: Sequence[Attempt]) -> Unsure | None:
        """Return the call that must be looked up before another one is made."""
        if not made or made[-1].result is not AttemptResult.AMBIGUOUS:
            return None
        return Unsure(attempt=made[-1], sender=self._providers.named(channel, made[-1].provider))

    # -- call and record: another thread, another transaction ------------------------------------

    def _call_and_record(self, item: Claimed, lane: _Lane) -> None:
        try:
            self._call(item)
        except Exception:
            log.exception(
                "A send could not be recorded; its lease will bring it back.",
                extra={"action": "record_failed", "notification": item.notification.id},
            )
        finally:
            if lane.was_full:
                self.on_room()

    def _call(self, item: Claimed) -> None:
        unsure = item.unsure
        if unsure is not None:
            finding = _look_up(item, unsure)
            settled = self._write_down(
                lambda connection: outcomes.settle_unsure(
                    connection, item, unsure, finding, self._clock.now()
                )
            )
            if settled:
                return
        if item.lease_ends_monotonic - monotonic() < _LEAST_LEASE_LEFT_S:
            sent = SendResult(result=AttemptResult.NOT_SENT, reason="lease_nearly_over")
        else:
            sent = item.sender.send(item.outgoing)
        self._record(item, sent)
        self._note_health(item, sent)

    def _record(self, item: Claimed, sent: SendResult) -> None:
        self._write_down(
            lambda connection: outcomes.record(connection, item, sent, self._clock.now())
        )

    def _note_health(self, item: Claimed, sent: SendResult) -> None:
        """Remember how the provider did, unless it was noted to be well a moment ago."""
        key = key_of(item.sender.provider, item.notification.channel)
        if sent.result is AttemptResult.ACCEPTED:
            if monotonic() - self._well_at.get(key, -_WELL_S) < _WELL_S:
                return
            self._well_at[key] = monotonic()
        else:
            self._well_at.pop(key, None)
        with self._engine.begin() as connection:
            note_health(
                connection,
                item.sender.provider,
                item.notification.channel,
                sent,
                self._clock.now(),
                speed=self._clock.speed,
            )

    def _write_down(self, what: Callable[[Connection], _T]) -> _T:
        """Commit what became of a call: it was made, so this is tried as long as the claim holds.

        Whoever cannot write it down lets the lease end, and then nobody knows.
        """
        waits_s = iter(_WRITE_WAITS_S)
        while True:
            try:
                with self._engine.begin() as connection, timeline.written_last(connection):
                    return what(connection)
            except (OperationalError, IntegrityError) as error:
                # Two attempts that adopt one id at the same instant meet in the unique index.
                wait_s = next(waits_s, None)
                if wait_s is None:
                    raise
                if isinstance(error, OperationalError) and not lost_a_race(error):
                    pause(wait_s)


def _look_up(item: Claimed, unsure: Unsure) -> Finding:
    """Ask the provider of an earlier call whether it took it."""
    if unsure.sender is None:
        return Finding(found=Found.CANNOT_ASK)
    attempt, message = unsure.attempt, item.outgoing
    earlier = Outgoing(
        to=attempt.address or message.to,
        text=message.text,
        language=message.language,
        token=f"{item.notification.id}-{attempt.number}",
        validity_s=message.validity_s,
        answerable=message.answerable,
        template=message.template,
        values=message.values,
    )
    return unsure.sender.find(earlier, requested_at=attempt.requested_at)


def _say_broken(message: Notification) -> None:
    log.exception(
        "A message could not be prepared; it is tried again in half a minute.",
        extra={"action": "prepare_failed", "notification": message.id},
    )
