"""A cell of a spreadsheet as text, whatever the program made of what somebody typed. Pure."""

import math
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum

from core.register_problems import Problem
from core.register_sheets import Column


class Odd(Enum):
    """A cell without a value that could be read."""

    FORMULA = "formula"  #: never computed
    ERROR = "error"  #: #N/A, #REF! and the like


#: what a spreadsheet program puts into a cell
Cell = str | int | float | bool | datetime | date | time | timedelta | Odd | None
#: what the service makes of it
Value = str | int | float | bool | date | tuple[str, ...]

#: between several in one cell; a comma before a year belongs to the name: 张三，1944
_BETWEEN = re.compile(r"[;；、\n]+|[,，](?!\s*(?:18|19|20)\d\d年?\s*(?:[)）;；、,，\n]|$))")
#: what programs put around a text unseen: marks of order and direction, spaces without a width
_UNSEEN = "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\xa0"
#: a mainland mobile number as a number has so many digits; Excel rounds from 16 on
ROUNDED_FROM = 10**15


class Unfit(Exception):
    """A cell that cannot be what its column holds."""

    def __init__(self, kind: Problem, **values: object) -> None:
        """Keep the name of what is wrong, and what its sentence needs."""
        super().__init__(kind.value)
        self.kind = kind
        self.values = values


@dataclass(frozen=True, slots=True)
class Reading:
    """A cell's text, and what it was before."""

    raw: Cell
    text: str
    column: Column
    today: date = field(repr=False)


def text_of(cell: Cell) -> str:
    """Return what stands in the cell as text: numbers without `.0`, dates as 2026-11-24."""
    if cell is None or isinstance(cell, Odd):
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        if math.isfinite(cell) and cell.is_integer() and abs(cell) < ROUNDED_FROM:
            return str(int(cell))
        return repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, int):
        return str(cell) if abs(cell) < 10**30 else f"{cell:.6e}" if abs(cell) < 10**300 else "?"
    if isinstance(cell, str):
        return cell.strip().strip(_UNSEEN).strip()
    return str(cell)


def plain(text: str) -> str:
    """Return *text* with ASCII digits and letters, without spaces."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def parts_of(text: str) -> tuple[str, ...]:
    """Return what stands between semicolons, commas, 、 or line breaks."""
    return tuple(part.strip() for part in _BETWEEN.split(text) if part.strip())
