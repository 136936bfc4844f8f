"""Tell somebody something that belongs to no incident: operators about the service itself.

Whoever notices something calls `tell_operators` inside its own transaction; the notice sender does
the rest. One thing is told once an hour, however often it is noticed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.notices import NoticeKind
from core.people import PHONE, Channel, Language
from core.phone_numbers import is_mobile
from store import contacts, notices, registry
from store.family import FamilyContact
from store.notices import Notice

__all__ = [
    "NoticeKind",
    "disable_contact",
    "tell",
    "tell_at",
    "tell_family",
    "tell_operators",
]

#: one thing is told once in this time
ONCE_IN = timedelta(hours=1)
#: news of the service that is older than this is on the console
_LIFE = timedelta(hours=2)
_LIVES = {
    NoticeKind.WEEKLY_LIST: timedelta(hours=12),
    NoticeKind.CONTACT_TEST: timedelta(minutes=10),
    NoticeKind.VERIFICATION: timedelta(minutes=10),
    NoticeKind.SIGN_IN_CODE: timedelta(minutes=10),
    NoticeKind.GUARDIAN_CHANGED: timedelta(hours=24),
    NoticeKind.GUARDIAN_STAND_IN: timedelta(hours=24),
    NoticeKind.GUARDIAN_BOUND: timedelta(hours=24),
    NoticeKind.GUARDIAN_RELEASED: timedelta(hours=24),
}
#: a failed SMS of these is not followed by a call: they are about one number, or can wait
NO_CALL = frozenset(
    {
        NoticeKind.WEEKLY_LIST,
        NoticeKind.VERIFICATION,
        NoticeKind.SIGN_IN_CODE,
        NoticeKind.CONTACT_TEST,
        NoticeKind.ROTA_GAP,
        NoticeKind.GUARDIAN_RELEASED,
    }
)


def tell_operators(
    connection: Connection,
    kind: NoticeKind,
    subject: str,
    values: Mapping[str, str],
    now: datetime,
) -> int:
    """Tell every operator on duty who can be reached; return how many are told.

    At most once in an hour for one *kind* and *subject* (a provider, a rule, a person's id …). Of
    people *values* hold ids and names, never where somebody is. The caller commits.
    """
    if notices.was_told_since(connection, kind.value, subject, now - ONCE_IN):
        return 0
    people = notices.operators_on_duty(connection)
    return sum(tell(connection, kind, person, subject, values, now) for person in people)


def tell(
    connection: Connection,
    kind: NoticeKind,
    person_id: int,
    subject: str,
    values: Mapping[str, str],
    now: datetime,
) -> bool:
    """Tell one person, by SMS where they have it, else by a call; the caller commits.

    False when they have no usable number, or were told the same within this hour.
    """
    for channel in PHONE:
        if contacts.reachable_at(connection, person_id, channel) is not None:
            added = tell_at(connection, kind, person_id, channel, subject, values, now)
            return added is not None
    return False


def tell_at(
    connection: Connection,
    kind: NoticeKind,
    person_id: int,
    channel: Channel,
    subject: str,
    values: Mapping[str, str],
    now: datetime,
    *,
    address: str | None = None,
) -> int | None:
    """Tell one person by *channel*, at *address* if it must be that one; return the notice's id.

    None when the same was told within this hour of the clock.
    """
    hour = int(now.timestamp() // ONCE_IN.total_seconds())
    return notices.add(
        connection,
        key=f"{kind.value}:{subject[:80]}:{person_id}:{channel.value}:{hour}",
        kind=kind.value,
        subject=subject,
        person_id=person_id,
        channel=channel,
        said=values,
        address=address,
        now=now,
        expires_at=now + _LIVES.get(kind, _LIFE),
    )


def tell_family(
    connection: Connection,
    kind: NoticeKind,
    contact: FamilyContact,
    subject: str,
    values: Mapping[str, str],
    now: datetime,
) -> bool:
    """Tell somebody of an elder's family, by SMS, or by a call to a landline.

    False when they were told the same within this hour of the clock.
    """
    channel = Channel.SMS if is_mobile(contact.phone) else Channel.VOICE
    added = _add_for_family(
        connection,
        kind=kind.value,
        key_part=f"f{contact.id}",
        elder_id=contact.elder_id,
        address=contact.phone,
        language=contact.language,
        channel=channel,
        subject=subject,
        values=values,
        now=now,
    )
    return added is not None


def call_family_instead(connection: Connection, notice: Notice, now: datetime) -> None:
    """After a text to a family that failed: call there; after a call: operators hear of it."""
    assert notice.elder_id is not None
    assert notice.address is not None
    if notice.channel is Channel.SMS:
        _add_for_family(
            connection,
            kind=notice.kind,
            key_part=f"n{notice.id}",
            elder_id=notice.elder_id,
            address=notice.address,
            language=notice.language or Language.CHINESE,
            channel=Channel.VOICE,
            subject=notice.subject,
            values=notice.said,
            now=now,
        )
        return
    values = {"elders": "1", "elder": str(notice.elder_id)}
    tell_operators(connection, NoticeKind.FAMILY_UNTOLD, f"notice {notice.id}", values, now)


def _add_for_family(
    connection: Connection,
    *,
    kind: str,
    key_part: str,
    elder_id: int,
    address: str,
    language: Language,
    channel: Channel,
    subject: str,
    values: Mapping[str, str],
    now: datetime,
) -> int | None:
    hour = int(now.timestamp() // ONCE_IN.total_seconds())
    return notices.add(
        connection,
        key=f"{kind}:{subject[:80]}:{key_part}:{channel.value}:{hour}",
        kind=kind,
        subject=subject,
        person_id=None,
        elder_id=elder_id,
        language=language,
        channel=channel,
        said=values,
        address=address,
        now=now,
        expires_at=now + _LIVES.get(NoticeKind(kind), _LIFE),
    )


def disable_contact(
    connection: Connection,
    person_id: int,
    channel: Channel,
    reason: str,
    now: datetime,
    *,
    address: str = "",
) -> None:
    """Stop using a number for good, or a browser *address*; operators hear whose number it was."""
    contacts.disable_contact(connection, person_id, channel, reason, address=address)
    if channel not in PHONE:
        return  # an extra: people change browsers as they like
    tell_operators(
        connection,
        NoticeKind.CONTACT_DISABLED,
        f"{person_id}/{channel.value}",
        {
            "name": registry.person(connection, person_id).name,
            "person": str(person_id),
            "channel": channel.value,
            "reason": reason,
        },
        now,
    )
