"""Claim a notice: is it still wanted, where does it go, who sends it. One short transaction."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import notice_words, verification
from alerts.budget import DAY, Limits, spent
from alerts.channels.sender import Outgoing, Sender
from alerts.notice_outcomes import give_up
from alerts.providers import Providers
from alerts.retry import MOST_POSSIBLE_SENDS
from core.clock import Clock, monotonic
from core.notices import NoticeKind
from core.notifications import NotificationStatus
from core.people import Channel, Language
from store import contacts, notices, phone_use, registry
from store import providers as provider_states
from store.notices import Notice

#: a claim is good for this long, wall seconds: longer than asking and calling a provider may take
LEASE_S = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One notice that is ours to send now."""

    notice: Notice
    number: int
    outgoing: Outgoing
    sender: Sender
    use_id: int
    lease_ends_monotonic: float
    #: the attempt before, of which nobody can be sure: who made it, with which message, when
    doubtful: tuple[Sender, Outgoing, datetime] | None


class Claims:
    """Claims notices for one worker."""

    def __init__(
        self, clock: Clock, providers: Providers, *, secret: bytes, limits: Limits
    ) -> None:
        """*secret* is the service's key: codes are computed from it."""
        self._clock = clock
        self._providers = providers
        self._secret = secret
        self._limits = limits

    def claim(self, connection: Connection, notice: Notice) -> Claimed | None:
        """Return the notice ready to be sent; None when it is not, or not by us."""
        now = self._clock.now()
        if notice.expires_at <= now:
            notices.set_status(connection, notice.id, NotificationStatus.WITHHELD, reason="expired")
            return None
        if notice.possible_sends >= MOST_POSSIBLE_SENDS:
            give_up(connection, notice, "sent_twice_unsure", now, another_way=True)
            return None
        address = notice.address
        if address is None and notice.person_id is not None:
            address = contacts.reachable_at(connection, notice.person_id, notice.channel)
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
            give_up(connection, notice, why, now, another_way=why != "not_wanted")
            return None
        uses = phone_use.since(connection, address, notice.channel, now - DAY)
        rest = spent(notice.channel, uses, self._limits, now, is_first_ask=False, is_drill=True)
        if rest is not None:
            if rest.again_at is not None and rest.again_at < notice.expires_at:
                notices.put_off(connection, notice.id, until=rest.again_at)
            else:
                give_up(connection, notice, rest.reason, now, another_way=True)
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
        return Claimed(
            notice=notice,
            number=number,
            outgoing=replace(message, token=f"n{notice.id}-{number}"),
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
        return before, replace(message, token=token), notice.requested_at

    def _message(
        self, connection: Connection, notice: Notice, address: str, now: datetime
    ) -> Outgoing | None:
        """Return the message without its token; None when it is not wanted any more."""
        kind, values = NoticeKind(notice.kind), dict(notice.said)
        if kind in (NoticeKind.VERIFICATION, NoticeKind.SIGN_IN_CODE):
            code = verification.code_of(connection, int(values["verification"]), self._secret)
            if code is None:
                return None
            values["code"] = code
        language = notice.language or Language.CHINESE
        if notice.person_id is not None:
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
