"""The rota by API and on the page: who is asked, gaps, shifts, stand-ins, quiet hours, teams."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from api.sentences import sentence
from api.words import words
from core.clock import ManualClock
from core.incidents import EntryKind, IncidentState
from core.people import Channel, Language, Role
from store import registry, rosters, schema
from store.database import reading
from store.map_views import EntryView
from tests.api.conftest import OWN_PAGE, Site
from tests.api.watched import DESK, PHONE, clipped_texts, sign_in, watched_page
from tests.api.world import World

#: noon of the clock is Monday 12:00 in Haining
DAY = "Mon-Sun 06:00-18:00"


def shift(client: httpx.Client, person: int, hours: str = DAY) -> httpx.Response:
    """Put somebody on the rota."""
    return client.post(
        "/api/rota/shifts", json={"person": person, "hours": hours}, headers=OWN_PAGE
    )


def another_rescuer(world: World, *, organisation_id: str = "xiashi") -> int:
    """Register one more rescuer."""
    with world.engine.begin() as connection:
        return registry.add_person(
            connection,
            role=Role.RESCUER,
            name="救援队员乙",
            contacts={Channel.SMS: "+8610020000023"},
            organisation_id=organisation_id,
        )


def team_of(client: httpx.Client, **query: str) -> Any:
    """Return the only team of the rota."""
    (team,) = client.get("/api/rota", params=query).json()["teams"]
    return team


def test_a_team_without_a_rota(coordinator: httpx.Client, world: World) -> None:
    """Nobody wrote a shift down: everybody is asked, and there is no gap."""
    team = team_of(coordinator)

    assert (False, [world.rescuer_id], False) == (team["has_rota"], team["asked"], team["is_gap"])
    assert [] == coordinator.get("/api/rota/gaps").json()["gaps"]


def test_who_is_on_duty_and_the_gaps(coordinator: httpx.Client, world: World) -> None:
    """With a shift the rota says who is asked now and then, the next change and each gap."""
    other = another_rescuer(world)
    answer = shift(coordinator, world.rescuer_id)
    now, night = team_of(coordinator), team_of(coordinator, at="2026-11-23T22:00:00+08:00")
    found = coordinator.get("/api/rota/gaps", params={"days": 2}).json()["gaps"]

    assert 200 == answer.status_code
    assert ([world.rescuer_id], False, "2026-11-23T10:00:00Z") == (
        now["asked"],
        now["is_gap"],
        now["next_change"],
    )
    assert ([world.rescuer_id, other], True) == (night["asked"], night["is_gap"])
    assert [
        ("2026-11-23T10:00:00Z", "2026-11-23T22:00:00Z"),
        ("2026-11-24T10:00:00Z", "2026-11-24T22:00:00Z"),
    ] == [(gap["from_at"], gap["until_at"]) for gap in found]


def test_a_shift_is_taken_off_once(coordinator: httpx.Client, world: World) -> None:
    """A shift that was taken off is gone; twice is too late, and an unknown one is not found."""
    number = shift(coordinator, world.rescuer_id).json()["shift"]
    answers = [
        coordinator.delete(f"/api/rota/shifts/{one}", headers=OWN_PAGE).status_code
        for one in (number, number, 999)
    ]

    assert [200, 409, 404] == answers
    assert not team_of(coordinator)["has_rota"]


@pytest.mark.parametrize(
    ("hours", "person", "status"),
    [("soon", "rescuer", 422), (DAY, "guardian", 422), (DAY, "nobody", 404), ("x" * 1001, "", 422)],
)
def test_a_shift_that_cannot_be_meant(
    coordinator: httpx.Client, world: World, hours: str, person: str, status: int
) -> None:
    """Hours nobody can read, and people who are no rescuers, are refused."""
    people = {"rescuer": world.rescuer_id, "guardian": world.guardian_id, "nobody": 999}

    assert status == shift(coordinator, people.get(person, world.rescuer_id), hours).status_code


def test_somebody_stands_in(coordinator: httpx.Client, world: World, clock: ManualClock) -> None:
    """An absence is on the list, changes who is asked, and can be taken back."""
    other = another_rescuer(world)
    shift(coordinator, world.rescuer_id)
    made = coordinator.post(
        "/api/absences",
        json={
            "away": world.rescuer_id,
            "stand_in": other,
            "from_at": clock.now().isoformat(),
            "until_at": (clock.now() + timedelta(hours=2)).isoformat(),
        },
        headers=OWN_PAGE,
    )
    during = team_of(coordinator)["asked"]
    (listed,) = coordinator.get("/api/rota").json()["absences"]
    ended = coordinator.delete(f"/api/absences/{listed['id']}", headers=OWN_PAGE)

    assert (200, 200, [other]) == (made.status_code, ended.status_code, during)
    assert (world.rescuer_id, other) == (listed["away"], listed["stand_in"])
    assert [world.rescuer_id] == team_of(coordinator)["asked"]


@pytest.mark.parametrize(
    "said",
    [
        {"from_at": "2026-11-23T12:00:00", "until_at": "2026-11-24T12:00:00"},
        {"from_at": "0001-01-01T00:00:00+08:00", "until_at": "2026-11-24T12:00:00Z"},
        {"from_at": "2026-11-24T12:00:00Z", "until_at": "2026-11-23T12:00:00Z"},
        {"from_at": "2026-11-23T12:00:00Z", "until_at": "9999-12-31T23:59:59-12:00"},
        {"from_at": "soon", "until_at": "later"},
    ],
)
def test_an_absence_that_cannot_be_meant(
    coordinator: httpx.Client, world: World, said: dict[str, str]
) -> None:
    """Times without an offset, backwards, or out of this world are refused."""
    answer = coordinator.post(
        "/api/absences", json={"away": world.guardian_id, **said}, headers=OWN_PAGE
    )

    assert 422 == answer.status_code


@pytest.mark.parametrize("at", ["2026-11-23T12:00:00", "0001-01-01T00:00:00+08:00", "soon"])
def test_an_instant_that_cannot_be_meant(coordinator: httpx.Client, at: str) -> None:
    """The rota is asked for an instant with its offset, within a few years."""
    assert 422 == coordinator.get("/api/rota", params={"at": at}).status_code


def test_quiet_hours_by_version(coordinator: httpx.Client, world: World) -> None:
    """Quiet hours are edited from the version that was read, and given up with null."""
    path = f"/api/people/{world.guardian_id}/quiet-hours"

    def put(hours: str | None, seen: str) -> int:
        headers = {**OWN_PAGE, **({"If-Match": seen} if seen else {})}
        return coordinator.put(path, json={"hours": hours}, headers=headers).status_code

    before = coordinator.get(path)
    first = put("周一至周日 22:00-06:00", before.headers["etag"])
    after = coordinator.get(path)

    assert (None, 200, "Mon-Sun 22:00-06:00") == (
        before.json()["hours"],
        first,
        after.json()["hours"],
    )
    assert [428, 422, 409, 200] == [
        put("Mon 1:00-2:00", ""),
        put("whenever", after.headers["etag"]),
        put(None, before.headers["etag"]),
        put(None, after.headers["etag"]),
    ]
    assert 404 == coordinator.get("/api/people/999/quiet-hours").status_code


def test_a_street_names_its_team(coordinator: httpx.Client, world: World) -> None:
    """A street's team is asked for its elders; one without rescuers is refused."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "blue", kind="rescue_team", name_zh="蓝天", name_en="Blue Sky"
        )
    refused = coordinator.put(
        "/api/organisations/xiashi/rescue-team", json={"team": "blue"}, headers=OWN_PAGE
    )
    blue = another_rescuer(world, organisation_id="blue")
    accepted = coordinator.put(
        "/api/organisations/xiashi/rescue-team", json={"team": "blue"}, headers=OWN_PAGE
    )
    with reading(world.engine) as connection:
        found = rosters.roster(connection, world.elder_id, world.clock.now())

    assert (422, 200, (blue,)) == (refused.status_code, accepted.status_code, found.rescuers)
    assert "没有救援队员" in refused.text


