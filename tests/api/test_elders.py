"""Operators register elders over the API; others read what they need and no more."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from api.elder_documents import ElderListed
from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from core.settings import Settings
from store import registry, schema
from store.database import reading
from store.elder_lists import ElderLine
from tests.accounts import bearer, staff_token
from tests.api.conftest import Serve, Site
from tests.api.world import World
from tests.core.test_elder_rules import NUMBER

BODY = {
    "organisation_id": "xiashi",
    "name": "演示 沈阿婆",
    "birth_year": 1944,
    "sex": "f",
    "hint": "请慢慢说话",
    "risks": ["river", "sight"],
    "home_address": "演示路 121 号",
}
ENGLISH = {"lang": "en"}


def test_a_line_of_the_list_is_what_is_documented() -> None:
    """The list is written as the database gave it: with exactly the documented fields."""
    kept = [field.name for field in fields(ElderLine)]

    assert list(ElderListed.model_fields) == kept


def login(site: Site, role: AccountRole, organisation: str | None, name: str) -> httpx.Client:
    """Return a client with this one right."""
    world = site.world
    token = staff_token(
        world.engine, world.clock.now(), name=name, grants=[Grant(role, organisation)]
    )
    client = site.client()
    client.headers.update(bearer(token))
    return client


@pytest.fixture
def site(serve: Serve, world: World) -> Site:
    """Give the service with a second street."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "haizhou", kind="street", name_zh="海洲街道", name_en="Haizhou"
        )
    return serve(world)


@pytest.fixture
def operator(site: Site) -> Iterator[httpx.Client]:
    """Give an operator of Xiashi."""
    with login(site, AccountRole.OPERATOR, "xiashi", "op.xiashi") as client:
        yield client


@pytest.fixture
def neighbour(site: Site) -> Iterator[httpx.Client]:
    """Give an operator of the other street."""
    with login(site, AccountRole.OPERATOR, "haizhou", "op.haizhou") as client:
        yield client


@pytest.fixture
def searcher(site: Site) -> Iterator[httpx.Client]:
    """Give a coordinator of Xiashi."""
    with login(site, AccountRole.COORDINATOR, "xiashi", "co.xiashi") as client:
        yield client


@pytest.fixture
def auditor(site: Site) -> Iterator[httpx.Client]:
    """Give an auditor of Xiashi."""
    with login(site, AccountRole.AUDITOR, "xiashi", "au.xiashi") as client:
        yield client


def added(client: httpx.Client, **values: Any) -> str:
    """Register somebody and return their address."""
    answer = client.post("/api/elders", json=BODY | values)
    assert 201 == answer.status_code, answer.text
    return str(answer.headers["location"])


def named(answer: httpx.Response) -> dict[str, str]:
    """Return what an answer says of single fields."""
    assert "application/problem+json" == answer.headers["content-type"]
    return {one["field"]: one["detail"] for one in answer.json().get("errors", [])}


def test_an_elder_is_registered_and_read(operator: httpx.Client) -> None:
    """The answer says where the record is, in which version, and what is in it."""
    answer = operator.post("/api/elders", json=BODY | {"identity_number": NUMBER})
    read = operator.get(answer.headers["location"])

    assert (201, '"1"', answer.json()) == (answer.status_code, read.headers["etag"], read.json())
    assert BODY | {"risks": ["river", "sight"]} == {name: read.json()[name] for name in BODY}
    assert read.json()["has_identity_number"]
    assert NUMBER not in read.text


def test_what_is_odd_is_said(operator: httpx.Client) -> None:
    """A number that disagrees with the year is a warning; it is kept all the same."""
    body = BODY | {"identity_number": NUMBER, "birth_year": 1945, "sex": "m"}
    answer = operator.post("/api/elders", json=body)

    assert 201 == answer.status_code
    assert {"birth_year": "按身份证号，老人出生于 1944 年。", "sex": "身份证号是女性的。"} == {
        one["field"]: one["detail"] for one in answer.json()["warnings"]
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "body.name"),
        ({"birth_year": 1986 + 5}, "body.birth_year"),
        ({"birth_year": 10**30}, "body.birth_year"),
        ({"sex": "x"}, "body.sex"),
        ({"risks": ["dragons"]}, "body.risks.0"),
        ({"risks": ["river", "river"]}, "body.risks"),
        ({"name": "a\x00b"}, "body.name"),
        ({"name": "a\nb"}, "body.name"),
        ({"habits": "x" * 2001}, "body.habits"),
        ({"identity_number": "1" * 18}, "body.identity_number"),
        ({"nobody": 1}, "body.nobody"),
    ],
)
def test_what_cannot_be_meant_is_named(
    operator: httpx.Client, values: dict[str, Any], field: str
) -> None:
    """Each mistake is a 422 that names its field."""
    answer = operator.post("/api/elders", json=BODY | values)

    assert 422 == answer.status_code
    assert [field] == list(named(answer))


