"""The console in a real browser: on a phone and on a desk, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from core.incidents import IncidentState, Trigger
from core.places import Position
from tests.api.conftest import Site
from tests.api.test_answers import state_of
from tests.api.watched import DESK, PHONE, clipped_texts, watched_page
from tests.api.watched import sign_in as fill_form
from tests.api.world import HOME

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


def sign_in(page: Page, site: Site, path: str = "/console") -> None:
    """Open *path* and sign in on the way, as a coordinator does."""
    page.goto(site.url + path)
    fill_form(page)
    page.wait_for_url(f"**{path}")
    expect(page.locator("#badge-text")).to_have_text("实时")
    expect(page.locator("#count-bands")).to_contain_text("2 / 2")


@SIZES
def test_the_form_to_sign_in(browser: Browser, live_site: Site, size: tuple[int, int]) -> None:
    """The way in has no barrier."""
    with watched_page(browser, size) as page:
        page.goto(live_site.url + "/console")

        expect(page.get_by_label("账号")).to_be_focused()


@SIZES
def test_the_quiet_console(browser: Browser, live_site: Site, size: tuple[int, int]) -> None:
    """With nothing to do the console says what would happen next."""
    with watched_page(browser, size) as page:
        sign_in(page, live_site)

        expect(page.locator("#list")).to_contain_text("现在没有走失事件")
        assert [] == clipped_texts(page)


@SIZES
def test_the_busy_console(browser: Browser, live_site: Site, size: tuple[int, int]) -> None:
    """With an incident the console has no barrier in any of its views."""
    live_site.world.lose_elder()
    with watched_page(browser, size) as page:
        sign_in(page, live_site)
        if size == PHONE:
            page.get_by_role("button", name="详情").click()

        expect(page.locator("#incident")).to_contain_text("张阿芬")
        expect(page.get_by_label("写入事件记录的备注")).to_be_visible()
        assert [] == clipped_texts(page)


def test_a_new_incident_appears_by_itself(browser: Browser, live_site: Site) -> None:
    """List, map, counter and the spoken line follow the feed, without a reload."""
    with watched_page(browser) as page:
        sign_in(page, live_site)
        live_site.world.lose_elder(Trigger.SOS)

        expect(page.locator("#list a[data-incident]")).to_contain_text("按了求救键")
        expect(page.locator("#count-open")).to_have_text("1")
        expect(page.locator("#announce")).to_contain_text("张阿芬")
        expect(page.locator(".incident-mark")).to_have_attribute(
            "aria-label", re.compile("张阿芬, 已通知看护者")
        )
        expect(page.locator("#incident")).to_contain_text("事件开始：按了求救键。")


def test_a_click_on_a_band_opens_its_card(browser: Browser, live_site: Site) -> None:
    """A dot on the map can be opened and tells whose band it is and when it spoke."""
    with watched_page(browser) as page:
        sign_in(page, live_site)
        at = place_on_screen(page, HOME.moved(east_m=610))
        page.mouse.click(*at)

        expect(page.locator("#card")).to_contain_text("陈福根")
        expect(page.locator("#card")).to_contain_text("在安全区内")
        page.keyboard.press("Escape")
        expect(page.locator("#card")).to_be_hidden()


def test_the_keyboard_reaches_everything(browser: Browser, live_site: Site) -> None:
    """Without a mouse: skip to the list, choose an incident, write a note."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser) as page:
        sign_in(page, live_site)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="跳到事件列表")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator(f'#list a[data-incident="{incident_id}"]')).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_label("写入事件记录的备注").focus()
        page.keyboard.type("已打电话给家属")
        page.keyboard.press("Control+Enter")

        expect(page.locator(".timeline")).to_contain_text("测试员 anna.test备注：已打电话给家属")


def test_a_draft_survives_what_happens_meanwhile(browser: Browser, live_site: Site) -> None:
    """While a note is typed, the feed changes the page around it and not the note."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser) as page:
        sign_in(page, live_site)
        note = page.get_by_label("写入事件记录的备注")
        note.fill("正在输入")
        live_site.world.note(incident_id, "别人的备注")

        expect(page.locator(".timeline")).to_contain_text("别人的备注")
        expect(note).to_have_value("正在输入")


def test_closing_from_the_console(browser: Browser, live_site: Site) -> None:
    """Closing asks for the reason, then the page shows the end at once."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser) as page:
        sign_in(page, live_site)
        page.get_by_text("结案", exact=True).click()
        page.get_by_label("误报，老人平安").check()
        page.get_by_role("button", name="确认结案").click()

        expect(page.locator("#incident .incident-head")).to_contain_text("已结案")
        expect(page.locator("#orders")).to_be_empty()
    assert IncidentState.CLOSED == state_of(live_site.world, incident_id)


def test_a_broken_feed_is_never_quiet(browser: Browser, live_site: Site) -> None:
    """When the line breaks a bar says since when; when it is back everything missed is there."""
    with watched_page(browser, may_fail="/live") as page:
        sign_in(page, live_site)
        live_site.app.state.closing.set()  # the feed ends, and new ones end at once
        page.route("**/live*", lambda route: route.abort())
        expect(page.locator("#stale")).to_contain_text("画面可能是旧的", timeout=15_000)
        expect(page.locator("#badge-text")).to_contain_text("数据停在")
        live_site.world.lose_elder()
        live_site.app.state.closing.clear()
        page.unroute("**/live*")

        expect(page.locator("#badge-text")).to_have_text("实时", timeout=15_000)
        expect(page.locator("#stale")).to_be_hidden()
        expect(page.locator("#list a[data-incident]")).to_contain_text("张阿芬")


def test_the_console_speaks_english(browser: Browser, live_site: Site) -> None:
    """One switch away everything reads English, scripts' words included."""
    live_site.world.lose_elder()
    with watched_page(browser) as page:
        sign_in(page, live_site)
        page.get_by_role("link", name="English").click()

        expect(page.locator("#badge-text")).to_have_text("live")
        expect(page.locator("#count-bands")).to_have_text("2 of 2 bands online")
        expect(page.locator("#list")).to_contain_text("Left the safe zone")
        expect(page.locator("html")).to_have_attribute("lang", "en")


def place_on_screen(page: Page, position: Position) -> tuple[float, float]:
    """Zoom to a band by its name in the page's own map and return where it is drawn."""
    x, y = page.evaluate(
        """([lat, lon]) => {
          const map = document.getElementById('map').leaflet;
          map.setView([lat, lon], 15, {animate: false});
          const point = map.latLngToContainerPoint([lat, lon]);
          const box = map.getContainer().getBoundingClientRect();
          return [box.x + point.x, box.y + point.y];
        }""",
        [position.lat, position.lon],
    )
    return x, y
