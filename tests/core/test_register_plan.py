"""Lists are read and planned: every mistake is named where it stands, nothing is done twice."""

from core.people import Language
from core.register_layout import Table
from core.register_plan import plan
from core.register_problems import Doubt, Problem
from core.register_tables import read_tables
from core.register_words import sentence
from tests.core.mistakes import TODAY, kinds, known, sheets_of_mistakes


def tables_of_mistakes() -> list[Table]:
    """Return the file with all mistakes as it was read."""
    sheets, _expected = sheets_of_mistakes()
    return [
        Table(title=title, rows=tuple((n, tuple(row)) for n, row in enumerate(rows, start=1)))
        for title, rows in sheets.items()
    ]


def test_forty_mistakes_are_forty_problems() -> None:
    """Every mistake of a file is named at its cell, all at once, and nothing else is."""
    _sheets, expected = sheets_of_mistakes()
    planned = plan(read_tables(tables_of_mistakes(), TODAY), known(), TODAY)

    assert expected == {(one.place, one.kind) for one in planned.problems}
    assert 40 <= len(set(kinds()))


def test_every_problem_says_what_to_mend() -> None:
    """Each has a sentence in both languages, without a place that was not filled in."""
    planned = plan(read_tables(tables_of_mistakes(), TODAY), known(), TODAY)
    said = [sentence(one, language) for one in planned.remarks for language in Language]

    assert [] == [text for text in said if "%(" in text or not text]
    assert 2 * len(planned.remarks) == len(said)


def test_every_kind_has_a_sentence() -> None:
    """No kind of problem or doubt was added without its words."""
    from core import register_words

    assert set(register_words._SENTENCES) == {*Problem, *Doubt}
