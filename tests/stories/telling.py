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

    parts = ["-- timeline (incident, what, state)"]
    table = schema.timeline
    for incident_id, at, kind, state, detail in rows(
        engine, table, "incident_id", "at", "kind", "state", "detail"
    ):
        parts.append(f"{seconds(at)}  {incident_id} {kind} [{state}] {_plain(detail)}")
    parts.append("-- the phone network's own record")
    for entry in entries:
        if entry.happened not in _DULL:
            parts.append(f"{seconds(entry.at)}  {entry.happened.value} {_named(entry, name)}")
    parts.append("-- messages (purpose, topic, channel, person, status, reason, attempts)")
    message = schema.notification
    for row in rows(
        engine,
        message,
        "id",
        "purpose",
        "topic",
        "channel",
        "person_id",
        "status",
        "reason",
        "attempts",
    ):
        parts.append("          " + " ".join(str(value) for value in row))
    parts += ["-- inbox"]
    for row in rows(engine, schema.inbox, "kind", "outcome", "body"):
        parts.append(f"          {row[0]} {row[1]} {_plain(row[2])}")
    parts += ["-- log", *(f"          {line}" for line in log)]
    return "\n".join(parts)


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
