"""Who looked is told, what is held can be had and erased, and links for families end."""

import io
import json
import zipfile

import httpx
import pytest
from pydantic import SecretStr

from core.accounts import AccountRole, Grant, Scope
from core.clock import ManualClock
from core.elders import FamilyMember
from core.sealing import new_key, sealer_of
from core.settings import Settings
from store import elder_secrets, family, looks, schema
from store.database import reading
from store.elder_secrets import SecretKind
from tests.accounts import bearer, staff_token
from tests.api.conftest import OWN_PAGE
from tests.api.world import SECRET, World
from tests.scenes import rows


@pytest.fixture
def settings() -> Settings:
    """Return settings with keys for what is sealed."""
    return Settings(
        secret_key=SecretStr(SECRET),
        data_keys=SecretStr(new_key()),
        public_url="http://121.example.org",
    )


def look(world: World, viewer: str, elder_id: int | None, purpose: str, **more: object) -> None:
    """Write one look down."""
    with world.engine.begin() as connection:
        looks.record(connection, viewer, elder_id, purpose, world.clock.now(), **more)  # type: ignore[arg-type]


def add_family(world: World) -> int:
    """Register a daughter; return her id."""
    member = FamilyMember(name="张小燕", relation="女儿", phone="+8613900007777")
    with world.engine.begin() as connection:
        return family.add(connection, world.elder_id, member, by="test", now=world.clock.now())


def test_looks_are_listed_page_by_page(
    world: World, coordinator: httpx.Client, clock: ManualClock
) -> None:
    """An auditor reads who looked, the newest first, also by elder and account."""
    for number in range(3):
        look(world, "li.na", world.elder_id, "incident", incident_id=number + 1)
        clock.advance(120)
    look(world, "wang.min", None, "live map", scope=Scope(organisations=frozenset({"xiashi"})))
    look(world, "far.away", None, "live map", scope=Scope(organisations=frozenset({"maqiao"})))
    first = coordinator.get("/api/looks", params={"limit": 3}).json()
    rest = coordinator.get("/api/looks", params={"limit": 3, "cursor": first["next"]}).json()
    of_elder = coordinator.get(f"/api/elders/{world.elder_id}/looks").json()
    by = coordinator.get("/api/looks", params={"by": "wang.min", "elder": world.elder_id}).json()

    assert ["far.away", "wang.min", "li.na"] == [one["viewer"] for one in first["items"]]
    assert [2, 1] == [one["incident_id"] for one in rest["items"]]
    assert rest["next"] is None
    assert ["wang.min", *["li.na"] * 3] == [one["viewer"] for one in of_elder["items"]]
    assert [["xiashi"]] == [one["organisations"] for one in by["items"]]


def test_a_look_says_what_the_viewer_was(world: World, clock: ManualClock) -> None:
    """Role and part of the town are those of the account, or of the volunteer, at that time."""
    grants = [
        Grant(AccountRole.COORDINATOR, "xiashi"),
        Grant(AccountRole.AUDITOR, None),
    ]
    staff_token(world.engine, clock.now(), name="zhou.qi", grants=grants)
    look(world, "zhou.qi", world.elder_id, "incident")
    look(world, f"person:{world.guardian_id}", world.elder_id, "answer page")
    with reading(world.engine) as connection:
        found = looks.looks_at(connection, world.elder_id)

    assert [(("guardian",), ("xiashi",)), (("coordinator",), ("xiashi",))] == [
        (one.roles, one.organisations) for one in found
    ]


def test_a_relative_sees_who_looked_and_no_name(
    world: World, coordinator: httpx.Client, client: httpx.Client, clock: ManualClock
) -> None:
    """The link opens without a login, shows roles and streets, and ends by hand or by time."""
    contact_id = add_family(world)
    grants = [Grant(AccountRole.COORDINATOR, "xiashi")]
    staff_token(world.engine, clock.now(), name="zhou.qi", grants=grants)
    look(world, "zhou.qi", None, "live map")
    clock.advance(3600)
    look(world, "zhou.qi", None, "live map")
    made = coordinator.post(
        f"/api/elders/{world.elder_id}/family-links",
        json={"contact_id": contact_id, "days": 7},
        headers=OWN_PAGE,
    )
    path = made.json()["url"].removeprefix("http://121.example.org")
    page = client.get(path)
    forged = client.get(path[:-2] + ("AA" if not path.endswith("AA") else "BB"))
    clock.advance(8 * 86_400)
    late = client.get(path)

    assert 201 == made.status_code
    assert 200 == page.status_code, page.text
    assert "指挥员（硖石街道）" in page.text
    assert "11-23 12:00–13:00 （2 次）" in page.text
    assert "zhou.qi" not in page.text
    assert "no-store" == page.headers["cache-control"]
    assert (404, 410) == (forged.status_code, late.status_code)


def test_a_link_that_was_revoked_opens_nothing(
    world: World, coordinator: httpx.Client, client: httpx.Client
) -> None:
    """Whoever made it, or a colleague, ends it at once; once is enough."""
    contact_id = add_family(world)
    base = f"/api/elders/{world.elder_id}/family-links"
    made = coordinator.post(base, json={"contact_id": contact_id}, headers=OWN_PAGE).json()
    path = made["url"].removeprefix("http://121.example.org")
    revoked = coordinator.post(f"{base}/{made['id']}/revoke", headers=OWN_PAGE)
    again = coordinator.post(f"{base}/{made['id']}/revoke", headers=OWN_PAGE)

    assert (200, 409) == (revoked.status_code, again.status_code)
    assert 410 == client.get(path).status_code
    assert [made["id"]] == [one["id"] for one in coordinator.get(base).json()["items"]]


