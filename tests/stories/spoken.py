"""What truly left the service, in one readable line a moment, channel and matter.

Taken from the stand-in's own record; only what a message was for is looked up by its token.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from simulators.phone_network.record import Entry, Happened
from store import schema
from store.database import reading

_TOKEN = re.compile(r"n?\d+-\d+")
_TAKEN = {Happened.MESSAGE_ACCEPTED: "sms", Happened.CALL_ACCEPTED: "voice"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message or call that the provider took."""

    #: number in the stand-in's record
    entry: int
    at: datetime
    channel: str
    number: str
    matter: str
    text: str
    token: str


def taken(engine: Engine, entries: Iterable[Entry]) -> list[Line]:
    """Return what the provider took from the service, in order."""
    accepted = [e for e in entries if e.happened in _TAKEN and _is_ours(e)]
    tokens = {e.number: _token_of(e) for e in accepted}
    matters = _matters(engine, {token.split("-")[0] for token in tokens.values() if token})
    return [
        Line(
            entry=entry.number,
            at=entry.at,
            channel=_TAKEN[entry.happened],
            number=entry.detail["to"],
            matter=matters.get(tokens[entry.number].split("-")[0], "?"),
            text=entry.detail.get("body") or entry.detail.get("twiml", ""),
            token=tokens[entry.number],
        )
        for entry in accepted
    ]


def told(lines: Iterable[Line], *, since: datetime, name: Callable[[str], str]) -> list[str]:
    """Return *lines* as a story writes them: `60 voice ask: chen shen`, seconds from *since*."""
    groups: dict[tuple[int, str, str], list[str]] = {}
    for line in lines:
        seconds = round((line.at - since).total_seconds())
        groups.setdefault((seconds, line.channel, line.matter), []).append(name(line.number))
    return [
        f"{seconds} {channel} {matter}: {' '.join(sorted(names))}"
        for (seconds, channel, matter), names in sorted(groups.items())
    ]


def _is_ours(entry: Entry) -> bool:
    return bool(entry.detail.get("direction", "outbound-api") == "outbound-api")


def _token_of(entry: Entry) -> str:
    """Return the token that travelled with a message: in its callback, or as Aliyun's OutId."""
    given = str(entry.detail.get("token") or entry.detail.get("out_id") or "")
    return given if _TOKEN.fullmatch(given) else ""


def _matters(engine: Engine, ids: Collection[str]) -> Mapping[str, str]:
    """Return what messages ("12") and notices ("n12") were for."""
    message, notice = schema.notification, schema.notice
    ours = [int(one) for one in ids if one.isdecimal()]
    others = [int(one[1:]) for one in ids if not one.isdecimal()]
    found: dict[str, str] = {}
    with reading(engine) as connection:
        if ours:
            rows = connection.execute(
                select(message.c.id, message.c.purpose, message.c.topic).where(
                    message.c.id.in_(ours)
                )
            )
            found |= {str(row.id): _matter(row.purpose, row.topic) for row in rows}
        if others:
            rows = connection.execute(
                select(notice.c.id, notice.c.kind).where(notice.c.id.in_(others))
            )
            found |= {f"n{row.id}": f"notice {row.kind}" for row in rows}
    return found


def _matter(purpose: str, topic: str) -> str:
    subject = topic.partition("|")[0].partition(":")[0]
    return f"{purpose} {subject}".strip()
