"""Handle what came back: receipts, replies, key presses, page answers, a coordinator's orders.

Two steps: `keep` stores it raw, and its sender is thanked after that commit; `process_pending` does
what it means, right away and again by the ticker after a crash. An answer is never dropped.
"""

import logging
import re
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from alerts import desk, notice_receipts, verification
from alerts.lifecycle import MOST_PAUSE_S
from alerts.receipts import take_receipt
from alerts.replies import read_reply
from core.clock import Clock
from core.errors import Conflict, NotFound
from core.incidents import Answer, Outcome
from core.people import Channel
from store import attempts, contact_points, contacts, inbox, incidents, notifications, timeline
from store.database import reading
from store.inbox import Arrival, keep

__all__ = [
    "addressee",
    "keep",
    "process_answers",
    "process_pending",
    "process_receipts",
    "read_token",
]

log = logging.getLogger(__name__)

_TOKEN = re.compile(r"(n?)(\d{1,18})-(\d{1,9})")
_KEYS = {"1": Answer.GOING, "2": Answer.CANNOT}
_TRIES = 5


def process_pending(engine: Engine, clock: Clock) -> int:
    """Handle all that waits: what people said, then receipts; return how many were handled."""
    return process_answers(engine, clock) + process_receipts(engine, clock)


def process_answers(engine: Engine, clock: Clock) -> int:
    """Handle what people said; return how many were handled. One bad row stops no other."""
    waiting = _waiting(engine, clock, receipts=False)
    return sum(_process(engine, clock, arrival) for arrival in waiting)


def process_receipts(engine: Engine, clock: Clock) -> int:
    """Handle what providers said of our messages; return how many were handled.

    One transaction for all, with a savepoint each: receipts come in swarms, and nobody may wait
    for them.
    """
    waiting = _waiting(engine, clock, receipts=True)
    if not waiting:
        return 0
    handled = 0
    with engine.begin() as connection, timeline.written_last(connection):
        for arrival in waiting:
            try:
                with timeline.savepoint(connection):
                    handled += _claim_and_handle(connection, arrival, clock)
            except OperationalError:
                raise  # the database is away, not this row
            except Exception as error:  # noqa: BLE001  one bad row must not stop the others
                _say_failed(arrival)
                outcome = type(error).__name__
                inbox.failed(connection, arrival, outcome=outcome, now=clock.now())
    return handled


def read_token(token: str) -> tuple[int, int] | None:
    """Return (notification, attempt number) of a correlation token, None if it is not one."""
    said = addressee(token)
    if said is None or "notification" not in said:
        return None
    return said["notification"], said["number"]


def addressee(token: str) -> dict[str, int] | None:
    """Return what a receipt with this token is of: {notification or notice, number}.

    "12-1" is the first attempt of a message of an incident, "n12-1" of a notice; None: neither.
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    kind = "notice" if match.group(1) else "notification"
    return {kind: int(match.group(2)), "number": int(match.group(3))}


def _waiting(engine: Engine, clock: Clock, *, receipts: bool) -> list[Arrival]:
    with reading(engine) as connection:
        return inbox.unprocessed(connection, clock.now(), receipts=receipts)


def _process(engine: Engine, clock: Clock, arrival: Arrival) -> bool:
    for _ in range(_TRIES):
        try:
            with engine.begin() as connection:
                return _claim_and_handle(connection, arrival, clock)
        except Conflict:
            continue  # the incident changed meanwhile: read it again
        except Exception as error:  # noqa: BLE001  one bad row must not stop the others
            _say_failed(arrival)
            with engine.begin() as connection:
                outcome = type(error).__name__
                inbox.failed(connection, arrival, outcome=outcome, now=clock.now())
            return False
    return False


def _claim_and_handle(connection: Connection, arrival: Arrival, clock: Clock) -> bool:
    if not inbox.claim(connection, arrival.id, clock.now()):
        return False  # another worker handles it
    inbox.set_outcome(connection, arrival.id, _handle(connection, arrival, clock))
    return True


def _say_failed(arrival: Arrival) -> None:
    log.exception(
        "An arrival could not be handled and stays in the inbox.",
        extra={"action": "inbox_failed", "arrival": arrival.id},
    )


class _Unreadable(Exception):
    """The body is not of its kind's form: nobody can ever handle it."""


def _handle(connection: Connection, arrival: Arrival, clock: Clock) -> str:
    body = arrival.body
    handlers = {
        "reply": _reply,
        "keypress": _keypress,
        "answer": _answer,
        "order": _order,
        inbox.RECEIPT: _receipt,
    }
    handler = handlers.get(arrival.kind)
    if handler is None:
        return "unknown_kind"
    try:
        return handler(connection, body, clock)
    except NotFound:
        return "not_found"
    except _Unreadable as error:
        return f"unreadable:{error}"


