"""Post what became of a message as the present troubles want it: lost, late, twice, backwards."""

from collections.abc import Mapping

from simulators.phone_network.exchange import Exchange
from simulators.phone_network.faults import ReceiptHabits

#: between the last receipt and those that were held for it, seconds of service time
_BEHIND_S = 1.0


def post_receipt(
    exchange: Exchange,
    url: str,
    params: Mapping[str, str],
    habits: ReceiptHabits,
    held: list[dict[str, str]],
    *,
    is_last: bool,
) -> None:
    """Post *params* to *url* now, later, or not at all; *held* is the message's own list."""
    if habits.lost:
        return
    if habits.reversed and not is_last:
        held.append(dict(params))
        return
    _post(exchange, url, params, habits, habits.late_s)
    while held:
        _post(exchange, url, held.pop(), habits, habits.late_s + _BEHIND_S)


def _post(
    exchange: Exchange, url: str, params: Mapping[str, str], habits: ReceiptHabits, after_s: float
) -> None:
    async def go() -> None:
        for _ in range(2 if habits.doubled else 1):
            await exchange.webhooks.post(url, params)

    if after_s:
        exchange.agenda.later(after_s, lambda: exchange.agenda.start(go()))
    else:
        exchange.agenda.start(go())
