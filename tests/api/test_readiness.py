"""Readiness, codes and drills through the operators' door."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from alerts import codes
from core.accounts import AccountRole
from core.clock import ManualClock
from core.incidents import Outcome
from core.people import Channel
from store import contact_points, registry, schema
from store.database import reading
from tests.accounts import NAME, bearer
from tests.api.conftest import OWN_PAGE, Site
from tests.api.scoped_world import token_of
from tests.api.world import SECRET, World
from tests.scenes import rows


def point_of(world: World, person_id: int, channel: Channel = Channel.SMS) -> int:
    """Return the id of a person's contact point."""
    (found,) = rows(
        world.engine, schema.contact_point, "id", person_id=person_id, channel=channel.value
    )
    return int(found)


def code_sent(world: World) -> str:
    """Return the code that the last verification sent, as its receiver reads it."""
    salt, address = rows(world.engine, schema.verification, "salt", "address")[-1]
    return codes.code_for(SECRET.encode(), salt, address)


def make_ready(world: World) -> None:
    """Verify every number, and have every channel work just now."""
    with world.engine.begin() as connection:
        now = world.clock.now()
        connection.execute(schema.contact_point.update().values(verified_at=now, last_ok_at=now))


# -- the list ------------------------------------------------------------------------------------


def test_the_page_says_who_is_not_ready_and_what_to_do(coordinator: httpx.Client) -> None:
    """An operator reads what is missing and the next step, in either language."""
    text = coordinator.get("/console/readiness").text

    assert "号码未验证" in text
    assert "请发送验证码" in text
    english = coordinator.get("/console/readiness?lang=en").text
    assert "number not verified" in english
    assert "Send a code and have it sent back" in english


def test_the_list_shows_no_whole_number(coordinator: httpx.Client, world: World) -> None:
    """Four digits are enough to tell two phones apart."""
    numbers = rows(world.engine, schema.contact_point, "value")
    text = coordinator.get("/console/readiness?show=all").text

    assert numbers
    assert not [number for number in numbers if number in text]


def test_when_all_are_ready_the_page_says_so(coordinator: httpx.Client, world: World) -> None:
    """With every number verified and working, only the elder without two guardians is left."""
    make_ready(world)
    found = coordinator.get("/api/readiness").json()

    ready = {elder["elder"]: elder["ready"] for elder in found["elders"]}
    assert ready[world.elder_id]
    assert found["fine"] == all(ready.values())


def test_filters_narrow_the_list(coordinator: httpx.Client, world: World) -> None:
    """Each reason has a filter, and "everybody" shows those who are ready, too."""
    make_ready(world)

    assert "号码未验证" in coordinator.get("/console/readiness?show=all").text
    lacking = coordinator.get("/console/readiness?lack=unverified").text
    assert "没有符合的老人" in lacking
    assert 422 == coordinator.get("/console/readiness?lack=nonsense").status_code


def test_programs_get_the_same_without_numbers(coordinator: httpx.Client, world: World) -> None:
    """The JSON names reasons by code and in words, and no number."""
    answer = coordinator.get("/api/readiness")

    (elder,) = [e for e in answer.json()["elders"] if e["elder"] == world.elder_id]
    assert ["not_ready_guardians"] == [lack["lack"] for lack in elder["lacks"]]
    assert {"unverified"} == {one["lack"] for g in elder["guardians"] for one in g["channels"]}
    assert not [n for n in rows(world.engine, schema.contact_point, "value") if n in answer.text]


def test_a_test_goes_to_one_number(coordinator: httpx.Client, world: World) -> None:
    """The button sends one message there, once an hour."""
    point = point_of(world, world.guardian_id)
    places = [
        coordinator.post(f"/contact-points/{point}/test", headers=OWN_PAGE).headers["location"]
        for _ in range(2)
    ]

    assert ["test_sent", "test_sent_before"] == [
        place.partition("done=")[2].partition("#")[0] for place in places
    ]
    assert [("contact_test", world.guardian_id)] == rows(
        world.engine, schema.notice, "kind", "person_id"
    )