def test_the_forms_do_the_same(coordinator: httpx.Client, world: World) -> None:
    """Every change can be made by a plain form, and names may be written instead of numbers."""

    def post(path: str, **boxes: str) -> int:
        said = boxes
        return coordinator.post(path, data=said, headers=OWN_PAGE).status_code

    times = {"from_at": "2026-11-23T12:00", "until_at": "2026-11-24T12:00"}
    changes = [
        post("/rota/shifts", person=str(world.rescuer_id), hours="周一至周日 06:00-18:00"),
        post("/rota/absences", away="王大伯", stand_in="李阿姨", **times),
        post("/rota/quiet-hours", person="王大伯", hours="每天"),
        post("/rota/quiet-hours", person="王大伯", hours="周一至周日 22:00-06:00"),
        post("/rota/areas", organisation="xiashi", team="xiashi"),
    ]
    text = coordinator.get("/console/rota").text

    assert [303, 303, 422, 303, 303] == changes
    for said in ("周一至周日 06:00-18:00", "王大伯", "周一至周日 22:00-06:00", "未来7天的空档"):
        assert said in text
    assert [303, 303] == [
        post("/rota/shifts/1/end"),
        post("/rota/absences/1/end"),
    ]
    assert "没有人请假" in coordinator.get("/console/rota").text


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ({"away": "无名氏"}, "没有找到这个人"),
        ({"away": "王大伯", "stand_in": "救援队员甲"}, "同样的工作"),
        ({"away": "王大伯", "until_at": "2026-11-22T12:00"}, "结束时间要晚于开始时间"),
        ({"away": "王大伯", "until_at": "soon"}, "看不懂这个时间"),
        ({}, "请写明谁不在"),
    ],
)
def test_a_form_with_a_fault_says_what_to_mend(
    coordinator: httpx.Client, boxes: dict[str, str], words: str
) -> None:
    """A form that cannot be meant changes nothing and comes back with a sentence."""
    times = {"from_at": "2026-11-23T12:00", "until_at": "2026-11-24T12:00"}
    answer = coordinator.post("/rota/absences", data={**times, **boxes}, headers=OWN_PAGE)

    assert 422 == answer.status_code
    assert words in answer.text
    assert [] == coordinator.get("/api/rota").json()["absences"]


