"""Files become lines: headings as people write them, cells as programs save them; none crashes."""

import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from core.people import Language
from core.register_cells import read_cell
from core.register_files import UnusableFile, read_file
from core.register_layout import Table
from core.register_plan import plan
from core.register_problems import MOST_LISTED, Doubt, Problem, first_listed
from core.register_sheets import MOST_ROWS, Kind, ListName, sheet_of, sheets, titled
from core.register_tables import Lines, read_tables
from core.register_template import example_rows, headings_of, template
from core.register_text import Odd, Unfit
from core.register_words import sentence
from core.workbook_safety import FileFault
from tests.core.mistakes import TODAY, known
from tests.core.sheets import Rows, workbook

HEADINGS = ("姓名", "性别", "出生年份", "所属单位")
WOMAN = ("张三", "女", 1944, "硖石街道")


def lines_of(*rows: Any, title: str = "老人") -> Lines:
    """Return what one sheet says."""
    return read_tables(read_file(workbook({title: rows})), TODAY)


def kinds_of(lines: Lines) -> list[tuple[str, str]]:
    """Return what is remarked, with its place."""
    return [(one.place, one.kind.value) for one in lines.remarks]


def read(kind: Kind, value: Any) -> Any:
    """Return what a cell of this kind means, or the name of what is wrong with it."""
    column = next(one for sheet in sheets() for one in sheet.columns if one.kind is kind)
    try:
        return read_cell(value, column, TODAY)
    except Unfit as unfit:
        return unfit.kind


# -- headings and sheets -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headings",
    [
        ("姓 名", "性　别", "出生年份*", "所属单位："),
        ("Name", "SEX", "Year of birth", "organisation"),
        ("Ｎａｍｅ", "性别 Sex", "出生日期", "街道"),
    ],
)
def test_headings_are_recognised_as_people_write_them(headings: tuple[str, ...]) -> None:
    """Spaces, stars, full-width letters and either language make no difference."""
    lines = lines_of(headings, WOMAN)

    assert ((), 1) == (lines.remarks, len(lines.of(ListName.ELDERS)))


def test_columns_may_stand_in_any_order() -> None:
    """The heading tells what a column holds, not its place."""
    lines = lines_of(tuple(reversed(HEADINGS)), tuple(reversed(WOMAN)))

    assert "张三" == lines.of(ListName.ELDERS)[0].values["name"]


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        ((*HEADINGS, "血型"), ("老人!E1", "unknown_column")),
        ((*HEADINGS, "名字"), ("老人!E1", "heading_twice")),
        (HEADINGS[:3], ("老人!1", "column_missing")),
        (("甲", "乙"), ("老人!1", "no_headings")),
    ],
)
def test_odd_headings_are_named(headings: tuple[str, ...], expected: tuple[str, str]) -> None:
    """A column too many, twice, missing, or none at all is named where it is."""
    assert [expected] == kinds_of(lines_of(headings))


def test_merged_headings_are_named() -> None:
    """A title over merged cells is one problem, not one for each line below."""
    book = Workbook()
    sheet = book.active
    sheet.title = "老人"
    sheet.append(["海宁市老人名单"])
    sheet.merge_cells("A1:D1")
    sheet.append(list(HEADINGS))
    sheet.append(list(WOMAN))
    kept = io.BytesIO()
    book.save(kept)

    assert [("老人!1", "merged_heading")] == kinds_of(
        read_tables(read_file(kept.getvalue()), TODAY)
    )


def test_sheets_are_found_by_title_or_headings() -> None:
    """Our titles first; without any, the headings tell; what is no list is named."""
    by_headings = lines_of(HEADINGS, WOMAN, title="Sheet1")
    nothing = lines_of(("甲",), ("乙",), title="Sheet1")
    both = read_tables(
        read_file(workbook({"老人": [HEADINGS], "Elders": [HEADINGS], "别的": [("x",)]})), TODAY
    )

    assert {ListName.ELDERS: "Sheet1"} == dict(by_headings.titles)
    assert ["unknown_sheet", "no_list"] == [kind for _place, kind in kinds_of(nothing)]
    assert [("Elders", "list_twice"), ("别的", "unknown_sheet")] == kinds_of(both)


