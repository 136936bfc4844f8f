"""Lists go out as spreadsheets: in scope, on record, without formulas, and come in again."""

import csv
import io

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from api.access import SESSION_COOKIE
from core.accounts import AccountRole, Grant
from store import registry, schema
from tests.accounts import bearer, staff_token
from tests.api.conftest import Site
from tests.api.test_imports import upload

OPERATORS = ("elders", "bands", "guardians", "zones", "contacts", "pairings", "incidents")


def rows_of(data: bytes) -> list[list[str]]:
    """Return the rows of a CSV export, headings included."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheets from computing it."""
    return cell[1:] if cell[:2] in ("'=", "'+", "'-", "'@") else cell


def client_of(site: Site, role: AccountRole, organisation_id: str | None) -> httpx.Client:
    """Return a program of an account with one role."""
    world = site.world
    token = staff_token(
        world.engine,
        world.clock.now(),
        name=f"{role.value}.test",
        grants=[Grant(role, organisation_id)],
    )
    return httpx.Client(base_url=site.url, timeout=60, headers=bearer(token))


@pytest.mark.parametrize("name", OPERATORS)
def test_a_list_goes_out_in_both_forms(site: Site, name: str) -> None:
    """CSV and workbook of a list have the same lines."""
    with client_of(site, AccountRole.OPERATOR, "xiashi") as operator:
        as_csv = rows_of(operator.get(f"/api/exports/{name}.csv").content)
        as_workbook = operator.get(f"/api/exports/{name}.xlsx").content
    sheet = load_workbook(io.BytesIO(as_workbook)).worksheets[0]
    same = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]

    assert same == [[unguarded(cell) for cell in row] for row in as_csv]


def test_the_register_comes_in_again(site: Site) -> None:
    """The export of everything imports with nothing to add or change."""
    with client_of(site, AccountRole.OPERATOR, "xiashi") as operator:
        register = operator.get("/api/exports/register.xlsx").content
        tried = upload(operator, register, dry_run=True).json()

    assert [] == tried["problems"]
    assert {"elders": 2, "bands": 2, "guardians": 2, "zones": 2, "contacts": 0} == {
        one["list"]: one["unchanged"] for one in tried["lists"]
    }
    assert {(0, 0)} == {(one["added"], one["changed"]) for one in tried["lists"]}


def test_nobody_gets_what_lies_elsewhere(site: Site) -> None:
    """An operator of another street gets headings and nothing below them."""
    with site.world.engine.begin() as connection:
        registry.add_organisation(
            connection, "haichang", kind="street", name_zh="海昌街道", name_en="Haichang Street"
        )
    with client_of(site, AccountRole.OPERATOR, "haichang") as stranger:
        lines = {
            name: len(rows_of(stranger.get(f"/api/exports/{name}.csv").content)) - 1
            for name in OPERATORS
        }

    assert dict.fromkeys(OPERATORS, 0) == lines


def test_each_list_is_for_its_role(site: Site) -> None:
    """History is for auditors, accounts are for administrators, the register is for operators."""
    asked = ("elders.csv", "register.xlsx", "history.csv", "accounts.csv")
    found = {}
    for role in AccountRole:
        with client_of(site, role, None) as client:
            found[role] = {
                name for name in asked if client.get(f"/api/exports/{name}").status_code == 200
            }

    assert {
        AccountRole.ADMINISTRATOR: {"accounts.csv"},
        AccountRole.OPERATOR: {"elders.csv", "register.xlsx"},
        AccountRole.COORDINATOR: set(),
        AccountRole.AUDITOR: {"history.csv"},
    } == found


def test_accounts_are_for_administrators_of_the_whole_town(site: Site) -> None:
    """Who administers one street does not get the accounts of all, as a file neither."""
    with client_of(site, AccountRole.ADMINISTRATOR, "xiashi") as client:
        found = {
            path: client.get(path).status_code
            for path in ("/api/accounts", "/api/exports/accounts.csv", "/api/exports/accounts.xlsx")
        }

    assert {403} == set(found.values())


def test_an_export_is_a_look_at_everybody(site: Site) -> None:
    """Each export is on record, with the viewer and what for."""
    with client_of(site, AccountRole.OPERATOR, "xiashi") as operator:
        operator.get("/api/exports/zones.csv")
    look = schema.look
    with site.world.engine.begin() as connection:
        found = connection.execute(
            select(look.c.viewer, look.c.elder_id, look.c.purpose).order_by(look.c.id.desc())
        ).first()

    assert ("operator.test", None, "export zones") == (found and tuple(found))


def test_no_cell_is_a_formula(site: Site) -> None:
    """What begins like a formula is text in a workbook and has an apostrophe in CSV."""
    table = schema.elder
    with site.world.engine.begin() as connection:
        connection.execute(
            table.update()
            .where(table.c.id == site.world.elder_id)
            .values(hint='=HYPERLINK("http://x")', habits="+1", hometown="-1", dialect="@a")
        )
    with client_of(site, AccountRole.OPERATOR, "xiashi") as operator:
        as_csv = rows_of(operator.get("/api/exports/elders.csv").content)[1]
        workbook = operator.get("/api/exports/elders.xlsx").content
    cells = next(load_workbook(io.BytesIO(workbook)).worksheets[0].iter_rows(min_row=2))

    assert {'\'=HYPERLINK("http://x")', "'+1", "'-1", "'@a"} <= set(as_csv)
    assert {"n", "s"} >= {cell.data_type for cell in cells}


def test_another_list_is_not_there(site: Site) -> None:
    """A list or a form that we do not have is refused."""
    with site.client() as client:
        client.cookies.set(SESSION_COOKIE, site.world.session())
        answers = [
            client.get(f"/api/exports/{name}").status_code
            for name in ("secrets.csv", "elders.pdf", "elders")
        ]

    assert [422, 422, 404] == answers