def test_the_same_person_is_not_registered_twice(operator: httpx.Client) -> None:
    """The other record is named; who is somebody else after all is registered by saying so."""
    where = added(operator)
    twin = operator.post("/api/elders", json=BODY)
    other = operator.post("/api/elders", json=BODY | {"also": True})

    assert (409, 201) == (twin.status_code, other.status_code)
    assert f" {where.rsplit('/', 1)[1]} 号" in twin.json()["detail"]


def test_a_twin_elsewhere_is_not_named(operator: httpx.Client, neighbour: httpx.Client) -> None:
    """That somebody is registered in another street is said without saying who or where."""
    where = added(operator, identity_number=NUMBER)
    body = BODY | {"organisation_id": "haizhou", "identity_number": NUMBER}
    answer = neighbour.post("/api/elders", json=body)

    assert 409 == answer.status_code
    assert where.rsplit("/", 1)[1] not in answer.json()["detail"]


def test_two_operators_do_not_overwrite_each_other(operator: httpx.Client) -> None:
    """The second to save hears that it changed meanwhile; without a version nothing is saved."""
    where = added(operator)
    first = operator.put(where, json=BODY | {"height_cm": 150}, headers={"If-Match": '"1"'})
    second = operator.put(where, json=BODY | {"height_cm": 160}, headers={"If-Match": '"1"'})
    blind = operator.put(where, json=BODY)
    whatever = operator.put(where, json=BODY, headers={"If-Match": "*"})

    assert [200, 412, 428, 428] == [one.status_code for one in (first, second, blind, whatever)]
    assert '"2"' == first.headers["etag"]
    assert 150 == operator.get(where).json()["height_cm"]


@pytest.mark.parametrize("said", ['"x"', "7 7", "W/", '"9999999999"'])
def test_a_version_nobody_gave_out_fits_nothing(operator: httpx.Client, said: str) -> None:
    """What is no version of ours is refused by the name of its header."""
    answer = operator.put(added(operator), json=BODY, headers={"If-Match": said})

    assert 422 == answer.status_code
    assert ["header.if-match"] == list(named(answer))


def test_other_streets_do_not_exist(operator: httpx.Client, neighbour: httpx.Client) -> None:
    """Whatever is tried from another street is answered as for nobody, and changes nothing."""
    where = added(operator)
    version = {"If-Match": '"1"'}
    tries = [
        neighbour.get(where),
        neighbour.put(where, json=BODY, headers=version),
        neighbour.post(f"{where}/archive", json={"why": "died"}, headers=version),
        neighbour.post(f"{where}/restore", headers=version),
        neighbour.get(f"{where}/sealed?purpose=search"),
        neighbour.put(f"{where}/sealed", json={"medical_notes": "x"}, headers=version),
        neighbour.get(f"{where}/photo"),
        neighbour.put(
            f"{where}/photo", content=b"x", headers=version | {"Content-Type": "image/jpeg"}
        ),
        neighbour.delete(f"{where}/photo", headers=version),
        neighbour.get(f"{where}/family"),
        neighbour.post(f"{where}/family", json={"name": "x", "phone": "13800000121"}),
        neighbour.get(f"{where}/family/1"),
        neighbour.delete(f"{where}/family/1", headers=version),
        neighbour.get(f"{where}/consents"),
        neighbour.post(
            f"{where}/consents",
            json={"given_by": "self", "given_on": "2026-01-01", "scopes": ["position"]},
        ),
        neighbour.post(f"{where}/consents/1/withdraw"),
        neighbour.get(f"{where}/history"),
        neighbour.post("/api/elders", json=BODY),
        operator.put(where, json=BODY | {"organisation_id": "haizhou"}, headers=version),
    ]

    assert {404} == {one.status_code for one in tries}
    assert '"1"' == operator.get(where).headers["etag"]


