"""A link in a stranger's hands shows nothing; the guardian's own phone is asked once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect
from pydantic import SecretStr
from sqlalchemy import Engine, select

from api import second_factor
from api.access import DEVICE_COOKIE
from api.second_factor import DEVICE_LIFE, Shown
from api.services import Services
from core.clock import ManualClock
from core.settings import Settings
from store import credentials, devices, schema
from store.database import reading
from tests.api.conftest import Serve, Site
from tests.api.test_answers import answers_of, counted, key_of
from tests.api.test_push import PRIVATE_KEY, SUBSCRIPTION
from tests.api.watched import PHONE, clipped_texts, watched_page
from tests.api.world import World, build_world

#: what the page of the small world says of anybody
PERSONAL = (
    *("张阿芬", "阿芬", "82 岁", "82 years", "深蓝棉袄", "155 厘米", "别从背后拉"),
    *("离家", "120.69", "30.53", "导航", "amap.com", "<svg", "走出"),
    *("王大伯", "李阿姨", "值班员甲", "+86", "10020000", "tel:+", "我去", "已找到"),
)
#: the first guardian of the small world has the number +8610020000011, the other one …12
MINE, THEIRS = "0011", "0012"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings with the second factor as it is by default, and with Web Push."""
    return settings.model_copy(
        update={
            "guardian_second_factor": Settings.model_fields["guardian_second_factor"].default,
            "vapid_private_key": SecretStr(PRIVATE_KEY),
            "vapid_subject": "mailto:duty@121.example.org",
        }
    )


def known(client: httpx.Client, world: World, person_id: int, **more: timedelta) -> str:
    """Make *client* a device of this person; return what it shows."""
    lifetime = more.get("lifetime", DEVICE_LIFE)
    with world.engine.begin() as connection:
        value = credentials.trust_device(
            connection, person_id, lifetime=lifetime, now=world.clock.now()
        )
    client.cookies.set(DEVICE_COOKIE, value)
    return value


def devices_of(engine: Engine) -> list[int]:
    """Return whose devices were ever known."""
    with reading(engine) as connection:
        return list(connection.scalars(select(schema.trusted_device.c.person_id)))


@pytest.mark.parametrize("query", ["", "?ask=found", "?ask=need_rescue", "?lang=en"])
def test_a_stranger_sees_nothing_personal(client: httpx.Client, world: World, query: str) -> None:
    """Before the digits no page says who is missing, who is asked, where, or which answers."""
    shown = client.get(world.link(world.lose_elder()) + query)

    assert [] == [words for words in PERSONAL if words in shown.text]
    assert 200 == shown.status_code
    assert "no-store" == shown.headers["cache-control"]
    assert 'inputmode="numeric"' in shown.text


def test_opening_changes_nothing(client: httpx.Client, world: World) -> None:
    """A preview that fetches the link makes no device known, and is no look at anybody."""
    link = world.link(world.lose_elder())
    before = counted(world)
    for _ in range(7):
        client.get(link)

    assert before == counted(world)
    with reading(world.engine) as connection:
        assert [] == list(connection.scalars(select(schema.look.c.id)))


def test_the_right_digits_open_the_page_for_good(client: httpx.Client, world: World) -> None:
    """A guardian is asked once: this link and every later one open on this phone."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    taken = client.post(f"{link}/device", data={"digits": MINE})
    page = client.get(link).text
    client.post(link, data={"answer": "found", "key": key_of(page)})
    later = client.get(world.link(world.lose_elder(elder_id=world.other_elder_id))).text

    assert (303, link) == (taken.status_code, taken.headers["location"])
    assert ("张阿芬" in page, "陈福根" in later) == (True, True)
    assert ["found"] == answers_of(world, incident_id)
    assert [world.guardian_id] == devices_of(world.engine)


def test_the_cookie_is_guarded(
    serve: Serve, world: World, settings: Settings, client: httpx.Client
) -> None:
    """No script reads it, no foreign form sends it, and with https it travels only sealed."""
    link = world.link(world.lose_elder())
    sealed = settings.model_copy(update={"public_url": "https://121.example.org"})
    with serve(world, changed=sealed).client() as other:
        cookies = [
            one.post(f"{link}/device", data={"digits": MINE}).headers["set-cookie"].lower()
            for one in (client, other)
        ]

    for cookie in cookies:
        assert cookie.startswith(f"{DEVICE_COOKIE}=121d_")
        assert {"httponly", "samesite=lax", "path=/", "max-age=15552000"} <= set(cookie.split("; "))
    assert [False, True] == ["secure" in cookie for cookie in cookies]


@pytest.mark.parametrize("digits", ["", "0012", "011", "00011", "0011 0", "abcd", "٠٠١١x", "%"])
def test_other_digits_open_nothing(client: httpx.Client, world: World, digits: str) -> None:
    """What is not the end of the guardian's own number makes no device known."""
    link = world.link(world.lose_elder())
    answer = client.post(f"{link}/device", data={"digits": digits})

    assert 403 == answer.status_code
    assert "set-cookie" not in answer.headers
    assert [] == [words for words in PERSONAL if words in answer.text]
    assert [] == devices_of(world.engine)


