"""The template that operators fill in: headings, choices to pick from, examples and notes.

Lists are written here as they are read: `row_of` turns what is registered into cells that
`core.register_tables` understands as the same.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from core.people import Language
from core.phone_numbers import normalised
from core.register_sheets import MOST_ROWS, Column, Kind, Sheet, sheets
from core.workbook_writing import Written

#: these lose digits, or a zero at the front, where a spreadsheet takes them for numbers
TEXT_KINDS = frozenset(
    {Kind.PHONE, Kind.IDENTITY, Kind.DEVICE, Kind.IMEI, Kind.POSITION, Kind.ELDER, Kind.ELDERS}
)
_TITLES = {
    Language.CHINESE: ("示例", "说明", "选项"),
    Language.ENGLISH: ("Examples", "Notes", "Choices"),
}
_NOTE_HEADINGS = {
    Language.CHINESE: ("表", "列", "必填", "说明", "Notes"),
    Language.ENGLISH: ("Sheet", "Column", "Required", "Notes", "说明"),
}
_BOLD = Font(bold=True)


def template(language: Language, organisations: Sequence[str]) -> bytes:
    """Return the empty template; *organisations* are the names that may be picked."""
    examples, notes, choices = _TITLES[language]
    book = Workbook()
    book.remove(book.active)
    pages = {sheet.name: book.create_sheet(sheet.title(language)) for sheet in sheets()}
    _examples(book.create_sheet(examples), language, organisations)
    _notes(book.create_sheet(notes), language)
    listed = book.create_sheet(choices)
    for row, name in enumerate(organisations, start=1):
        _put(listed, row, 1, name)
    for sheet in sheets():
        _headings(pages[sheet.name], sheet, language, quote_sheetname(choices), len(organisations))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def headings_of(sheet: Sheet, language: Language) -> list[str]:
    """Return the headings of a list."""
    return [column.heading(language) for column in sheet.columns]


def example_rows(sheet: Sheet, language: Language, organisation: str) -> list[list[str]]:
    """Return the lines of the examples, with an organisation that the reader may use."""
    count = max(len(column.examples) for column in sheet.columns)
    return [
        [_example(column, line, organisation, language) for column in sheet.columns]
        for line in range(count)
    ]


def row_of(sheet: Sheet, values: Mapping[str, Any], language: Language) -> list[Written]:
    """Return a line of the list as it is written; what is sealed is not among *values*."""
    return [_cell(column, values.get(column.key), language) for column in sheet.columns]


def word(column: Column, kept: str, language: Language) -> str:
    """Return how a choice is called."""
    words = column.choices.get(kept, (kept,))
    return words[0] if language is Language.CHINESE or len(words) < 2 else words[1]


def _cell(column: Column, value: Any, language: Language) -> Written:
    if value is None:
        return None
    if isinstance(value, bool):
        return word(column, "yes" if value else "no", language)
    if isinstance(value, tuple | list):
        parts = [word(column, str(one), language) for one in value]
        return "；".join(parts) or None
    if column.choices:
        return word(column, str(value), language)
    if column.kind in TEXT_KINDS:
        return _national(str(value)) if column.kind is Kind.PHONE else str(value)
    return value if isinstance(value, int | float) else str(value)


def _national(number: str) -> str:
    """Return a number of the mainland as people there write it, any other as it is."""
    for shown in (number.removeprefix("+86"), number.replace("+86", "0", 1)):
        try:
            if normalised(shown) == number:
                return shown
        except ValueError:
            continue
    return number


def _example(column: Column, line: int, organisation: str, language: Language) -> str:
    if column.kind is Kind.ORGANISATION:
        return organisation
    text = column.examples[line] if line < len(column.examples) else ""
    if language is Language.ENGLISH and column.choices:
        kept = [key for key, words in column.choices.items() if text in words]
        return word(column, kept[0], language) if kept else text
    return text


def _headings(
    page: Any, sheet: Sheet, language: Language, choices: str, organisations: int
) -> None:
    page.freeze_panes = "A2"
    for index, column in enumerate(sheet.columns, start=1):
        letters = get_column_letter(index)
        cell = page.cell(1, index, column.heading(language) + ("*" if column.required else ""))
        cell.font = _BOLD
        page.column_dimensions[letters].width = 14 if column.most_letters <= 80 else 28
        if column.kind in TEXT_KINDS:
            page.column_dimensions[letters].number_format = "@"
        formula = _allowed(column, language, choices, organisations)
        if formula:
            rule = DataValidation(type="list", formula1=formula, allow_blank=True)
            page.add_data_validation(rule)
            rule.add(f"{letters}2:{letters}{MOST_ROWS + 1}")


def _allowed(column: Column, language: Language, choices: str, organisations: int) -> str:
    """Return the formula of what may be picked, empty where anything may be written."""
    if column.kind is Kind.ORGANISATION:
        return f"{choices}!$A$1:$A${organisations}" if organisations else ""
    if column.kind in (Kind.CHOICE, Kind.YES_NO):
        words = ",".join(word(column, kept, language) for kept in column.choices)
        return f'"{words}"'
    return ""


def _examples(page: Any, language: Language, organisations: Sequence[str]) -> None:
    """Write every list with its examples, one below the other."""
    row = 1
    for sheet in sheets():
        _put(page, row, 1, sheet.title(language)).font = _BOLD
        lines = example_rows(sheet, language, organisations[0] if organisations else "")
        for line in (headings_of(sheet, language), *lines):
            row += 1
            for index, text in enumerate(line, start=1):
                _put(page, row, index, text)
        row += 2


def _notes(page: Any, language: Language) -> None:
    _line(page, 1, _NOTE_HEADINGS[language])
    page.freeze_panes = "A2"
    row = 1
    for sheet in sheets():
        for column in sheet.columns:
            row += 1
            notes = (column.note_zh, column.note_en)
            is_chinese = language is Language.CHINESE
            required = ("是" if is_chinese else "yes") if column.required else ""
            _line(
                page,
                row,
                (
                    sheet.title(language),
                    column.heading(language),
                    required,
                    *(notes if is_chinese else reversed(notes)),
                ),
            )
    for letters, width in zip("ABCDE", (12, 22, 10, 60, 60), strict=True):
        page.column_dimensions[letters].width = width


def _line(page: Any, row: int, texts: Iterable[str]) -> None:
    for index, text in enumerate(texts, start=1):
        cell = _put(page, row, index, text)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if row == 1:
            cell.font = _BOLD


def _put(page: Any, row: int, index: int, text: str) -> Any:
    cell = page.cell(row, index)
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.number_format = "@"
    return cell
