"""Every column of every table is known to be personal or not, and who is erased where."""

import pytest
from sqlalchemy import Table

from store import schema
from store.erasure_rules import OF_ELDER, OF_PERSON
from store.personal_data import PERSONAL, PLAIN

TABLES = schema.metadata.sorted_tables


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_classified(table: Table) -> None:
    """A column is named once: under what is personal, or under what is not."""
    personal = set(PERSONAL.get(table.name, {}))
    plain = set(PLAIN.get(table.name, "").split())

    assert set() == personal & plain
    assert {column.name for column in table.columns} == personal | plain


def test_no_table_is_left_over() -> None:
    """What is classified exists."""
    names = {table.name for table in TABLES}

    assert set() == {*PERSONAL, *PLAIN, *OF_ELDER, *OF_PERSON} - names


@pytest.mark.parametrize(
    ("rules", "keys"),
    [(OF_ELDER, {"elder", "incident"}), (OF_PERSON, {"person"})],
    ids=["elder", "person"],
)
def test_every_reference_has_its_erasure(rules: dict[str, object], keys: set[str]) -> None:
    """A table that refers to a person says what becomes of its rows when they are erased."""
    referring = {
        table.name
        for table in TABLES
        for key in table.foreign_keys
        if key.column.table.name in keys
    }

    assert referring == set(rules)
