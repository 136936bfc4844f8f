"""A code on a screen shows that a volunteer is there: once, for minutes, without a place."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, select

from alerts import check_in_codes, desk
from alerts.check_in_codes import Purpose
from alerts.checking_in import NOTE, CheckedIn, check_in
from alerts.crediting import recount
from api.second_factor import DEVICE_LIFE
from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from core.incidents import Answer, EntryKind, Outcome
from store import credentials, schema
from store.canary_cast import ensure
from store.database import reading
from store.registry import add_organisation
from tests.accounts import bearer, staff_token
from tests.api.conftest import OWN_PAGE, Serve, Site
from tests.api.test_me import tell
from tests.api.test_strangers import PERSONAL, known
from tests.api.watched import clipped_texts, watched_page
from tests.api.world import SECRET, World, build_world


@pytest.fixture
def phone(client: httpx.Client, world: World) -> httpx.Client:
    """Give the first guardian's own phone."""
    known(client, world, world.guardian_id)
    return client


@pytest.fixture
def operator(world: World) -> dict[str, str]:
    """Give what an operator of the street shows at the door."""
    grants = [Grant(AccountRole.OPERATOR, "xiashi")]
    return bearer(staff_token(world.engine, world.clock.now(), name="op.test", grants=grants))


def door(client: httpx.Client, world: World, who: dict[str, str]) -> str:
    """Return the path of the code that an operator shows at the elder's door."""
    answer = client.get(f"/api/elders/{world.elder_id}/check-in-code", headers=who)
    assert 200 == answer.status_code, answer.text
    return str(answer.json()["address"]).removeprefix("http://121.example.org")


def handover(client: httpx.Client, incident_id: int, who: dict[str, str]) -> str:
    """Return the path of the code that somebody shows at the handover."""
    answer = client.get(f"/api/incidents/{incident_id}/check-in-code", headers=who)
    assert 200 == answer.status_code, answer.text
    return str(answer.json()["address"]).removeprefix("http://121.example.org")


def ledger_of(engine: Engine) -> list[tuple[str, int, int | None]]:
    """Return (kind, person, incident) of every entry."""
    table = schema.credit_entry
    with reading(engine) as connection:
        found = connection.execute(select(table).order_by(table.c.id)).all()
    return [(row.kind, row.person_id, row.incident_id) for row in found]


def notes_of(engine: Engine, incident_id: int) -> list[str]:
    """Return the notes in an incident's timeline."""
    table = schema.timeline
    with reading(engine) as connection:
        details = connection.scalars(
            select(table.c.detail).where(
                table.c.incident_id == incident_id, table.c.kind == EntryKind.NOTE.value
            )
        )
        return [str(detail["text"]) for detail in details]


def test_looking_at_a_code_changes_nothing(
    phone: httpx.Client, world: World, operator: dict[str, str]
) -> None:
    """A code that is opened shows a button and says nobody's name; nothing is written."""
    path = door(phone, world, operator)
    page = phone.get(path)

    assert 200 == page.status_code
    assert "我到了" in page.text
    assert [] == [words for words in PERSONAL if words in page.text]
    assert [] == ledger_of(world.engine)


def test_a_visit_at_the_door(phone: httpx.Client, world: World, operator: dict[str, str]) -> None:
    """While all is quiet a check-in at the door is a visit, once a day and elder."""
    answers = [phone.post(door(phone, world, operator), headers=OWN_PAGE).text for _ in range(2)]

    assert ["谢谢您来探访" in answers[0], "已经用过" in answers[1]] == [True, True]
    assert [("visit", world.guardian_id, None)] == ledger_of(world.engine)


def test_who_said_yes_arrives(phone: httpx.Client, world: World, operator: dict[str, str]) -> None:
    """In an incident, who had said that they go arrives: timeline and ledger say so, once."""
    incident_id = world.lose_elder()
    tell(world, incident_id, Answer.GOING)
    paths = [door(phone, world, operator), handover(phone, incident_id, operator)]
    answers = [phone.post(path, headers=OWN_PAGE).text for path in paths]

    assert ["您已到场" in answer for answer in answers] == [True, True]
    assert [("arrived", world.guardian_id, incident_id)] == ledger_of(world.engine)
    assert [NOTE] == notes_of(world.engine, incident_id)


