"""Spreadsheets over HTTP: tried out, taken over whole, refused by name; hostile ones do no harm."""

import http.client
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from core.accounts import AccountRole, Grant
from core.register_problems import Problem
from store import schema
from tests.accounts import bearer, staff_token
from tests.api.conftest import Site
from tests.api.world import World
from tests.core.mistakes import sheets_of_mistakes
from tests.core.sheets import Rows, workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def operator(site: Site) -> Iterator[httpx.Client]:
    """Give a program of an operator of Xiashi."""
    token = staff_token(
        site.world.engine,
        site.world.clock.now(),
        name="erna.test",
        grants=[Grant(AccountRole.OPERATOR, "xiashi")],
    )
    with httpx.Client(base_url=site.url, timeout=60, headers=bearer(token)) as client:
        yield client


def upload(client: httpx.Client, data: bytes, *, dry_run: bool = False, **query: str) -> Any:
    """Send a file as a form does and return the answer."""
    return client.post(
        "/api/imports",
        params={**({"dry_run": "true"} if dry_run else {}), **query},
        files={"file": ("list.xlsx", data, XLSX)},
    )


def big_file(count: int) -> bytes:
    """Return a workbook with *count* elders, each with all that belongs to one."""
    sheets: dict[str, list[tuple[Any, ...]]] = {
        "老人": [("姓名", "性别", "出生年份", "所属单位", "外貌特征")],
        "手环": [("设备号", "老人")],
        "看护者": [("电话", "姓名", "看护的老人", "第几看护者")],
        "安全区": [("老人", "名称", "经度", "纬度", "半径（米）")],
        "家属": [("老人", "家属姓名", "关系", "电话")],
    }
    for n in range(count):
        name = f"例老人{n}"
        sheets["老人"].append((name, "女", 1940 + n % 20, "硖石街道", "蓝棉袄"))
        sheets["手环"].append((f"hn-new-{n:04d}", name))
        for place in (1, 2):
            phone = f"139{place}{n:07d}"
            sheets["看护者"].append((phone, f"例看护{place}{n}", name, place))
        sheets["安全区"].append((name, "家", 120.69, 30.53, 300))
        sheets["家属"].append((name, f"例家属{n}", "女儿", f"137{n:08d}"))
    return workbook(dict(sheets))


def rows_of(world: World, name: str) -> int:
    """Return how many rows a table has."""
    table = schema.metadata.tables[name]
    with world.engine.begin() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_four_hundred_elders(operator: httpx.Client, site: Site) -> None:
    """A file of 400 is tried out, taken over, and changes nothing the second time."""
    data, world = big_file(400), site.world
    before = rows_of(world, "elder")
    tried = upload(operator, data, dry_run=True).json()
    untouched = rows_of(world, "elder")
    done = upload(operator, data).json()
    again = upload(operator, data).json()

    assert (before, before + 400) == (untouched, rows_of(world, "elder"))
    assert (0, 400, 800) == (
        tried["problem_count"],
        tried["lists"][0]["added"],
        tried["pairings"]["asked"],
    )
    assert (True, [400, 400, 800, 400, 400]) == (
        done["done"],
        [one["added"] for one in done["lists"]],
    )
    assert (True, {(0, 0)}, 0) == (
        again["done"],
        {(one["added"], one["changed"]) for one in again["lists"]},
        again["pairings"]["asked"],
    )


def test_until_approved_nobody_guards(operator: httpx.Client, site: Site) -> None:
    """The batch of a file is approved by somebody else; whoever sent it may not."""
    done = upload(operator, big_file(2)).json()
    address = f"/api/guardian-change-batches/{done['pairings']['batch']}/approve"
    before = rows_of(site.world, "guardianship")
    by_oneself = operator.post(address).status_code
    still = rows_of(site.world, "guardianship")
    by_another = operator.post(address, headers=bearer(site.world.token)).status_code

    assert (403, before) == (by_oneself, still)
    assert (200, before + 4) == (by_another, rows_of(site.world, "guardianship"))


def test_every_mistake_is_named_over_http(operator: httpx.Client, site: Site) -> None:
    """A file with forty kinds of mistakes gets them all at once, with sheet, row and column."""
    sheets, expected = sheets_of_mistakes()
    before = rows_of(site.world, "registry_change")
    data = workbook(_without_what_no_file_holds(sheets))
    tried = upload(operator, data, dry_run=True).json()
    refused = upload(operator, data)
    named = {(one["cell"], one["kind"]) for one in tried["problems"]}
    of_the_register = {place for place, kind in expected if kind in _ONLY_WITH_ITS_REGISTER}

    assert (
        set()
        == {(place, kind.value) for place, kind in expected if place not in of_the_register} - named
    )
    assert 40 <= len({kind for _place, kind in named})
    assert 422 == refused.status_code
    assert tried["problem_count"] <= len(tried["problems"])
    assert {field["field"].split(" ")[0] for field in refused.json()["errors"]} == {
        one["cell"] for one in tried["problems"]
    }
    assert before == rows_of(site.world, "registry_change")


#: these need somebody registered whom the small world does not have
_ONLY_WITH_ITS_REGISTER = frozenset(
    {
        Problem.IDENTITY_TAKEN,
        Problem.NUMBER_OF_ANOTHER,
        Problem.ELDER_REGISTERED_TWICE,
        Problem.ELDER_ARCHIVED,
        Problem.BAND_TAKEN,
        Problem.WEARS_ANOTHER,
        Problem.BAND_NOT_USABLE,
        Problem.PHONE_OF_ANOTHER,
        Problem.THREE_GUARDIANS,
        Problem.CHANGE_WAITS,
        Problem.ZONE_IS_DRAWN,
        Problem.UNPRINTABLE,
    }
)


