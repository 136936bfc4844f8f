"""Operators look after other systems that are told; agencies say their own number for an event."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from alerts.relay_sender import RelaySender
from alerts.webhooks import secret_of, shown, signed_headers
from core.clock import SystemClock
from core.relays import ALL_EVENTS, SubscriberKind
from simulators.agency import Agency
from store import relays, subscribers
from store.database import reading
from tests.accounts import NAME
from tests.alerts.receivers import listening
from tests.api.conftest import OWN_PAGE
from tests.api.world import SECRET, World

KEY = SECRET.encode()
ADDRESS = "https://agency.example/events"


@pytest.fixture
def agency() -> Iterator[tuple[Agency, str]]:
    """Give an agency that listens, and where."""
    agency = Agency()
    with listening(agency.app) as url:
        yield agency, f"{url}/events"


def add(coordinator: httpx.Client, **said: Any) -> dict[str, Any]:
    """Register a system and return what the door says."""
    answer = coordinator.post(
        "/api/subscribers",
        json={"name": "公安指挥中心", "address": ADDRESS} | said,
        headers=OWN_PAGE,
    )

    assert 201 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def post(client: httpx.Client, path: str, **said: Any) -> httpx.Response:
    """Post a document from our own page."""
    return client.post(path, json=said, headers=OWN_PAGE)


def listed(coordinator: httpx.Client) -> list[dict[str, Any]]:
    """Return the systems as the door lists them."""
    found: list[dict[str, Any]] = coordinator.get("/api/subscribers").json()["subscribers"]
    return found


def send(world: World) -> None:
    """Send what waits."""
    sender = RelaySender(world.engine, world.clock, secret=KEY, public_url="http://x.example")
    while sender.deliver_due():
        pass
    sender.finish()


def test_a_secret_is_shown_once(coordinator: httpx.Client) -> None:
    """Whoever registers a system sees its secret; nobody sees it afterwards."""
    made = add(coordinator)

    assert shown(secret_of(KEY, made["id"], 1)) == made.pop("secret")
    assert [made] == listed(coordinator)
    assert (NAME, False, sorted(ALL_EVENTS)) == (
        made["added_by"],
        made["with_position"],
        made["events"],
    )


@pytest.mark.parametrize(
    "said",
    [
        {"address": "http://agency.example/"},
        {"address": "ftp://agency.example/"},
        {"address": ""},
        {"address": "https://a.example/" + "x" * 2000},
        {"name": ""},
        {"name": "x" * 100},
        {"events": []},
        {"events": ["no_such_event"]},
        {"with_position": "perhaps"},
    ],
)
def test_what_cannot_be_registered(coordinator: httpx.Client, said: dict[str, Any]) -> None:
    """A wrong address, name or event is refused, and nothing is kept."""
    body = {"name": "x", "address": ADDRESS} | said

    answer = coordinator.post("/api/subscribers", json=body, headers=OWN_PAGE)

    assert (422, []) == (answer.status_code, listed(coordinator))


def test_an_unknown_organisation_is_refused(coordinator: httpx.Client) -> None:
    """A scope names an organisation that is there."""
    body = {"name": "x", "address": ADDRESS, "organisation": "nowhere"}

    assert 404 == post(coordinator, "/api/subscribers", **body).status_code
    assert "xiashi" == add(coordinator, organisation="xiashi")["organisation"]


def test_another_site_registers_nothing(coordinator: httpx.Client) -> None:
    """A form on a foreign page cannot make us tell somebody else."""
    answer = coordinator.post(
        "/api/subscribers",
        json={"name": "x", "address": ADDRESS},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert (403, []) == (answer.status_code, listed(coordinator))


def test_pausing_and_going_on(coordinator: httpx.Client) -> None:
    """A system can be paused for a while, and its deliveries say nothing is lost."""
    path = f"/api/subscribers/{add(coordinator)['id']}/pause"
    paused = post(coordinator, path, paused=True).json()
    going_on = post(coordinator, path, paused=False).json()

    assert (True, None) == (paused["paused_at"] is not None, going_on["paused_at"])


def test_a_new_secret(coordinator: httpx.Client) -> None:
    """A secret that leaked is replaced by the next one."""
    made = add(coordinator)
    after = post(coordinator, f"/api/subscribers/{made['id']}/rotate").json()

    assert 2 == after["generation"]
    assert made["secret"] != after["secret"] == shown(secret_of(KEY, made["id"], 2))


def test_a_removed_system_is_gone(coordinator: httpx.Client) -> None:
    """After removal it is on no list, and nothing can be done with it."""
    path = f"/api/subscribers/{add(coordinator)['id']}"
    removed = post(coordinator, f"{path}/remove").status_code
    later = [post(coordinator, f"{path}/{do}").status_code for do in ("remove", "test", "rotate")]

    assert (200, [404, 404, 404], []) == (removed, later, listed(coordinator))


def test_a_room_belongs_to_the_settings(coordinator: httpx.Client, world: World) -> None:
    """A room's address is shown to nobody, and pages cannot remove what the settings name."""
    with world.engine.begin() as connection:
        subscribers.keep_rooms(connection, {"d" * 32: "WeCom Bot 1"}, now=world.clock.now())
    (room,) = listed(coordinator)
    path = f"/api/subscribers/{room['id']}"
    answers = [post(coordinator, f"{path}/{do}").status_code for do in ("remove", "rotate")]

    assert ("room", None, [403, 403]) == (room["kind"], room["address"], answers)
    assert 200 == post(coordinator, f"{path}/test").status_code


