"""Reports and replies from Aliyun: store raw, thank at once, handle after.

Aliyun posts JSON arrays and signs nothing, so a secret of ours is part of each address. It waits
700 ms for a thank-you and then sends the batch again, so what a report means is done after the
answer, and by the ticker if we die in between.
"""

import hmac
import json
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from alerts import inbox
from alerts.channels import aliyun_reports
from alerts.channels.aliyun_reports import Arrived
from api.access import Caller, callers
from api.services import Services, services_of

router = APIRouter(prefix="/hooks/aliyun/{secret}", tags=["provider"])

#: a batch holds at most some hundred reports of about 400 bytes
_MOST_BODY_BYTES = 1024 * 1024
_MOST_ITEMS = 5000

Items = list[Any]


async def items_sent(request: Request, secret: str) -> Items:
    """Return the items of a batch; 403 unless the address holds our secret."""
    expected = services_of(request).settings.aliyun_hook_secret.get_secret_value()
    if not expected or not hmac.compare_digest(expected.encode(), secret.encode()):
        raise HTTPException(403, "the address does not fit; is AIHUIJIA_ALIYUN_HOOK_SECRET right?")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BODY_BYTES:
            raise HTTPException(413, "a batch is smaller than this")
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "a batch is a JSON array") from None
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list):
        raise HTTPException(400, "a batch is a JSON array")
    if len(items) > _MOST_ITEMS:
        raise HTTPException(413, "a batch holds fewer items")
    return items


ItemsSent = Annotated[Items, Depends(items_sent)]


@router.post("/sms-report", dependencies=[callers(Caller.PROVIDER)])
async def sms_report(request: Request, items: ItemsSent) -> JSONResponse:
    """Take reports of SMS (SmsReport)."""
    return await _take(
        request, (aliyun_reports.of_sms(item, inbox.addressee) for item in _objects(items))
    )


@router.post("/sms-up", dependencies=[callers(Caller.PROVIDER)])
async def sms_up(request: Request, items: ItemsSent) -> JSONResponse:
    """Take texts that people sent (SmsUp)."""
    return await _take(request, (aliyun_reports.of_text(item) for item in _objects(items)))


@router.post("/voice-report", dependencies=[callers(Caller.PROVIDER)])
async def voice_report(request: Request, items: ItemsSent) -> JSONResponse:
    """Take reports of calls and of their steps (VoiceReport, VoiceCallReport)."""
    return await _take(
        request, (aliyun_reports.of_call(item, inbox.addressee) for item in _objects(items))
    )


def _objects(items: Items) -> Iterable[dict[str, Any]]:
    return (item if isinstance(item, dict) else {"item": item} for item in items)


async def _take(request: Request, arrived: Iterable[list[Arrived]]) -> JSONResponse:
    services = services_of(request)
    everything = [one for several in arrived for one in several]
    await run_in_threadpool(_keep, services, everything)
    answered = any(one.kind != "receipt" for one in everything)
    return JSONResponse(
        {"code": 0, "msg": "接收成功"},
        background=BackgroundTask(_handle, services, answered=answered),
    )


def _keep(services: Services, everything: list[Arrived]) -> None:
    now = services.clock.now()
    with services.engine.begin() as connection:
        for one in everything:
            inbox.keep(
                connection,
                source="aliyun",
                event_key=one.event_key,
                kind=one.kind,
                body=one.body,
                now=now,
            )


def _handle(services: Services, *, answered: bool) -> None:
    if answered:  # nobody waits for what a receipt means; the ticker takes it
        inbox.process_answers(services.engine, services.clock)
    services.inbox_arrived()