def test_who_did_not_say_yes_was_there(
    phone: httpx.Client, world: World, operator: dict[str, str]
) -> None:
    """Who had not accepted is no arrival in the search, and their visit counts all the same."""
    incident_id = world.lose_elder()
    phone.post(door(phone, world, operator), headers=OWN_PAGE)

    assert [("visit", world.guardian_id, None)] == ledger_of(world.engine)
    assert [] == notes_of(world.engine, incident_id)


def test_two_people_may_use_one_code(
    phone: httpx.Client, site: Site, world: World, operator: dict[str, str]
) -> None:
    """Both guardians scan the same screen; each counts once."""
    path = door(phone, world, operator)
    with site.client() as other:
        known(other, world, world.other_guardian_id)
        for one in (phone, other, phone, other):
            one.post(path, headers=OWN_PAGE)

    assert [("visit", world.guardian_id, None), ("visit", world.other_guardian_id, None)] == (
        ledger_of(world.engine)
    )


def test_a_code_is_over_after_minutes(
    phone: httpx.Client, world: World, clock: ManualClock, operator: dict[str, str]
) -> None:
    """A photo of the screen is worth nothing a few minutes later."""
    path = door(phone, world, operator)
    clock.advance(2 * Purpose.DOOR.window.total_seconds())
    answers = [phone.get(path), phone.post(path, headers=OWN_PAGE)]
    by_program = phone.post("/api/check-ins", json={"code": path[3:]}, headers=OWN_PAGE)

    assert [410, 410, 404] == [*(one.status_code for one in answers), by_program.status_code]
    assert [] == ledger_of(world.engine)


@pytest.mark.parametrize(
    "path", ["/c/x", "/c/d.1.1.AAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA", "/c/%F0%9F%98%80"]
)
def test_a_forged_code_is_none(phone: httpx.Client, world: World, path: str) -> None:
    """Without our key there is no code."""
    answers = [phone.get(path), phone.post(path, headers=OWN_PAGE)]

    assert [404, 404] == [one.status_code for one in answers]
    assert [] == ledger_of(world.engine)


def test_a_stranger_checks_nobody_in(
    client: httpx.Client, world: World, operator: dict[str, str]
) -> None:
    """A phone that is not known is told to sign in, and its POST is refused."""
    path = door(client, world, operator)
    page = client.get(path).text

    assert ("请先用手机号登录" in page, 401) == (
        True,
        client.post(path, headers=OWN_PAGE).status_code,
    )


def test_a_foreign_form_checks_nobody_in(
    phone: httpx.Client, world: World, operator: dict[str, str]
) -> None:
    """Another site cannot make the phone check in; our own form is believed by its token."""
    path = door(phone, world, operator)
    foreign = phone.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', phone.get(path).text)
    assert token is not None
    own = phone.post(path, data={"form_token": token[1]})

    assert [403, 200] == [foreign.status_code, own.status_code]


def test_nobody_uses_what_they_show(phone: httpx.Client, world: World) -> None:
    """A volunteer on the way shows a code to others, and cannot check in with it."""
    incident_id = world.lose_elder()
    before = phone.get(f"/api/incidents/{incident_id}/check-in-code").status_code
    tell(world, incident_id, Answer.GOING)
    path = handover(phone, incident_id, {})
    own = phone.post(path, headers=OWN_PAGE)
    known(phone, world, world.other_guardian_id)
    tell(world, incident_id, Answer.GOING, world.other_guardian_id)
    others = phone.post(path, headers=OWN_PAGE)

    assert [404, 403, 200] == [before, own.status_code, others.status_code]
    assert [("arrived", world.other_guardian_id, incident_id)] == ledger_of(world.engine)


def test_a_code_of_a_closed_incident_is_a_visit(
    phone: httpx.Client, world: World, operator: dict[str, str]
) -> None:
    """Who comes to the handover when it is over was there, and did not arrive in the search."""
    incident_id = world.lose_elder()
    tell(world, incident_id, Answer.GOING)
    path = handover(phone, incident_id, operator)
    with world.engine.begin() as connection:
        now = world.clock.now()
        desk.order_close(connection, incident_id, outcome=Outcome.FOUND, by="x", now=now)
    phone.post(path, headers=OWN_PAGE)

    assert [("visit", world.guardian_id, None)] == ledger_of(world.engine)