def test_a_test_event_goes_all_the_way(
    coordinator: httpx.Client, world: World, agency: tuple[Agency, str]
) -> None:
    """A test shows whether address and secret fit, with the agency's receipt."""
    made = add(coordinator, address=agency[1])
    agency[0].secret = made["secret"]
    event_id = post(coordinator, f"/api/subscribers/{made['id']}/test").json()["event_id"]
    send(world)
    found = coordinator.get(f"/api/subscribers/{made['id']}/deliveries").json()["deliveries"]

    assert [{"type": "test", "data": {"event_id": event_id}}] == [
        {key: body[key] for key in ("type", "data")} for body in agency[0].taken
    ]
    assert [("test", "done", 1, 202, f"JQ-{event_id}")] == [
        (d["event"], d["status"], d["attempts"], d["answer_code"], d["receipt"]) for d in found
    ]


def test_deliveries_hold_no_position(
    coordinator: httpx.Client, world: World, agency: tuple[Agency, str]
) -> None:
    """What was told stands there with its result; where the elder was does not."""
    made = add(coordinator, address=agency[1], with_position=True)
    agency[0].secret = made["secret"]
    incident_id = world.lose_elder()
    send(world)
    page = coordinator.get(f"/api/subscribers/{made['id']}/deliveries")

    assert "position" in str(agency[0].taken)
    assert "position" not in page.text
    assert [incident_id] == [d["incident"] for d in page.json()["deliveries"]]


# -- receipts that come later ----------------------------------------------------------------------


def waiting_event(coordinator: httpx.Client) -> tuple[str, bytes]:
    """Return the id of an event, and its subscriber's secret."""
    made = add(coordinator)
    event_id = post(coordinator, f"/api/subscribers/{made['id']}/test").json()["event_id"]
    return event_id, secret_of(KEY, made["id"], 1)


def hand_in(client: httpx.Client, event_id: str, secret: bytes, body: bytes) -> httpx.Response:
    """Post a receipt as an agency's programmers would."""
    now = SystemClock().now()
    headers = signed_headers([secret], event_id="msg_1", body=body, at=now)
    return client.post(f"/hooks/relays/{event_id}", content=body, headers=headers)


def receipt_of(world: World, event_id: str) -> str | None:
    """Return the receipt that is kept."""
    with reading(world.engine) as connection:
        relay = relays.load(connection, int(event_id.removeprefix("evt_")))
    assert relay is not None
    return relay.receipt


def test_a_receipt_can_come_later(
    coordinator: httpx.Client, client: httpx.Client, world: World
) -> None:
    """An agency that gives its number after minutes posts it, signed with the same secret."""
    event_id, secret = waiting_event(coordinator)

    answer = hand_in(client, event_id, secret, b'{"receipt": "JQ-7"}')

    assert (200, {"receipt": "JQ-7"}) == (answer.status_code, answer.json())
    assert "JQ-7" == receipt_of(world, event_id)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 422),
        (b"no json", 422),
        (b'{"receipt": ""}', 422),
        (b"[" * 4000, 422),
        (json.dumps({"receipt": "x" * 9000}).encode(), 413),
    ],
)
def test_a_receipt_without_a_number_is_refused(
    coordinator: httpx.Client, client: httpx.Client, world: World, body: bytes, status: int
) -> None:
    """Signed or not, a body without a receipt, or a large one, is kept nowhere."""
    event_id, secret = waiting_event(coordinator)

    assert status == hand_in(client, event_id, secret, body).status_code
    assert None is receipt_of(world, event_id)


def test_a_strangers_receipt_is_refused(
    coordinator: httpx.Client, client: httpx.Client, world: World
) -> None:
    """Another subscriber's secret, no signature and an unknown event all look the same."""
    event_id, secret = waiting_event(coordinator)
    other = secret_of(KEY, 99, 1)
    body = b'{"receipt": "forged"}'
    answers = [
        hand_in(client, event_id, other, body),
        client.post(f"/hooks/relays/{event_id}", content=body),
        hand_in(client, "evt_999", secret, body),
        hand_in(client, "whatever", secret, body),
    ]

    assert [403] * 4 == [answer.status_code for answer in answers]
    assert None is receipt_of(world, event_id)


def test_a_removed_agency_is_a_stranger(
    coordinator: httpx.Client, client: httpx.Client, world: World
) -> None:
    """Whoever was removed cannot write anything any more."""
    event_id, secret = waiting_event(coordinator)
    with world.engine.begin() as connection:
        (held,) = subscribers.all_of(connection, SubscriberKind.WEBHOOK)
        subscribers.remove(connection, held.id, now=world.clock.now())

    assert 403 == hand_in(client, event_id, secret, b'{"receipt": "x"}').status_code
