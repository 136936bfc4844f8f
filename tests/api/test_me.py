"""A volunteer signs in with a code and sees what is theirs, and nothing of where anybody is."""

import hashlib
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from alerts import desk, verification
from api.access import DEVICE_COOKIE
from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from core.incidents import Answer, Outcome
from core.notices import NoticeKind
from store import devices, registry, schema
from store.database import reading
from tests.accounts import bearer, staff_token
from tests.api.conftest import OWN_PAGE, Site
from tests.api.test_strangers import known
from tests.api.watched import clipped_texts, watched_page
from tests.api.world import SECRET, World

MINE = "+8610020000011"
STRANGE = "+8610020009999"


def code_of(world: World) -> str:
    """Return the newest code that went out."""
    with reading(world.engine) as connection:
        table = schema.verification
        newest = connection.scalars(select(table.c.id).order_by(table.c.id.desc())).first()
        code = verification.code_of(connection, newest or 0, SECRET.encode())
    assert code is not None
    return code


def tell(world: World, incident_id: int, said: Answer, person_id: int | None = None) -> None:
    """Have a guardian answer by SMS."""
    with world.engine.begin() as connection:
        desk.take_answer(
            connection,
            incident_id,
            person_id=person_id or world.guardian_id,
            said=said,
            channel="sms",
            now=world.clock.now(),
        )


@pytest.fixture
def phone(client: httpx.Client, world: World) -> httpx.Client:
    """Give the first guardian's own phone."""
    known(client, world, world.guardian_id)
    return client


def test_a_code_signs_a_volunteer_in(client: httpx.Client, world: World) -> None:
    """The code that went to the number makes this device theirs, by cookie and by bearer."""
    asked = client.post("/api/me/code", json={"phone": MINE})
    answer = client.post("/api/me/sign-in", json={"phone": MINE, "code": code_of(world)})
    by_cookie = client.get("/api/me").json()
    client.cookies.clear()
    by_header = client.get("/api/me", headers=bearer(answer.json()["device"])).json()

    assert (202, 200) == (asked.status_code, answer.status_code)
    assert DEVICE_COOKIE in answer.headers["set-cookie"]
    assert by_cookie == by_header
    assert (world.guardian_id, "王大伯") == (by_cookie["person_id"], by_cookie["name"])
    assert [{"0011"}] == [{number["ends_with"] for number in by_cookie["numbers"]}]
    assert MINE not in str(by_cookie)


def test_the_message_says_to_tell_nobody(client: httpx.Client, world: World) -> None:
    """The code to sign in goes out as a notice of its own kind, to that number only."""
    client.post("/api/me/code", json={"phone": MINE})
    with reading(world.engine) as connection:
        sent = connection.execute(select(schema.notice)).all()

    assert [(NoticeKind.SIGN_IN_CODE.value, world.guardian_id)] == [
        (one.kind, one.person_id) for one in sent
    ]


@pytest.mark.parametrize("number", [STRANGE, "+8610020000014"], ids=["nobody's", "an operator's"])
def test_nobody_learns_whose_numbers_are_known(
    client: httpx.Client, world: World, number: str
) -> None:
    """A number that is no volunteer's is answered like one that is, and nothing is sent."""
    answers = [client.post("/api/me/code", json={"phone": one}) for one in (MINE, number)]
    tries = [
        client.post("/api/me/sign-in", json={"phone": one, "code": "000000"})
        for one in (MINE, number)
    ]

    assert [(202, answers[0].json())] * 2 == [(one.status_code, one.json()) for one in answers]
    assert [(403, tries[0].json())] * 2 == [(one.status_code, one.json()) for one in tries]
    with reading(world.engine) as connection:
        assert 1 == len(connection.execute(select(schema.notice)).all())


