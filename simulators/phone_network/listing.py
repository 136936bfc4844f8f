"""Lists of messages and calls, filtered and paged as the provider does it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from simulators.phone_network.exchange import Exchange
from simulators.phone_network.resources import API_VERSION, Call, Message, ProviderError

_MOST = 1000

Item = TypeVar("Item", Message, Call)
Dates = Mapping[str, Callable[[Item], datetime | None]]

_MESSAGE_DATES: Dates[Message] = {"DateSent": lambda message: message.sent_at}
_CALL_DATES: Dates[Call] = {
    "StartTime": lambda call: call.started_at,
    "EndTime": lambda call: call.ended_at,
}


def messages_page(
    exchange: Exchange, messages: Iterable[Message], wanted: Mapping[str, str]
) -> dict[str, Any]:
    """Return one page of the messages that *wanted*, a query, asks for; the newest first."""
    found = [
        message
        for message in messages
        # What another provider took in the same network is not this account's.
        if message.sid.startswith("SM")
        and _is_between(message, wanted)
        and _dates_fit(message, wanted, _MESSAGE_DATES)
    ]
    return _page(exchange, "Messages", found, wanted)


def calls_page(
    exchange: Exchange, calls: Iterable[Call], wanted: Mapping[str, str]
) -> dict[str, Any]:
    """Return one page of the calls that *wanted*, a query, asks for; the newest first."""
    found = [
        call
        for call in calls
        if call.sid.startswith("CA")
        and "^" not in call.sid
        and _is_between(call, wanted)
        and wanted.get("Status", call.status) == call.status
        and "ParentCallSid" not in wanted
        and _dates_fit(call, wanted, _CALL_DATES)
    ]
    return _page(exchange, "Calls", found, wanted)


def _is_between(item: Item, wanted: Mapping[str, str]) -> bool:
    to_fits = wanted.get("To", item.to) == item.to
    return to_fits and wanted.get("From", item.sender) == item.sender


def _dates_fit(item: Item, wanted: Mapping[str, str], dates: Dates[Item]) -> bool:
    """Say whether every date that is asked for fits; what has none yet fits none."""
    for name, date_of in dates.items():
        for sign in ("", "<", ">"):
            if name + sign not in wanted:
                continue
            bound, at = _date(wanted[name + sign]), date_of(item)
            if at is None:
                return False
            fits = {
                "": at.date() == bound.date(),
                "<": at <= bound,
                ">": at >= bound,
            }
            if not fits[sign]:
                return False
    return True


def _page(
    exchange: Exchange, kind: str, found: Sequence[Item], wanted: Mapping[str, str]
) -> dict[str, Any]:
    oldest = exchange.clock.now() - timedelta(seconds=exchange.listed_after_s)
    listed = sorted(
        (item for item in found if item.created_at <= oldest),
        key=lambda item: item.created_at,
        reverse=True,
    )
    size, page = _whole(wanted, "PageSize", 50, least=1), _whole(wanted, "Page", 0, least=0)
    part = listed[page * size : (page + 1) * size]
    kept = {name: value for name, value in wanted.items() if name not in ("Page", "PageSize")}

    def uri(number: int) -> str:
        query = urlencode({**kept, "PageSize": size, "Page": number})
        return f"/{API_VERSION}/Accounts/{exchange.account.sid}/{kind}.json?{query}"

    return {
        kind.lower(): [item.to_json() for item in part],
        "page": page,
        "page_size": size,
        "uri": uri(page),
        "next_page_uri": uri(page + 1) if (page + 1) * size < len(listed) else None,
        "previous_page_uri": uri(page - 1) if page else None,
        "first_page_uri": uri(0),
        "start": page * size,
        "end": max(page * size, page * size + len(part) - 1),
    }


def _whole(wanted: Mapping[str, str], name: str, otherwise: int, *, least: int) -> int:
    text = wanted.get(name, str(otherwise))
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= _MOST):
        raise ProviderError(400, 20001, f"Invalid {name}")
    return int(text)


def _date(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ProviderError(400, 20001, "Invalid date filter") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
