"""Use a number for a message, if its budget allows; else the message waits, or goes elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from alerts import outcomes
from alerts.asking import RESCUE_STEP
from alerts.budget import DAY, Limits, spent
from core.incidents import Incident
from core.notifications import Notification, NotificationStatus, Purpose
from core.people import Channel
from store import contacts, notifications, phone_use


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The number may be used; *id* takes the use back, None where it costs no budget."""

    id: int | None


def use(
    connection: Connection,
    incident: Incident,
    message: Notification,
    address: str,
    limits: Limits,
    now: datetime,
) -> Use | None:
    """Count one use of *address*; None when the message must wait or was given up.

    The first text of an incident goes out when nothing else is left: a carrier may drop it, but
    nobody is passed over in silence because of what we counted.
    """
    is_first = _is_first_ask(message)
    uses = phone_use.since(connection, address, message.channel, now - DAY)
    found = spent(
        message.channel, uses, limits, now, is_first_ask=is_first, is_drill=incident.is_drill
    )
    if found is None:
        return Use(id=phone_use.note(connection, address, message.channel, now))
    if found.again_at is not None and found.again_at < message.expires_at:
        notifications.set_status(
            connection,
            message.id,
            NotificationStatus.READY,
            reason=found.reason,
            next_try_at=found.again_at,
        )
        return None
    may_exceed = is_first and message.channel is Channel.SMS and not incident.is_drill
    if may_exceed and _no_call_left(connection, message, limits, now):
        return Use(id=None)
    outcomes.give_up(connection, incident, message, f"budget:{found.reason}", now, failover=True)
    return None


def _is_first_ask(message: Notification) -> bool:
    """Say whether this is how somebody first hears of an incident, or the last resort."""
    if message.purpose is Purpose.ALARM:
        return True
    begins = message.round == 0 and message.step in (0, RESCUE_STEP)
    return message.purpose is Purpose.ASK and begins


def _no_call_left(
    connection: Connection, message: Notification, limits: Limits, now: datetime
) -> bool:
    """Say whether the person cannot be called instead."""
    number = contacts.reachable_at(connection, message.person_id, Channel.VOICE)
    if number is None:
        return True
    calls = phone_use.since(connection, number, Channel.VOICE, now - DAY)
    found = spent(Channel.VOICE, calls, limits, now, is_first_ask=True)
    return found is not None and found.again_at is None
