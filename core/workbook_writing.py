"""Write lists as workbooks (.xlsx) or CSV, so that no cell is ever taken for a formula."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from core.csv_reading import guarded

#: what a list of ours is made of; None is an empty cell
Written = str | int | float | None

#: what XML cannot hold
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: what a cell of Excel holds
_MOST_LETTERS = 32_767
_MOST_TITLE = 31
_PIECE_BYTES = 2**16
_CSV_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSheet:
    """One sheet to be written; its rows are taken as they come."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Written]]


def xlsx_pieces(sheets: Iterable[WrittenSheet]) -> Iterator[bytes]:
    """Yield a workbook piece by piece; rows are written as they come, never all held."""
    with tempfile.TemporaryFile() as kept:
        _write(sheets, kept)
        kept.seek(0)
        while piece := kept.read(_PIECE_BYTES):
            yield piece


def csv_pieces(sheet: WrittenSheet) -> Iterator[bytes]:
    """Yield a list as CSV: UTF-8 with the mark that lets Excel read it, commas, CRLF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([_csv_value(heading) for heading in sheet.headings])
    for count, row in enumerate(sheet.rows, start=1):
        writer.writerow([_csv_value(value) for value in row])
        if count % _CSV_ROWS == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8")


def _csv_value(value: Written) -> Written:
    if isinstance(value, str):
        return guarded(_clean(value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("�", text)[:_MOST_LETTERS]


def _write(sheets: Iterable[WrittenSheet], kept: BinaryIO) -> None:
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title[:_MOST_TITLE])
        page.freeze_panes = "A2"
        headings = [WriteOnlyCell(page, value=heading) for heading in sheet.headings]
        for cell in headings:
            cell.font = Font(bold=True)
        page.append(headings)
        for row in sheet.rows:
            page.append([_value(page, value) for value in row])
    book.save(kept)


def _value(page: Any, value: Written) -> Any:
    """Return what the library writes as just this value; it takes some texts for more than that."""
    if not isinstance(value, str):
        return value
    text = _clean(value)
    if not text.startswith(("=", "#")):  # a formula, an error
        return text or None
    cell = WriteOnlyCell(page, value=text)
    cell.data_type = "s"
    return cell
