"""Ladders by API and on the page: what holds, where it comes from, edits and their refusals."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from api.ladder_picture import ladder_picture
from core.policies import DANGER, STANDARD
from tests.accounts import NAME
from tests.api.conftest import OWN_PAGE, Site
from tests.api.watched import DESK, PHONE, clipped_texts, sign_in, watched_page
from tests.api.world import World

STREET: dict[str, Any] = {"organisation": "xiashi"}


def ladder(**changed: Any) -> dict[str, Any]:
    """Return the ordinary ladder as a program sends it, changed."""
    said = STANDARD.to_json()
    said.pop("name")
    return {**said, **changed}


def put(
    client: httpx.Client, said: dict[str, Any], seen: int | None = 0, **scope: Any
) -> httpx.Response:
    """Edit the ordinary ladder of a scope."""
    headers = OWN_PAGE if seen is None else {**OWN_PAGE, "If-Match": f'"{seen}"'}
    return client.put("/api/policies/normal", params=scope, json=said, headers=headers)


def form(world: World, **changed: str) -> dict[str, str]:
    """Return the form of the ordinary ladder, for the first elder, as a browser sends it."""
    boxes = {
        name: str(value)
        for name, value in ladder().items()
        if isinstance(value, int) and not isinstance(value, bool)
    }
    steps = {"at-0": "0", "sms-0": "1", "at-1": "60", "voice-1": "1"}
    scope = {"elder": str(world.elder_id), "seen": "0"}
    return {**boxes, **steps, **scope, "sms_turns": "1，3、5", **changed}


def test_without_edits_ours_hold(coordinator: httpx.Client) -> None:
    """Nobody edited anything: three ladders of the service itself, version 0, no warnings."""
    said = coordinator.get("/api/policies").json()

    assert {"normal", "urgent", "danger"} == set(said["ladders"])
    assert {(None, 0, ())} == {
        (one["origin"], one["version"], tuple(one["warnings"])) for one in said["ladders"].values()
    }
    assert 300 == said["ladders"]["normal"]["ladder"]["guardian_window_s"]


def test_an_edit_holds_for_the_street(coordinator: httpx.Client, world: World) -> None:
    """A street's ladder holds for its elders, says where it comes from, and can be given up."""
    saved = put(coordinator, ladder(guardian_window_s=1200), **STREET)
    of_elder = coordinator.get("/api/policies", params={"elder": world.elder_id}).json()
    given_up = coordinator.delete(
        "/api/policies/normal", params=STREET, headers={**OWN_PAGE, "If-Match": '"1"'}
    )
    history = coordinator.get("/api/policy-history", params=STREET).json()["versions"]

    assert (200, '"1"') == (saved.status_code, saved.headers["etag"])
    normal = of_elder["ladders"]["normal"]
    assert (1200, {"kind": "organisation", "id": "xiashi"}, 0, NAME) == (
        normal["ladder"]["guardian_window_s"],
        normal["origin"],
        normal["version"],
        normal["edited_by"],
    )
    assert ["long_window"] == [one["name"] for one in normal["warnings"]]
    assert (300, None, 2) == (
        given_up.json()["ladder"]["guardian_window_s"],
        given_up.json()["origin"],
        given_up.json()["version"],
    )
    assert [(2, None), (1, 1200)] == [
        (v["version"], v["ladder"] and v["ladder"]["guardian_window_s"]) for v in history
    ]


def test_an_edit_names_what_it_saw(coordinator: httpx.Client) -> None:
    """Without a version an edit is refused, and so is one from an older reading."""
    assert 428 == put(coordinator, ladder(), seen=None).status_code
    assert 200 == put(coordinator, ladder()).status_code
    assert 409 == put(coordinator, ladder(lease_s=2400)).status_code
    assert 1800 == coordinator.get("/api/policies/normal").json()["ladder"]["lease_s"]


