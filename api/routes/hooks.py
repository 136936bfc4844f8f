"""Callbacks of the SMS provider: check the signature, store raw, thank, handle.

The signature covers the public address and every form field. What is stored is committed before we
answer; what it means is done right after, and again by the ticker if we die in between.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import VoiceResponse

from alerts import inbox, wording
from alerts.replies import read_reply
from api.access import Caller, callers
from api.services import Services, services_of
from core.people import Language
from store import contacts
from store.database import reading

router = APIRouter(prefix="/hooks/twilio", tags=["provider"])

#: a callback has a handful of short fields
_MOST_BODY_BYTES = 64 * 1024

Fields = dict[str, str]


async def signed_fields(request: Request) -> Fields:
    """Return the form's fields; 403 unless the provider signed them for our public address."""
    services = services_of(request)
    body = await request.body()
    if len(body) > _MOST_BODY_BYTES:
        raise HTTPException(413, "a callback is smaller than this")
    form = await request.form()
    fields = {key: str(value) for key, value in form.items()}
    url = services.settings.public_url + request.url.path
    if request.url.query:
        url += f"?{request.url.query}"
    validator = RequestValidator(services.settings.twilio_auth_token.get_secret_value())
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(url, fields, signature):
        raise HTTPException(403, "the signature does not fit; is AIHUIJIA_PUBLIC_URL right?")
    return fields


SignedFields = Annotated[Fields, Depends(signed_fields)]


@router.post("/status", dependencies=[callers(Caller.PROVIDER)])
async def status(request: Request, fields: SignedFields, token: str) -> Response:
    """Take a receipt for a message or a call."""
    sid = fields.get("MessageSid") or fields.get("CallSid", "")
    said = fields.get("MessageStatus") or fields.get("CallStatus", "")
    attempt = inbox.read_token(token)
    if attempt is None or not sid or not said:
        raise HTTPException(400, "a receipt needs a token, a sid and a status")
    body = {
        "notification": attempt[0],
        "number": attempt[1],
        "provider_id": sid,
        "status": said,
        "error": fields.get("ErrorCode"),
    }
    await run_in_threadpool(_take, services_of(request), f"{sid}:{said}", "receipt", body)
    return Response(status_code=204)


@router.post("/sms", dependencies=[callers(Caller.PROVIDER)])
async def sms(request: Request, fields: SignedFields) -> Response:
    """Take a text that somebody sent to our number."""
    sid = fields.get("MessageSid", "")
    if not sid:
        raise HTTPException(400, "a message needs a sid")
    body = {"from": fields.get("From", ""), "text": fields.get("Body", "")[:1600]}
    services = services_of(request)
    await run_in_threadpool(_take, services, sid, "reply", body)
    reply = MessagingResponse()
    if read_reply(body["text"]) is None:
        language = await run_in_threadpool(_language_of, services, body["from"])
        if language is not None:  # a stranger gets no answer, and no cost to us
            reply.message(wording.not_understood(language))
    return Response(str(reply), media_type="text/xml")


@router.post("/key", dependencies=[callers(Caller.PROVIDER)])
async def key(request: Request, fields: SignedFields, token: str) -> Response:
    """Take a key pressed during a call and say what it did."""
    pressed = fields.get("Digits", "")[:1]
    services = services_of(request)
    body = {"token": token, "key": pressed}
    call = fields.get("CallSid", "")
    event_key = f"{call}:{pressed}"
    await run_in_threadpool(_take, services, event_key, "keypress", body)
    language = await run_in_threadpool(_language_of, services, fields.get("To", ""))
    language = language or Language.CHINESE
    reply = VoiceResponse()
    voice = "cmn-CN" if language is Language.CHINESE else "en-GB"
    reply.say(wording.spoken_answer(pressed, language), language=voice)
    return Response(str(reply), media_type="text/xml")


def _take(services: Services, event_key: str, kind: str, body: Mapping[str, Any]) -> None:
    with services.engine.begin() as connection:
        inbox.keep(
            connection,
            source="twilio",
            event_key=event_key,
            kind=kind,
            body=dict(body),
            now=services.clock.now(),
        )
    if kind != "receipt":  # nobody waits for what a receipt means; the ticker takes it
        inbox.process_answers(services.engine, services.clock)
    services.inbox_arrived()


def _language_of(services: Services, number: str) -> Language | None:
    with reading(services.engine) as connection:
        people = contacts.people_at_number(connection, number)
    return people[0].language if people else None