def test_more_rows_than_we_take_are_named() -> None:
    """Beyond the limit nothing is read, and the row is named."""
    table = Table(title="老人", rows=((1, HEADINGS), (5001, WOMAN)), is_cut=True, is_wide=True)
    csv = ("\n".join(["设备号", *(f"hn-{n}" for n in range(MOST_ROWS + 1))])).encode()

    assert [("老人!5002", "too_many_rows"), ("老人!BI", "too_many_columns")] == kinds_of(
        read_tables([table], TODAY)
    )
    assert (True, MOST_ROWS + 1) == (read_file(csv)[0].is_cut, len(read_file(csv)[0].rows))


# -- cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.PHONE, 13900000001.0, "+8613900000001"),
        (Kind.PHONE, 13900000001, "+8613900000001"),
        (Kind.PHONE, " +86 139-0000-0001 ", "+8613900000001"),
        (Kind.PHONE, "１３９００００００００１", Problem.PHONE_LENGTH),
        (Kind.PHONE, "１３９０００００００１", "+8613900000001"),
        (Kind.PHONE, 1.39e10 + 0.5, Problem.PHONE_ROUNDED),
        (Kind.PHONE, "1.39E+10", Problem.PHONE_ROUNDED),
        (Kind.PHONE, "139000000", Problem.PHONE_LENGTH),
        (Kind.PHONE, True, Problem.NOT_A_PHONE),
        (Kind.YEAR, "1944年", 1944),
        (Kind.YEAR, datetime(1944, 5, 6), 1944),  # noqa: DTZ001  as programs save it
        (Kind.YEAR, date(1944, 5, 6), 1944),
        (Kind.YEAR, "1944-05-06", 1944),
        (Kind.YEAR, "１９４４．５．６", 1944),
        (Kind.YEAR, "1944年5月", 1944),
        (Kind.YEAR, 16198.0, 1944),
        (Kind.YEAR, "1944-13-06", Problem.NOT_A_YEAR),
        (Kind.YES_NO, "是", True),
        (Kind.YES_NO, False, False),
        (Kind.YES_NO, 1, True),
        (Kind.YES_NO, "嗯", Problem.NOT_YES_NO),
        (Kind.CHOICES, "近水、糖尿病;river", ("diabetes", "river")),
        (Kind.DEGREES, "120,69", 120.69),
        (Kind.DEGREES, "120°41'", Problem.NOT_A_NUMBER),
        (Kind.DEGREES, float("nan"), Problem.NOT_A_NUMBER),
        (Kind.METRES, "300米", 300.0),
        (Kind.ID, 12.0, 12),
        (Kind.ID, 10**40, Problem.NUMBER_UNKNOWN),
        (Kind.DEVICE, "HN_0001", "hn_0001"),
        (Kind.DEVICE, "aihuijia-1", Problem.BAD_DEVICE),
        (Kind.HOURS, "周一至周五 08:00-17:00", "Mon-Fri 08:00-17:00"),
        (Kind.POSITION, 1.0, ("1",)),
        (Kind.TEXT, "  ", None),
        (Kind.TEXT, Odd.FORMULA, Problem.FORMULA),
        (Kind.TEXT, "a" * 81, Problem.TOO_LONG),
    ],
)
def test_a_cell_means_one_thing(kind: Kind, value: Any, expected: Any) -> None:
    """What can be meant in one way is taken, everything else is refused by name."""
    assert expected == read(kind, value)


# -- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_as_programs_save_it(encoding: str, separator: str) -> None:
    """Encoding and separator are told by the file itself."""
    text = "\r\n".join(separator.join(map(str, row)) for row in (HEADINGS, WOMAN))
    lines = read_tables(read_file(text.encode(encoding)), TODAY)

    assert ((), "张三") == (lines.remarks, lines.of(ListName.ELDERS)[0].values["name"])