@pytest.mark.parametrize(
    ("changed", "name", "words"),
    [
        ({"guardian_steps": []}, "no_steps", "谁也不会被通知"),
        (
            {"guardian_steps": [{"after_s": 0, "channels": ["push"]}]},
            "step_without_phone",
            "单靠它不够",
        ),
        ({"rescue_rounds": 0}, "out_of_range", "1 到 20"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    coordinator: httpx.Client, changed: dict[str, Any], name: str, words: str
) -> None:
    """A refused ladder is answered with what is wrong, in words; nothing changes."""
    answer = put(coordinator, ladder(**changed))

    assert 422 == answer.status_code
    assert name in [problem["name"] for problem in answer.json()["problems"]]
    assert words in answer.text
    assert 0 == coordinator.get("/api/policies/normal").json()["version"]


@pytest.mark.parametrize(
    "said",
    [
        {},
        ladder(suspect_s="soon"),
        ladder(guardian_steps=[{"after_s": 0, "channels": ["smoke"]}]),
        ladder(guardian_steps=[{"after_s": n, "channels": ["sms"]} for n in range(50)]),
        ladder(rescue_sms_rounds=list(range(60))),
    ],
)
def test_every_input_is_bounded(coordinator: httpx.Client, said: dict[str, Any]) -> None:
    """What is no ladder at all is refused before anybody looks at it."""
    assert 422 == put(coordinator, said).status_code


@pytest.mark.parametrize("scope", [{"elder": 999}, {"organisation": "nowhere"}])
def test_nobody_has_no_ladder(coordinator: httpx.Client, scope: dict[str, Any]) -> None:
    """An elder or a street that is not registered is not found."""
    assert 404 == put(coordinator, ladder(), **scope).status_code
    assert 404 == coordinator.get("/api/policies", params=scope).status_code


def test_another_site_changes_nothing(coordinator: httpx.Client, world: World) -> None:
    """With the coordinator's cookie alone, from another page, nothing is saved."""
    foreign = {"Sec-Fetch-Site": "cross-site", "If-Match": '"0"'}

    assert (
        403 == coordinator.put("/api/policies/normal", json=ladder(), headers=foreign).status_code
    )
    assert (
        403
        == coordinator.post("/policies/normal/save", data=form(world), headers=foreign).status_code
    )
    assert 0 == coordinator.get("/api/policies/normal").json()["version"]


def test_the_form_saves(coordinator: httpx.Client, world: World) -> None:
    """A plain form saves a ladder for one elder, with full-width commas as people type them."""
    answer = coordinator.post(
        "/policies/normal/save", data=form(world, lease_s="2400"), headers=OWN_PAGE
    )
    said = coordinator.get("/api/policies", params={"elder": world.elder_id}).json()
    page = coordinator.get(answer.headers["location"])

    normal = said["ladders"]["normal"]
    assert (303, 2400, [0, 2, 4], NAME) == (
        answer.status_code,
        normal["ladder"]["lease_s"],
        normal["ladder"]["rescue_sms_rounds"],
        normal["edited_by"],
    )
    assert [{"after_s": 0, "channels": ["sms"]}, {"after_s": 60, "channels": ["voice"]}] == normal[
        "ladder"
    ]["guardian_steps"]
    assert "已保存" in page.text
    assert "张阿芬" in page.text


def test_a_form_with_faults_comes_back(coordinator: httpx.Client, world: World) -> None:
    """What was typed stays in the boxes, with a sentence for each fault; nothing was saved."""
    for changed, words in (
        ({"lease_s": "half an hour"}, "答应后的有效时间：请填一个数"),
        ({"lease_s": "nan"}, "答应后的有效时间：请填一个数"),
        ({"sms_turns": "1, 9"}, "第 9 轮发短信"),
        ({"sms_turns": "1.5"}, "发短信的轮次：请填一个数"),
        ({"at-0": "5"}, "请改为第 0 秒"),
        ({"rescue_rounds": "2.5"}, "救援队轮数"),
    ):
        answer = coordinator.post(
            "/policies/normal/save", data=form(world, **changed), headers=OWN_PAGE
        )

        assert 422 == answer.status_code
        assert words in answer.text
        assert next(iter(changed.values())) in answer.text
    assert (
        0
        == coordinator.get("/api/policies", params={"elder": world.elder_id}).json()["ladders"][
            "normal"
        ]["version"]
    )


def test_an_old_form_is_refused(coordinator: httpx.Client, world: World) -> None:
    """A form that was open while somebody else saved does not overwrite their work."""
    coordinator.post("/policies/normal/save", data=form(world), headers=OWN_PAGE)
    again = coordinator.post("/policies/normal/save", data=form(world), headers=OWN_PAGE)
    unknown = coordinator.post(
        "/policies/normal/inherit", data={"elder": str(world.elder_id)}, headers=OWN_PAGE
    )

    assert (409, 409) == (again.status_code, unknown.status_code)


def test_the_page_says_whom_it_did_not_find(coordinator: httpx.Client) -> None:
    """A name nobody has leads to everywhere's ladders and a sentence."""
    assert "没有找到这位老人" in coordinator.get("/console/policies?elder=无名氏").text


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_the_page_in_a_browser(
    browser: Browser, live_site: Site, size: tuple[int, int], scripts: bool
) -> None:
    """A coordinator edits a street's ladder by hand, with and without scripts, on any screen."""
    with watched_page(browser, size, scripts=scripts, may_fail="/policies") as page:
        page.goto(live_site.url + "/console/policies")
        sign_in(page)
        expect(page.get_by_text("还没有修改过")).to_be_visible()
        page.get_by_label("街道（镇）").select_option("xiashi")
        page.get_by_role("button", name="查看").first.click()
        expect(page.locator("#scope-title")).to_contain_text("硖石街道")
        page.locator("#normal summary").click()
        box = page.locator("#normal").get_by_label("看护者的时限")
        box.fill("100")
        page.get_by_role("button", name="保存（硖石街道）").first.click()
        expect(page.get_by_role("alert")).to_contain_text("第 180 秒的步骤轮不到")
        page.locator("#normal").get_by_label("看护者的时限").fill("1200")
        page.get_by_role("button", name="保存（硖石街道）").first.click()

        expect(page.get_by_role("status")).to_contain_text("已保存")
        expect(page.locator("#normal")).to_contain_text("20 分钟后才通知救援队")
        expect(page.locator("#normal .origin")).to_contain_text("硖石街道")
        if scripts:
            assert [] == clipped_texts(page)
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", name="Escalation policies")).to_be_visible()


def test_the_picture_follows_the_ladder() -> None:
    """Marks stand in the order of time, the duty room last; by the water the team is not."""
    usual, danger = ladder_picture(STANDARD), ladder_picture(DANGER)

    assert [0, 60, 180, 300, 420, 540, 660, 780] == [mark.after_s for mark in usual.marks]
    assert [0, 60, 0, 120, 180, 240, 300] == [mark.after_s for mark in danger.marks]
    assert 700 == usual.duty_x == danger.duty_x
    assert [300, 120] == [
        round((picture.window_x - 96) / (700 - 96) * whole)
        for picture, whole in ((usual, 900), (danger, 360))
    ]


def test_the_picture_in_the_document_is_fresh() -> None:
    """The picture of the standard ladder in docs/ shows the ladder that the code has now."""
    drawn = (Path(__file__).parents[2] / "docs/images/ladder.svg").read_text(encoding="utf-8")
    places = re.findall(r"translate\(([\d.]+) ([\d.]+)\)", drawn)

    assert [(mark.x, mark.y) for mark in ladder_picture(STANDARD).marks] == [
        (float(x), float(y)) for x, y in places
    ]
