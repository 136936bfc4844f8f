"""A guardian's browser subscribes from the answer page; the worker shows what is pushed."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr
from sqlalchemy import select

from alerts import desk
from alerts.channels.web_push import PushKeys
from core.clock import ManualClock
from core.incidents import Outcome
from core.settings import Settings
from simulators.push_service import PushService
from store import schema
from store.database import reading
from tests.api.conftest import Serve, Site
from tests.api.watched import PHONE, watched_page
from tests.api.world import World

#: a key made for this file
PRIVATE_KEY = "3KzvKasA2SoCxsp0iIG_o9B0Ozvl1XDwI63JRKNIWBM"
PUBLIC_KEY = PushKeys(PRIVATE_KEY, "").public_key
SUBSCRIPTION = PushService(url="https://fcm.googleapis.com").browser(PUBLIC_KEY).to_json()
#: the first guardian of the small world has the number +8610020000011, the other one …12
BROWSER = SUBSCRIPTION | {"digits": "0011"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings with Web Push on."""
    return settings.model_copy(
        update={
            "vapid_private_key": SecretStr(PRIVATE_KEY),
            "vapid_subject": "mailto:duty@121.example.org",
        }
    )


def kept(world: World) -> list[tuple[int, str]]:
    """Return (person, endpoint) of every browser that is remembered."""
    table = schema.push_subscription
    with reading(world.engine) as connection:
        rows = connection.execute(select(table.c.person_id, table.c.endpoint)).all()
    return [(row.person_id, row.endpoint) for row in rows]


def test_a_browser_is_remembered_once(client: httpx.Client, world: World) -> None:
    """Whoever holds the link can subscribe; saying it twice changes nothing more."""
    link = world.link(world.lose_elder())

    answers = [client.post(f"{link}/push", json=BROWSER).status_code for _ in range(2)]

    assert [204, 204] == answers
    assert [(world.guardian_id, BROWSER["endpoint"])] == kept(world)


def test_a_browser_is_forgotten_for_one_person(client: httpx.Client, world: World) -> None:
    """A person takes back what they wanted, and nothing of what another one wanted."""
    incident_id = world.lose_elder()
    mine, theirs = world.link(incident_id), world.link(incident_id, world.other_guardian_id)
    client.post(f"{mine}/push", json=BROWSER)
    client.post(f"{theirs}/push", json=BROWSER | {"digits": "0012"})
    answer = client.post(f"{mine}/push/remove", json={"endpoint": BROWSER["endpoint"]})

    assert 204 == answer.status_code
    assert [(world.other_guardian_id, BROWSER["endpoint"])] == kept(world)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"endpoint": BROWSER["endpoint"]},
        {**BROWSER, "endpoint": "http://169.254.169.254/latest/meta-data"},
        {**BROWSER, "endpoint": "https://evil.example/push"},
        {**BROWSER, "endpoint": "https://fcm.googleapis.com/" + "x" * 2000},
        {**BROWSER, "keys": {"p256dh": "x", "auth": "y"}},
        {**BROWSER, "keys": {"p256dh": "x" * 5000, "auth": "y"}},
        [],
        "text",
    ],
)
def test_what_is_no_subscription_is_refused(client: httpx.Client, world: World, said: Any) -> None:
    """An address that is no known push service, or keys of another size, are not remembered."""
    answer = client.post(f"{world.link(world.lose_elder())}/push", json=said)

    assert 422 == answer.status_code
    assert [] == kept(world)


def test_a_link_that_was_passed_on_subscribes_nobody(client: httpx.Client, world: World) -> None:
    """Whoever does not know the guardian's number is not told, and cannot guess for long."""
    link = world.link(world.lose_elder())
    answers = [
        client.post(f"{link}/push", json=SUBSCRIPTION | {"digits": digits}).status_code
        for digits in ("", "0012", "11", "９９９９", "1234", "0011")
    ]

    assert [403] * 5 + [429] == answers
    assert [] == kept(world)


