"""The answer page in a real browser: on a phone, without scripts, with large letters."""

import pytest
from playwright.sync_api import Browser, expect

from tests.api.conftest import Site
from tests.api.test_answers import answers_of
from tests.api.watched import DESK, PHONE, clipped_texts, watched_page

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


@SIZES
def test_the_alert_page_on_any_screen(
    browser: Browser, live_site: Site, size: tuple[int, int]
) -> None:
    """The alert page has no barrier, asks nobody else, and fits."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser, size) as page:
        page.goto(live_site.url + live_site.world.link(incident_id))

        expect(page.get_by_role("heading", name="张阿芬")).to_be_visible()
        assert [] == clipped_texts(page)


@pytest.mark.parametrize("ask", ["found", "need_rescue", "not_reached"])
def test_the_questions_have_no_barrier(browser: Browser, live_site: Site, ask: str) -> None:
    """The question before an answer is as plain as the page itself."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser, PHONE) as page:
        page.goto(f"{live_site.url}{live_site.world.link(incident_id)}?ask={ask}")

        expect(page.get_by_role("heading", level=2)).to_be_visible()
        assert [] == clipped_texts(page)


def test_all_answers_are_on_the_first_screen(browser: Browser, live_site: Site) -> None:
    """On a small phone nobody scrolls to answer, and every answer is easy to hit."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser, (360, 560)) as page:
        page.goto(live_site.url + live_site.world.link(incident_id))
        boxes = [
            page.locator(".big", has_text=name).bounding_box()
            for name in ("我去", "已找到", "联系不上", "需要救援")
        ]

        for box in boxes:
            assert box is not None
            assert box["y"] + box["height"] <= 560
            assert box["height"] >= 64


def test_answering_works_without_scripts(browser: Browser, live_site: Site) -> None:
    """A phone with scripts off can answer everything."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser, PHONE, scripts=False) as page:
        page.goto(live_site.url + live_site.world.link(incident_id))
        page.get_by_role("button", name="我去", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("已登记：你在路上")
        page.get_by_role("link", name="已找到").click()
        page.get_by_role("button", name="是，我们在一起").click()

        expect(page.get_by_role("heading", level=2)).to_have_text("已找到，谢谢")
    assert ["going", "found"] == answers_of(live_site.world, incident_id)


def test_a_reload_does_not_answer_again(browser: Browser, live_site: Site) -> None:
    """After an answer, reload and back button show the state and send nothing."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser, PHONE) as page:
        page.goto(live_site.url + live_site.world.link(incident_id))
        page.get_by_role("button", name="我去", exact=True).click()
        expect(page.get_by_role("status")).to_be_visible()
        page.reload()
        page.go_back()
        page.go_forward()

        expect(page.get_by_role("status")).to_be_visible()
    assert ["going"] == answers_of(live_site.world, incident_id)


def test_large_letters_still_fit(browser: Browser, live_site: Site) -> None:
    """With letters at 200 % nothing is cut off."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser, PHONE) as page:
        page.goto(live_site.url + live_site.world.link(incident_id))
        page.evaluate("document.documentElement.style.fontSize = '32px'")

        assert [] == clipped_texts(page)
