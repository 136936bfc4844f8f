"""What may be asked of the OGC routes: parameters, their values, the cursor of the next page.

Pure. ValueError says what is wrong with a parameter; the routes answer 400, as the standard wants.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from api.wire_types import MOST_ID
from core.feature_queries import Box, FeatureQuery, Span, parse_box, parse_span
from core.incidents import IncidentState, Outcome, Trigger
from core.pings import FixSource
from core.zones import Side, Urgency, ZoneKind

USUAL_LIMIT = 100
MOST_LIMIT = 10_000
_MOST_LETTERS = 200
_ORGANISATION = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
_DEVICE = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,16}", re.ASCII)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A property that may be asked for by its value."""

    read: Callable[[str], str | int]
    #: of the value, as OpenAPI says it
    schema: Json
    description: str


class Key(StrEnum):
    """What the ids of a collection's features are."""

    DEVICE = "device"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page begins, and how many features matched when the first one was read."""

    after: str | int
    matched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsRequest:
    """A page of features, as asked for."""

    query: FeatureQuery
    limit: int
    cursor: Cursor | None


def _id(text: str) -> int:
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= MOST_ID:
        raise ValueError("it is a whole number from 1 on")
    return int(text)


def _organisation(text: str) -> str:
    if not _ORGANISATION.fullmatch(text):
        raise ValueError("it is the id of an organisation, e.g. xiashi")
    return text


def _one_of(kinds: type[StrEnum], description: str) -> Filter:
    values = [kind.value for kind in kinds]

    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"it is one of {', '.join(values)}")
        return text

    return Filter(read=read, schema={"type": "string", "enum": values}, description=description)


_ELDER = Filter(
    read=_id,
    schema={"type": "integer", "minimum": 1, "maximum": MOST_ID},
    description="Only of this elder.",
)
_OF = Filter(
    read=_organisation,
    schema={"type": "string", "pattern": "^[a-z0-9_-]{1,40}$"},
    description="Only of elders whom this organisation registered.",
)

#: collection -> property -> how it is asked for
FILTERS: Mapping[str, Mapping[str, Filter]] = {
    "bands": {
        "elder_id": _ELDER,
        "organisation": _OF,
        "side": _one_of(Side, "Only those inside or outside their safe zones."),
        "source": _one_of(FixSource, "Only positions found in this way."),
    },
    "zones": {
        "elder_id": _ELDER,
        "organisation": _OF,
        "kind": _one_of(ZoneKind, "Only safe zones, or only danger zones."),
        "urgency": _one_of(Urgency, "Only danger zones of this urgency."),
    },
    "incidents": {
        "elder_id": _ELDER,
        "organisation": _OF,
        "state": _one_of(IncidentState, "Only incidents in this state."),
        "trigger": _one_of(Trigger, "Only incidents that began in this way."),
        "outcome": _one_of(Outcome, "Only incidents that ended in this way."),
    },
}
KEYS: Mapping[str, Key] = {"bands": Key.DEVICE, "zones": Key.NUMBER, "incidents": Key.NUMBER}


def check_plain(given: Sequence[tuple[str, str]]) -> None:
    """Accept no parameter but `f=json`."""
    _values(given, ("f",))


def read_items(collection: str, given: Sequence[tuple[str, str]]) -> ItemsRequest:
    """Return what the parameters *given* ask of *collection*."""
    filters = FILTERS[collection]
    values = _values(given, ("f", "bbox", "datetime", "limit", "cursor", *filters))
    box = _read("bbox", values, parse_box)
    span = _read("datetime", values, parse_span)
    limit = _read("limit", values, _limit)
    cursor = _read("cursor", values, lambda text: read_cursor(text, KEYS[collection]))
    equal = {name: _read(name, values, one.read) for name, one in filters.items() if name in values}
    assert isinstance(box, Box | None)
    assert isinstance(span, Span | None)
    return ItemsRequest(
        query=FeatureQuery(box=box, span=span, equal=equal),
        limit=USUAL_LIMIT if limit is None else limit,
        cursor=cursor,
    )


def read_key(text: str, key: Key) -> str | int | None:
    """Return a feature's id; None when it cannot be one."""
    if key is Key.DEVICE:
        return text if _DEVICE.fullmatch(text) else None
    try:
        return _id(text)
    except ValueError:
        return None


def write_cursor(cursor: Cursor) -> str:
    """Return the cursor as it stands in the address of the next page."""
    said = msgspec.json.encode([cursor.after, cursor.matched])
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def read_cursor(text: str, key: Key) -> Cursor:
    """Return a cursor that `write_cursor` wrote; ValueError for any other."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        said = msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True), type=tuple[str | int, int]
        )
    except (ValueError, binascii.Error):  # msgspec's errors are ValueErrors
        raise ValueError("it is taken from the link to the next page, unchanged") from None
    after = read_key(str(said[0]), key)
    if after != said[0] or not 0 <= said[1] <= MOST_ID:
        raise ValueError("it belongs to another collection")
    return Cursor(after=after, matched=said[1])


def _limit(text: str) -> int:
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= MOST_LIMIT:
        raise ValueError(f"it is a whole number from 1 to {MOST_LIMIT}")
    return int(text)


def _values(given: Sequence[tuple[str, str]], allowed: Iterable[str]) -> dict[str, str]:
    known = tuple(allowed)
    values: dict[str, str] = {}
    for name, value in given:
        if name not in known:
            raise ValueError(f"{name[:40]}: not asked for here; there are {', '.join(known)}")
        if name in values:
            raise ValueError(f"{name}: it can be given once")
        if len(value) > _MOST_LETTERS:
            raise ValueError(f"{name}: it has {_MOST_LETTERS} letters at most")
        values[name] = value
    if values.get("f", "json") != "json":
        raise ValueError("f: there is json only")
    return values


def _read(name: str, values: Mapping[str, str], read: Callable[[str], Any]) -> Any:
    if name not in values:
        return None
    try:
        return read(values[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
