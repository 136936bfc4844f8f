"""How a provider does, from what its calls come to: it is noted to be well, or to be out.

One that fails again and again rests for half a minute, and others are asked first. Works in the
caller's transaction.
"""

import logging
from datetime import datetime

from sqlalchemy import Connection

from alerts.notices import NoticeKind, tell_operators
from alerts.providers import key_of
from core.notifications import AttemptResult, SendResult
from core.people import PHONE, Channel
from store import providers

log = logging.getLogger(__name__)

_WELL = (AttemptResult.ACCEPTED, AttemptResult.PERMANENT)
_BROKE = (AttemptResult.TEMPORARY, AttemptResult.AMBIGUOUS)


def note_health(
    connection: Connection,
    provider: str,
    channel: Channel,
    sent: SendResult,
    now: datetime,
    *,
    speed: float,
) -> None:
    """Remember how *provider* did on *channel*; *speed*: of the clock."""
    key = key_of(provider, channel)
    if sent.result in _WELL:
        if providers.note_success(connection, key, now):
            log.info("A provider works again.", extra={"action": "provider_back", "provider": key})
        return
    about = {"provider": key, "reason": sent.reason}
    if sent.needs_operator:
        tell_operators(connection, NoticeKind.CONFIGURATION, key, about, now)
    # Who only says "not so fast" is well.
    failed = sent.result in _BROKE and not sent.is_busy
    if not sent.provider_is_out and not failed:
        return
    rests = providers.note_failure(
        connection, key, reason=sent.reason, is_out=sent.provider_is_out, speed=speed, now=now
    )
    if rests:
        if channel in PHONE:  # what goes to a browser is an extra
            tell_operators(connection, NoticeKind.PROVIDER_OUT, key, about, now)
        log.error(
            "A provider fails and rests for half a minute; others are asked first.",
            extra={"action": "provider_rests", "provider": key, "reason": sent.reason},
        )
