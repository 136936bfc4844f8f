"""The bands themselves: tasks for operators, and bands that may be claimed."""

from datetime import timedelta

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from core.bands import Level, Trouble
from core.clock import ManualClock
from store import band_tasks
from tests.accounts import NAME
from tests.api.conftest import OWN_PAGE, Site
from tests.api.watched import sign_in
from tests.api.world import BAND, STRAY, World


@pytest.fixture
def task_id(world: World, clock: ManualClock) -> int:
    """Return an open task about a nearly empty band; one about a street is open, too."""
    with world.engine.begin() as connection:
        band_tasks.open_task(
            connection,
            trouble=Trouble.MASS_SILENCE,
            subject="",
            elder_id=None,
            organisation_id="",
            level=Level.NOW,
            since=clock.now() - timedelta(hours=1),
            now=clock.now(),
            detail={"bands": 120, "of": 400},
        )
        task_id = band_tasks.open_task(
            connection,
            trouble=Trouble.LOW_BATTERY,
            subject=BAND,
            elder_id=world.elder_id,
            organisation_id="maqiao",
            level=Level.SOON,
            since=clock.now() - timedelta(hours=1),
            now=clock.now(),
            detail={"pct": 14, "empty_at": (clock.now() + timedelta(hours=5)).isoformat()},
        )
    assert task_id is not None
    return task_id


def test_the_page_lists_tasks_and_strays(coordinator: httpx.Client, task_id: int) -> None:
    """An operator reads what to do, in Chinese, and which bands nobody registered."""
    text = coordinator.get("/console/bands").text

    assert task_id > 0
    for words in (
        "大量手环同时失联",
        "全部区域",
        "400 个手环中有 120 个失联",
        "电量低",
        "剩余 14%",
        STRAY,
    ):
        assert words in text
    assert "Battery low" in coordinator.get("/console/bands?lang=en").text


def test_an_empty_list_says_what_to_expect(coordinator: httpx.Client) -> None:
    """Without tasks the page says that all is well and what will appear."""
    assert "所有手环正常" in coordinator.get("/console/bands").text


def test_somebody_takes_a_task(coordinator: httpx.Client, task_id: int) -> None:
    """A task shows who looks after it; one that is not there says so."""
    answer = coordinator.post(f"/band-tasks/{task_id}/handled", headers=OWN_PAGE)

    assert 303 == answer.status_code
    (task,) = [t for t in coordinator.get("/api/band-tasks").json()["tasks"] if t["id"] == task_id]
    assert (NAME, "low_battery", 2) == (task["handled_by"], task["trouble"], task["level"])
    missing = coordinator.post("/band-tasks/999/handled", headers=OWN_PAGE)
    assert 404 == missing.status_code


def test_no_position_is_in_the_list(coordinator: httpx.Client, task_id: int) -> None:
    """Tasks are about bands: where an elder is, is not among them."""
    assert task_id > 0
    assert "120.6" not in coordinator.get("/api/band-tasks").text
    assert "120.6" not in coordinator.get("/console/bands").text


@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_is_usable_by_everyone(
    site: Site, browser: Browser, task_id: int, width: int
) -> None:
    """Nothing runs over the edge of a phone, and the accessibility check finds nothing."""
    assert task_id > 0
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{site.url}/login")
        sign_in(page)
        page.goto(f"{site.url}/console/bands")
        page.get_by_text("剩余 14%").wait_for()

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [] == Axe().run(page).response["violations"]
