"""Aliyun's HTTP: what its own packages call, and the handles that break it.

Both services answer at the root of one address; the header `x-acs-action` says what is wanted.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from alerts.channels.mainland import e164
from simulators.phone_network.aliyun_account import AliyunAccount, AliyunExchange
from simulators.phone_network.aliyun_calls import AliyunCalls
from simulators.phone_network.aliyun_errors import AliyunError, business
from simulators.phone_network.aliyun_messages import AliyunMessages, told
from simulators.phone_network.aliyun_push import Push, PushHabits
from simulators.phone_network.aliyun_signature import SignatureCheck
from simulators.phone_network.control_api import faults_router
from simulators.phone_network.exchange import Exchange
from simulators.phone_network.faults import ANSWER_IS_LOST, Fault, Struck
from simulators.phone_network.provider_api import break_connection
from simulators.phone_network.record import Happened
from simulators.phone_network.resources import ConnectionBreaks, ProviderError

_VERSION = "2017-05-25"


@dataclass(slots=True, kw_only=True)
class Refusal:
    """A code that requests are refused with, on command."""

    code: str
    message: str = ""
    status: int = 200
    #: "messages", "calls", or "" for both
    only: str = ""
    #: None: until changed
    times: int | None = None


@dataclass(slots=True, kw_only=True)
class Aliyun:
    """The stand-in for Aliyun: what reached it, and how it is today."""

    account: AliyunAccount
    exchange: AliyunExchange
    messages: AliyunMessages
    calls: AliyunCalls
    push: Push
    signature: SignatureCheck
    refusal: Refusal | None = None
    _requests: int = field(default=0)

    @classmethod
    def beside(cls, other: Exchange, account: AliyunAccount) -> "Aliyun":
        """Return a stand-in among the same people as *other*."""
        exchange = AliyunExchange.beside(other)
        push = Push(exchange=exchange, url=account.hooks_url)
        messages = AliyunMessages(exchange, account, push)
        return cls(
            account=account,
            exchange=exchange,
            messages=messages,
            calls=AliyunCalls(exchange, account, push, messages),
            push=push,
            signature=SignatureCheck(key_id=account.key_id, key_secret=account.key_secret),
        )

    def request_id(self) -> str:
        """Return the id of the next answer."""
        self._requests += 1
        return f"00000000-0000-0000-0000-{self._requests:012d}"

    def admit(self, kind: str, number: str) -> Fault:
        """Return the fault to apply after accepting; AliyunError where nothing is taken."""
        refusal = self.refusal
        if refusal is not None and refusal.only in ("", kind):
            if refusal.times is not None:
                refusal.times -= 1
                if refusal.times <= 0:
                    self.refusal = None
            raise AliyunError(refusal.status, refusal.code, refusal.message)
        try:
            return self.exchange.admit(kind, number)
        except ProviderError as error:
            code = "Throttling.User" if error.status == 429 else "ServiceUnavailable"
            raise AliyunError(error.status, code, error.message) from None


class RefusalIn(BaseModel):
    """A code that requests are refused with; "" for none."""

    code: str = Field(max_length=60)
    message: str = Field(default="", max_length=200)
    status: int = Field(default=200, ge=200, le=599)
    only: str = Field(default="", pattern=r"^(messages|calls)?$")
    times: int | None = Field(default=None, ge=1)


class HabitsIn(BaseModel):
    """How reports come from now on."""

    doubled: bool = False
    late_s: float = Field(default=0.0, ge=0, le=86_400)
    held: bool = False
    reversed: bool = False
    lost: bool = False


def aliyun_router(aliyun: Aliyun) -> APIRouter:
    """Return the provider's route, and `/aliyun/…` to break it."""
    router = APIRouter()
    router.include_router(faults_router(aliyun.exchange), prefix="/aliyun")

    @router.post("/")
    async def rpc(request: Request) -> JSONResponse:
        """Answer one request of the SDK."""
        try:
            body = await request.body()
            headers = {name.lower(): value for name, value in request.headers.items()}
            aliyun.signature.check("POST", request.url.path, request.url.query, headers, body)
            return await _answer(aliyun, request, dict(request.query_params))
        except ConnectionBreaks:
            break_connection(request)
            return JSONResponse({})
        except AliyunError as error:
            kind = request.headers.get("x-acs-action", "")
            aliyun.exchange.record.add(
                Happened.REQUEST_REFUSED, kind=kind, status=error.status, code=error.code
            )
            return JSONResponse(error.to_json(aliyun.request_id()), status_code=error.status)

    @router.post("/aliyun/refusals")
    async def set_refusal(body: RefusalIn) -> dict[str, str]:
        """Refuse with a code."""
        aliyun.refusal = Refusal(**body.model_dump()) if body.code else None
        return {"code": body.code}

    @router.post("/aliyun/reports")
    async def set_habits(body: HabitsIn) -> dict[str, bool]:
        """Change how reports come."""
        aliyun.push.habits = PushHabits(**body.model_dump())
        return {"held": body.held}

    @router.post("/aliyun/reports/flush")
    async def flush() -> dict[str, int]:
        """Push what was held, in one batch for each address."""
        return {"items": aliyun.push.flush()}

    return router


