"""Aliyun's reports and replies: who is believed, what is kept, what it does."""

import json
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from alerts import inbox
from core.clock import ManualClock
from core.incidents import IncidentState
from core.settings import Settings
from store import incidents, schema
from store.database import reading
from tests.alerts.test_aliyun_reports import END, SMS, STEP
from tests.api.conftest import Serve
from tests.api.hook_bench import call_to, inbox_of, numbers_of
from tests.api.world import SECRET, World
from tests.scenes import AlertsRole

HOOK_SECRET = "a-secret_of-the-hooks-0123456789ab"
DOORS = ("sms-report", "sms-up", "voice-report")
THANKS = {"code": 0, "msg": "接收成功"}


@pytest.fixture
def settings() -> Settings:
    """Return settings with a secret for Aliyun's addresses."""
    return Settings(
        secret_key=SecretStr(SECRET),
        public_url="http://121.example.org",
        aliyun_hook_secret=SecretStr(HOOK_SECRET),
    )


@pytest.fixture
def alerts(world: World, clock: ManualClock) -> AlertsRole:
    """Give the alerts role of the small world."""
    return AlertsRole(world.engine, clock)


class Provider:
    """Pushes batches to our doors."""

    def __init__(self, client: httpx.Client) -> None:
        """Know the secret."""
        self._client = client

    def push(self, door: str, *items: Any, secret: str = HOOK_SECRET) -> httpx.Response:
        """Push one batch."""
        body = json.dumps(items, ensure_ascii=False).encode()
        return self.post(door, body, secret=secret)

    def post(self, door: str, body: bytes, *, secret: str = HOOK_SECRET) -> httpx.Response:
        """Post these bytes."""
        return self._client.post(
            f"/hooks/aliyun/{secret}/{door}",
            content=body,
            headers={"Content-Type": "application/json"},
        )


@pytest.fixture
def provider(client: httpx.Client) -> Provider:
    """Give the provider."""
    return Provider(client)


def arrivals(world: World) -> int:
    """Return how much is kept in the inbox."""
    with reading(world.engine) as connection:
        return connection.scalar(select(func.count()).select_from(schema.inbox)) or 0


def state_after(world: World, incident_id: int) -> IncidentState:
    """Return how the incident stands when all that arrived is handled, by whoever is first."""
    inbox.process_pending(world.engine, world.clock)
    with reading(world.engine) as connection:
        return incidents.load(connection, incident_id).state


# -- who is believed -------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("secret", ["another", HOOK_SECRET[:-1], HOOK_SECRET + "0", "ü"])
def test_nobody_without_the_secret_is_believed(
    provider: Provider, world: World, door: str, secret: str
) -> None:
    """Aliyun signs nothing: only the address proves who calls, and nothing else is kept."""
    assert 403 == provider.push(door, SMS, secret=secret).status_code
    assert 0 == arrivals(world)


@pytest.mark.parametrize("door", DOORS)
def test_without_a_secret_the_doors_are_closed(
    serve: Serve, world: World, settings: Settings, door: str
) -> None:
    """A service that was given no secret believes nobody."""
    bare = settings.model_copy(update={"aliyun_hook_secret": SecretStr("")})
    with serve(world, changed=bare).client() as client:
        answers = [
            Provider(client).push(door, SMS, secret=secret).status_code
            for secret in (HOOK_SECRET, "x")
        ]

    assert [403, 403] == answers
    assert 0 == arrivals(world)


# -- what is kept ----------------------------------------------------------------------------------


def test_a_batch_is_kept_and_thanked_for(provider: Provider, world: World) -> None:
    """Each item is an arrival of its own, and the answer is the one Aliyun waits for."""
    second = {**SMS, "biz_id": "901^0", "out_id": "13-1"}
    answer = provider.push("sms-report", SMS, second)

    assert (200, THANKS) == (answer.status_code, answer.json())
    assert [12, 13] == [body["notification"] for body in inbox_of(world, "receipt")]


def test_a_batch_that_comes_again_counts_once(provider: Provider, world: World) -> None:
    """Late thanks bring it again, alone or in another batch, and an item may come twice in one."""
    for batch in ([SMS], [SMS, SMS], [{**SMS, "out_id": "14-1", "biz_id": "902^0"}, SMS]):
        assert THANKS == provider.push("sms-report", *batch).json()

    assert [12, 14] == [body["notification"] for body in inbox_of(world, "receipt")]


