"""Tell a story that went wrong: its timeline, the stand-in's record and the log, to be read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from simulators.phone_network.record import Entry, Happened
from store import schema
from tests.scenes import rows

#: too much of these would hide the rest
_DULL = (Happened.MESSAGE_STATUS, Happened.CALL_STATUS)


def tell(
    engine: Engine,
    entries: Sequence[Entry],
    log: Sequence[str],
    since: datetime,
    name: Callable[[str], str],
) -> str:
    """Return everything that happened, in seconds from *since*."""

    def seconds(at: datetime) -> str:
        return f"{(at - since).total_seconds():8.1f}"

    def sent(entry: Entry) -> str:
        return f"{seconds(entry.at)}  {entry.happened.value} {_named(entry, name)}"

    message = schema.notification
    columns = ("id", "purpose", "topic", "channel", "person_id", "status", "reason", "attempts")
    timeline = rows(engine, schema.timeline, "incident_id", "at", "kind", "state", "detail")
    inbox = rows(engine, schema.inbox, "kind", "outcome", "body")
    return "\n".join(
        [
            "-- timeline (incident, what, state)",
            *(
                f"{seconds(at)}  {no} {kind} [{state}] {_plain(d)}"
                for no, at, kind, state, d in timeline
            ),
            "-- the phone network's own record",
            *(sent(entry) for entry in entries if entry.happened not in _DULL),
            f"-- messages ({', '.join(columns)})",
            *(_row(row) for row in rows(engine, message, *columns)),
            "-- inbox",
            *(f"          {kind} {outcome} {_plain(body)}" for kind, outcome, body in inbox),
            "-- log",
            *(f"          {line}" for line in log),
        ]
    )


def _row(row: Sequence[Any]) -> str:
    return "          " + " ".join(str(value) for value in row)


def _plain(detail: Any) -> str:
    return " ".join(f"{k}={v}" for k, v in detail.items()) if isinstance(detail, dict) else ""


def _named(entry: Entry, name: Callable[[str], str]) -> str:
    said = dict(entry.detail)
    for key in ("to", "number"):
        if key in said:
            said[key] = name(str(said[key]))
    said.pop("sender", None)
    said.pop("status_callback", None)
    return _plain(said)[:300]
