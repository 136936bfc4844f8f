"""A browser page that remembers everything a good page must not do."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.accounts import NAME, PASSWORD

#: phone and desk: width and height in CSS pixels
PHONE = (360, 640)
DESK = (1440, 900)
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def sign_in(page: Page) -> None:
    """Fill in the form as somebody does who knows the password."""
    page.get_by_label("账号").fill(NAME)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


@contextmanager
def watched_page(
    browser: Browser, size: tuple[int, int] = DESK, *, scripts: bool = True, may_fail: str = ""
) -> Iterator[Page]:
    """Give a fresh page; AssertionError afterwards for errors, foreign requests, barriers.

    Requests whose path begins with *may_fail* may fail: the test breaks them.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda said: _note(problems, said, may_fail))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("request", lambda asked: _check_host(problems, asked.url))
    yield page
    barriers = barriers_on(page) if scripts and page.url.startswith("http") else []
    context.close()

    if problems or barriers:
        raise AssertionError("\n".join([*problems, *barriers]))


def barriers_on(page: Page) -> list[str]:
    """Return what axe finds wrong, with the element."""
    found = Axe().run(page, options=_RULES).response["violations"]
    return [
        f"{barrier['id']}: {barrier['help']}: {node['html'][:160]}"
        for barrier in found
        for node in barrier["nodes"]
    ]


def clipped_texts(page: Page) -> list[str]:
    """Return texts wider than the element that holds them, and a page wider than the screen."""
    found: list[str] = page.evaluate(
        """() => {
          const clipped = [];
          if (document.documentElement.scrollWidth > innerWidth) clipped.push("the whole page");
          for (const e of document.querySelectorAll("button, a, h1, h2, h3, p, label, summary")) {
            const style = getComputedStyle(e);
            const hidden = style.overflow !== "visible" && style.textOverflow !== "ellipsis";
            const isUnseen = e.closest(".unseen, .skip") || !e.offsetParent;
            if (!isUnseen && hidden && e.scrollWidth > e.clientWidth + 1) clipped.push(e.outerHTML);
          }
          return clipped;
        }"""
    )
    return found


def _note(problems: list[str], said: ConsoleMessage, may_fail: str) -> None:
    path = urlsplit(str(said.location.get("url", ""))).path
    if said.type in ("error", "warning") and not (may_fail and path.startswith(may_fail)):
        problems.append(f"{said.type}: {said.text}")


def _check_host(problems: list[str], address: str) -> None:
    if not address.startswith(("http://127.0.0.1:", "data:", "blob:")):
        problems.append(f"asked another host: {address}")