def test_one_bad_item_spoils_no_other(provider: Provider, world: World) -> None:
    """Reports of other programs, tests and nonsense are thanked for, and the good one is kept."""
    answer = provider.push("sms-report", {"out_id": "67890"}, None, [], 7, "x", SMS)

    assert THANKS == answer.json()
    assert [12] == [body["notification"] for body in inbox_of(world, "receipt")]
    inbox.process_pending(world.engine, world.clock)
    table = schema.inbox
    with reading(world.engine) as connection:
        outcomes = set(
            connection.scalars(select(table.c.outcome).where(table.c.kind == "unreadable"))
        )
    assert {"unknown_kind"} == outcomes


def test_an_empty_batch_is_thanked_for(provider: Provider) -> None:
    """The console's own test of the address sends little."""
    assert THANKS == provider.push("sms-report").json()


@pytest.mark.parametrize("body", [b"", b"{", b'"x"', b"7", b"null", b"[" * 100_000, b"\xff\xfe"])
@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_batch_is_refused(
    provider: Provider, world: World, door: str, body: bytes
) -> None:
    """No JSON array, no entry."""
    assert 400 == provider.post(door, body).status_code
    assert 0 == arrivals(world)


def test_a_batch_is_bounded(provider: Provider, world: World) -> None:
    """Neither a giant body nor a giant number of items is taken."""
    too_long = provider.post("sms-report", b"[" + b" " * (1024 * 1024) + b"]")
    too_many = provider.post("sms-report", b"[" + b"1," * 6000 + b"1]")

    assert (413, 413) == (too_long.status_code, too_many.status_code)
    assert 0 == arrivals(world)


# -- what it does ----------------------------------------------------------------------------------


def test_a_reply_is_an_answer(provider: Provider, alerts: AlertsRole, world: World) -> None:
    """A guardian's 1 in a text is an acceptance, from the number as Aliyun writes it."""
    incident_id = world.lose_elder()
    alerts.tick()
    number = numbers_of(world)[world.guardian_id].removeprefix("+86")
    item = {
        "phone_number": number,
        "content": "１",
        "send_time": "2026-11-23 12:00:00",
        "dest_code": "121",
        "sequence_id": 1,
    }
    provider.push("sms-up", item)
    provider.push("sms-up", item)

    assert IncidentState.ACCEPTED is state_after(world, incident_id)
    assert 1 == len(inbox_of(world, "reply"))


@pytest.mark.parametrize("door_item", [STEP | {"status_code": "300000"}, END])
def test_a_key_is_an_answer(
    provider: Provider, alerts: AlertsRole, world: World, door_item: dict[str, Any]
) -> None:
    """A guardian's key 1, told during the call or at its end, is an acceptance."""
    incident_id = world.lose_elder()
    call = call_to(world, alerts, world.guardian_id)
    provider.push("voice-report", door_item | {"out_id": call.message.token, "dtmf": "91"})

    assert IncidentState.ACCEPTED is state_after(world, incident_id)


def test_only_hearing_it_again_answers_nothing(
    provider: Provider, alerts: AlertsRole, world: World
) -> None:
    """Who pressed 9 and hung up has not answered."""
    incident_id = world.lose_elder()
    call = call_to(world, alerts, world.guardian_id)
    provider.push("voice-report", END | {"out_id": call.message.token, "dtmf": "9"})

    assert IncidentState.GUARDIANS is state_after(world, incident_id)


def test_a_stranger_s_text_changes_nothing(
    provider: Provider, alerts: AlertsRole, world: World
) -> None:
    """A number nobody registered is thanked for and does nothing."""
    incident_id = world.lose_elder()
    alerts.tick()
    item = {"phone_number": "10020009999", "content": "1", "sequence_id": 5}

    assert THANKS == provider.push("sms-up", item).json()
    assert IncidentState.GUARDIANS is state_after(world, incident_id)


def test_a_report_settles_its_message(provider: Provider, alerts: AlertsRole, world: World) -> None:
    """A report with our token finds the attempt and its message, and says delivered."""
    world.lose_elder()
    alerts.tick()
    token = alerts.sms.sent[0].message.token
    provider.push("sms-report", {**SMS, "out_id": token})
    inbox.process_pending(world.engine, world.clock)
    table = schema.notification
    with reading(world.engine) as connection:
        status = connection.scalar(
            select(table.c.status).where(table.c.id == int(token.partition("-")[0]))
        )

    assert "delivered" == status