def test_two_of_one_name(coordinator: httpx.Client, world: World) -> None:
    """A name that two people have is not guessed at."""
    another_rescuer(world)
    another_rescuer(world)
    answer = coordinator.post(
        "/rota/quiet-hours", data={"person": "救援队员乙", "hours": ""}, headers=OWN_PAGE
    )

    assert 422 == answer.status_code
    assert "有多人同名" in answer.text


def test_another_site_changes_nothing(coordinator: httpx.Client, world: World) -> None:
    """With the cookie alone, from another page, nobody is put on the rota."""
    answer = coordinator.post(
        "/rota/shifts",
        data={"person": str(world.rescuer_id), "hours": DAY},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert 403 == answer.status_code
    assert not team_of(coordinator)["has_rota"]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_the_page_in_a_browser(
    browser: Browser, live_site: Site, size: tuple[int, int], scripts: bool
) -> None:
    """A coordinator writes a shift down by hand, sees the week and its gaps, on any screen."""
    with watched_page(browser, size, scripts=scripts, may_fail="/rota") as page:
        page.goto(live_site.url + "/console/rota")
        sign_in(page)
        expect(page.get_by_text("这支队伍没有排班")).to_be_visible()
        page.get_by_text("增加班次").first.click()
        form = page.locator("form[action='/rota/shifts']")
        form.get_by_label("时段").fill("全天")
        form.get_by_role("button", name="增加班次").click()
        expect(page.get_by_role("alert")).to_contain_text("看不懂这个时段")
        page.get_by_text("增加班次").first.click()
        form.get_by_label("时段").fill("周一至周日 06:00-18:00")
        form.get_by_role("button", name="增加班次").click()

        expect(page.get_by_role("status")).to_have_text("已保存。")
        expect(page.locator(".team")).to_contain_text("未来7天的空档")
        expect(page.locator(".team table")).to_contain_text("救援队员甲")
        if scripts:
            assert [] == clipped_texts(page)
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", name="Rota")).to_be_visible()


def test_an_empty_page_says_what_to_do(coordinator: httpx.Client, world: World) -> None:
    """Without a single rescuer the page says what comes first."""
    with world.engine.begin() as connection:
        connection.execute(schema.person.update().values(on_duty=False))

    assert "还没有登记救援队员" in coordinator.get("/console/rota").text


def test_the_timeline_says_who_was_disturbed() -> None:
    """A step that had to wake people, or the whole team, says so in the reader's language."""
    entry = EntryView(
        cursor=1,
        incident_id=1,
        number=1,
        at=datetime(2026, 11, 23, tzinfo=UTC),
        kind=EntryKind.STEP_STARTED,
        state=IncidentState.RESCUE,
        person_id=None,
        person_name=None,
        detail={"stage": "rescue", "step": 0, "asked": 3, "despite_quiet": 2, "rota_gap": True},
    )
    said = sentence(entry, words(Language.CHINESE).gettext)

    assert "其中2人正在请假或免打扰时段" in said
    assert "通知全队" in said
