"""The provider's HTTP: what its own package calls to send and to look up messages and calls."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from simulators.phone_network.calls import Calls
from simulators.phone_network.exchange import Account, Exchange
from simulators.phone_network.faults import ANSWER_IS_LOST, Fault, Struck
from simulators.phone_network.listing import calls_page, messages_page
from simulators.phone_network.messages import Messages
from simulators.phone_network.record import Happened
from simulators.phone_network.resources import API_VERSION, ConnectionBreaks, ProviderError


def provider_router(exchange: Exchange, messages: Messages, calls: Calls) -> APIRouter:
    """Return the routes under `/2010-04-01/Accounts/{sid}`."""
    router = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account_sid}}")

    @router.post("/Messages.json")
    async def create_message(request: Request, account_sid: str) -> JSONResponse:
        """Take an SMS."""
        form = dict(await _form(exchange, request, account_sid))
        try:
            message, fault = messages.take(form)
        except (ProviderError, ConnectionBreaks) as error:
            return _no(exchange, request, "messages", error, form)
        return await _answer(exchange, request, fault, message.to_json())

    @router.get("/Messages/{sid}.json")
    async def fetch_message(request: Request, account_sid: str, sid: str) -> JSONResponse:
        """Return one message."""
        await _form(exchange, request, account_sid)
        if sid not in messages.all:
            raise _missing(request)
        return JSONResponse(messages.all[sid].to_json())

    @router.get("/Messages.json")
    async def list_messages(request: Request, account_sid: str) -> JSONResponse:
        """Return messages, newest first, filtered as the provider filters."""
        await _list(exchange, request, account_sid)
        wanted = dict(request.query_params)
        return JSONResponse(messages_page(exchange, messages.all.values(), wanted))

    @router.post("/Calls.json")
    async def create_call(request: Request, account_sid: str) -> JSONResponse:
        """Take a call."""
        pairs = await _form(exchange, request, account_sid)
        events = [value for name, value in pairs if name == "StatusCallbackEvent"]
        try:
            call, fault = calls.take(dict(pairs), events)
        except (ProviderError, ConnectionBreaks) as error:
            return _no(exchange, request, "calls", error, dict(pairs))
        return await _answer(exchange, request, fault, call.to_json())

    @router.get("/Calls.json")
    async def list_calls(request: Request, account_sid: str) -> JSONResponse:
        """Return calls, newest first, filtered as the provider filters."""
        await _list(exchange, request, account_sid)
        return JSONResponse(calls_page(exchange, calls.all.values(), dict(request.query_params)))

    @router.get("/Calls/{sid}.json")
    async def fetch_call(request: Request, account_sid: str, sid: str) -> JSONResponse:
        """Return one call."""
        await _form(exchange, request, account_sid)
        if sid not in calls.all:
            raise _missing(request)
        return JSONResponse(calls.all[sid].to_json())

    return router


async def _form(exchange: Exchange, request: Request, account_sid: str) -> list[tuple[str, str]]:
    """Return the form of a request that has the right name and password."""
    check_account(exchange.account, account_sid, request.headers.get("authorization", ""))
    return parse_qsl((await request.body()).decode(), keep_blank_values=True)


async def _list(exchange: Exchange, request: Request, account_sid: str) -> None:
    """Let a list be asked for, unless the present trouble is about lists, or everything is down."""
    await _form(exchange, request, account_sid)
    if exchange.troubles.is_down():
        raise ProviderError(503, 20503, "Service is unavailable. Please try again.")
    try:
        fault = exchange.admit("lists", request.query_params.get("To", ""))
    except ConnectionBreaks:
        break_connection(request)
        return
    if fault in ANSWER_IS_LOST:
        await _lose_answer(exchange.struck, request)


def _no(
    exchange: Exchange,
    request: Request,
    kind: str,
    error: ProviderError | ConnectionBreaks,
    form: Mapping[str, str],
) -> JSONResponse:
    """Write a refusal down and refuse."""
    said = error if isinstance(error, ProviderError) else ProviderError(0, 0, "reset")
    exchange.refused(kind, said, form.get("To", ""))
    if isinstance(error, ProviderError):
        raise error
    break_connection(request)
    return JSONResponse({})


async def _answer(
    exchange: Exchange, request: Request, fault: Fault, resource: Mapping[str, Any]
) -> JSONResponse:
    """Answer a request that was taken, unless a fault swallows the answer."""
    struck = exchange.struck
    if fault in ANSWER_IS_LOST:
        exchange.record.add(Happened.ANSWER_LOST, sid=resource["sid"], fault=fault.value)
        await _lose_answer(struck, request)
    elif fault is Fault.SLOW:
        await asyncio.sleep(struck.hang_s)
    return JSONResponse(dict(resource), status_code=201)


async def _lose_answer(struck: Struck, request: Request) -> None:
    match struck.fault:
        case Fault.HANGS_AFTER_ACCEPTING:
            await asyncio.sleep(struck.hang_s)
        case Fault.ERROR_AFTER_ACCEPTING:
            raise ProviderError(500, 20500, "Internal Server Error")
        case Fault.RESET_AFTER_ACCEPTING:
            break_connection(request)


def break_connection(request: Request) -> None:
    """Cut the connection that *request* came by; whatever is answered afterwards goes nowhere."""
    # Uvicorn's own: ASGI has no word for hanging up.
    cycle = getattr(request.receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("connections are broken under uvicorn only")
    transport.abort()


def check_account(account: Account, account_sid: str, authorization: str) -> None:
    """Raise ProviderError unless *authorization* is the account's own name and password."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        given = b""
    expected = f"{account.sid}:{account.auth_token}".encode()
    if scheme.lower() != "basic" or not hmac.compare_digest(given, expected):
        raise ProviderError(401, 20003, "Authenticate")
    if account_sid != account.sid:
        raise ProviderError(401, 20003, "Authenticate")


def _missing(request: Request) -> ProviderError:
    return ProviderError(404, 20404, f"The requested resource {request.url.path} was not found")
