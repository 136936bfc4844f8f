"""The provider's HTTP: what its own package calls to send and to look up messages and calls."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from simulators.phone_network.calls import Calls
from simulators.phone_network.exchange import Account, Exchange
from simulators.phone_network.faults import Fault
from simulators.phone_network.messages import Messages
from simulators.phone_network.record import Happened
from simulators.phone_network.resources import API_VERSION, Message, ProviderError

_DATE_FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d")


def provider_router(exchange: Exchange, messages: Messages, calls: Calls) -> APIRouter:
    """Return the routes under `/2010-04-01/Accounts/{sid}`."""
    router = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account_sid}}")

    @router.post("/Messages.json")
    async def create_message(request: Request, account_sid: str) -> JSONResponse:
        """Take an SMS."""
        form = dict(await _form(exchange, request, account_sid))
        try:
            message, fault = messages.take(form)
        except ProviderError as error:
            exchange.refused("messages", error)
            raise
        return await _answer(exchange, fault, message.to_json())

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
        await _form(exchange, request, account_sid)
        return JSONResponse(_page(messages, account_sid, dict(request.query_params)))

    @router.post("/Calls.json")
    async def create_call(request: Request, account_sid: str) -> JSONResponse:
        """Take a call."""
        pairs = await _form(exchange, request, account_sid)
        events = [value for name, value in pairs if name == "StatusCallbackEvent"]
        try:
            call, fault = calls.take(dict(pairs), events)
        except ProviderError as error:
            exchange.refused("calls", error)
            raise
        return await _answer(exchange, fault, call.to_json())

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


async def _answer(exchange: Exchange, fault: Fault, resource: Mapping[str, Any]) -> JSONResponse:
    """Answer a request that was taken, unless a fault swallows the answer."""
    if fault in (Fault.HANGS_AFTER_ACCEPTING, Fault.ERROR_AFTER_ACCEPTING):
        exchange.record.add(Happened.ANSWER_LOST, sid=resource["sid"], fault=fault.value)
    if fault is Fault.HANGS_AFTER_ACCEPTING:
        await asyncio.sleep(exchange.trouble.hang_s)
    if fault is Fault.ERROR_AFTER_ACCEPTING:
        raise ProviderError(500, 20500, "Internal Server Error")
    return JSONResponse(dict(resource), status_code=201)


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


def _page(messages: Messages, account_sid: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Return one page of the messages that pass the filters."""
    found = [message for message in messages.all.values() if _fits(message, wanted)]
    found.sort(key=lambda message: message.created_at, reverse=True)
    size, page = min(1000, int(wanted.get("PageSize", "50"))), int(wanted.get("Page", "0"))
    part = found[page * size : (page + 1) * size]
    kept = {name: value for name, value in wanted.items() if name not in ("Page", "PageSize")}

    def uri(number: int) -> str:
        query = urlencode({**kept, "PageSize": size, "Page": number})
        return f"/{API_VERSION}/Accounts/{account_sid}/Messages.json?{query}"

    return {
        "messages": [message.to_json() for message in part],
        "page": page,
        "page_size": size,
        "uri": uri(page),
        "next_page_uri": uri(page + 1) if (page + 1) * size < len(found) else None,
        "previous_page_uri": uri(page - 1) if page else None,
        "first_page_uri": uri(0),
        "start": page * size,
        "end": page * size + len(part) - 1,
    }


def _missing(request: Request) -> ProviderError:
    return ProviderError(404, 20404, f"The requested resource {request.url.path} was not found")


def _fits(message: Message, wanted: Mapping[str, str]) -> bool:
    """Say whether *message* passes the filters To, From, DateSent, DateSent< and DateSent>."""
    if wanted.get("To", message.to) != message.to:
        return False
    if wanted.get("From", message.sender) != message.sender:
        return False
    dates = {name: value for name, value in wanted.items() if name.startswith("DateSent")}
    if dates and message.sent_at is None:
        return False
    for name, value in dates.items():
        assert message.sent_at is not None
        bound, sent = _date(value), message.sent_at
        passes = {
            "DateSent": bound.date() == sent.date(),
            "DateSent<": sent <= bound,
            "DateSent>": sent >= bound,
        }
        if not passes.get(name, True):
            return False
    return True


def _date(text: str) -> datetime:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ProviderError(400, 20001, "Invalid date filter")