def test_an_operator_of_elsewhere_shows_no_code(client: httpx.Client, world: World) -> None:
    """Codes are shown for one's own elders and incidents only, and never for the canary's."""
    incident_id = world.lose_elder()
    now = world.clock.now()
    elsewhere = [Grant(AccountRole.OPERATOR, "haichang")]
    with world.engine.begin() as connection:
        cast = ensure(connection, number="+15005550199", key_mark=None, now=now)
        add_organisation(connection, "haichang", kind="street", name_zh="海昌", name_en="Haichang")
    other = bearer(staff_token(world.engine, now, name="far.test", grants=elsewhere))
    everywhere = bearer(world.token)
    answers = [
        client.get(f"/api/elders/{world.elder_id}/check-in-code", headers=other),
        client.get(f"/api/incidents/{incident_id}/check-in-code", headers=other),
        client.get(f"/api/elders/{cast.elder_id}/check-in-code", headers=everywhere),
    ]

    assert [404, 404, 404] == [one.status_code for one in answers]


@pytest.mark.parametrize("purpose", Purpose)
def test_the_canary_is_visited_by_nobody(
    phone: httpx.Client, world: World, purpose: Purpose
) -> None:
    """Even a code that our own key made leads nowhere for a virtual elder."""
    now = world.clock.now()
    with world.engine.begin() as connection:
        cast = ensure(connection, number="+15005550199", key_mark=None, now=now)
    incident_id = world.lose_elder(elder_id=cast.elder_id)
    subject = cast.elder_id if purpose is Purpose.DOOR else incident_id
    text, _code = check_in_codes.show(SECRET.encode(), purpose, subject, shown_by="x", now=now)

    assert 404 == phone.post(f"/c/{text}", headers=OWN_PAGE).status_code


def test_a_program_checks_in(serve: Serve, database: Engine, clock: ManualClock) -> None:
    """On both databases: a volunteer's program uses a code once, the second time adds nothing."""
    world = build_world(database, clock)
    with serve(world).client() as client:
        with database.begin() as connection:
            device = credentials.trust_device(
                connection, world.rescuer_id, lifetime=DEVICE_LIFE, now=clock.now()
            )
        path = door(client, world, bearer(world.token))
        answers = [
            client.post("/api/check-ins", json={"code": path[3:]}, headers=bearer(device)).json()
            for _ in range(2)
        ]

    assert [{"result": "visit"}, {"result": "again"}] == answers
    assert [("visit", world.rescuer_id, None)] == ledger_of(database)


def test_one_code_twice_at_once(database: Engine, clock: ManualClock) -> None:
    """On both databases: a code that one phone sends several times at once counts once."""
    world = build_world(database, clock)
    incident_id = world.lose_elder()
    tell(world, incident_id, Answer.GOING)
    _text, code = check_in_codes.show(
        SECRET.encode(), Purpose.HANDOVER, incident_id, shown_by="x", now=clock.now()
    )

    def use(_number: int) -> CheckedIn:
        with database.begin() as connection:
            return check_in(connection, code, world.guardian_id, now=clock.now())

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(use, range(6)))

    assert [CheckedIn.AGAIN] * 5 + [CheckedIn.ARRIVED] == sorted(results)
    assert [("arrived", world.guardian_id, incident_id)] == ledger_of(database)
    assert [] == recount(database)


def test_nothing_of_a_place_is_kept() -> None:
    """The table of check-ins has no column for a position."""
    columns = {column.name for column in schema.check_in.columns}

    assert set() == columns & {"lon", "lat", "geom", "accuracy_m"}


def test_the_screen_and_the_button_in_a_browser(browser: Browser, live_site: Site) -> None:
    """An operator's screen shows the code large; the volunteer's phone taps one button."""
    world = live_site.world
    with watched_page(browser) as page:
        page.context.add_cookies(
            [{"name": "aihuijia_session", "value": world.session(), "url": live_site.url}]
        )
        page.goto(f"{live_site.url}/elders/{world.elder_id}/check-in-code")
        expect(page.get_by_role("img", name="签到二维码")).to_be_visible()
        assert [] == clipped_texts(page)
    text, _code = check_in_codes.show(
        SECRET.encode(), Purpose.DOOR, world.elder_id, shown_by="x", now=world.clock.now()
    )
    with world.engine.begin() as connection:
        device = credentials.trust_device(
            connection, world.guardian_id, lifetime=DEVICE_LIFE, now=world.clock.now()
        )
    with watched_page(browser, (360, 640)) as page:
        page.context.add_cookies(
            [{"name": "aihuijia_device", "value": device, "url": live_site.url}]
        )
        page.goto(f"{live_site.url}/c/{text}")
        page.get_by_role("button", name="我到了").click()
        expect(page.get_by_role("heading", name="谢谢您来探访")).to_be_visible()
        assert [] == clipped_texts(page)
