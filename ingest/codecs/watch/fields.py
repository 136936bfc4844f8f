"""Read the comma-separated values of a Watch frame one by one, and remember what made no sense."""

import re
from collections.abc import Sequence

from ingest.codecs.readings import Flag

#: an exponent only behind a point, as Java writes small numbers; a cell may be `55E0`
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,12}(?:\.[0-9]{0,20}(?:[eE]-?[0-9]{1,2})?)?|\.[0-9]{1,20})")


def number_in(text: str) -> float | None:
    """Return the plain decimal number that *text* is, else None."""
    return float(text) if _NUMBER.fullmatch(text) else None


def whole_in(text: str) -> int | None:
    """Return the whole number that *text* is, else None."""
    value = number_in(text)
    return int(value) if value is not None and value == int(value) else None


class Fields:
    """The values of one frame; one that is missing reads as one left empty: None.

    One that makes no sense also reads as None and costs a flag, never the reading.
    """

    def __init__(self, values: Sequence[str]) -> None:
        """Read *values*, which stand behind the keyword."""
        self._values = values
        self.flags: set[Flag] = set()

    def __len__(self) -> int:
        return len(self._values)

    def text(self, at: int) -> str:
        """Return the value at place *at*, "" when it is missing."""
        return self._values[at] if at < len(self._values) else ""

    def number(self, at: int, least: float, most: float) -> float | None:
        """Return the number at place *at* if it is from *least* to *most*."""
        text = self.text(at)
        value = number_in(text)
        if value is not None and least <= value <= most:
            return value
        if text:
            self.flags.add(Flag.BAD_FIELD)
        return None

    def whole(self, at: int, least: int, most: int) -> int | None:
        """Return the number at place *at*, its decimals cut off."""
        value = self.number(at, least, most)
        return None if value is None else int(value)