def test_the_list_goes_on_by_its_cursor(operator: httpx.Client, world: World) -> None:
    """Page by page each elder of the street comes once."""
    for number in range(5):
        added(operator, name=f"演示 {number}")
    seen: list[int] = []
    address = "/api/elders?limit=2"
    cursor = None
    for _ in range(5):
        answer = operator.get(address, params={"cursor": cursor} if cursor else {}).json()
        seen += [one["id"] for one in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break

    assert 7 == len(seen) == len(set(seen))
    assert {world.elder_id, world.other_elder_id} < set(seen)


def test_the_list_is_filtered(operator: httpx.Client) -> None:
    """By name, band and guardians; a cursor of nobody's is refused by name."""
    added(operator)

    def names(query: str) -> list[str]:
        return [one["name"] for one in operator.get(f"/api/elders?{query}").json()["items"]]

    assert ["演示 沈阿婆"] == names("name=演示") == names("without_band=true")
    assert ["张阿芬", "陈福根"] == names("without_guardians=false") == names("without_band=false")
    assert [] == names("organisation=haizhou") == names("archived=true")
    assert {"cursor"} == set(named(operator.get("/api/elders?cursor=x")))


def test_who_is_archived_is_left_out(operator: httpx.Client, world: World) -> None:
    """An archived elder is on no list but their own, wears no band, and comes back whole."""
    where = f"/api/elders/{world.elder_id}"
    gone = operator.post(
        f"{where}/archive", json={"why": "moved_away"}, headers={"If-Match": '"1"'}
    )
    listed = operator.get("/api/elders").json()["items"]
    archived = operator.get("/api/elders?archived=true").json()["items"]
    back = operator.post(f"{where}/restore", headers={"If-Match": '"2"'})

    assert (200, "moved_away", None) == (
        gone.status_code,
        gone.json()["archived_why"],
        gone.json()["device_id"],
    )
    assert [world.other_elder_id] == [one["id"] for one in listed]
    assert [world.elder_id] == [one["id"] for one in archived]
    assert (200, None) == (back.status_code, back.json()["archived_at"])


def test_nobody_is_archived_while_missing(operator: httpx.Client, world: World) -> None:
    """An open incident comes first."""
    world.lose_elder()
    answer = operator.post(
        f"/api/elders/{world.elder_id}/archive", json={"why": "died"}, headers={"If-Match": '"1"'}
    )

    assert 409 == answer.status_code


# -- sealed --------------------------------------------------------------------------------------


def test_a_look_at_what_is_sealed_is_on_record(operator: httpx.Client, world: World) -> None:
    """Opening it needs a purpose, and says who opened it for what."""
    where = added(operator, identity_number=NUMBER, medical_notes="演示：降压药")
    without = operator.get(f"{where}/sealed")
    opened = operator.get(f"{where}/sealed?purpose=records").json()
    with reading(world.engine) as connection:
        table = schema.look
        found = connection.execute(
            select(table.c.viewer, table.c.purpose).where(
                table.c.elder_id == int(where.rsplit("/", 1)[1])
            )
        ).all()

    assert 422 == without.status_code
    assert (NUMBER, "演示：降压药", []) == (
        opened["identity_number"],
        opened["medical_notes"],
        opened["withheld"],
    )
    assert [("op.xiashi", "sealed:records")] == [tuple(one) for one in found]


def test_who_searches_sees_medical_notes_while_searching(
    operator: httpx.Client, searcher: httpx.Client, world: World
) -> None:
    """A coordinator sees notes during an incident, the identity number never."""
    where = f"/api/elders/{world.elder_id}"
    body = {"identity_number": "", "medical_notes": "演示：降压药"}
    kept = operator.put(f"{where}/sealed", json=body, headers={"If-Match": '"1"'})
    operator.put(f"{where}/sealed", json={"identity_number": NUMBER}, headers={"If-Match": '"2"'})
    before = searcher.get(f"{where}/sealed?purpose=search")
    world.lose_elder()
    during = searcher.get(f"{where}/sealed?purpose=search")

    assert (200, True) == (kept.status_code, kept.json()["has_medical_notes"])
    assert (403, 200) == (before.status_code, during.status_code)
    assert (None, "演示：降压药", ["identity_number"]) == (
        during.json()["identity_number"],
        during.json()["medical_notes"],
        during.json()["withheld"],
    )
    assert NUMBER not in during.text


def test_who_searches_changes_nothing(searcher: httpx.Client, world: World) -> None:
    """A coordinator reads an elder and cannot write."""
    where, version = f"/api/elders/{world.elder_id}", {"If-Match": '"1"'}
    tries = [
        searcher.post("/api/elders", json=BODY),
        searcher.put(where, json=BODY, headers=version),
        searcher.put(f"{where}/sealed", json={}, headers=version),
        searcher.post(f"{where}/consents", json={}),
    ]

    assert 200 == searcher.get(where).status_code
    assert {403} == {one.status_code for one in tries}


def test_a_sealed_number_of_somebody_else_is_refused(operator: httpx.Client) -> None:
    """One identity number has one record, unless somebody insists; a wrong one is none."""
    first = added(operator, identity_number=NUMBER)
    second = added(operator, name="演示 妹妹")
    version = {"If-Match": '"1"'}
    same = operator.put(f"{second}/sealed", json={"identity_number": NUMBER}, headers=version)
    wrong = operator.put(f"{second}/sealed", json={"identity_number": "12"}, headers=version)
    own = operator.put(f"{first}/sealed", json={"identity_number": NUMBER}, headers=version)
    insisted = operator.put(
        f"{second}/sealed", json={"identity_number": NUMBER, "also": True}, headers=version
    )

    assert [409, 422, 200, 200] == [one.status_code for one in (same, wrong, own, insisted)]
    assert 1 == own.json()["version"]  # nothing changed


def test_without_a_key_nothing_is_sealed(serve: Serve, world: World, settings: Settings) -> None:
    """Without a key the answer says which setting is missing, and nothing is kept unsealed."""
    keyless = serve(world, changed=settings.model_copy(update={"data_keys": SecretStr("")}))
    with login(keyless, AccountRole.OPERATOR, "xiashi", "op.keyless") as client:
        plain = client.post("/api/elders", json=BODY)
        sealed = client.post("/api/elders", json=BODY | {"name": "演示 乙", "medical_notes": "x"})
        listed = client.get("/api/elders?name=演示 乙").json()["items"]

    assert (201, 503, []) == (plain.status_code, sealed.status_code, listed)
    assert "AIHUIJIA_DATA_KEYS" in sealed.json()["detail"]


# -- family, consent, history --------------------------------------------------------------------


def test_the_family_is_kept(operator: httpx.Client) -> None:
    """A contact is added with its number in one form, changed by version, and removed."""
    where = f"{added(operator)}/family"
    body = {"name": "演示 女儿", "relation": "女儿", "phone": "138 0000 0121"}
    made = operator.post(where, json=body)
    one = made.headers["location"]
    bad = operator.post(where, json=body | {"phone": "1380000012"})
    changed = operator.put(one, json=body | {"phone": "0573-87000121"}, headers={"If-Match": '"1"'})
    stale = operator.put(one, json=body, headers={"If-Match": '"1"'})
    listed = operator.get(where).json()["items"]
    gone = operator.delete(one, headers={"If-Match": '"2"'})

    assert (201, "+8613800000121") == (made.status_code, made.json()["phone"])
    assert (422, ["body.phone"]) == (bad.status_code, list(named(bad)))
    assert "11 位" in named(bad)["body.phone"]
    assert (200, 412, 204) == (changed.status_code, stale.status_code, gone.status_code)
    assert ["+8657387000121"] == [one["phone"] for one in listed]
    assert [] == operator.get(where).json()["items"]
    assert 404 == operator.get(one).status_code


def test_a_family_has_its_bounds(operator: httpx.Client) -> None:
    """Nobody has more than twenty contacts."""
    where = f"{added(operator)}/family"
    codes = [
        operator.post(where, json={"name": f"演示 {n}", "phone": "13800000121"}).status_code
        for n in range(21)
    ]

    assert [*([201] * 20), 409] == codes


def test_a_guardian_is_not_of_the_family(operator: httpx.Client, world: World) -> None:
    """A guardian's number among the family is remarked: one of the two entries is wrong."""
    where = f"/api/elders/{world.elder_id}/family"
    odd = operator.post(where, json={"name": "演示 侄子", "phone": "+8610020000011"})
    fine = operator.post(where, json={"name": "演示 侄子", "phone": "+8610020000013"})

    assert (["phone"], []) == (
        [one["field"] for one in odd.json()["warnings"]],
        fine.json()["warnings"],
    )


def test_consent_is_given_and_withdrawn(
    operator: httpx.Client, auditor: httpx.Client, clock: ManualClock
) -> None:
    """What holds today is said with the elder; what was withdrawn stays to be read."""
    where = added(operator)
    today = (clock.now() + timedelta(hours=8)).date()
    body = {
        "given_by": "family",
        "giver_name": "演示 女儿",
        "given_on": today.isoformat(),
        "scopes": ["position", "photo_public"],
    }
    tomorrow = {"given_on": (today + timedelta(days=1)).isoformat()}
    early = operator.post(f"{where}/consents", json=body | tomorrow)
    nobody = operator.post(f"{where}/consents", json=body | {"giver_name": ""})
    given = operator.post(f"{where}/consents", json=body)
    held = operator.get(where).json()["consents"]
    consent_id = given.json()["items"][0]["id"]
    address = f"{where}/consents/{consent_id}/withdraw"
    withdrawn, again = operator.post(address), operator.post(address)
    kept = auditor.get(f"{where}/consents").json()

    assert (422, ["body.given_on"]) == (early.status_code, list(named(early)))
    assert (422, ["body.giver_name"]) == (nobody.status_code, list(named(nobody)))
    assert (201, ["photo_public", "position"]) == (given.status_code, held)
    assert (200, 409) == (withdrawn.status_code, again.status_code)
    assert ([], "op.xiashi") == (kept["in_force"], kept["items"][0]["withdrawn_by"])


def test_the_history_names_who_changed_what(
    operator: httpx.Client, auditor: httpx.Client, searcher: httpx.Client
) -> None:
    """Operators and auditors read it, with shown names; what is sealed is not in it."""
    where = added(operator, medical_notes="演示：降压药")
    operator.put(where, json=BODY | {"height_cm": 150}, headers={"If-Match": '"1"'})
    first = auditor.get(f"{where}/history?limit=1").json()
    rest = auditor.get(f"{where}/history", params={"cursor": first["next"]}).json()
    whole = auditor.get("/api/history?by=op.xiashi&subject=elder").json()

    (newest,) = first["items"]
    assert ("op.xiashi", "测试员 op.xiashi", 2) == (
        newest["by"],
        newest["by_name"],
        newest["version"],
    )
    assert [{"field": "height_cm", "before": None, "after": 150}] == newest["changes"]
    assert [1] == [one["version"] for one in rest["items"]]
    assert "降压药" not in str(rest)
    assert [newest["id"], rest["items"][0]["id"]] == [one["id"] for one in whole["items"]]
    assert 200 == operator.get(f"{where}/history").status_code
    assert 403 == searcher.get(f"{where}/history").status_code
    assert 403 == operator.get("/api/history").status_code


def test_an_auditor_elsewhere_sees_none_of_it(site: Site, operator: httpx.Client) -> None:
    """The history of another street's elders is not in an auditor's list."""
    added(operator)
    with login(site, AccountRole.AUDITOR, "haizhou", "au.haizhou") as client:
        assert [] == client.get("/api/history").json()["items"]


def test_refusals_are_read_in_both_languages(operator: httpx.Client) -> None:
    """Chinese first, English when asked for."""
    bad = BODY | {"birth_year": 1995}
    chinese = named(operator.post("/api/elders", json=bad))
    english = named(operator.post("/api/elders", json=bad, params=ENGLISH))

    assert "出生年份" in chinese["body.birth_year"]
    assert "year of birth" in english["body.birth_year"]
