"""The lists that operators keep in spreadsheets: their columns, headings, kinds and examples.

Headings are read in Chinese or English, in any order; a file that we write has them in the reader's
language. Each line of a list is told again by its key, so that the same file twice changes nothing:
an elder by number, or by name, year of birth and organisation; a band by its device id; a guardian
by phone; a zone by elder and name; a family contact by elder and phone.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from core.people import Language

#: a sheet holds at most so many lines beside its headings, and so many columns
MOST_ROWS = 5_000
MOST_COLUMNS = 60


class ListName(StrEnum):
    """A kind of list, as addresses and programs name it."""

    ELDERS = "elders"
    BANDS = "bands"
    GUARDIANS = "guardians"
    ZONES = "zones"
    CONTACTS = "contacts"


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    ID = "id"  #: a number that the service gave
    YEAR = "year"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"  #: several, with a mark between them
    NUMBER = "number"  #: a whole number in the column's range
    PHONE = "phone"
    IDENTITY = "identity"  #: number of an identity card
    DEVICE = "device"
    MODEL = "model"
    IMEI = "imei"
    DEGREES = "degrees"
    METRES = "metres"
    HOURS = "hours"
    ORGANISATION = "organisation"
    ELDER = "elder"  #: whose line it is: number, or name, or name and year of birth
    ELDERS = "elders"  #: several of these, with a mark between them
    POSITION = "position"  #: 1 or 2, one for each elder of the line


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: how it is called, what it holds, and how somebody fills it in."""

    key: str
    zh: str
    en: str
    kind: Kind = Kind.TEXT
    required: bool = False
    #: other headings that mean the same
    also: tuple[str, ...] = ()
    most_letters: int = 80
    #: of a number
    least: int = 0
    most: int = 0
    #: what is kept -> the words that mean it, Chinese first, then English
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note_zh: str
    note_en: str
    #: one for each line of the examples
    examples: tuple[str, ...] = ()

    def heading(self, language: Language) -> str:
        """Return what stands above the column."""
        return self.zh if language is Language.CHINESE else self.en

    def headings(self) -> frozenset[str]:
        """Return every heading it is known by, in the form that `heading_key` gives."""
        return frozenset(
            heading_key(one) for one in (self.key, self.zh, self.en, self.zh + self.en, *self.also)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One list."""

    name: ListName
    zh: str
    en: str
    also: tuple[str, ...] = ()
    columns: tuple[Column, ...]

    def title(self, language: Language) -> str:
        """Return the name on its tab."""
        return self.zh if language is Language.CHINESE else self.en

    def titles(self) -> frozenset[str]:
        """Return every title it is known by."""
        return frozenset(
            heading_key(one) for one in (self.name, self.zh, self.en, self.zh + self.en, *self.also)
        )

    def column(self, key: str) -> Column:
        """Return the column of this name."""
        return next(column for column in self.columns if column.key == key)


_NOISE = re.compile(r"[\s*＊:：_/（）()·-]+")


def heading_key(text: str) -> str:
    """Return *text* without spaces, marks, case and full-width letters, to compare headings by."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


@cache
def sheets() -> tuple[Sheet, ...]:
    """Return the lists in the order in which they are taken over: later ones speak of elders."""
    source = files("core").joinpath("data/register-sheets.toml").read_text(encoding="utf-8")
    told = tomllib.loads(source)
    return tuple(
        Sheet(
            name=ListName(sheet["name"]),
            zh=sheet["zh"],
            en=sheet["en"],
            also=tuple(sheet["also"]),
            columns=tuple(_column(column, told["choices"]) for column in sheet["columns"]),
        )
        for sheet in told["sheets"]
    )


def _column(told: dict[str, Any], choices: Mapping[str, Mapping[str, list[str]]]) -> Column:
    """Return a column as the file tells it."""
    words = choices[told["choices"]] if "choices" in told else {}
    plain = {key: value for key, value in told.items() if key not in ("choices", "kind", "also")}
    return Column(
        **{**plain, "examples": tuple(told.get("examples", ()))},
        kind=Kind(told.get("kind", "text")),
        also=tuple(told.get("also", ())),
        choices=MappingProxyType({kept: tuple(said) for kept, said in words.items()}),
    )


def sheet_of(name: ListName) -> Sheet:
    """Return the list of this name."""
    return next(sheet for sheet in sheets() if sheet.name is name)


def titled(title: str) -> Sheet | None:
    """Return the list that a tab of this title holds; None when it is not one of ours."""
    key = heading_key(title)
    return next((sheet for sheet in sheets() if key in sheet.titles()), None)
