"""Types of what comes in and goes out: bounded, so that no input can do harm further in.

Coordinates are WGS-84 degrees, lon before lat. Instants carry a zone; they go out in UTC.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

#: whole numbers that JSON and every browser keep exactly
MOST_ID = 2**53 - 1
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT")
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _printable(text: str) -> str:
    """Return *text*; ValueError for what no database keeps and no page shows."""
    for letter in text:
        code = ord(letter)
        if (code < 32 and letter not in "\n\t") or code == 127 or 0xD800 <= code <= 0xDFFF:
            raise ValueError("it holds characters that cannot be shown")
    return text


def _written_out(value: object) -> object:
    """Return *value*; ValueError for a bare number, which could be seconds or milliseconds."""
    if isinstance(value, datetime) or (isinstance(value, str) and _WRITTEN.match(value)):
        return value
    raise ValueError("write it out, e.g. 2026-11-24T08:00:00+08:00")


def _instant(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("it needs a zone, e.g. 2026-11-24T08:00:00+08:00")
    if not _EARLIEST <= value.astimezone(UTC) <= _LATEST:
        raise ValueError("it needs a year from 1900 to 2199")
    return value.astimezone(UTC)


Printable = AfterValidator(_printable)
#: one line of at most 80, 200 characters, without space around
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), Printable]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), Printable
]
LongLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Printable]
#: some paragraphs
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Printable]
#: E.164
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{5,14}$")]
OrganisationId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
DeviceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")]
Id = Annotated[int, Field(ge=1, le=MOST_ID)]
PathId = Annotated[int, Path(ge=1, le=MOST_ID)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
When = Annotated[datetime, BeforeValidator(_written_out), AfterValidator(_instant)]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
Cursor = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[A-Za-z0-9_=-]+$", description="`next` of the page before."),
]


class Wire(BaseModel):
    """Base of what goes over the wire: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


def example(**values: Any) -> ConfigDict:
    """Return a model's configuration with an example for the OpenAPI document."""
    return ConfigDict(extra="forbid", json_schema_extra={"example": values})
