"""Lists at the operator's terminal: the template, a dry run, the real thing, refusals."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from typer.testing import CliRunner, Result

from aihuijia.__main__ import app
from core.settings import PREFIX
from store import registry, schema
from tests.api.test_imports import big_file


@pytest.fixture
def terminal(
    sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[Engine, Path]:
    """Give a database that the settings name, with one street, and a folder for files."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", sqlite_database.url.render_as_string())
    with sqlite_database.begin() as connection:
        registry.add_organisation(
            connection, "xiashi", kind="street", name_zh="硖石街道", name_en="Xiashi Street"
        )
    return sqlite_database, tmp_path


def typed(*words: str) -> Result:
    """Type a command; return what came of it."""
    return CliRunner().invoke(app, list(words))


def elders_in(engine: Engine) -> int:
    """Return how many elders are registered."""
    with engine.begin() as connection:
        return connection.scalar(select(func.count()).select_from(schema.elder)) or 0


def test_a_file_is_tried_and_taken_over(terminal: tuple[Engine, Path]) -> None:
    """A dry run changes nothing, the real thing everything, and both say so."""
    engine, folder = terminal
    file = folder / "list.xlsx"
    file.write_bytes(big_file(3))
    tried = typed("import", str(file), "--dry-run", "--english")
    untouched = elders_in(engine)
    taken = typed("import", str(file), "--by", "anna")

    assert (0, 0, 0, 3) == (tried.exit_code, untouched, taken.exit_code, elders_in(engine))
    assert "Fine; nothing was changed. new 18 · changed 0 · as before 0" in tried.output
    assert "已录入" in taken.output
    assert "看护者申请 6 项" in taken.output


def test_problems_are_a_table(terminal: tuple[Engine, Path]) -> None:
    """Each problem stands with its cell; the exit status is 1 and nothing is changed."""
    engine, folder = terminal
    file = folder / "list.csv"
    file.write_text("姓名,性别,出生年份,所属单位\n[b]张三,女,2044,硖石街道\n", encoding="utf-8")
    result = typed("import", str(file), "--dry-run")

    assert (1, 0) == (result.exit_code, elders_in(engine))
    assert "CSV!C2" in result.output
    assert "这一年还没有到" in result.output


def test_another_kind_of_file_is_explained(terminal: tuple[Engine, Path]) -> None:
    """A file that is no list is refused with a sentence."""
    _engine, folder = terminal
    file = folder / "old.xls"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    result = typed("import", str(file), "--english")

    assert (1, True) == (result.exit_code, "save it as .xlsx" in result.output)


def test_the_template_is_written(terminal: tuple[Engine, Path]) -> None:
    """The template is a file that imports with nothing to do."""
    _engine, folder = terminal
    file = folder / "template.xlsx"
    written = typed("template", str(file))
    tried = typed("import", str(file), "--dry-run", "--english")

    assert (0, 0) == (written.exit_code, tried.exit_code)
    assert "new 0 · changed 0 · as before 0" in tried.output
