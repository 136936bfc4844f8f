"""What bands answered to our orders."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from core.pings import Ping
from ingest.messages import CommandAnswer
from store import commands


def note(
    connection: Connection, pings: Sequence[Ping], said: Sequence[CommandAnswer], now: datetime
) -> None:
    """Record these answers; a report that was made for an order is one, too."""
    reports = [
        CommandAnswer(device_id=ping.device_id, command=ping.command, error=None)
        for ping in pings
        if ping.command is not None
    ]
    for answer in (*said, *reports):
        number = answer.command.removeprefix("c-")
        if number.isdecimal() and len(number) < 18:
            commands.mark_answered(
                connection, answer.device_id, int(number), error=answer.error, now=now
            )