@pytest.mark.parametrize("number", [MINE, "+8610020000012", STRANGE])
def test_nobody_measures_whose_numbers_are_known(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    """Each answer costs one slow digest: a code that is sent or not yet, readable, right or not."""
    slow, calls = hashlib.scrypt, list[bytes]()

    def counted(*args: Any, **settings: Any) -> bytes:
        calls.append(slow(*args, **settings))
        return calls[-1]

    monkeypatch.setattr(hashlib, "scrypt", counted)
    cost = []
    for path, more in (
        ("sign-in", {"code": "000000"}),
        ("code", {}),
        ("code", {}),
        ("sign-in", {"code": "no code"}),
        *(("sign-in", {"code": "000000"}),) * 6,
    ):
        calls.clear()
        client.post(f"/api/me/{path}", json={"phone": number, **more})
        cost.append(len(calls))

    assert [1] * 10 == cost


def test_a_code_is_good_once_and_for_ten_minutes(
    client: httpx.Client, world: World, clock: ManualClock
) -> None:
    """A code that was used, or is old, signs nobody in."""
    body = {"phone": MINE}
    client.post("/api/me/code", json=body)
    code = code_of(world)
    first = client.post("/api/me/sign-in", json=body | {"code": code})
    second = client.post("/api/me/sign-in", json=body | {"code": code})
    clock.advance(120)
    client.post("/api/me/code", json=body)
    late_code = code_of(world)
    clock.advance(601)
    late = client.post("/api/me/sign-in", json=body | {"code": late_code})

    assert [200, 403, 403] == [first.status_code, second.status_code, late.status_code]


def test_guessing_a_code_ends_after_five(client: httpx.Client, world: World) -> None:
    """After five wrong codes not even the right one is taken."""
    client.post("/api/me/code", json={"phone": MINE})
    code = code_of(world)
    wrong = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 6)]
    answers = [
        client.post("/api/me/sign-in", json={"phone": MINE, "code": one}).status_code
        for one in (*wrong, code)
    ]

    assert [403] * 6 == answers


def test_one_place_cannot_ask_for_ever(client: httpx.Client) -> None:
    """Whoever tries numbers one after the other is stopped."""
    answers = [
        client.post("/api/me/code", json={"phone": f"+861002000{n:04d}"}).status_code
        for n in range(51)
    ]

    assert [202] * 50 + [429] == answers


@pytest.mark.parametrize("number", ["", "12", "abc", "+0", "1" * 41, "\x00"])
def test_what_is_no_number_is_said(client: httpx.Client, number: str) -> None:
    """A slip of the fingers is named, whoever's number was meant."""
    answers = [
        client.post("/api/me/code", json={"phone": number}),
        client.post("/api/me/sign-in", json={"phone": number, "code": "123456"}),
    ]

    assert [422, 422] == [answer.status_code for answer in answers]


def test_signing_out_forgets_the_device(phone: httpx.Client) -> None:
    """After signing out the device is nobody's, also for who has copied its cookie."""
    copied = phone.cookies[DEVICE_COOKIE]
    answer = phone.post("/api/me/sign-out", headers=OWN_PAGE)
    phone.cookies.clear()

    assert 204 == answer.status_code
    assert 401 == phone.get("/api/me", headers=bearer(copied)).status_code


def test_who_left_is_a_stranger(phone: httpx.Client, world: World) -> None:
    """A volunteer who left the service sees nothing more on the phone that was known."""
    person = schema.person
    with world.engine.begin() as connection:
        connection.execute(
            person.update()
            .where(person.c.id == world.guardian_id)
            .values(archived_at=world.clock.now())
        )

    assert 401 == phone.get("/api/me").status_code


def test_an_operator_forgets_a_lost_phone(phone: httpx.Client, site: Site, world: World) -> None:
    """The office sees since when phones are known, and forgets them; elsewhere's office cannot."""
    path, now = f"/api/people/{world.guardian_id}/devices", world.clock.now()
    with world.engine.begin() as connection:
        registry.add_organisation(connection, "far", kind="street", name_zh="远", name_en="Far")
    elsewhere = staff_token(
        world.engine, now, name="far.test", grants=[Grant(AccountRole.OPERATOR, "far")]
    )
    with site.client() as office:
        refused = [
            office.request(method, path, headers=bearer(elsewhere)).status_code
            for method in ("GET", "DELETE")
        ]
        (listed,) = office.get(path, headers=bearer(world.token)).json()["items"]
        forgotten = office.delete(path, headers=bearer(world.token)).json()

    assert [404, 404] == refused
    assert "2026-11-23T04:00:00Z" == listed["known_since"]
    assert {"forgotten": 1} == forgotten
    assert 401 == phone.get("/api/me").status_code


@pytest.mark.parametrize(
    "path", ["/api/me", "/api/me/elders", "/api/me/incidents", "/api/me/credits"]
)
def test_without_a_device_there_is_nothing(
    client: httpx.Client, coordinator: httpx.Client, path: str
) -> None:
    """Neither a stranger nor an account of staff has anything of its own here."""
    assert [401, 403] == [one.get(path).status_code for one in (client, coordinator)]