async def _answer(aliyun: Aliyun, request: Request, query: dict[str, str]) -> JSONResponse:
    if request.headers.get("x-acs-version") != _VERSION:
        raise AliyunError(404, "InvalidVersion", "Specified version is unknown.")
    match request.headers.get("x-acs-action"):
        case "SendSms":
            fault = aliyun.admit("messages", e164(query.get("PhoneNumbers", "")))
            taken = {"BizId": aliyun.messages.take_sms(query, fault).sid}
        case "IvrCall" | "SingleCallByTts":
            fault = aliyun.admit("calls", e164(query.get("CalledNumber", "")))
            taken = {"CallId": aliyun.calls.take_call(query, fault).sid}
        case "QuerySendDetails":
            if aliyun.exchange.troubles.is_down():
                raise AliyunError(503, "ServiceUnavailable", "Service is unavailable.")
            fault = aliyun.admit("lists", e164(query.get("PhoneNumber", "")))
            await _lose(aliyun.exchange.struck, request)
            return _said(aliyun, _listed(aliyun, query))
        case _:
            raise AliyunError(404, "InvalidAction.NotFound", "Specified api is not found.")
    struck = aliyun.exchange.struck
    if fault in ANSWER_IS_LOST:
        sid = next(iter(taken.values()))
        aliyun.exchange.record.add(Happened.ANSWER_LOST, sid=sid, fault=fault.value)
    await _lose(struck, request)
    return _said(aliyun, taken)


async def _lose(struck: Struck, request: Request) -> None:
    """Let a fault swallow the answer, or hold it up."""
    match struck.fault:
        case Fault.HANGS_AFTER_ACCEPTING | Fault.SLOW:
            await asyncio.sleep(struck.hang_s)
        case Fault.ERROR_AFTER_ACCEPTING:
            raise AliyunError(500, "InternalError", "The request processing has failed.")
        case Fault.RESET_AFTER_ACCEPTING:
            break_connection(request)


def _said(aliyun: Aliyun, more: dict[str, Any]) -> JSONResponse:
    return JSONResponse({"RequestId": aliyun.request_id(), "Code": "OK", "Message": "OK", **more})


def _listed(aliyun: Aliyun, query: dict[str, str]) -> dict[str, Any]:
    """Return one page of the SMS to a number on a day."""
    try:
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        number, day = query["PhoneNumber"], query["SendDate"]
    except (KeyError, ValueError):
        raise business("isv.INVALID_PARAMETERS", "参数异常") from None
    if not (1 <= size <= 50 and page >= 1 and len(day) == 8):
        raise business("isv.INVALID_PARAMETERS", "参数异常")
    now = aliyun.exchange.clock.now()
    found = [
        message
        for message in aliyun.messages.sent_to(number, day)
        if (now - message.created_at).total_seconds() >= aliyun.exchange.listed_after_s
    ]
    part = found[(page - 1) * size : page * size]
    details = aliyun.messages.details
    return {
        "TotalCount": len(found),
        "SmsSendDetailDTOs": {
            "SmsSendDetailDTO": [told(message, details[message.sid]) for message in part]
        },
    }
