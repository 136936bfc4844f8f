"""`aihuijia order` and `aihuijia orders`: tell a band what to do, and see what became of it."""

import getpass
import re
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from core.clock import LOCAL_ZONE, Clock
from core.errors import Refused
from store import commands, newest
from store.database import reading

#: what a band can be told, with what it needs
ORDERS = {
    "locate": "measure and report now",
    "interval": "report every so many seconds: interval 60",
    "find": "ring, so that people close by find it",
    "contacts": "set its SOS numbers, at most three: contacts 13800000001 13800000002",
    "removal_alarm": "say when it is taken off: removal_alarm on",
    "reboot": "start anew",
}
LEAST_INTERVAL_S, MOST_INTERVAL_S = 10, 86_400
_MOST_NUMBERS = 3
_NUMBER = re.compile(r"\+?[0-9]{3,15}")


def read_order(do: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the arguments of an order; Refused, with what would be right."""
    if do not in ORDERS:
        raise Refused(f"There is no order {do!r}. There are: {', '.join(ORDERS)}")
    match do, list(words):
        case "interval", [seconds] if seconds.isdecimal() and len(seconds) < 6:
            if LEAST_INTERVAL_S <= int(seconds) <= MOST_INTERVAL_S:
                return {"s": int(seconds)}
            raise Refused(f"An interval is {LEAST_INTERVAL_S} to {MOST_INTERVAL_S} seconds.")
        case "contacts", [*numbers] if 1 <= len(numbers) <= _MOST_NUMBERS:
            for place, number in enumerate(numbers, start=1):
                if not _NUMBER.fullmatch(number):
                    raise Refused(f"Number {place} is no phone number: 3 to 15 digits, or + first.")
            return {"sos": numbers}
        case "removal_alarm", ["on" | "off" as switch]:
            return {"on": switch == "on"}
        case "locate" | "find" | "reboot", []:
            return {}
    raise Refused(f"The order {do} is given like this: {ORDERS[do]}")


def give(
    engine: Engine, clock: Clock, console: Console, device_id: str, do: str, words: Sequence[str]
) -> None:
    """Queue an order for a band that was heard before; say when it will be obeyed."""
    args = read_order(do, words)
    now = clock.now()
    with engine.begin() as connection:
        if device_id not in newest.load(connection, [device_id]):
            raise Refused(f"No band {device_id!r} was ever heard; is the name right?")
        number = commands.queue(
            connection, device_id, do, args, now, ordered_by=f"operator:{getpass.getuser()}"
        )
    minutes = round(commands.COMMAND_LIFE.total_seconds() / 60)
    console.print(
        f"Order c-{number} waits for the ingest role; it lives {minutes} minutes."
        f" See: aihuijia orders {device_id}",
        markup=False,
    )


def show(engine: Engine, console: Console, device_id: str | None, limit: int) -> None:
    """Print the newest orders with what became of them."""
    with reading(engine) as connection:
        newest = commands.recent(connection, device_id=device_id, limit=limit)
    if not newest:
        console.print(
            "No order was given yet. Give one: aihuijia order DEVICE locate", markup=False
        )
        return
    table = Table("order", "band", "at", "do", "state", "by", "why not")
    table.columns[3].no_wrap = True
    for order in newest:
        table.add_row(
            f"c-{order.id}",
            order.device_id,
            order.created_at.astimezone(LOCAL_ZONE).strftime("%m-%d %H:%M:%S"),
            f"{order.do} {order.args['s']} s" if "s" in order.args else order.do,
            order.state.value,
            order.ordered_by or "the service",
            order.error or "",
        )
    console.print(table)
