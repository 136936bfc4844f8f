"""What follows a notice's call to a provider: done, tried again, given up, gone another way.

Every function works in the caller's transaction.
"""

import logging
from datetime import datetime

from sqlalchemy import Connection

from alerts.notices import NO_CALL, call_family_instead, disable_contact, tell_at
from alerts.retry import NextStep, decide
from core.notices import NoticeKind
from core.notifications import AttemptResult, NotificationStatus, SendResult
from core.people import PHONE
from store import contacts, notices
from store.notices import Notice

log = logging.getLogger(__name__)

#: the provider has the attempt before: nothing needs to be sent again
FOUND = "found_at_provider"


def settle(
    connection: Connection, notice: Notice, sent: SendResult, now: datetime, *, providers: int
) -> None:
    """Do what follows the last attempt's result; *providers*: how many there are to ask."""
    if sent.result is AttemptResult.NOT_SENT and sent.reason == FOUND:
        notices.set_status(connection, notice.id, NotificationStatus.SENT)
        return
    if sent.result is AttemptResult.PERMANENT:
        number_is_dead(connection, notice, sent.reason, now)
    refusals = notice.attempts - notice.possible_sends
    retry = decide(
        sent,
        refusals=max(refusals, 1),
        possible_sends=notice.possible_sends,
        expires_at=notice.expires_at,
        now=now,
        has_other=refusals < providers,
        may_come_back=providers > 1,  # which of them only stumbled is not remembered here
    )
    if retry.step is NextStep.DONE:
        notices.set_status(connection, notice.id, NotificationStatus.SENT)
    elif retry.step is NextStep.GIVE_UP:
        give_up(connection, notice, retry.reason, now, another_way=True)
    else:
        notices.set_status(
            connection,
            notice.id,
            NotificationStatus.READY,
            reason=sent.reason,
            next_try_at=retry.at,
        )


def give_up(
    connection: Connection,
    notice: Notice,
    reason: str,
    now: datetime,
    *,
    another_way: bool,
) -> None:
    """End a notice that could not be delivered like this."""
    notices.set_status(connection, notice.id, NotificationStatus.FAILED, reason=reason)
    log.warning(
        "A notice could not be delivered: %s.",
        reason,
        extra={"action": "notice_failed", "notice": notice.id},
    )
    if another_way:
        go_another_way(connection, notice, now)


def number_is_dead(connection: Connection, notice: Notice, reason: str, now: datetime) -> None:
    """Stop using the number that a notice went to; not the one that has taken its place since."""
    if notice.person_id is None:
        return  # of a family: nothing else goes there, and operators hear that nothing went
    used = contacts.reachable_at(connection, notice.person_id, notice.channel)
    if used is not None and notice.address in (None, used):
        disable_contact(connection, notice.person_id, notice.channel, reason, now, address=used)


def go_another_way(connection: Connection, notice: Notice, now: datetime) -> None:
    """Tell the same by another channel, unless it can wait or is about this very number."""
    kind = NoticeKind(notice.kind)
    if kind in NO_CALL:
        return
    if notice.person_id is None:
        call_family_instead(connection, notice, now)
        return
    for channel in PHONE:
        if channel is notice.channel:
            continue
        if contacts.reachable_at(connection, notice.person_id, channel) is not None:
            tell_at(connection, kind, notice.person_id, channel, notice.subject, notice.said, now)
