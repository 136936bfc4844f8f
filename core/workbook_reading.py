"""Read the sheets of a workbook (.xlsx) that `core.workbook_safety` let pass."""

import io
import warnings
from typing import Any, cast
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from core.register_layout import Merged, Table
from core.register_sheets import MOST_COLUMNS, MOST_ROWS
from core.register_text import Cell, Odd, text_of
from core.workbook_safety import FileFault, Unsafe

MOST_SHEETS = 50
_MOST_TITLE = 80


class _Parser(WorkSheetParser):  # type: ignore[misc]  # ships no types
    """Reads values, and tells a formula that was never computed from an empty cell."""

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Return the cell as openpyxl does, with what is odd in the place of its value."""
        cell = cast(dict[str, Any], super().parse_cell(element))
        if cell["data_type"] == "e":
            cell["value"] = Odd.ERROR
        elif cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell["value"] = Odd.FORMULA
        return cell


class _Reader(ExcelReader):  # type: ignore[misc]  # ships no types
    """Leaves sheets out that are one chart: they hold no cells."""

    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        """Read nothing."""


def read_workbook(data: bytes) -> list[Table]:
    """Return every sheet with its cells; Unsafe when the workbook cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that nobody needs here
            reader = _Reader(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            reader.read()
            book = reader.wb
            try:
                sheets = [one for one in book.worksheets if isinstance(one, ReadOnlyWorksheet)]
                return [_table(sheet) for sheet in sheets[:MOST_SHEETS]]
            finally:
                book.close()
    except DefusedXmlException as error:
        raise Unsafe(FileFault.ENTITIES) from error
    except Exception as error:
        raise Unsafe(FileFault.BROKEN) from error


def _table(sheet: Any) -> Table:
    book = sheet.parent
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    is_cut = is_wide = False
    with sheet._get_source() as source:
        parser = _Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            filled = [cell for cell in cells if _is_filled(cell["value"])]
            if not filled:
                continue
            if len(rows) > MOST_ROWS:
                is_cut = True
                break
            last = max(cell["column"] for cell in filled)
            is_wide = is_wide or last > MOST_COLUMNS
            row: list[Cell] = [None] * min(last, MOST_COLUMNS)
            for cell in filled:
                if cell["column"] <= MOST_COLUMNS:
                    row[cell["column"] - 1] = cell["value"]
            rows.append((number, tuple(row)))
        merged = parser.merged_cells
    return Table(
        title=str(sheet.title)[:_MOST_TITLE],
        rows=tuple(rows),
        merged=tuple(
            Merged(
                first_row=part.min_row,
                last_row=part.max_row,
                first_column=part.min_col - 1,
                last_column=part.max_col - 1,
            )
            for part in (merged.mergeCell if merged else ())
        ),
        hidden_rows=frozenset(
            int(float(row))
            for row, told in parser.row_dimensions.items()
            if told.get("hidden") in ("1", "true")
        ),
        is_hidden=sheet.sheet_state != "visible",
        is_cut=is_cut,
        is_wide=is_wide,
    )


def _is_filled(cell: Cell) -> bool:
    return isinstance(cell, Odd) or bool(text_of(cell))
