"""`aihuijia rejects`: what could not be used, why, and the beginning of it."""

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from core.clock import LOCAL_ZONE
from store import rejects
from store.database import reading

_SHOWN_BYTES = 60


def show_rejects(engine: Engine, console: Console, reason: str | None, limit: int) -> None:
    """Print counts by reason, then the newest rejects."""
    with reading(engine) as connection:
        counts = rejects.counts(connection)
        newest = rejects.recent(connection, reason=reason, limit=limit)
    if not counts:
        console.print("Nothing was rejected. Every message that arrived could be used.")
        return
    summary = Table(title=f"{sum(counts.values())} rejected messages by reason")
    summary.add_column("reason")
    summary.add_column("messages", justify="right")
    for name, number in counts.items():
        summary.add_row(name, str(number))
    console.print(summary)
    table = Table(title=f"The newest {len(newest)}")
    for name in ("at", "topic", "reason", "what to mend", "bytes", "begins with"):
        table.add_column(name, overflow="fold")
    for row in newest:
        at = row.received_at.astimezone(LOCAL_ZONE).strftime("%m-%d %H:%M:%S")
        begins = repr(row.payload[:_SHOWN_BYTES])[2:-1]
        table.add_row(at, row.topic, row.reason, row.detail, str(row.size_bytes), begins)
    console.print(table)
