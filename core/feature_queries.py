"""What is asked of a collection of things on the map: a box, a time, equal properties.

As OGC API – Features, Part 1, writes it. Coordinates are WGS-84 degrees, lon before lat (CRS84).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

_NUMBER = re.compile(r"[+-]?(\d{1,3}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_MOST_LETTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of lon and lat, its edges included. West above east: across the date line."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        lon_ok = -180 <= self.west <= 180 and -180 <= self.east <= 180
        if not (lon_ok and -90 <= self.south <= 90 and -90 <= self.north <= 90):  # NaN, too
            raise ValueError("a box lies within lon -180 to 180 and lat -90 to 90")
        if self.south > self.north:
            raise ValueError("the south edge of a box is not north of its north edge")

    def parts(self) -> tuple["Box", ...]:
        """Return it as boxes of which none crosses the date line."""
        if self.west <= self.east:
            return (self,)
        return (
            Box(west=self.west, south=self.south, east=180.0, north=self.north),
            Box(west=-180.0, south=self.south, east=self.east, north=self.north),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From *since* to *until*, both included, in UTC; None: open on that side."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureQuery:
    """Which features are meant: all that is named must hold."""

    box: Box | None = None
    span: Span | None = None
    #: property -> the one value it may have
    equal: Mapping[str, str | int] = field(default_factory=dict)


def parse_box(text: str) -> Box:
    """Read `bbox`: 4 numbers, or 6 with heights, which nothing here has; ValueError."""
    parts = text.split(",")
    if len(parts) not in (4, 6) or len(text) > _MOST_LETTERS:
        raise ValueError("a box has 4 numbers (west,south,east,north), or 6 with heights")
    if not all(_NUMBER.fullmatch(part.strip()) for part in parts):
        raise ValueError("a box is written with numbers, e.g. 120.4,30.2,120.9,30.7")
    numbers = [float(part) for part in parts]
    if len(numbers) == 6 and numbers.pop(2) > numbers.pop(4):
        raise ValueError("the third number of a box (its bottom) is not above the sixth (its top)")
    west, south, east, north = numbers
    return Box(west=west, south=south, east=east, north=north)


def parse_span(text: str) -> Span:
    """Read `datetime`: an instant, or two with a slash between; `..` or nothing is open.

    ValueError says what is wrong.
    """
    parts = text.split("/")
    if len(parts) == 1:
        instant = _instant(parts[0])
        return Span(since=instant, until=instant)
    if len(parts) > 2 or len(text) > _MOST_LETTERS:
        raise ValueError("an interval of time is two instants with one slash between them")
    since, until = (None if part in ("", "..") else _instant(part) for part in parts)
    if since is None and until is None:
        raise ValueError("an interval of time is open on one side at most")
    if since is not None and until is not None and since > until:
        raise ValueError("an interval of time ends after it begins")
    return Span(since=since, until=until)


def _instant(text: str) -> datetime:
    """Read an instant as RFC 3339 writes it; in an address a plus may have become a space."""
    written = text[:_MOST_LETTERS]
    if re.fullmatch(r"\S+ \d{2}:\d{2}", written):
        head, _, offset = written.rpartition(" ")
        written = f"{head}+{offset}"
    if not _MOMENT.fullmatch(written):
        raise ValueError("an instant is written like 2026-11-23T08:00:00Z (RFC 3339)")
    try:
        return datetime.fromisoformat(written.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such date or time") from None
