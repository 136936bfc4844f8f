"""A sheet as it was read, and what of its layout might lead astray. Pure.

Of merged cells only the first holds anything, hidden lines are lines, and what stands under no
heading is read by nobody: people who look at the sheet do not see any of that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.register_problems import Doubt, Problem, Remark
from core.register_sheets import ListName, heading_key
from core.register_text import Cell, Odd, text_of

#: how long a heading is shown in a remark
SHOWN = 40
#: a line with fewer cells may be about somebody who is called so
_FEWEST_HEADINGS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Cells that were made one; rows as the spreadsheet counts, columns from 0 for A."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One sheet as it was read: cells by row, headings included."""

    title: str
    #: (row as the spreadsheet counts, its cells from column A on)
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    merged: tuple[Merged, ...] = ()
    #: rows that the spreadsheet program does not show
    hidden_rows: frozenset[int] = frozenset()
    #: the whole sheet is not shown
    is_hidden: bool = False
    #: lines beyond the limit were not read
    is_cut: bool = False
    #: columns beyond the limit were not read
    is_wide: bool = False
    #: which list it is, where somebody said so
    name: ListName | None = None


def letters_of(index: int) -> str:
    """Return the letters of a column, the first is 0: A, B … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def is_heading(cells: tuple[Cell, ...], headings: Mapping[int, frozenset[str]]) -> bool:
    """Say whether a line repeats the headings; *headings*: column -> what it may be called."""
    filled = {
        index: heading_key(text_of(cells[index]))
        for index in headings
        if index < len(cells) and text_of(cells[index])
    }
    return len(filled) >= _FEWEST_HEADINGS and all(
        said in headings[index] for index, said in filled.items()
    )


def odd_layout(table: Table, places: Mapping[str, int]) -> list[Remark]:
    """Return what to mend or to look at; *places*: key of a column -> where it is."""
    return [*_merged(table, places), *_hidden(table), *_without_heading(table)]


def _merged(table: Table, places: Mapping[str, int]) -> list[Remark]:
    heading = table.rows[0][1]
    rows = {row for row, _cells in table.rows[1:]}
    found = []
    for part in table.merged:
        columns = sorted(
            index for index in places.values() if part.first_column <= index <= part.last_column
        )
        if columns and any(part.first_row <= row <= part.last_row for row in rows):
            found.append(
                Remark(
                    kind=Problem.MERGED_CELLS,
                    sheet=table.title,
                    row=part.first_row,
                    column=text_of(heading[columns[0]])[:SHOWN],
                    letters=letters_of(columns[0]),
                )
            )
    return found


def _hidden(table: Table) -> list[Remark]:
    if table.is_hidden and len(table.rows) > 1:
        return [Remark(kind=Doubt.HIDDEN_SHEET, sheet=table.title)]
    rows = [row for row, _cells in table.rows if row in table.hidden_rows]
    if not rows:
        return []
    return [
        Remark(kind=Doubt.HIDDEN_ROWS, sheet=table.title, row=rows[0], values={"count": len(rows)})
    ]


def _without_heading(table: Table) -> list[Remark]:
    heading = table.rows[0][1]
    first: dict[int, int] = {}
    for row, cells in table.rows[1:]:
        for index, cell in enumerate(cells):
            if (text_of(cell) or isinstance(cell, Odd)) and not (
                index < len(heading) and text_of(heading[index])
            ):
                first.setdefault(index, row)
    return [
        Remark(
            kind=Doubt.COLUMN_WITHOUT_HEADING,
            sheet=table.title,
            row=row,
            letters=letters_of(index),
        )
        for index, row in sorted(first.items())
    ]
