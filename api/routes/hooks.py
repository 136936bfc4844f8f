"""Callbacks of the SMS provider: check the signature, store raw, thank, handle.

What is stored is committed before we answer; what it means is done right after, and again by the
ticker if we die in between. We answer within two seconds, whatever the handling takes: a provider
that waits longer calls again, and a person who pressed a key hears nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from twilio.twiml.messaging_response import MessagingResponse

from alerts import courtesy, inbox, spoken
from alerts.budget import Limits
from alerts.channels.twilio_errors import error_code, is_machine, receipt_status, trouble
from alerts.channels.twilio_scripts import last_words, menu_again
from alerts.spoken import Spoken
from api.access import Caller, callers
from api.services import Services, services_of
from api.twilio_signatures import SignedFields
from core.people import Language
from store import contacts
from store.database import reading
from store.inbox import outcome_of

log = logging.getLogger(__name__)
router = APIRouter(prefix="/hooks/twilio", tags=["provider"])

SOURCE = "twilio"
#: how long an answer waits for what the arrival means, seconds of wall time
PATIENCE_S = 1.5
#: a menu is read again so often in one call
MOST_REPEATS = 3
_MOST_TEXT = 1600
#: the keys that are answers
_DECIDES = ("1", "2")
#: Twilio answers these itself, and without Advanced Opt-Out it does not mark them (`OptOutType`)
_PROVIDER_WORDS = frozenset(
    [
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "start",
        "unstop",
    ]
)

Token = Annotated[str, Query(max_length=40)]
Answer = TypeVar("Answer")


@router.post("/status", dependencies=[callers(Caller.PROVIDER)])
async def status(request: Request, fields: SignedFields, token: Token) -> Response:
    """Take a receipt for a message or a call."""
    sid = fields.first_of("MessageSid", "SmsSid", "CallSid")[:64]
    said = fields.first_of("MessageStatus", "SmsStatus", "CallStatus")[:40]
    addressee = inbox.addressee(token)
    if addressee is None or not sid or not said:
        raise HTTPException(400, "a receipt needs a token, a sid and a status")
    ours = receipt_status(said, fields["AnsweredBy"])
    why = trouble(ours, error_code(fields["ErrorCode"]))
    body = {
        **addressee,
        "provider_id": sid,
        "status": ours,
        "error": fields["ErrorCode"][:40] or None,
    }
    if why is not None:
        body["trouble"] = why.value
    # Nobody waits for what a receipt means; the ticker takes it.
    services = services_of(request)
    await run_in_threadpool(_keep, services, f"{sid}:{said}", "receipt", body)
    services.inbox_arrived()
    return Response(status_code=204)


@router.post("/sms", dependencies=[callers(Caller.PROVIDER)])
async def sms(request: Request, fields: SignedFields) -> Response:
    """Take a text that somebody sent to our number."""
    sid = fields.first_of("MessageSid", "SmsSid")[:64]
    if not sid:
        raise HTTPException(400, "a message needs a sid")
    body = {"from": fields["From"][:40], "text": fields["Body"][:_MOST_TEXT]}
    services = services_of(request)
    is_new = await run_in_threadpool(_keep, services, sid, "reply", body)
    reply = MessagingResponse()
    # A word to stop or to start is the provider's to answer, and of two copies one is answered.
    is_providers = bool(fields["OptOutType"]) or body["text"].strip().casefold() in _PROVIDER_WORDS
    if is_new and not is_providers:
        text = await _in_time(lambda: _handle_text(services, sid, body["from"]))
        if text:
            reply.message(text)
    return Response(str(reply), media_type="text/xml")


@router.post("/key", dependencies=[callers(Caller.PROVIDER)])
async def key(
    request: Request,
    fields: SignedFields,
    token: Token,
    again: Annotated[int, Query(ge=0, le=MOST_REPEATS)] = 0,
) -> Response:
    """Take a key pressed during a call and say what it did; read the menu again after others."""
    machine = is_machine(fields["AnsweredBy"])
    pressed = "" if machine else fields["Digits"][:1]
    services = services_of(request)
    body: dict[str, Any] = {"token": token, "key": pressed}
    if fields["AnsweredBy"]:
        body["answered_by"] = fields["AnsweredBy"][:40]
    call = fields["CallSid"][:64]
    await run_in_threadpool(_keep, services, f"{call}:{again}:{pressed}", "keypress", body)
    found = await _in_time(lambda: _handle_key(services, token, pressed, fields["To"]))
    said, language = found if found is not None else (None, Language.CHINESE)
    if machine:
        script = last_words("", language)
    elif pressed in _DECIDES or said is None or said.is_over:
        is_known = said is not None or found is None  # kept, and handled in a moment
        words = spoken.answer_to_key(pressed if is_known else "", said, language)
        script = last_words(words, language)
    elif again >= MOST_REPEATS:
        script = last_words("", language)
    else:
        first = "" if pressed == "9" else spoken.answer_to_key(pressed, said, language)
        url = f"{services.settings.public_url}{request.url.path}?token={token}&again={again + 1}"
        script = menu_again(first, said.text, language, url)
    return Response(script, media_type="text/xml")


def _keep(services: Services, event_key: str, kind: str, body: Mapping[str, Any]) -> bool:
    with services.engine.begin() as connection:
        return inbox.keep(
            connection,
            source=SOURCE,
            event_key=event_key,
            kind=kind,
            body=dict(body),
            now=services.clock.now(),
        )


def _handle_text(services: Services, event_key: str, number: str) -> str | None:
    """Do what a text means; return what to say to it at once, if anything."""
    _handle(services)
    with services.engine.begin() as connection:
        outcome = outcome_of(connection, source=SOURCE, event_key=event_key)
        limits = Limits(sms_per_day=services.settings.sms_per_day)
        now = services.clock.now()
        return courtesy.answer_to(connection, number, outcome or "", limits=limits, now=now)


def _handle_key(
    services: Services, token: str, pressed: str, number: str
) -> tuple[Spoken | None, Language]:
    """Do what a key means; return what the call says, and the language of who is on the line."""
    with reading(services.engine) as connection:
        attempt = inbox.read_token(token)
        said = spoken.call_of(connection, *attempt, services.clock.now()) if attempt else None
        people = contacts.people_at_number(connection, number) if said is None else []
    if pressed in _DECIDES:
        _handle(services)
    if said is not None:
        return said, said.language
    return None, people[0].language if people else Language.CHINESE


def _handle(services: Services) -> None:
    inbox.process_answers(services.engine, services.clock)
    services.inbox_arrived()


async def _in_time(work: Callable[[], Answer]) -> Answer | None:
    """Return what *work* returns, None when that takes too long; it goes on all the same."""
    task = asyncio.ensure_future(run_in_threadpool(work))
    done, _ = await asyncio.wait({task}, timeout=PATIENCE_S)
    if not done:
        task.add_done_callback(_say_failed)
        return None
    return None if _say_failed(task) else task.result()


def _say_failed(task: "asyncio.Future[Answer]") -> bool:
    """Say whether what was done after keeping an arrival failed; the ticker does it again."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error(
            "A callback was kept, but could not be handled at once.",
            extra={"action": "callback_unhandled"},
            exc_info=error,
        )
    return error is not None