def test_a_known_browser_needs_no_digits(client: httpx.Client, world: World) -> None:
    """A browser that is remembered renews itself on each visit."""
    link = world.link(world.lose_elder())
    client.post(f"{link}/push", json=BROWSER)

    assert 204 == client.post(f"{link}/push", json=SUBSCRIPTION).status_code


def test_without_a_link_nobody_subscribes(client: httpx.Client, world: World) -> None:
    """A forged token opens nothing, and looking never changes anything."""
    link = world.link(world.lose_elder())
    forged = client.post(f"{link[:-4]}AAAA/push", json=BROWSER)
    looked = client.get(f"{link}/push")

    assert (404, 405) == (forged.status_code, looked.status_code)
    assert [] == kept(world)


def test_an_old_link_subscribes_nobody(
    client: httpx.Client, world: World, clock: ManualClock
) -> None:
    """A day after the end the link is over, for this as for answers."""
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        desk.order_close(connection, incident_id, outcome=Outcome.FOUND, by="x", now=clock.now())
    clock.advance(timedelta(hours=24, seconds=1).total_seconds())

    assert 410 == client.post(f"{world.link(incident_id)}/push", json=BROWSER).status_code


def test_without_a_key_there_is_no_push(serve: Serve, world: World, settings: Settings) -> None:
    """Where no key is set the page offers nothing, and the door is closed."""
    off = settings.model_copy(update={"vapid_private_key": SecretStr("")})
    with serve(world, changed=off).client() as client:
        link = world.link(world.lose_elder())
        page = client.get(link).text
        answer = client.post(f"{link}/push", json=BROWSER)

    assert ("<script" in page, 404) == (False, answer.status_code)


def test_wechat_is_offered_nothing(client: httpx.Client, world: World) -> None:
    """WeChat's own browser has no push, so the page does not speak of it."""
    agent = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50"}
    page = client.get(world.link(world.lose_elder()), headers=agent).text

    assert "push.js" not in page


def test_the_page_tells_the_public_key_only(client: httpx.Client, world: World) -> None:
    """The page holds what a browser subscribes with, and nothing of the other half."""
    page = client.get(world.link(world.lose_elder())).text

    assert (True, False) == (PUBLIC_KEY in page, PRIVATE_KEY in page)


def test_the_worker_keeps_nothing(client: httpx.Client) -> None:
    """The service worker has no cache and answers no request of a page."""
    worker = client.get("/static/js/sw.js")

    assert "javascript" in worker.headers["content-type"]
    assert not [word for word in ("caches", '"fetch"', "importScripts") if word in worker.text]


# -- in a real browser -----------------------------------------------------------------------------

#: Chromium without Google's services cannot subscribe; this stands where its own function is
FAKE_SUBSCRIBING = """(() => {
  const held = %s;
  let isOn = false;
  const made = { endpoint: held.endpoint, toJSON: () => held,
    unsubscribe: async () => { isOn = false; return true; } };
  PushManager.prototype.subscribe = async (options) => {
    window.subscribedWith = options;
    isOn = true;
    return made;
  };
  PushManager.prototype.getSubscription = async () => (isOn ? made : null);
  Notification.requestPermission = async () => "granted";
})()""" % json.dumps(SUBSCRIPTION)  # noqa: UP031  braces of JavaScript


def test_subscribing_with_one_tap(browser: Browser, live_site: Site) -> None:
    """The offer asks for nothing until it is tapped; then the browser is remembered, and again."""
    world = live_site.world
    incident_id = world.lose_elder()
    with watched_page(browser, PHONE, may_fail="/a/") as page:
        page.add_init_script(FAKE_SUBSCRIBING)
        page.goto(live_site.url + world.link(incident_id))
        digits = page.get_by_label("手机号的后四位")
        digits.fill("9999")
        page.get_by_role("button", name="也在这个浏览器提醒我").click()
        expect(page.get_by_text("与您手机号的后四位不符")).to_be_visible()
        digits.fill("0011")
        page.get_by_role("button", name="也在这个浏览器提醒我").click()
        expect(page.get_by_text("这个浏览器会同时提醒您")).to_be_visible()
        visible = page.evaluate("window.subscribedWith.userVisibleOnly")
        after_on = kept(world)
        page.get_by_role("button", name="不再在这里提醒").click()
        expect(page.get_by_text("这个浏览器不再提醒您")).to_be_visible()

    assert True is visible
    assert [(world.guardian_id, BROWSER["endpoint"])] == after_on
    assert [] == kept(world)


