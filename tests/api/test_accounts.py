"""Accounts over the API and on the page: made, changed, disabled; tokens; organisations."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, expect

from core.history import Subject
from store import history
from store.database import reading
from tests.accounts import NAME, bearer
from tests.api.conftest import OWN_PAGE, Site
from tests.api.watched import DESK, PHONE, clipped_texts, sign_in, watched_page
from tests.api.world import World

NEW = {
    "name": "li.na",
    "shown_name": "李娜",
    "grants": [{"role": "operator", "organisation": "xiashi"}],
}


@pytest.fixture
def administrator(client: httpx.Client, world: World) -> httpx.Client:
    """Return a program with the token of an account with every role."""
    client.headers.update(bearer(world.token))
    return client


def test_an_account_is_made_with_a_first_password(
    administrator: httpx.Client, world: World
) -> None:
    """The password is told once, opens the form, and the history says who made the account."""
    made = administrator.post("/api/accounts", json=NEW)
    account, password = made.json()["account"], made.json()["password"]
    seen = administrator.get(f"/api/accounts/{account['id']}")
    entered = administrator.post(
        "/login", data={"name": "li.na", "password": password}, headers=OWN_PAGE
    )
    with reading(world.engine) as connection:
        (written,) = history.changes_of(
            connection, subject=Subject.ACCOUNT, subject_id=account["id"]
        )

    assert (201, 200, '"1"') == (made.status_code, seen.status_code, seen.headers["etag"])
    assert (account, True) == (seen.json(), account["must_change"])
    assert password not in seen.text
    assert "/account" == entered.headers["location"]
    assert (NAME, (None, ["operator:xiashi"])) == (written.by, written.changes["grants"])


def test_a_name_belongs_to_one_account(administrator: httpx.Client) -> None:
    """A second account of the same name is refused."""
    administrator.post("/api/accounts", json=NEW)

    assert 409 == administrator.post("/api/accounts", json=NEW).status_code


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Li Na"},
        {"name": "x"},
        {"grants": []},
        {"grants": [{"role": "king"}]},
        {"grants": [{"role": "operator", "organisation": "nowhere"}]},
        {"grants": [{"role": "administrator", "organisation": "xiashi"}]},
        {"shown_name": "x" * 81},
    ],
)
def test_what_cannot_be_meant_is_refused(
    administrator: httpx.Client, said: dict[str, object]
) -> None:
    """An account without a role, with an unknown one, or in no organisation is not made."""
    answer = administrator.post("/api/accounts", json=NEW | said)

    assert 422 == answer.status_code
    assert answer.json()["errors"]


def test_two_administrators_do_not_overwrite_each_other(administrator: httpx.Client) -> None:
    """A change names the version it was made from: 428 without, 412 when somebody was faster."""
    made = administrator.post("/api/accounts", json=NEW).json()["account"]
    path, seen = f"/api/accounts/{made['id']}", {"If-Match": '"1"'}
    without = administrator.patch(path, json={"disabled": True})
    first = administrator.patch(path, json={"shown_name": "李娜娜"}, headers=seen)
    second = administrator.patch(path, json={"disabled": True}, headers=seen)

    assert (428, 200, 412) == (without.status_code, first.status_code, second.status_code)
    assert ("李娜娜", False, '"2"') == (
        first.json()["shown_name"],
        first.json()["disabled"],
        first.headers["etag"],
    )


@pytest.mark.parametrize("change", [{"disabled": True}, {"grants": [{"role": "operator"}]}])
def test_the_last_administrator_stays(
    administrator: httpx.Client, world: World, change: dict[str, object]
) -> None:
    """Nobody can lock everybody out; with a second administrator the first may go."""
    path = f"/api/accounts/{world.staff_id}"
    refused = administrator.patch(path, json=change, headers={"If-Match": '"1"'})
    unchanged = administrator.get(path).json()
    administrator.post("/api/accounts", json=NEW | {"grants": [{"role": "administrator"}]})
    allowed = administrator.patch(path, json=change, headers={"If-Match": '"1"'})

    assert (403, 200) == (refused.status_code, allowed.status_code)
    assert "last administrator" in refused.json()["detail"]
    assert (1, False) == (unchanged["version"], unchanged["disabled"])


def test_a_token_is_told_once_and_can_be_revoked(administrator: httpx.Client, world: World) -> None:
    """A token opens the door as its account until it is revoked; the list does not hold it."""
    path = f"/api/accounts/{world.staff_id}/tokens"
    made = administrator.post(path, json={"program": "map", "days": 9}).json()
    opened = administrator.get("/api/accounts/me", headers=bearer(made["token"]))
    listed = administrator.get(path)
    revoked = administrator.delete(f"{path}/{made['id']}")
    after = administrator.get("/api/accounts/me", headers=bearer(made["token"]))
    foreign = administrator.delete(f"{path}/999")

    assert (200, NAME) == (opened.status_code, opened.json()["name"])
    assert ("map", made["id"]) == (
        listed.json()["items"][0]["program"],
        listed.json()["items"][0]["id"],
    )
    assert made["token"] not in listed.text
    assert (204, 401, 404) == (revoked.status_code, after.status_code, foreign.status_code)


def test_the_list_goes_on_by_name(administrator: httpx.Client) -> None:
    """Accounts come by name, page by page, each of them once."""
    for name in ("bo", "an", "zz.top"):
        administrator.post("/api/accounts", json=NEW | {"name": name})
    found, cursor = [], None
    while True:
        asked = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        answer = administrator.get("/api/accounts", params=asked).json()
        found += [one["name"] for one in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break

    assert ["an", NAME, "bo", "zz.top"] == found


def test_the_page_makes_and_disables(coordinator: httpx.Client) -> None:
    """On the page an account is made, its password shown once, and it is disabled again."""
    said = {"name": "li.na", "shown_name": "李娜", "role": "operator", "organisation": "xiashi"}
    made = coordinator.post("/accounts", data=said, headers=OWN_PAGE)
    taken = coordinator.post("/accounts", data=said, headers=OWN_PAGE)
    password = re.search(r"<code>(\S+)</code>", made.text)
    listed = coordinator.get("/accounts")
    account_id = re.search(r"/accounts/(\d+)/disabled", listed.text[listed.text.index("li.na") :])
    assert password is not None
    assert account_id is not None
    again = coordinator.post(f"/accounts/{account_id[1]}/password", headers=OWN_PAGE)
    form = {"seen": "2", "disabled": "true"}
    off = coordinator.post(f"/accounts/{account_id[1]}/disabled", data=form, headers=OWN_PAGE)
    late = coordinator.post(f"/accounts/{account_id[1]}/disabled", data=form, headers=OWN_PAGE)

    assert (200, 422, 200, 303, 422) == tuple(
        one.status_code for one in (made, taken, again, off, late)
    )
    assert "已有同名账号" in taken.text
    assert "李娜" in listed.text
    assert password[1] not in listed.text
    assert "no-store" == made.headers["cache-control"]
    assert "已停用" in coordinator.get("/accounts").text


def test_the_page_keeps_the_last_administrator(coordinator: httpx.Client, world: World) -> None:
    """The page says why the last administrator cannot be disabled."""
    answer = coordinator.post(
        f"/accounts/{world.staff_id}/disabled",
        data={"seen": "1", "disabled": "true"},
        headers=OWN_PAGE,
    )

    assert 422 == answer.status_code
    assert "最后一个能登录的管理员" in answer.text


def test_organisations_are_versioned(administrator: httpx.Client, world: World) -> None:
    """An administrator registers and renames organisations; the canary's is in no list."""
    body = {"kind": "street", "name_zh": "马桥街道", "name_en": "Maqiao Street"}
    made = administrator.post("/api/organisations", json={"id": "maqiao", **body})
    twice = administrator.post("/api/organisations", json={"id": "maqiao", **body})
    path, renamed = "/api/organisations/maqiao", {**body, "name_en": "Maqiao"}
    first = administrator.put(path, json=renamed, headers={"If-Match": '"1"'})
    late = administrator.put(path, json=body, headers={"If-Match": '"1"'})
    missing = administrator.get("/api/organisations/canary")
    listed = [one["id"] for one in administrator.get("/api/organisations").json()["items"]]
    with reading(world.engine) as connection:
        newest, _oldest = history.changes_of(
            connection, subject=Subject.ORGANISATION, subject_id="maqiao"
        )

    assert (201, 409, 200, 412, 404) == tuple(
        one.status_code for one in (made, twice, first, late, missing)
    )
    assert ["maqiao", "xiashi"] == listed
    assert {"name_en": ("Maqiao Street", "Maqiao")} == newest.changes


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_in_a_browser(browser: Browser, live_site: Site, size: tuple[int, int]) -> None:
    """The page of accounts has no barrier, on a phone and on a desk, and shows a password once."""
    with watched_page(browser, size, scripts=True) as page:
        page.goto(live_site.url + "/accounts")
        sign_in(page)
        page.get_by_label("账号", exact=True).fill("li.na")
        page.get_by_role("button", name="建立账号").click()

        expect(page.get_by_role("status")).to_contain_text("li.na 的初始密码")
        assert [] == clipped_texts(page)