def test_no_place_without_an_incident(phone: httpx.Client, world: World) -> None:
    """While all is quiet a guardian hears that, and not where anybody is."""
    items = phone.get("/api/me/elders").json()["items"]

    assert [("张阿芬", None, None), ("陈福根", None, None)] == [
        (one["name"], one["state"], one["last_place"]) for one in items
    ]
    with reading(world.engine) as connection:
        assert [] == connection.execute(select(schema.look)).all()


def test_a_place_only_for_whoever_is_asked(phone: httpx.Client, world: World) -> None:
    """While a guardian is asked they see the last place of that elder; the look is on record."""
    incident_id = world.lose_elder()
    items = phone.get("/api/me/elders").json()["items"]
    with reading(world.engine) as connection:
        looked = connection.execute(select(schema.look)).all()
    with world.engine.begin() as connection:
        now = world.clock.now()
        desk.order_close(connection, incident_id, outcome=Outcome.FOUND, by="x", now=now)
    after = phone.get("/api/me/elders").json()["items"]

    assert [incident_id, None] == [one["incident_id"] for one in items]
    assert [True, False] == [one["last_place"] is not None for one in items]
    assert [(f"person:{world.guardian_id}", world.elder_id)] == [
        (one.viewer, one.elder_id) for one in looked
    ]
    assert [None, None] == [one["last_place"] for one in after]


def test_a_guardian_who_was_not_asked_sees_no_place(phone: httpx.Client, world: World) -> None:
    """An incident in which only others are asked shows this guardian no position."""
    world.lose_elder()
    with world.engine.begin() as connection:
        sent = schema.notification
        connection.execute(
            sent.update()
            .where(sent.c.person_id == world.guardian_id)
            .values(person_id=world.other_guardian_id, purpose="inform")
        )
    items = phone.get("/api/me/elders").json()["items"]

    assert [None, None] == [one["last_place"] for one in items]


def test_incidents_that_one_was_asked_about(phone: httpx.Client, world: World) -> None:
    """A volunteer's incidents come newest first, page by page, with their own last word."""
    first = world.lose_elder()
    tell(world, first, Answer.FOUND)
    second = world.lose_elder()
    page = phone.get("/api/me/incidents", params={"limit": 1}).json()
    rest = phone.get("/api/me/incidents", params={"cursor": page["next"]}).json()

    assert [(second, None)] == [(one["id"], one["my_answer"]) for one in page["items"]]
    assert [(first, "found")] == [(one["id"], one["my_answer"]) for one in rest["items"]]
    assert rest["next"] is None


# -- the page --------------------------------------------------------------------------------------


def test_signing_in_on_the_page(browser: Browser, live_site: Site) -> None:
    """On a small phone without scripts: number, code, and one's own page."""
    world = live_site.world
    with watched_page(browser, (360, 640), scripts=False) as page:
        page.goto(f"{live_site.url}/g")
        page.get_by_label("我的手机号").fill(MINE)
        page.get_by_role("button", name="发送验证码").click()
        page.get_by_label("短信里的验证码").fill(code_of(world))
        page.get_by_role("button", name="登录").click()

        expect(page.get_by_role("heading", name="王大伯")).to_be_visible()
        expect(page.get_by_text("一切平安。").first).to_be_visible()


def test_the_page_has_no_barrier(browser: Browser, live_site: Site) -> None:
    """Sign-in and the own page are plain, nothing is cut off."""
    with watched_page(browser, (360, 640)) as page:
        page.goto(f"{live_site.url}/g")
        clipped = clipped_texts(page)
        page.get_by_label("我的手机号").fill(MINE)
        page.get_by_role("button", name="发送验证码").click()
        page.get_by_label("短信里的验证码").fill(code_of(live_site.world))
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("heading", name="王大伯")).to_be_visible()
        clipped += clipped_texts(page)

    assert [] == clipped


def test_a_lost_phone_is_forgotten(phone: httpx.Client, world: World) -> None:
    """Whose devices were revoked is asked to sign in again."""
    with world.engine.begin() as connection:
        devices.revoke_all(connection, world.guardian_id, world.clock.now())

    assert "用手机号登录" in phone.get("/g").text