def test_a_csv_may_be_told_which_list_it_is() -> None:
    """Where headings could be of several lists, a name decides."""
    data = "设备号,备注\nhn-1,\n".encode()

    assert {ListName.BANDS: "CSV"} == dict(
        read_tables(read_file(data, ListName.BANDS), TODAY).titles
    )


@pytest.mark.parametrize("language", list(Language))
def test_the_examples_of_the_template_import(language: Language) -> None:
    """The template filled with its own examples has nothing to mend."""
    filled: dict[str, Rows] = {
        sheet.title(language): [
            headings_of(sheet, language),
            *example_rows(sheet, language, "硖石街道"),
        ]
        for sheet in sheets()
    }
    planned = plan(read_tables(read_file(workbook(filled)), TODAY), known(), TODAY)
    empty = read_tables(read_file(template(language, ["硖石街道"])), TODAY)

    assert [] == [sentence(one, language) for one in planned.problems]
    assert 10 < len(planned.steps)
    assert ((), 5) == (empty.remarks, len(empty.titles))


def test_every_heading_means_one_column() -> None:
    """No heading stands for two columns of a list, and no title for two lists."""
    for sheet in sheets():
        known_headings = [one for column in sheet.columns for one in column.headings()]

        assert sorted(set(known_headings)) == sorted(known_headings), sheet.name
        assert all(column.note_zh and column.note_en for column in sheet.columns)
        assert sheet == titled(sheet.zh) == titled(sheet.en) == sheet_of(sheet.name)


def test_at_most_a_thousand_are_listed() -> None:
    """More problems are counted, in the order of the file."""
    rows: list[tuple[Any, ...]] = [HEADINGS, *[("", "女", 1944, "硖石街道")] * 1200]
    table = Table(title="老人", rows=tuple(enumerate(rows, start=1)))
    listed = first_listed(read_tables([table], TODAY).remarks)

    assert (MOST_LISTED, 2) == (len(listed), listed[0].row)


# -- anything at all -----------------------------------------------------------------------------

CELLS = st.one_of(
    st.none(),
    st.text(max_size=60),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.sampled_from(list(Odd)),
    st.sampled_from(["张三", "张三 1944", "12", "女", "硖石街道", "1；2", "hn-1", "13900000001"]),
)
ALL_HEADINGS = sorted({column.zh for sheet in sheets() for column in sheet.columns})
ROWS = st.lists(st.lists(CELLS, max_size=22).map(tuple), max_size=6)
TITLES = st.sampled_from([*(sheet.zh for sheet in sheets()), "别的", ""])
FIRST = st.lists(st.one_of(st.sampled_from(ALL_HEADINGS), st.text(max_size=8)), max_size=22).map(
    tuple
)


@given(sheets_of=st.lists(st.tuples(TITLES, FIRST, ROWS), max_size=6))
def test_no_table_crashes_the_planner(sheets_of: list[tuple[str, Any, Any]]) -> None:
    """Whatever stands in the cells, there is a plan, and each remark has its sentence."""
    tables = [
        Table(title=title, rows=tuple(enumerate((first, *rows), start=1)))
        for title, first, rows in sheets_of
    ]
    planned = plan(read_tables(tables, TODAY), known(), TODAY)
    said = [sentence(one, language) for one in planned.remarks for language in Language]

    assert all(said)


@given(rows=st.lists(st.lists(CELLS, min_size=25, max_size=25).map(tuple), min_size=1, max_size=4))
@pytest.mark.parametrize("name", list(ListName))
def test_no_line_crashes_the_planner(name: ListName, rows: list[tuple[Any, ...]]) -> None:
    """The same with every column of a list there."""
    headings = tuple(column.en for column in sheet_of(name).columns)
    table = Table(title=name.value, rows=tuple(enumerate((headings, *rows), start=1)))
    planned = plan(read_tables([table], TODAY), known(), TODAY)

    assert {Doubt, Problem} >= {type(one.kind) for one in planned.remarks}


