"""Operators take lists over on a page without scripts: try, mend, try again, take over."""

import re

import httpx
import pytest

from api.access import SESSION_COOKIE
from tests.api.conftest import OWN_PAGE, Site
from tests.api.test_imports import HOSTILE, big_file, rows_of
from tests.core.mistakes import sheets_of_mistakes
from tests.core.sheets import workbook


@pytest.fixture
def visitor(site: Site) -> httpx.Client:
    """Return a browser that is signed in."""
    client = httpx.Client(base_url=site.url, timeout=60, headers=OWN_PAGE)
    client.cookies.set(SESSION_COOKIE, site.world.session())
    return client


def send(client: httpx.Client, step: str, data: bytes, **fields: str) -> httpx.Response:
    """Send a file by the page's form."""
    return client.post(f"/ops/import/{step}", files={"file": ("名单.xlsx", data)}, data=fields)


def digest_in(page: str) -> str:
    """Return the digest that the form for the real thing holds."""
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def test_a_file_is_tried_and_then_taken(visitor: httpx.Client, site: Site) -> None:
    """The page asks for the same file again, and takes it over with its digest."""
    data, before = big_file(3), rows_of(site.world, "elder")
    with visitor:
        tried = send(visitor, "try", data)
        untouched = rows_of(site.world, "elder")
        taken = send(visitor, "do", data, digest=digest_in(tried.text))

    assert (200, 200) == (tried.status_code, taken.status_code)
    assert (before, before + 3) == (untouched, rows_of(site.world, "elder"))
    assert "名单已全部录入" in taken.text
    assert "已申请 6 位看护者" in taken.text


def test_another_file_is_not_taken(visitor: httpx.Client, site: Site) -> None:
    """A file that was not tried is refused."""
    before = rows_of(site.world, "elder")
    with visitor:
        tried = send(visitor, "try", big_file(3))
        taken = send(visitor, "do", big_file(4), digest=digest_in(tried.text))

    assert (422, before) == (taken.status_code, rows_of(site.world, "elder"))
    assert "不是刚才试过的文件" in taken.text


def test_problems_stand_in_a_table(visitor: httpx.Client) -> None:
    """Each problem stands with sheet, row and column; there is no form for the real thing."""
    sheets, _expected = sheets_of_mistakes()
    data = workbook({"看护者": sheets["看护者"], "家属": sheets["家属"]})
    with visitor:
        page = send(visitor, "try", data)

    assert 422 == page.status_code
    said = re.sub(r" data-label=\"[^\"]*\"", "", page.text)
    assert "<td>看护者</td><td>2</td><td>电话 (A2)</td><td>这不是电话号码" in said
    assert 'name="digest"' not in page.text


@pytest.mark.parametrize("name", ["macros", "xls", "nothing", "bomb"])
def test_a_file_of_another_kind_is_explained(visitor: httpx.Client, name: str) -> None:
    """The page says what is wrong with a file, and shows the form again."""
    data, status = HOSTILE[name]
    with visitor:
        page = send(visitor, "try", data)

    assert status == page.status_code
    assert 'role="alert"' in page.text
    assert 'action="/ops/import/try"' in page.text


def test_the_page_speaks_english(visitor: httpx.Client) -> None:
    """The page is there in English, too."""
    with visitor:
        page = visitor.get("/ops/import?lang=en")

    assert "Download the template" in page.text
