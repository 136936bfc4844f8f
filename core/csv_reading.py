"""Read a list from a CSV file as spreadsheet programs write it: UTF-8, UTF-16 or GB18030. Pure."""

import codecs
import csv
import io

from core.register_layout import Table
from core.register_sheets import MOST_COLUMNS, MOST_ROWS, ListName
from core.register_text import Cell

#: a text that a spreadsheet would take for a formula begins so; exports put an apostrophe before
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_SEPARATORS = (",", ";", "\t")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
TITLE = "CSV"


class NotText(Exception):
    """Not the text of a CSV file."""


def read_csv(data: bytes, name: ListName | None = None) -> Table:
    """Return the one list of a CSV file; *name* says which, where the headings do not tell."""
    text = _decoded(data)
    if "\0" in text:
        raise NotText
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    is_cut = is_wide = False
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        for number, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) > MOST_ROWS:
                is_cut = True
                break
            is_wide = is_wide or any(cell.strip() for cell in cells[MOST_COLUMNS:])
            rows.append((number, tuple(_unguarded(cell) for cell in cells[:MOST_COLUMNS])))
    except csv.Error as error:
        raise NotText from error
    return Table(title=TITLE, rows=tuple(rows), is_cut=is_cut, is_wide=is_wide, name=name)


def guarded(text: str) -> str:
    """Return *text* so that no spreadsheet takes it for a formula; `read_csv` undoes it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _unguarded(text: str) -> str:
    is_guarded = text.startswith("'") and text[1:].startswith(FORMULA_STARTS)
    return text[1:] if is_guarded else text


def _decoded(data: bytes) -> str:
    encodings = ["utf-16"] if data.startswith(_UTF16) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotText


def _separator(text: str) -> str:
    """Return what stands between the headings most often."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=heading.count)