def test_digits_of_a_chinese_keyboard_count(client: httpx.Client, world: World) -> None:
    """Full-width digits are digits, and space around them is nothing."""
    link = world.link(world.lose_elder())

    answer = client.post(f"{link}/device", data={"digits": " ００１１ "})

    assert 303 == answer.status_code


def test_guessing_ends_after_five(client: httpx.Client, world: World, clock: ManualClock) -> None:
    """Five wrong tries close the link to strangers for 15 minutes, to the right digits, too."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    answers = [
        client.post(f"{link}/device", data={"digits": digits})
        for digits in ("1111", "2222", "3333", "4444", "5555", MINE)
    ]
    shown = client.get(link)
    other = client.post(
        f"{world.link(incident_id, world.other_guardian_id)}/device", data={"digits": THEIRS}
    )
    clock.advance(15 * 60 + 1)

    assert [403, 403, 403, 403, 429, 429] == [answer.status_code for answer in answers]
    assert (429, 303) == (shown.status_code, other.status_code)
    assert "请等 15 分钟" in shown.text
    assert 303 == client.post(f"{link}/device", data={"digits": MINE}).status_code


def test_guessing_slowly_ends_as_well(
    client: httpx.Client, world: World, clock: ManualClock
) -> None:
    """After twenty wrong tries a link takes no digits any more, however long one waits."""
    link = world.link(world.lose_elder())
    for digits in range(1000, 1020):
        client.post(f"{link}/device", data={"digits": str(digits)})
        clock.advance(15 * 60 + 1)

    assert 429 == client.post(f"{link}/device", data={"digits": MINE}).status_code


def test_guesses_at_once_each_count(
    database: Engine, settings: Settings, clock: ManualClock
) -> None:
    """On both databases: of twenty guesses at the same moment five are looked at, no more."""
    world = build_world(database, clock)
    incident_id = world.lose_elder()
    services = Services(engine=database, clock=clock, settings=settings)

    def guess(number: int) -> Shown:
        return second_factor.check(services, incident_id, world.guardian_id, f"9{number:03d}")

    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(guess, range(20)))
    with reading(database) as connection:
        counted = list(connection.scalars(select(schema.link_guess.c.id)))

    assert 5 == len(counted)
    assert 4 == shown.count(Shown.WRONG)
    assert Shown.TOO_MANY is guess(11)


def test_a_known_phone_is_not_shut_out(client: httpx.Client, site: Site, world: World) -> None:
    """Whoever guesses at a guardian's link does not take it from the guardian's own phone."""
    link = world.link(world.lose_elder())
    with site.client() as stranger:
        for _ in range(6):
            stranger.post(f"{link}/device", data={"digits": "9999"})
    known(client, world, world.guardian_id)

    assert "张阿芬" in client.get(link).text


def test_a_stranger_answers_nothing(client: httpx.Client, world: World) -> None:
    """An answer from a device that is not known is not taken, and the page says so."""
    incident_id = world.lose_elder()
    answer = client.post(world.link(incident_id), data={"answer": "found", "key": "a-key-of-1"})

    assert 403 == answer.status_code
    assert "没有发出" in answer.text
    assert [] == answers_of(world, incident_id)


@pytest.mark.parametrize("path", ["push", "push/remove"])
def test_a_stranger_subscribes_nobody(client: httpx.Client, world: World, path: str) -> None:
    """Who has only the link is not told by push, nor takes it from others, whatever digits."""
    link = world.link(world.lose_elder())
    body = SUBSCRIPTION | {"digits": MINE} if path == "push" else {"endpoint": "https://x"}

    assert 403 == client.post(f"{link}/{path}", json=body).status_code


def test_a_known_phone_subscribes_without_digits(client: httpx.Client, world: World) -> None:
    """The phone was asked once already: the offer of push asks for nothing more."""
    known(client, world, world.guardian_id)
    link = world.link(world.lose_elder())
    page = client.get(link).text

    assert 'id="push-digits"' not in page
    assert 204 == client.post(f"{link}/push", json=SUBSCRIPTION).status_code


def test_a_forwarded_link_opens_nothing(client: httpx.Client, world: World) -> None:
    """The other guardian's phone is known, and a stranger all the same at a link of the first."""
    known(client, world, world.other_guardian_id)
    incident_id = world.lose_elder()
    shown = client.get(world.link(incident_id))
    answered = client.post(world.link(incident_id), data={"answer": "found"})

    assert [] == [words for words in PERSONAL if words in shown.text]
    assert 403 == answered.status_code
    assert "张阿芬" in client.get(world.link(incident_id, world.other_guardian_id)).text