# -- codes ---------------------------------------------------------------------------------------


def test_a_code_is_sent_and_typed(coordinator: httpx.Client, world: World) -> None:
    """Sent from the list, typed there, the number is verified; the page says each step."""
    point = point_of(world, world.guardian_id)

    sent = coordinator.post(f"/contact-points/{point}/code", headers=OWN_PAGE)
    typed = coordinator.post(
        f"/contact-points/{point}/verify", data={"code": code_sent(world)}, headers=OWN_PAGE
    )

    assert "done=code_sent" in sent.headers["location"]
    assert "done=code_verified" in typed.headers["location"]
    with reading(world.engine) as connection:
        assert world.clock.now() == contact_points.point(connection, point).verified_at


def test_programs_send_and_type_codes(
    coordinator: httpx.Client, world: World, clock: ManualClock
) -> None:
    """The same for programs: too soon is 429, the verdict is a word."""
    place = f"/api/contact-points/{point_of(world, world.guardian_id)}"

    assert 200 == coordinator.post(f"{place}/code", headers=OWN_PAGE).status_code
    assert 429 == coordinator.post(f"{place}/code", headers=OWN_PAGE).status_code
    clock.advance(61)
    assert 200 == coordinator.post(f"{place}/code", headers=OWN_PAGE).status_code
    wrong = coordinator.post(f"{place}/verify", json={"code": "x"}, headers=OWN_PAGE)
    right = coordinator.post(f"{place}/verify", json={"code": code_sent(world)}, headers=OWN_PAGE)
    assert {"verdict": "wrong", "verified": False} == wrong.json()
    assert {"verdict": "verified", "verified": True} == right.json()


def test_guessing_is_slowed_down(coordinator: httpx.Client, world: World) -> None:
    """Thirty wrong codes from one place, and the door stays shut for a while."""
    place = f"/api/contact-points/{point_of(world, world.guardian_id)}/verify"
    answers = [
        coordinator.post(place, json={"code": "000000"}, headers=OWN_PAGE).status_code
        for _ in range(31)
    ]

    assert [200] * 30 + [429] == answers


def test_a_new_number_is_unverified(coordinator: httpx.Client, world: World) -> None:
    """A changed number starts anew; what is no number is refused."""
    make_ready(world)
    point = point_of(world, world.guardian_id)

    bad = coordinator.post(
        f"/contact-points/{point}/number", data={"number": "13800"}, headers=OWN_PAGE
    )
    good = coordinator.post(
        f"/contact-points/{point}/number", data={"number": "+8613911110000"}, headers=OWN_PAGE
    )

    assert (422, 303) == (bad.status_code, good.status_code)
    with reading(world.engine) as connection:
        found = contact_points.point(connection, point)
    assert ("+8613911110000", None) == (found.value, found.verified_at)


