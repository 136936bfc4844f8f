"""A file is taken over whole or not at all, and the same file again changes nothing."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from core.accounts import EVERYWHERE, Scope
from core.clock import LOCAL_ZONE, ManualClock
from core.people import Language
from core.register_files import read_file
from core.register_plan import Plan
from core.register_problems import Problem
from core.register_sheets import sheets
from core.register_steps import Verdict
from core.register_tables import Lines, read_tables
from core.register_template import headings_of, row_of
from core.sealing import Sealer, new_key
from core.workbook_writing import WrittenSheet, csv_pieces, xlsx_pieces
from store import pairing, registry, schema
from store.register_export import list_lines
from store.register_hands import Importer
from store.register_import import take_over, try_out
from tests.core.mistakes import WOMAN_1944
from tests.core.sheets import Rows, workbook

SEALER = Sealer([new_key()])


def household(**changed: Rows) -> dict[str, Rows]:
    """Return the sheets of one elder with all that belongs to her."""
    sheets: dict[str, Rows] = {
        "老人": [
            ("姓名", "性别", "出生年份", "街道", "身份证号", "病史", "风险", "外貌", "本人电话"),
            ("张 三", "女", 1944, "硖石街道", WOMAN_1944, "高血压", "近水、糖尿病", "蓝棉袄", ""),
        ],
        "手环": [("设备号", "老人", "型号"), ("hn-0001", "张三", "tk905-4g"), ("hn-0002", "", "")],
        "看护者": [
            ("姓名", "手机", "看护的老人", "第几看护者"),
            ("王大伯", 13900000001.0, "张三", 1),
            ("李阿姨", "+86 139-0000-0002", "张三 1944", "2"),
        ],
        "安全区": [
            ("老人", "名称", "经度", "纬度", "半径", "坐标系", "时段"),
            ("张三", "家", 120.69, 30.53, 300, "", ""),
            ("张三", "菜场", 120.7, 30.53, "150米", "高德", "周一至周五 08:00-17:00"),
        ],
        "家属": [("老人", "家属姓名", "关系", "电话"), ("张三", "张小明", "儿子", "0573-87000000")],
    }
    return {**sheets, **changed}


def lines_of(sheets: dict[str, Rows], clock: ManualClock) -> Lines:
    """Return the lines of a workbook with these sheets."""
    today = clock.now().astimezone(LOCAL_ZONE).date()
    return read_tables(read_file(workbook(sheets)), today)


def importer(now: datetime, **changed: Any) -> Importer:
    """Return an operator with a file."""
    return Importer(
        **{
            "name": "anna.test",
            "scope": EVERYWHERE,
            "now": now,
            "digest": "ab" * 32,
            "sealer": SEALER,
            **changed,
        }
    )


def verdicts(planned: Plan) -> set[Verdict]:
    """Return everything that steps of a plan do."""
    return {step.verdict for step in planned.steps}


def counted(engine: Engine) -> dict[str, int]:
    """Return how many rows the tables of the register have."""
    tables = (
        schema.elder,
        schema.band,
        schema.person,
        schema.contact_point,
        schema.guardian_change,
        schema.zone,
        schema.family_contact,
        schema.elder_secret,
        schema.registry_change,
    )
    with engine.begin() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }


@pytest.fixture
def street(database: Engine) -> Engine:
    """Give a database with one street in it."""
    with database.begin() as connection:
        registry.add_organisation(
            connection, "xiashi", kind="street", name_zh="硖石街道", name_en="Xiashi Street"
        )
    return database


def test_a_household_is_taken_over(street: Engine, clock: ManualClock) -> None:
    """Elder, bands, people, zones and family are there; guardians are only asked for."""
    before = counted(street)
    planned = take_over(street, lines_of(household(), clock), importer(clock.now()))
    after = counted(street)

    assert () == planned.problems
    assert {Verdict.ADDED} == verdicts(planned)
    assert {
        "elder": 1,
        "band": 2,
        "person": 2,
        "contact_point": 4,
        "guardian_change": 2,
        "zone": 2,
        "family_contact": 1,
        "elder_secret": 2,
    } == {name: after[name] - before[name] for name in after if name != "registry_change"}


def test_the_same_file_again_changes_nothing(street: Engine, clock: ManualClock) -> None:
    """Taken over twice, also after the guardians were approved, it is as taken over once."""
    lines = lines_of(household(), clock)
    take_over(street, lines, importer(clock.now()))
    once = counted(street)
    again = take_over(street, lines, importer(clock.now()))
    with street.begin() as connection:
        pairing.approve_batch(connection, "ab" * 20, by="berta.test", now=clock.now())
    approved = counted(street)
    at_last = take_over(street, lines, importer(clock.now(), digest="cd" * 32))

    assert ((), {Verdict.UNCHANGED}) == (again.problems, verdicts(again))
    assert ((), {Verdict.UNCHANGED}) == (at_last.problems, verdicts(at_last))
    assert approved == counted(street)
    assert once == {**approved, "registry_change": once["registry_change"]}


def test_trying_out_changes_nothing(street: Engine, clock: ManualClock) -> None:
    """A dry run plans what taking over does, and leaves every table as it is."""
    lines, before = lines_of(household(), clock), counted(street)
    tried = try_out(street, lines, importer(clock.now()))
    untouched = counted(street)
    done = take_over(street, lines, importer(clock.now()))

    assert before == untouched
    assert [step.verdict for step in done.steps] == [step.verdict for step in tried.steps]


def test_a_mistake_in_the_last_line_leaves_nothing(street: Engine, clock: ManualClock) -> None:
    """What is right is not taken over beside what is wrong."""
    broken = household(家属=[("老人", "家属姓名", "电话"), ("张三", "张小明", "12")])
    before = counted(street)
    planned = take_over(street, lines_of(broken, clock), importer(clock.now()))

    assert [Problem.NOT_A_PHONE] == [one.kind for one in planned.problems]
    assert before == counted(street)


def test_a_refusal_of_the_register_leaves_nothing(street: Engine, clock: ManualClock) -> None:
    """What only the register can refuse, in the last step, undoes every step before it."""
    other = household(手环=[("设备号", "SIM卡号"), ("hn-0009", "13966660000")])
    take_over(street, lines_of({"手环": other["手环"]}, clock), importer(clock.now()))
    before = counted(street)
    taken = household(手环=[("设备号", "SIM卡号"), ("hn-0010", "13966660000")])
    planned = take_over(street, lines_of(taken, clock), importer(clock.now()))

    assert [(Problem.REFUSED, "手环", 2)] == [
        (one.kind, one.sheet, one.row) for one in planned.problems
    ]
    assert before == counted(street)


def test_what_lies_elsewhere_is_not_there(street: Engine, clock: ManualClock) -> None:
    """An operator of another street can name neither this street nor its elders."""
    take_over(street, lines_of(household(), clock), importer(clock.now()))
    elsewhere = importer(clock.now(), scope=Scope(organisations=frozenset({"haichang"})))
    planned = take_over(street, lines_of(household(), clock), elsewhere)
    kinds = {one.kind for one in planned.problems}

    assert {Problem.ORGANISATION_UNKNOWN, Problem.BAND_TAKEN, Problem.IDENTITY_TAKEN} <= kinds


def test_a_changed_line_changes_one_thing(street: Engine, clock: ManualClock) -> None:
    """A corrected cell is a change of that elder, in the history with the file's digest."""
    take_over(street, lines_of(household(), clock), importer(clock.now()))
    corrected: dict[str, Rows] = {
        "老人": [
            ("姓名", "性别", "出生年份", "街道", "外貌"),
            ("张三", "女", 1944, "xiashi", "红棉袄"),
        ]
    }
    planned = take_over(street, lines_of(corrected, clock), importer(clock.now(), digest="cd" * 32))
    change = schema.registry_change
    with street.begin() as connection:
        newest = connection.execute(select(change).order_by(change.c.id.desc()).limit(1)).one()

    assert {Verdict.CHANGED} == verdicts(planned)
    assert ({"appearance": ["蓝棉袄", "红棉袄"]}, "anna.test (file cdcdcdcdcdcd)") == (
        newest.changes,
        newest.by,
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_exported_imports_again(
    street: Engine, clock: ManualClock, language: Language, kind: str
) -> None:
    """Every list as it is written is read again as the same, in both languages and formats."""
    hostile = household(
        家属=[("老人", "家属姓名", "关系", "电话"), ("张三", "@小姨", "+1", "+85291234567")]
    )
    take_over(street, lines_of(hostile, clock), importer(clock.now()))
    with street.begin() as connection:
        pairing.approve_batch(connection, "ab" * 20, by="berta.test", now=clock.now())
    today = clock.now().astimezone(LOCAL_ZONE).date()
    written = [
        WrittenSheet(
            title=sheet.title(language),
            headings=headings_of(sheet, language),
            rows=[
                row_of(sheet, line, language)
                for line in list_lines(
                    street, sheet.name, EVERYWHERE, language=language, now=clock.now()
                )
            ],
        )
        for sheet in sheets()
    ]
    if kind == "xlsx":
        tables = read_file(b"".join(xlsx_pieces(written)))
    else:
        tables = [
            read_file(b"".join(csv_pieces(one)), sheet.name)[0]
            for one, sheet in zip(written, sheets(), strict=True)
        ]
    before = counted(street)
    planned = take_over(street, read_tables(tables, today), importer(clock.now()))

    assert ((), {Verdict.UNCHANGED}) == (planned.remarks, verdicts(planned))
    assert 10 == len(planned.steps)
    assert before == counted(street)


def test_without_a_key_nothing_sealed_is_taken(street: Engine, clock: ManualClock) -> None:
    """Identity numbers and medical notes are refused by name where they could not be sealed."""
    planned = take_over(street, lines_of(household(), clock), importer(clock.now(), sealer=None))

    assert [(Problem.NO_KEYS, "E2"), (Problem.NO_KEYS, "F2")] == [
        (one.kind, f"{one.letters}{one.row}") for one in planned.problems
    ]