def test_all_that_is_held_is_exported(
    world: World, settings: Settings, coordinator: httpx.Client
) -> None:
    """The file holds register, sealed numbers opened, trail and looks, and says what is what."""
    add_family(world)
    with world.engine.begin() as connection:
        sealer = sealer_of(settings)
        kind = SecretKind.IDENTITY_NUMBER
        elder_secrets.put(connection, sealer, world.elder_id, kind, "330481194403070021")
    answer = coordinator.get(f"/api/elders/{world.elder_id}/export", params={"purpose": "family"})
    held = zipfile.ZipFile(io.BytesIO(answer.content))
    read = {name: held.read(name).decode() for name in held.namelist()}

    assert "application/zip" == answer.headers["content-type"]
    assert ["张阿芬"] == [row["name"] for row in json.loads(read["elder.json"])]
    assert 5 == len(json.loads(read["ping.json"]))
    assert "330481194403070021" in read["sealed.json"]
    assert "张小燕" in read["family_contact.json"]
    assert ["export:family"] == [row["purpose"] for row in json.loads(read["looks.json"])]
    assert "登记信息" in read["README.txt"]


def test_a_volunteer_is_exported(world: World, coordinator: httpx.Client) -> None:
    """The file holds numbers and messages of that person alone, and the export is on record."""
    world.lose_elder()
    answer = coordinator.get(f"/api/people/{world.guardian_id}/export", params={"purpose": "self"})
    held = zipfile.ZipFile(io.BytesIO(answer.content))
    everything = b"".join(held.read(name) for name in held.namelist()).decode()

    assert "+8610020000011" in everything
    assert "+8610020000012" not in everything
    assert [{"exported": [None, "self"]}] == rows(
        world.engine, schema.registry_change, "changes", subject="person"
    )


def test_an_erasure_needs_two_and_leaves_nobody(
    world: World, coordinator: httpx.Client, client: httpx.Client, clock: ManualClock
) -> None:
    """One operator asks, another confirms; then the elder's addresses answer 404."""
    client.headers.update(bearer(staff_token(world.engine, clock.now(), name="second")))
    path = f"/api/elders/{world.elder_id}"
    asked = coordinator.post(f"{path}/erasure", headers=OWN_PAGE)
    confirm = f"/api/erasures/{asked.json()['id']}/confirm"
    alone = coordinator.post(confirm, headers=OWN_PAGE)
    done = client.post(confirm)
    listed = coordinator.get("/api/erasures").json()["items"]

    assert (201, 403, 200) == (asked.status_code, alone.status_code, done.status_code)
    assert 5 == done.json()["counts"]["ping"]
    assert ["second"] == [one["confirmed_by"] for one in listed]
    for address in (path, f"{path}/export?purpose=self", f"{path}/looks", f"{path}/explanation"):
        assert 404 == coordinator.get(address).status_code, address
    assert 200 == coordinator.get("/console").status_code
    assert 200 == coordinator.get("/api/incidents").status_code
    assert "张阿芬" not in coordinator.get("/api/elders").text


def test_an_erased_volunteer_is_not_there(
    world: World, coordinator: httpx.Client, client: httpx.Client, clock: ManualClock
) -> None:
    """The person's addresses answer 404, and lists do without them."""
    client.headers.update(bearer(staff_token(world.engine, clock.now(), name="second")))
    path = f"/api/people/{world.rescuer_id}"
    asked = coordinator.post(f"{path}/erasure", headers=OWN_PAGE)
    done = client.post(f"/api/erasures/{asked.json()['id']}/confirm")

    assert 200 == done.status_code, done.text
    assert 404 == coordinator.get(path).status_code
    assert "救援队员甲" not in coordinator.get("/api/people").text
    assert 200 == coordinator.get("/console/readiness").status_code
    assert 200 == coordinator.get("/console/rota").status_code


def test_retention_is_told(coordinator: httpx.Client) -> None:
    """The rules are there before the first run."""
    told = coordinator.get("/api/retention").json()

    assert 30 == told["days"]["positions"]
    assert ([], None) == (told["runs"], told["done_at"])


def test_the_auditors_page_lists_looks_and_changes(
    world: World, coordinator: httpx.Client, clock: ManualClock
) -> None:
    """Both lists are filtered by elder and account, page by page."""
    add_family(world)
    for _number in range(101):
        look(world, "li.na", world.elder_id, "incident")
        clock.advance(61)
    page = coordinator.get("/audit", params={"elder": world.elder_id, "by": "li.na"})
    later = page.text.partition('<p><a href="?')[2].partition('"')[0].replace("&amp;", "&")
    second = coordinator.get(f"/audit?{later}")
    none = coordinator.get("/audit", params={"until": "2020-01-01"})
    changes = coordinator.get("/audit", params={"show": "changes"})

    assert 100 == page.text.count("<tr>") - 1
    assert 1 == second.text.count("<tr>") - 1
    assert "没有人查看过" in none.text
    assert "老人" in changes.text
    assert 200 == coordinator.get("/audit?lang=en&show=changes").status_code