def _without_what_no_file_holds(sheets: dict[str, Rows]) -> dict[str, Rows]:
    def cell(value: Any) -> Any:
        if value.__class__.__name__ == "Odd":
            return "=1+1" if value.value == "formula" else "#N/A"
        return value.replace("\x07", "") if isinstance(value, str) else value

    return {
        title: [[cell(value) for value in row] for row in rows] for title, rows in sheets.items()
    }


# -- hostile and unlucky files -------------------------------------------------------------------


def archive(parts: dict[str, bytes]) -> bytes:
    """Return a zip file with these parts."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return kept.getvalue()


def with_parts(data: bytes, parts: dict[str, bytes]) -> bytes:
    """Return a workbook with some of its parts replaced, or others beside."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    return archive({**kept, **parts})


SMALL = workbook({"老人": [("姓名", "性别", "出生年份", "所属单位")]})
SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lol [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]><worksheet>&c;</worksheet>'
)
HOSTILE: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 422),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 415),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), 415),
    "encrypted": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99) + "EncryptedPackage".encode("utf-16-le"),
        415,
    ),
    "macros": (with_parts(SMALL, {"xl/vbaProject.bin": b"x"}), 415),
    "ods": (
        archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
        415,
    ),
    "xlsb": (with_parts(SMALL, {"xl/workbook.bin": b"x"}), 415),
    "a letter": (archive({"[Content_Types].xml": b"", "word/document.xml": b""}), 415),
    "a zip": (archive({"a.txt": b"hello"}), 415),
    "half a file": (SMALL[: len(SMALL) // 2], 422),
    "no workbook": (archive({"[Content_Types].xml": b"<x/>", "xl/a.xml": b""}), 422),
    "bomb": (with_parts(SMALL, {"xl/media/a.xml": bytes(50 * 2**20)}), 422),
    "small bomb": (with_parts(SMALL, {"xl/media/a.xml": bytes(9 * 2**20)}), 422),
    "many entries": (with_parts(SMALL, {f"xl/{n}": b"" for n in range(1200)}), 422),
    "billion laughs": (with_parts(SMALL, {SHEET: LAUGHS}), 422),
    "path names": (with_parts(SMALL, {"../../etc/passwd": b"x"}), 422),
    "broken sheet": (with_parts(SMALL, {SHEET: b"<worksheet><sheetData>"}), 422),
    "odd rows": (with_parts(SMALL, {SHEET: SHEET.encode()}), 422),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(operator: httpx.Client, name: str) -> None:
    """Each is refused with a sentence of its own, and the service goes on."""
    data, status = HOSTILE[name]
    answer = upload(operator, data, dry_run=True)

    assert (status, True) == (answer.status_code, len(answer.json()["detail"]) > 8)


@pytest.mark.parametrize("kind", [XLSX, "multipart/form-data; boundary=x", "application/json"])
def test_a_hundred_megabytes_are_not_read(operator: httpx.Client, kind: str) -> None:
    """A body that announces too much is refused before any of it was sent."""
    door = http.client.HTTPConnection(operator.base_url.host, operator.base_url.port, timeout=30)
    door.putrequest("POST", "/api/imports")
    for name, value in (
        ("Authorization", operator.headers["Authorization"]),
        ("Content-Type", kind),
        ("Content-Length", str(100 * 2**20)),
    ):
        door.putheader(name, value)
    door.endheaders()
    answer = door.getresponse()
    status = answer.status
    door.close()

    assert (413 if kind != "application/json" else 415) == status


def test_a_stream_without_an_end_is_cut(operator: httpx.Client) -> None:
    """A body that does not say how long it is is given up after the largest file we take."""
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 2**20
            yield bytes(2**20)

    try:
        sent = operator.post("/api/imports", content=endless(), headers={"Content-Type": XLSX})
        status = sent.status_code
    except httpx.TransportError:  # it hung up while we were still sending
        status = 413

    assert 413 == status
    assert taken < 100 * 2**20


def test_another_kind_of_body_is_refused(operator: httpx.Client) -> None:
    """A JSON document is no spreadsheet."""
    assert 415 == operator.post("/api/imports", json={}).status_code


def test_the_file_may_be_the_body(operator: httpx.Client) -> None:
    """Programs may send the file itself; a CSV says which list it is, or its headings do."""
    csv = "设备号;老人\nhn-csv-1;\n".encode("gb18030")
    answer = operator.post(
        "/api/imports",
        params={"list": "bands"},
        content=csv,
        headers={"Content-Type": "text/csv"},
    )

    assert (200, 1) == (answer.status_code, answer.json()["lists"][0]["added"])


def test_the_template_is_empty_and_right(operator: httpx.Client) -> None:
    """The template as it is imports with nothing to do and nothing to mend."""
    template = operator.get("/api/imports/template.xlsx")
    tried = upload(operator, template.content, dry_run=True).json()
    csv = operator.get("/api/imports/template.csv", params={"list": "zones"}).content

    assert XLSX == template.headers["content-type"]
    assert (0, 0, 5) == (tried["problem_count"], tried["warning_count"], len(tried["lists"]))
    assert "经度" in csv.decode("utf-8-sig")
