"""A sheet as it was read becomes lines of named values, or remarks on what to mend. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from core.people import Language
from core.register_cells import read_cell
from core.register_layout import SHOWN, Table, is_heading, letters_of, odd_layout
from core.register_problems import Doubt, Problem, Remark
from core.register_sheets import (
    MOST_COLUMNS,
    MOST_ROWS,
    Kind,
    ListName,
    Sheet,
    heading_key,
    sheet_of,
    sheets,
    titled,
)
from core.register_text import Cell, Odd, Unfit, Value, text_of

#: sheets of the template that hold no list
_BESIDE = frozenset(map(heading_key, ("示例", "Examples", "说明", "Notes", "选项", "Choices")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a list."""

    name: ListName
    sheet: str
    row: int
    #: what stands in filled cells, by the key of the column
    values: Mapping[str, Value]
    #: keys of cells that cannot be meant, or are empty and must not be
    unfit: frozenset[str] = frozenset()
    #: key -> (heading as the file has it, letters of the column)
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def remark(self, kind: Problem | Doubt, key: str = "", **values: object) -> Remark:
        """Return a remark on a cell of this line, or on the line as a whole."""
        heading, letters = self.columns.get(key, ("", ""))
        return Remark(
            kind=kind,
            sheet=self.sheet,
            row=self.row,
            column=heading,
            letters=letters,
            values=values,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What a file says, and what is wrong with it so far."""

    lines: Mapping[ListName, tuple[Line, ...]]
    #: list -> title of its sheet
    titles: Mapping[ListName, str]
    remarks: tuple[Remark, ...]

    def of(self, name: ListName) -> tuple[Line, ...]:
        """Return the lines of one list."""
        return self.lines.get(name, ())


def read_tables(tables: Iterable[Table], today: date) -> Lines:
    """Return the lines of all sheets; *today* is Haining's date."""
    tables = list(tables)
    known = [(table, _list_of(table)) for table in tables]
    if not any(sheet for _, sheet in known):
        known = [(table, _by_headings(table)) for table in tables]
    lines: dict[ListName, tuple[Line, ...]] = {}
    titles: dict[ListName, str] = {}
    remarks: list[Remark] = []
    for table, sheet in known:
        if sheet is None:
            if heading_key(table.title) not in _BESIDE and table.rows:
                remarks.append(_unknown(table))
        elif sheet.name in titles:
            remarks.append(
                Remark(
                    kind=Problem.LIST_TWICE,
                    sheet=table.title,
                    values={"other": titles[sheet.name]},
                )
            )
        else:
            titles[sheet.name] = table.title
            lines[sheet.name], found = _read_table(table, sheet, today)
            remarks += found
    if not titles:
        names = "、".join(f"“{one.title(Language.CHINESE)}”" for one in sheets())
        remarks.append(Remark(kind=Problem.NO_LIST, values={"titles": names}))
    return Lines(lines=lines, titles=titles, remarks=tuple(remarks))


def _unknown(table: Table) -> Remark:
    """Return what is said of a sheet whose title is none of ours."""
    like = _by_headings(table)
    if like is None:
        return Remark(kind=Doubt.UNKNOWN_SHEET, sheet=table.title)
    return Remark(kind=Doubt.SHEET_NAME, sheet=table.title, values={"title": like.zh})


def _list_of(table: Table) -> Sheet | None:
    return sheet_of(table.name) if table.name is not None else titled(table.title)


def _by_headings(table: Table) -> Sheet | None:
    """Return the list that only these headings can be; None when none, or several."""
    if not table.rows or heading_key(table.title) in _BESIDE:
        return None
    heads = {heading_key(text_of(cell)) for cell in table.rows[0][1]}
    fitting = []
    for sheet in sheets():
        found = {column.key for column in sheet.columns if column.headings() & heads}
        if {column.key for column in sheet.columns if column.required} <= found:
            fitting.append((len(found), sheet))
    most = max((count for count, _ in fitting), default=0)
    best = [sheet for count, sheet in fitting if count == most]
    return best[0] if len(best) == 1 else None


def _read_table(
    table: Table, sheet: Sheet, today: date
) -> tuple[tuple[Line, ...], tuple[Remark, ...]]:
    remarks = []
    if table.is_cut:
        remarks.append(
            Remark(
                kind=Problem.TOO_MANY_ROWS,
                sheet=table.title,
                row=table.rows[-1][0] + 1 if table.rows else None,
                values={"most": MOST_ROWS},
            )
        )
    if table.is_wide:
        remarks.append(
            Remark(
                kind=Problem.TOO_MANY_COLUMNS,
                sheet=table.title,
                letters=letters_of(MOST_COLUMNS),
                values={"most": MOST_COLUMNS},
            )
        )
    if not table.rows:
        return (), tuple(remarks)
    at, heading = table.rows[0]
    if any(part.first_row <= at <= part.last_row for part in table.merged):
        remarks.append(Remark(kind=Problem.MERGED_HEADING, sheet=table.title, row=at))
        return (), tuple(remarks)
    places, found = _columns(table, sheet, at, heading)
    remarks += found
    if not places:
        return (), tuple(remarks)
    remarks += odd_layout(table, places)
    headings = {places[one.key]: one.headings() for one in sheet.columns if one.key in places}
    lines = []
    for row, cells in table.rows[1:]:
        if is_heading(cells, headings):
            remarks.append(Remark(kind=Problem.HEADING_AGAIN, sheet=table.title, row=row))
        elif any(text_of(cell) or isinstance(cell, Odd) for cell in cells):
            line, found = _line(table, sheet, places, row, cells, today)
            lines.append(line)
            remarks += found
    return tuple(lines), tuple(remarks)


def _columns(
    table: Table, sheet: Sheet, at: int, heading: tuple[Cell, ...]
) -> tuple[dict[str, int], list[Remark]]:
    """Return where each column is, and what is wrong with the headings."""
    places: dict[str, int] = {}
    remarks = []
    meanings = {known: column.key for column in sheet.columns for known in column.headings()}
    for index, cell in enumerate(heading):
        shown = text_of(cell)[:SHOWN]
        if not shown:
            continue
        key = meanings.get(heading_key(text_of(cell)))
        here = {"sheet": table.title, "row": at, "column": shown, "letters": letters_of(index)}
        if key is None:
            remarks.append(Remark(kind=Doubt.UNKNOWN_COLUMN, **here))  # type: ignore[arg-type]
        elif key in places:
            other = letters_of(places[key])
            remarks.append(
                Remark(kind=Problem.HEADING_TWICE, values={"other": other}, **here)  # type: ignore[arg-type]
            )
        else:
            places[key] = index
    if not places:
        return {}, [Remark(kind=Problem.NO_HEADINGS, sheet=table.title, row=at)]
    remarks += [
        Remark(
            kind=Problem.COLUMN_MISSING,
            sheet=table.title,
            row=at,
            column=column.zh,
            values={"heading": f"{column.zh} {column.en}"},
        )
        for column in sheet.columns
        if column.required and column.key not in places
    ]
    return places, remarks


def _line(
    table: Table,
    sheet: Sheet,
    places: Mapping[str, int],
    row: int,
    cells: tuple[Cell, ...],
    today: date,
) -> tuple[Line, list[Remark]]:
    values: dict[str, Value] = {}
    unfit: dict[str, Unfit] = {}
    missing = {column.key for column in sheet.columns if column.required} - places.keys()
    heading = table.rows[0][1]
    columns = {
        key: (text_of(heading[index])[:SHOWN], letters_of(index)) for key, index in places.items()
    }
    for column in sheet.columns:
        index = places.get(column.key)
        if index is None:
            continue
        try:
            value = read_cell(cells[index] if index < len(cells) else None, column, today)
        except Unfit as fault:
            unfit[column.key] = fault
            continue
        if value is not None:
            values[column.key] = value
        elif column.required:
            unfit[column.key] = Unfit(Problem.MISSING)
    line = Line(
        name=sheet.name,
        sheet=table.title,
        row=row,
        values=values,
        unfit=frozenset(unfit) | missing,
        columns=columns,
    )
    found = [line.remark(fault.kind, key, **fault.values) for key, fault in unfit.items()]
    found += [
        line.remark(Doubt.WAS_A_DATE, column.key)
        for column in sheet.columns
        if column.kind is Kind.TEXT
        and places.get(column.key, len(cells)) < len(cells)
        and isinstance(cells[places[column.key]], date)
    ]
    return line, found
