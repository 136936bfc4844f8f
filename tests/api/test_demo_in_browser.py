"""The demo's page in a real browser: phones beside the map, and the speed of time."""

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.api.conftest import Serve, Site
from tests.api.stand_in_phones import NUMBER
from tests.api.watched import DESK, PHONE, clipped_texts, watched_page
from tests.api.world import World

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


@pytest.fixture
def demo_site(serve: Serve, live_world: World) -> Site:
    """Return the demo on the real clock."""
    return serve(live_world, is_demo=True)


@SIZES
def test_the_demo_before_anything_happened(
    browser: Browser, demo_site: Site, size: tuple[int, int]
) -> None:
    """The demo says that it is one, and what will happen next."""
    with watched_page(browser, size) as page:
        page.goto(demo_site.url + "/")
        expect(page.get_by_text("演示：合成人物，替身电话网络")).to_be_visible()
        if size == PHONE:
            page.get_by_role("button", name="手机").click()

        expect(page.locator("#phone")).to_contain_text("看护者的手机就会在这里响起")
        assert [] == clipped_texts(page)


@SIZES
def test_the_demos_phone(browser: Browser, demo_site: Site, size: tuple[int, int]) -> None:
    """A message appears on the phone; its link opens the answer page; one may reply and call."""
    incident_id = demo_site.world.lose_elder()
    link = demo_site.world.link(incident_id)
    demo_site.phones.receive(
        f"【121爱回家】张阿芬走出安全区。能去请回1。\nhttps://elsewhere.example{link}"
    )
    with watched_page(browser, size) as page:
        page.goto(demo_site.url + "/demo")
        if size == PHONE:
            page.get_by_role("button", name="手机").click()
        expect(page.locator(".phone-head")).to_contain_text("王大伯")
        expect(page.locator(".bubble")).to_contain_text("张阿芬走出安全区")
        page.get_by_role("button", name="接听，按 1 我去").click()
        page.get_by_role("button", name="1 我去", exact=True).click()
        page.get_by_label("输入回复").fill("马上到")
        page.get_by_role("button", name="发送").click()
        expect(page.get_by_label("输入回复")).to_have_value("")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="打开页面").click()
        expect(opened.value.get_by_role("button", name="我去", exact=True)).to_be_visible()
        opened.value.close()

        assert [] == clipped_texts(page)
    assert [
        (NUMBER, "press", {"digit": "1"}),
        (NUMBER, "reply", {"text": "1"}),
        (NUMBER, "reply", {"text": "马上到"}),
    ] == demo_site.phones.done


def test_the_demos_speed(browser: Browser, demo_site: Site) -> None:
    """The buttons ask for another speed and show which one holds."""
    asked = []

    def take(route: Route) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(json={})

    with watched_page(browser) as page:
        page.route("**/demo/speed", take)
        page.goto(demo_site.url + "/demo")
        page.get_by_role("button", name="20×").click()

        expect(page.get_by_role("button", name="20×")).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name="1×", exact=True)).to_have_attribute(
            "aria-pressed", "false"
        )
    assert [{"speed": 20}] == asked