def _number(body: dict[str, Any], key: str) -> int:
    try:
        return int(body[key])
    except (KeyError, TypeError, ValueError):
        raise _Unreadable(key) from None


_Word = TypeVar("_Word", Answer, Outcome)


def _word(kind: type[_Word], body: dict[str, Any], key: str) -> _Word:
    try:
        return kind(body[key])
    except (KeyError, TypeError, ValueError):
        raise _Unreadable(key) from None


def _receipt(connection: Connection, body: dict[str, Any], clock: Clock) -> str:
    _number(body, "number")
    if "notice" in body:
        _number(body, "notice")
        return notice_receipts.take_receipt(connection, body, clock.now())
    _number(body, "notification")
    return take_receipt(connection, body, clock.now())


def _reply(connection: Connection, body: dict[str, Any], clock: Clock) -> str:
    number, text, now = str(body.get("from", "")), str(body.get("text", ""))[:200], clock.now()
    contact_points.replied(connection, number, Channel.SMS, now=now)
    reply = read_reply(text)
    if reply is None:
        verdict = verification.take_reply(connection, number, text, now=now)
        return "not_understood" if verdict is None else f"code:{verdict.value}"
    people = contacts.people_at_number(connection, number)
    if not people:
        return "unknown_number"
    asked = incidents.asked_of(connection, [person.id for person in people])
    if not asked:
        return "nothing_asked"
    if reply.incident_id is not None and reply.incident_id not in asked:
        return "unknown_incident"  # never taken for another one; a person reads it
    chosen = reply.incident_id or asked[0]
    person_id = _who_was_asked(connection, chosen, [person.id for person in people])
    desk.take_answer(
        connection, chosen, person_id=person_id, said=reply.answer, channel="sms", now=now
    )
    return f"{reply.answer.value}:{chosen}"


def _who_was_asked(connection: Connection, incident_id: int, person_ids: list[int]) -> int:
    """Return which of several people sharing a number was asked about this incident last.

    A guardian may be of the rescue team, too, under the same number: while the team is asked, their
    yes is the team's. After one of a couple cannot, the other is asked, and answers next.
    """
    if len(person_ids) == 1:
        return person_ids[0]
    last = notifications.asked_last(connection, incident_id, person_ids)
    return person_ids[0] if last is None else last


def _keypress(connection: Connection, body: dict[str, Any], clock: Clock) -> str:
    said = _KEYS.get(str(body.get("key", "")))
    token = read_token(str(body.get("token", "")))
    if said is None or token is None:
        return "not_understood"
    if attempts.attempt_of(connection, *token) is None:
        return "not_found"
    message = notifications.load(connection, token[0])
    contact_points.worked(connection, message.person_id, message.channel, now=clock.now())
    desk.take_answer(
        connection,
        message.incident_id,
        person_id=message.person_id,
        said=said,
        channel="voice",
        now=clock.now(),
    )
    return f"{said.value}:{message.incident_id}"


def _answer(connection: Connection, body: dict[str, Any], clock: Clock) -> str:
    said = _word(Answer, body, "answer")
    desk.take_answer(
        connection,
        _number(body, "incident_id"),
        person_id=_number(body, "person_id"),
        said=said,
        channel=str(body.get("channel", "page"))[:20],
        now=clock.now(),
        reason=str(body.get("reason") or "")[:40],
    )
    return f"{said.value}:{body['incident_id']}"


def _order(connection: Connection, body: dict[str, Any], clock: Clock) -> str:
    incident_id, now = _number(body, "incident_id"), clock.now()
    by = str(body.get("by", ""))[:80]
    match body.get("do"):
        case "close":
            outcome = _word(Outcome, body, "outcome")
            desk.order_close(connection, incident_id, outcome=outcome, by=by, now=now)
        case "rescue":
            desk.order_rescue(connection, incident_id, by=by, now=now)
        case "pause":
            seconds = min(_number(body, "seconds"), MOST_PAUSE_S)
            desk.order_pause(connection, incident_id, seconds=seconds, by=by, now=now)
        case "resume":
            desk.order_resume(connection, incident_id, by=by, now=now)
        case "note":
            text = str(body.get("text", ""))[:2000]
            desk.note(connection, incident_id, text=text, by=by, now=now)
        case other:
            return f"unknown_order:{other}"
    return f"{body['do']}:{incident_id}"
