"""A viewer of one street: what they are told, what they may change, and what stays theirs."""

import httpx
import pytest

from core.accounts import AccountRole
from core.incidents import EntryKind
from store import map_views, registry, schema
from store.database import reading
from tests.accounts import NAME, bearer
from tests.api.conftest import OWN_PAGE
from tests.api.scoped_world import ELSEWHERE, token_of, token_of_street
from tests.api.test_live import watching
from tests.api.test_policies import ladder
from tests.api.world import BAND, STRAY, World


@pytest.fixture
def neighbour(world: World) -> int:
    """Register an elder with a band in the second street; return the elder's id."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, ELSEWHERE, kind="street", name_zh="马桥街道", name_en="Maqiao Street"
        )
        elder_id = registry.add_elder(
            connection, organisation_id=ELSEWHERE, name="吴招娣", birth_year=1940, sex="f"
        )
        registry.pair_guardian(connection, elder_id, 1, world.guardian_id)
        registry.pair_guardian(connection, elder_id, 2, world.other_guardian_id)
    return elder_id


def test_the_feed_tells_a_street_its_own(
    client: httpx.Client, world: World, neighbour: int
) -> None:
    """A coordinator of one street hears of its incidents only, live and when asking later."""
    client.headers.update(bearer(token_of(world, AccountRole.COORDINATOR, ELSEWHERE)))
    foreign = world.lose_elder()
    own = world.lose_elder(elder_id=neighbour)
    with watching(client, after=0) as events:
        heard = next(event for event in events if event.name == "incident")
    later = client.get("/live/since", params={"cursor": "0"}).json()

    assert foreign < own
    assert own == heard.data["incident_id"]
    assert {own} == {entry["incident_id"] for entry in later["entries"]}


def test_a_feed_with_nothing_to_tell_goes_on(client: httpx.Client, world: World) -> None:
    """What happens elsewhere is no reason to begin anew, however much it is."""
    world_token = bearer(token_of(world, AccountRole.COORDINATOR))
    world.lose_elder()
    everything = client.get("/live/since", params={"cursor": "0"}, headers=world_token).json()
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, ELSEWHERE, kind="street", name_zh="马桥街道", name_en="Maqiao Street"
        )
    client.headers.update(bearer(token_of(world, AccountRole.COORDINATOR, ELSEWHERE)))
    answer = client.get("/live/since", params={"cursor": "0"}).json()
    ahead = client.get("/live/since", params={"cursor": str(everything["cursor"] + 9)}).json()

    assert ([], False) == (answer["entries"], answer["resync"])
    assert (everything["cursor"], True) == (ahead["cursor"], ahead["resync"])


def test_a_band_brings_no_past_with_it(client: httpx.Client, world: World, neighbour: int) -> None:
    """Who wears a band now is seen with their own trail, not with that of the one before."""
    now = world.clock.now()
    with world.engine.begin() as connection:
        connection.execute(
            schema.band.update().where(schema.band.c.device_id == BAND).values(elder_id=neighbour)
        )
        connection.execute(
            schema.latest.update()
            .where(schema.latest.c.device_id == BAND)
            .values(elder_id=neighbour, heard_at=now)
        )
    client.headers.update(bearer(token_of(world, AccountRole.OPERATOR, ELSEWHERE)))
    answer = client.get(f"/api/bands/{BAND}/trail")

    assert (200, []) == (answer.status_code, answer.json()["features"])


def test_bands_of_nobody_are_for_everybody_to_claim(
    client: httpx.Client, world: World, neighbour: int
) -> None:
    """An unregistered band is on the list of every office, and on the whole town's map only."""
    assert neighbour
    client.headers.update(bearer(token_of_street(world, ELSEWHERE)))
    listed = client.get("/api/bands/unknown").text
    street = client.get("/api/bands").text
    town = client.get("/api/bands", headers=bearer(world.token)).text

    assert (True, False, True) == (STRAY in listed, STRAY in street, STRAY in town)


def test_only_the_whole_town_edits_what_holds_everywhere(
    client: httpx.Client, world: World, neighbour: int
) -> None:
    """A street's operator edits the street's ladder, not the town's, and not another street's."""
    assert neighbour
    client.headers.update(bearer(token_of(world, AccountRole.OPERATOR, ELSEWHERE)))

    def put(**scope: str) -> int:
        said = {"json": ladder(), "headers": {"If-Match": '"0"'}}
        return client.put("/api/policies/normal", params=scope, **said).status_code  # type: ignore[arg-type]

    street, other = put(organisation=ELSEWHERE), put(organisation="xiashi")
    elder, town = put(elder=str(world.elder_id)), put()

    assert (200, 404, 404, 403) == (street, other, elder, town)


def test_an_administrator_edits_the_town_and_no_elder(client: httpx.Client, world: World) -> None:
    """An administrator may set what holds for everybody, and sees no elder's own ladder."""
    client.headers.update(bearer(token_of(world, AccountRole.ADMINISTRATOR)))
    said = {"json": ladder(), "headers": {"If-Match": '"0"'}}
    town = client.put("/api/policies/normal", **said).status_code  # type: ignore[arg-type]
    elder = client.get("/api/policies", params={"elder": str(world.elder_id)}).status_code

    assert (200, 404) == (town, elder)


def test_the_timeline_names_who_gave_an_order(coordinator: httpx.Client, world: World) -> None:
    """A note is kept under its account, whatever the form says, and shown by the shown name."""
    incident_id = world.lose_elder()
    coordinator.post(
        f"/incidents/{incident_id}/orders",
        data={"do": "note", "text": "看到了", "by": "somebody else"},
        headers=OWN_PAGE,
    )
    with reading(world.engine) as connection:
        entries = map_views.entries_of(connection, incident_id)
    (note,) = [entry for entry in entries if entry.kind is EntryKind.NOTE]
    page = coordinator.get(f"/console/incidents/{incident_id}").text

    assert (NAME, f"测试员 {NAME}") == (note.detail["by"], note.account_name)
    assert f"测试员 {NAME}备注：看到了" in page


def test_each_role_begins_on_its_own_page(client: httpx.Client, world: World) -> None:
    """The front door leads to the first page that a role opens; a stranger to the form."""
    led = {
        role.value: client.get("/", headers=bearer(token_of(world, role))).headers["location"]
        for role in AccountRole
    }

    assert {
        "administrator": "/accounts",
        "operator": "/console/bands",
        "coordinator": "/console",
        "auditor": "/audit",
    } == led
    assert "/login" == client.get("/").headers["location"]