def test_a_refused_permission_is_said(browser: Browser, live_site: Site) -> None:
    """When the browser allows no messages the page says so, and that the SMS comes anyhow."""
    world = live_site.world
    with watched_page(browser, PHONE) as page:
        page.add_init_script('Notification.requestPermission = async () => "denied"')
        page.goto(live_site.url + world.link(world.lose_elder()))
        page.get_by_label("手机号的后四位").fill("0011")
        page.get_by_role("button", name="也在这个浏览器提醒我").click()

        expect(page.get_by_text("浏览器不允许本页发送提醒")).to_be_visible()
    assert [] == kept(world)


def test_a_browser_without_push_shows_nothing(browser: Browser, live_site: Site) -> None:
    """Where there is no PushManager there is no offer."""
    world = live_site.world
    with watched_page(browser, PHONE) as page:
        page.add_init_script("delete window.PushManager")
        page.goto(live_site.url + world.link(world.lose_elder()))

        expect(page.locator("#push")).to_be_hidden()


def test_an_iphone_is_told_how(browser: Browser, live_site: Site) -> None:
    """On an iPhone outside the home screen the way there is explained instead."""
    world = live_site.world
    context = browser.new_context(user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)")
    page = context.new_page()
    page.add_init_script("delete window.PushManager")
    page.goto(live_site.url + world.link(world.lose_elder()))

    expect(page.get_by_text("添加到主屏幕")).to_be_visible()
    expect(page.locator("#push-on")).to_be_hidden()
    context.close()


@pytest.fixture
def allowed(browser: Browser, live_site: Site) -> Iterator[BrowserContext]:
    """Give a context in which the site may show notifications."""
    context = browser.new_context()
    context.grant_permissions(["notifications"], origin=live_site.url)
    yield context
    context.close()


def shown_after(page: Page, context: BrowserContext, pushed: str) -> list[dict[str, Any]]:
    """Push *pushed* through the real worker; return the notifications that it shows."""
    session = context.new_cdp_session(page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: registrations.extend(r["registrationId"] for r in said["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.register("/static/js/sw.js");
          while (!registration.active) await new Promise((next) => setTimeout(next, 20));
        }"""
    )
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": page.evaluate("location.origin"),
            "registrationId": registrations[-1],
            "data": pushed,
        },
    )
    shown: list[dict[str, Any]] = page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.getRegistration("/static/js/sw.js");
          let shown = [];
          while (!shown.length) {
            await new Promise((next) => setTimeout(next, 20));
            shown = await registration.getNotifications();
          }
          return shown.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
        }"""
    )
    return shown


def test_the_worker_shows_what_is_pushed(live_site: Site, allowed: BrowserContext) -> None:
    """A push becomes a notification that leads to the answer page."""
    page = allowed.new_page()
    page.goto(live_site.url + live_site.world.link(live_site.world.lose_elder()))
    said = {"title": "121爱回家 12号", "body": "能去吗？", "url": "/a/1.1.x", "tag": "incident-12"}

    shown = shown_after(page, allowed, json.dumps(said))

    assert [
        {
            "title": "121爱回家 12号",
            "body": "能去吗？",
            "tag": "incident-12",
            "data": {"url": "/a/1.1.x"},
        }
    ] == shown


def test_the_worker_always_shows_something(live_site: Site, allowed: BrowserContext) -> None:
    """Even an unreadable push is shown: phones take the subscription away over silent ones."""
    page = allowed.new_page()
    page.goto(live_site.url + live_site.world.link(live_site.world.lose_elder()))

    (shown,) = shown_after(page, allowed, "not json")

    assert "121" == shown["title"]
