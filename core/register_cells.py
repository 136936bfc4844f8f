"""What stands in one cell, read as what its column holds. Pure.

Spreadsheets turn telephone numbers into 1.39E+10 and dates into numbers; people write full-width
digits, spaces and +86. What can be meant in one way only is taken, everything else is refused with
its name.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from core.elder_rules import OLDEST, YOUNGEST
from core.hours_text import hours_text, parse_hours
from core.register_numbers import device, identity, imei, model, phone
from core.register_problems import Problem
from core.register_sheets import Column, Kind
from core.register_text import (
    Cell,
    Odd,
    Reading,
    Unfit,
    Value,
    parts_of,
    plain,
    text_of,
)

#: others that hold a date were made one by the program: 2-1, 3-12
_MAY_BE_DATES = frozenset({Kind.YEAR, Kind.DATE, Kind.TEXT, Kind.HOURS})
_FIRST_EXCEL_DAY = date(1899, 12, 30)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?(?:[ T]00:00(?::00)?)?月?")
#: degrees are written with a point, and with a comma in some countries
_DECIMAL = re.compile(r"[+-]?\d{1,9}(?:\.\d{0,20})?")


def read_cell(cell: Cell, column: Column, today: date) -> Value | None:
    """Return what the cell means; None when it is empty. Unfit when it cannot be meant."""
    if cell is Odd.FORMULA:
        raise Unfit(Problem.FORMULA)
    if cell is Odd.ERROR:
        raise Unfit(Problem.ERROR_CELL)
    text = text_of(cell)
    if not text:
        return None
    if any(_is_unprintable(letter) for letter in text):
        raise Unfit(Problem.UNPRINTABLE)
    if len(text) > column.most_letters:
        raise Unfit(Problem.TOO_LONG, most=column.most_letters, found=len(text))
    if column.kind not in _MAY_BE_DATES and isinstance(cell, date):
        raise Unfit(Problem.BECAME_A_DATE)
    return _READERS[column.kind](Reading(cell, text, column, today))


def _is_unprintable(letter: str) -> bool:
    code = ord(letter)
    return (code < 32 and letter not in "\n\t") or code == 127 or 0xD800 <= code <= 0xDFFF


def _text(cell: Reading) -> str:
    return cell.text


def _number(cell: Reading, like: str) -> float:
    if isinstance(cell.raw, bool | datetime | date | time | timedelta):
        raise Unfit(Problem.NOT_A_NUMBER, like=like)
    if isinstance(cell.raw, int | float):
        number = float(cell.raw) if abs(cell.raw) < 1e300 else math.inf
    else:
        digits = plain(cell.text).replace(",", ".")
        if not _DECIMAL.fullmatch(digits) or not digits.isascii():
            raise Unfit(Problem.NOT_A_NUMBER, like=like)
        number = float(digits)
    if not math.isfinite(number):
        raise Unfit(Problem.NOT_A_NUMBER, like=like)
    return number


def _whole(cell: Reading, like: str) -> int:
    number = _number(cell, like)
    if not number.is_integer():
        raise Unfit(Problem.NOT_WHOLE)
    return int(number)


def _id(cell: Reading) -> int:
    number = _whole(cell, "17")
    if not 1 <= number < 2**53:
        raise Unfit(Problem.NUMBER_UNKNOWN)
    return number


def _in_range(cell: Reading) -> int:
    column = cell.column
    number = _whole(cell, str(column.least))
    if not column.least <= number <= column.most:
        raise Unfit(Problem.OUT_OF_RANGE, least=column.least, most=column.most)
    return number


def _year(cell: Reading) -> int:
    if isinstance(cell.raw, datetime | date):
        year = cell.raw.year
    elif re.fullmatch(r"\d{4}年?", word := plain(cell.text)):
        year = int(word[:4])
    else:
        try:
            year = _date_in(cell, Problem.NOT_A_YEAR).year
        except Unfit:
            raise Unfit(Problem.NOT_A_YEAR) from None
    this_year = cell.today.year
    if year > this_year:
        raise Unfit(Problem.YEAR_TO_COME)
    if year < this_year - OLDEST and isinstance(cell.raw, int | float) and cell.raw < 1000:
        raise Unfit(Problem.NOT_A_YEAR)  # 44, or an age
    if year < this_year - OLDEST:
        raise Unfit(Problem.YEAR_TOO_OLD, least=this_year - OLDEST)
    if year > this_year - YOUNGEST:
        raise Unfit(Problem.TOO_YOUNG, age=YOUNGEST)
    return year


def _date_in(cell: Reading, otherwise: Problem = Problem.NOT_A_DATE) -> date:
    raw = cell.raw
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 1 <= raw < 80_000:
        return _FIRST_EXCEL_DAY + timedelta(days=int(raw))  # a date whose format was lost
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", cell.text).strip())
    if found is None or not found[0].isascii():
        found = _DATE.fullmatch(plain(cell.text))
    if found is None:
        raise Unfit(otherwise)
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        raise Unfit(otherwise) from None


def _past_date(cell: Reading) -> date:
    day = _date_in(cell)
    if day > cell.today:
        raise Unfit(Problem.DATE_TO_COME)
    return day


def _said(cell: Reading, text: str) -> str | None:
    """Return which choice *text* means, None when none."""
    word = re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", text)).lower()
    for kept, words in cell.column.choices.items():
        known = (kept, *words)
        if word in {re.sub(r"[\s_-]+", "", one).lower() for one in known}:
            return kept
    return None


def _words(cell: Reading) -> str:
    return "、".join(words[0] for words in cell.column.choices.values())


def _choice(cell: Reading) -> str:
    kept = _said(cell, cell.text)
    if kept is None:
        raise Unfit(Problem.NOT_A_CHOICE, choices=_words(cell))
    return kept


def _choices(cell: Reading) -> tuple[str, ...]:
    kept: list[str] = []
    for part in parts_of(cell.text):
        one = _said(cell, part)
        if one is None:
            raise Unfit(Problem.NOT_A_CHOICE, choices=_words(cell))
        if one not in kept:
            kept.append(one)
    return tuple(sorted(kept))


def _yes_no(cell: Reading) -> bool:
    kept = _said(cell, cell.text)
    if kept is None:
        raise Unfit(Problem.NOT_YES_NO)
    return kept == "yes"


def _degrees(cell: Reading) -> float:
    return _number(cell, "120.69")


def _metres(cell: Reading) -> float:
    raw = cell.raw
    if isinstance(raw, str):
        raw = re.sub(r"(?<=\d)(?:米|m)$", "", plain(raw))
    return _number(Reading(raw, text_of(raw), cell.column, cell.today), "300")


def _hours(cell: Reading) -> str:
    try:
        return hours_text(parse_hours(cell.text))
    except ValueError:
        raise Unfit(Problem.BAD_HOURS) from None


def _parts(cell: Reading) -> tuple[str, ...]:
    return parts_of(cell.text)


def _positions(cell: Reading) -> tuple[str, ...]:
    found = parts_of(unicodedata.normalize("NFKC", cell.text).replace(",", ";"))
    if not found or any(one not in ("1", "2") for one in found):
        raise Unfit(Problem.BAD_POSITION)
    return found


_READERS: Mapping[Kind, Callable[[Reading], Value]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.ID: _id,
        Kind.YEAR: _year,
        Kind.DATE: _past_date,
        Kind.YES_NO: _yes_no,
        Kind.CHOICE: _choice,
        Kind.CHOICES: _choices,
        Kind.NUMBER: _in_range,
        Kind.PHONE: phone,
        Kind.IDENTITY: identity,
        Kind.DEVICE: device,
        Kind.MODEL: model,
        Kind.IMEI: imei,
        Kind.DEGREES: _degrees,
        Kind.METRES: _metres,
        Kind.HOURS: _hours,
        Kind.ORGANISATION: _text,
        Kind.ELDER: _text,
        Kind.ELDERS: _parts,
        Kind.POSITION: _positions,
    }
)
