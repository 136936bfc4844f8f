"""Send a code to a number and take it back: typed by an operator, or as a reply from the phone."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import codes
from alerts.codes import Verdict
from alerts.notices import NoticeKind, tell_at
from core.errors import Conflict, NotFound
from core.people import PHONE
from store import verification
from store.contact_points import point as load_point

__all__ = ["Verdict", "code_of", "confirm", "may_send_at", "start", "take_reply"]


def may_send_at(connection: Connection, contact_point_id: int, now: datetime) -> datetime:
    """Return from when a (new) code may go to a contact point; NotFound."""
    point = load_point(connection, contact_point_id)
    earliest = now - timedelta(hours=1)
    return codes.may_send_at(verification.sent_since(connection, point.value, earliest), now)


def start(
    connection: Connection,
    contact_point_id: int,
    *,
    secret: bytes,
    by: str,
    now: datetime,
    kind: NoticeKind = NoticeKind.VERIFICATION,
) -> bool:
    """Send a code to a contact point, on its channel; False when it is too soon for another.

    *kind* decides the words around it. The caller commits. NotFound when there is no such number.
    """
    point = load_point(connection, contact_point_id)
    if point.channel not in PHONE:
        raise NotFound(f"contact point {contact_point_id} is not a phone: no code can go there")
    if may_send_at(connection, contact_point_id, now) > now:
        return False
    salt = secrets.token_hex(16)
    code = codes.code_for(secret, salt, point.value)
    verification_id = verification.start(
        connection,
        contact_point_id=point.id,
        address=point.value,
        salt=salt,
        digest=codes.digest(code, salt),
        by=by,
        now=now,
        expires_at=now + codes.CODE_LIFE,
    )
    tell_at(
        connection,
        kind,
        point.person_id,
        point.channel,
        str(verification_id),
        {"verification": str(verification_id)},
        now,
        address=point.value,
    )
    return True


def code_of(connection: Connection, verification_id: int, secret: bytes) -> str | None:
    """Return the digits to send, None when the number has changed since."""
    sent = verification.load(connection, verification_id)
    return None if sent is None else codes.code_for(secret, sent.salt, sent.address)


def confirm(connection: Connection, contact_point_id: int, typed: str, *, now: datetime) -> Verdict:
    """Take the code that somebody read out to an operator; the caller commits."""
    code = codes.read_code(typed)
    sent = verification.waiting_for(connection, contact_point_id)
    if code is None:
        return Verdict.WRONG if sent is not None else Verdict.NONE_SENT
    return _settle(connection, sent, code, now)


def take_reply(connection: Connection, address: str, text: str, *, now: datetime) -> Verdict | None:
    """Take a text from number *address* as a code; None when no code was sent there.

    A number that several people share may wait for several codes: the one that fits counts, and a
    wrong one counts against the newest.
    """
    code = codes.read_code(text)
    waiting = verification.waiting_at(connection, address) if code is not None else []
    if code is None or not waiting:
        return None
    for sent in waiting:
        if codes.judge(sent, code, now) is Verdict.VERIFIED:
            return _settle(connection, sent, code, now)
    return _settle(connection, waiting[0], code, now)


def _settle(
    connection: Connection, sent: verification.SentCode | None, code: str, now: datetime
) -> Verdict:
    verdict = codes.judge(sent, code, now)
    if sent is None or verdict in (Verdict.NONE_SENT, Verdict.EXPIRED):
        return verdict
    # Counted before anybody hears what came of it: of guesses made at once, each costs a try.
    if sent.tries < codes.MOST_TRIES and not verification.count_try(connection, sent):
        raise Conflict(f"verification {sent.id} was tried elsewhere at the same time: try again")
    if verdict is Verdict.VERIFIED:
        verification.prove(connection, sent, now)
    return verdict