def layout(change: Callable[[Workbook], None], *rows: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Return what is remarked on a list of elders after *change* was made to its workbook."""
    book = load_workbook(io.BytesIO(workbook({"老人": [HEADINGS, *rows]})))
    change(book)
    kept = io.BytesIO()
    book.save(kept)
    return kinds_of(read_tables(read_file(kept.getvalue()), TODAY))


def test_merged_cells_are_named() -> None:
    """What merging hid from a line is not taken for an empty cell."""
    said = layout(lambda book: book["老人"].merge_cells("D2:D3"), WOMAN, WOMAN)

    assert [("老人!D2", "merged_cells"), ("老人!D3", "missing")] == said


def test_hidden_lines_are_named() -> None:
    """Hidden rows and sheets are read, and people who do not see them are told."""

    def hide(book: Workbook) -> None:
        book["老人"].row_dimensions[3].hidden = True

    def hide_all(book: Workbook) -> None:
        book.create_sheet("统计")
        book["老人"].sheet_state = "hidden"

    assert [("老人!3", "hidden_rows")] == layout(hide, WOMAN, ("李四", *WOMAN[1:]))
    assert [("老人", "hidden_sheet")] == layout(hide_all, WOMAN)


def test_a_line_that_repeats_the_headings_is_named_once() -> None:
    """A second row of headings is one problem, not one for each cell."""
    assert [("老人!3", "heading_again")] == kinds_of(lines_of(HEADINGS, WOMAN, HEADINGS))


def test_cells_without_a_heading_are_named() -> None:
    """What stands beside the list is left out, and said to be."""
    said = kinds_of(lines_of(HEADINGS, (*WOMAN, None, "孤零零")))

    assert [("老人!F2", "column_without_heading")] == said


def test_a_list_under_another_title_is_recognised() -> None:
    """A sheet with the headings of a list says which title it should have."""
    data = workbook({"手环": [("设备号",)], "Sheet1": [HEADINGS, WOMAN]})

    assert [("Sheet1", "sheet_name")] == kinds_of(read_tables(read_file(data), TODAY))


def test_a_sheet_that_is_a_chart_is_left_out() -> None:
    """A workbook with a chart of its own beside the list is read."""
    assert [] == layout(lambda book: book.create_chartsheet("图表"), WOMAN)


@pytest.mark.parametrize(
    ("kind", "value", "means"),
    [
        (Kind.YEAR, 44, Problem.NOT_A_YEAR),
        (Kind.DEVICE, date(2026, 3, 12), Problem.BECAME_A_DATE),
        (Kind.POSITION, date(2026, 2, 1), Problem.BECAME_A_DATE),
        (Kind.DEVICE, "8.6E+14", Problem.PHONE_ROUNDED),
        (Kind.DEVICE, "8e21", "8e21"),
        (Kind.PHONE, "13900000001/13800000002", Problem.TWO_PHONES),
        (Kind.PHONE, "139-0000-0001 13800000002", Problem.TWO_PHONES),
        (Kind.PHONE, "'13900000001", "+8613900000001"),
        (Kind.PHONE, "\u202d13900000001\u202c", "+8613900000001"),
        (Kind.ELDERS, "张三,李四，王五", ("张三", "李四", "王五")),
        (Kind.ELDERS, "张三，1944；李四", ("张三，1944", "李四")),
    ],
)
def test_what_offices_type_is_understood_or_named(kind: Kind, value: Any, means: Any) -> None:
    """Two numbers in a cell, marks before them, dates that were none, commas between names."""
    assert means == read(kind, value)


@given(data=st.binary(max_size=400))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    """Bytes are tables, or refused by name."""
    try:
        said: set[object] = {table.title for table in read_file(data)}
    except UnusableFile as refused:
        said = {refused.fault}

    assert said <= {"CSV", *FileFault}