def test_a_device_is_known_for_180_days(
    client: httpx.Client, world: World, clock: ManualClock
) -> None:
    """After that the phone is asked anew."""
    known(client, world, world.guardian_id)
    link = world.link(world.lose_elder())
    clock.advance(DEVICE_LIFE.total_seconds() - 1)
    before = client.get(link).text
    clock.advance(1)

    assert (True, False) == ("张阿芬" in before, "张阿芬" in client.get(link).text)


def test_a_lost_phone_is_a_stranger(client: httpx.Client, world: World) -> None:
    """A device that was revoked opens nothing any more, and answers nothing."""
    known(client, world, world.guardian_id)
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        count = devices.revoke_all(connection, world.guardian_id, world.clock.now())
    answer = client.post(world.link(incident_id), data={"answer": "going", "key": "a-key-of-1"})

    assert (1, 403) == (count, answer.status_code)
    assert "张阿芬" not in client.get(world.link(incident_id)).text


def test_a_closed_link_tells_strangers_nothing(
    client: httpx.Client, site: Site, world: World, clock: ManualClock
) -> None:
    """After the end strangers are still asked; a day later the link is over for everybody."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    known(client, world, world.guardian_id)
    client.post(link, data={"answer": "found", "key": "a-key-of-1"})
    with site.client() as stranger:
        asked = stranger.get(link).text
        clock.advance(timedelta(hours=24, seconds=1).total_seconds())
        ended = stranger.post(f"{link}/device", data={"digits": MINE})

    assert [] == [words for words in PERSONAL if words in asked]
    assert 'name="digits"' in asked
    assert (410, [world.guardian_id]) == (ended.status_code, devices_of(world.engine))


@pytest.mark.parametrize("token", ["1.1.AAAAAAAAAAAAAAAAAAAAAA", "x", "9.9.9.9"])
def test_a_made_up_link_knows_no_device(client: httpx.Client, world: World, token: str) -> None:
    """Without our key nobody may even guess."""
    world.lose_elder()
    answer = client.post(f"/a/{token}/device", data={"digits": MINE})

    assert (404, []) == (answer.status_code, devices_of(world.engine))


def test_off_it_asks_nobody(serve: Serve, world: World, settings: Settings) -> None:
    """Where the setting is off, the link alone opens the page: the demo's visitors."""
    off = settings.model_copy(update={"guardian_second_factor": False})
    with serve(world, changed=off).client() as client:
        assert "张阿芬" in client.get(world.link(world.lose_elder())).text


# -- in a real browser -----------------------------------------------------------------------------


def test_the_digits_in_a_browser(browser: Browser, live_site: Site) -> None:
    """Without scripts, on a small phone: a wrong try, the right one, and the page is there."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser, (360, 640), scripts=False, may_fail="/a/") as page:
        page.goto(live_site.url + live_site.world.link(incident_id))
        page.get_by_label("我的手机号后四位").fill("9999")
        page.get_by_role("button", name="继续").click()
        expect(page.get_by_role("alert")).to_contain_text("后四位不对")
        page.get_by_label("我的手机号后四位").fill(MINE)
        page.get_by_role("button", name="继续").click()

        expect(page.get_by_role("heading", name="张阿芬")).to_be_visible()


def test_the_question_has_no_barrier(browser: Browser, live_site: Site) -> None:
    """The page that asks for the digits is as plain as the rest, and all is on the first screen."""
    incident_id = live_site.world.lose_elder()
    with watched_page(browser, PHONE) as page:
        page.goto(live_site.url + live_site.world.link(incident_id))
        box = page.get_by_role("button", name="继续").bounding_box()

        assert box is not None
        assert box["y"] + box["height"] <= 560
        assert [] == clipped_texts(page)