def test_a_number_is_changed_by_its_owners_office(client: httpx.Client, world: World) -> None:
    """Another street whose elder somebody guards may test their number, not give them another."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "maqiao", kind="street", name_zh="马桥街道", name_en="Maqiao Street"
        )
        connection.execute(
            schema.elder.update()
            .where(schema.elder.c.id == world.other_elder_id)
            .values(organisation_id="maqiao")
        )
    point = point_of(world, world.guardian_id)
    found = []
    for street in ("maqiao", "xiashi"):
        token = token_of(world, AccountRole.OPERATOR, street)
        for what, data in (("code", {}), ("number", {"number": "+8613911110000"})):
            answer = client.post(
                f"/contact-points/{point}/{what}", data=data, headers=bearer(token)
            )
            found.append(answer.status_code)

    assert [303, 404, 303, 303] == found


def test_what_is_not_there_is_said_so(coordinator: httpx.Client) -> None:
    """A number or a drill that does not exist is a 404."""
    posts = ("/contact-points/999/test", "/contact-points/999/code", "/drills/999/end")
    found = [coordinator.post(place, headers=OWN_PAGE).status_code for place in posts]
    found += [coordinator.get(f"/{kind}/drills/999").status_code for kind in ("console", "api")]

    assert [404] * 5 == found


# -- drills --------------------------------------------------------------------------------------


@pytest.fixture
def drill_id(coordinator: httpx.Client, world: World) -> int:
    """Begin a drill about an elder; return its number."""
    answer = coordinator.post(f"/elders/{world.other_elder_id}/drill", headers=OWN_PAGE)
    assert 303 == answer.status_code
    return int(answer.headers["location"].rpartition("/")[2])


def test_a_drill_is_begun_and_seen(coordinator: httpx.Client, drill_id: int) -> None:
    """Its page says who began it, who was asked, and that it ends by itself."""
    text = coordinator.get(f"/console/drills/{drill_id}").text

    assert NAME in text
    assert "自动结束" in text
    assert "没有答复" in text
    assert f"/console/drills/{drill_id}" in coordinator.get("/console/drills").text


def test_a_drill_is_on_no_list_of_what_is_serious(coordinator: httpx.Client, drill_id: int) -> None:
    """The console's incidents do not have it."""
    listed = coordinator.get("/api/incidents").text

    assert f'"id":{drill_id},' not in listed.replace(" ", "")


def test_a_drill_can_be_ended(coordinator: httpx.Client, drill_id: int, world: World) -> None:
    """An operator ends it before its time; it counts as a drill."""
    coordinator.post(f"/drills/{drill_id}/end", headers=OWN_PAGE)

    assert [Outcome.DRILL.value] == rows(world.engine, schema.incident, "outcome", id=drill_id)
    assert coordinator.get(f"/api/drills/{drill_id}").json()["ended_at"] is not None


def test_programs_begin_drills(coordinator: httpx.Client, world: World) -> None:
    """Programs get the number and the results; a second drill of the same people is a 409."""
    body = {"elder": world.other_elder_id}
    begun = coordinator.post("/api/drills", json=body, headers=OWN_PAGE)
    again = coordinator.post("/api/drills", json=body, headers=OWN_PAGE)

    assert (200, 409) == (begun.status_code, again.status_code)
    drill = coordinator.get(f"/api/drills/{begun.json()['drill']}").json()
    assert {"guardian"} == {one["role"] for one in drill["people"]}
    assert (None, False) == (drill["gave_way_to"], drill["with_rescue"])


def test_nobody_practises_while_it_is_serious(coordinator: httpx.Client, world: World) -> None:
    """With an open incident about the elder a drill is refused."""
    world.lose_elder()

    answer = coordinator.post(f"/elders/{world.elder_id}/drill", headers=OWN_PAGE)

    assert 409 == answer.status_code


def test_a_guardian_reads_that_it_is_a_drill(
    client: httpx.Client, drill_id: int, world: World
) -> None:
    """The page behind the link in a drill's message says so in its headline."""
    people = rows(world.engine, schema.notification, "person_id", incident_id=drill_id)

    text = client.get(world.link(drill_id, people[0])).text

    assert "<h1>演练" in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_accessible(
    browser: Browser, site: Site, drill_id: int, language: str
) -> None:
    """The axe rules find nothing to complain about, and nothing stands out at phone width."""
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": 375, "height": 800},
        extra_http_headers={"Authorization": f"Bearer {site.world.token}"},
    )
    page = context.new_page()
    for place in (
        "/console/readiness?show=all&",
        "/console/drills?",
        f"/console/drills/{drill_id}?",
    ):
        page.goto(f"{place}lang={language}")
        found = Axe().run(page).response["violations"]

        assert [] == [violation["id"] for violation in found], place
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, place
    context.close()
