"""Notices and codes through the provider's hooks: receipts by token, a code as a reply."""

import httpx
import pytest
from pydantic import SecretStr

from alerts import inbox, verification
from alerts.notices import NoticeKind, tell_operators
from core.people import Channel
from core.settings import Settings
from store import contact_points, schema
from store.database import reading
from tests.api.hook_bench import GUARDIAN, NEW, PUBLIC, STRANGER, Provider
from tests.api.test_readiness import code_sent, point_of
from tests.api.world import SECRET, World
from tests.scenes import rows


@pytest.fixture
def settings() -> Settings:
    """Return settings with the provider's secret."""
    return Settings(
        secret_key=SecretStr(SECRET), public_url=PUBLIC, twilio_auth_token=SecretStr(NEW)
    )


@pytest.fixture
def provider(client: httpx.Client) -> Provider:
    """Give the provider."""
    return Provider(client)


@pytest.fixture
def point_id(world: World) -> int:
    """Send a code to a guardian's number; return the contact point."""
    point_id = point_of(world, world.guardian_id)
    with world.engine.begin() as connection:
        now = world.clock.now()
        verification.start(connection, point_id, secret=SECRET.encode(), by="tests", now=now)
    return point_id


def is_verified(world: World, point_id: int) -> bool:
    """Say whether a number is verified."""
    with reading(world.engine) as connection:
        return contact_points.point(connection, point_id).verified_at is not None


def test_a_receipt_finds_its_notice(provider: Provider, world: World) -> None:
    """The token of a notice is accepted at the same door as an incident's, and not mixed up."""
    with world.engine.begin() as connection:
        tell_operators(connection, NoticeKind.AUDIT_FAILED, "x", {"rule": "x"}, world.clock.now())
        connection.execute(schema.notice.update().values(status="sent", attempts=1))
    (notice_id,) = rows(world.engine, schema.notice, "id")

    assert 204 == provider.says(f"n{notice_id}-1", "delivered")
    inbox.process_receipts(world.engine, world.clock)

    assert ["delivered"] == rows(world.engine, schema.notice, "status")
    assert 400 == provider.says("x1-1", "delivered")


def test_the_code_as_a_reply_verifies(provider: Provider, world: World, point_id: int) -> None:
    """Who answers with the code is thanked, and the number is verified."""
    (answer,) = provider.texts(code_sent(world), sender=GUARDIAN)

    assert "已验证" in answer
    assert is_verified(world, point_id)


def test_a_wrong_code_is_said_to_be_wrong(provider: Provider, world: World, point_id: int) -> None:
    """Another six digits are no code, and the person hears that."""
    wrong = f"{(int(code_sent(world)) + 1) % 10**6:06d}"
    (answer,) = provider.texts(wrong, sender=GUARDIAN)

    assert "验证码不对" in answer
    assert not is_verified(world, point_id)


def test_a_strangers_digits_prove_nothing(provider: Provider, world: World, point_id: int) -> None:
    """The right code from another phone does not verify the guardian's number."""
    provider.texts(code_sent(world), sender=STRANGER)

    assert not is_verified(world, point_id)


def test_a_reply_is_a_success_of_that_number(provider: Provider, world: World) -> None:
    """Any text from a number shows that its owner has it in hand."""
    provider.texts("你好", sender=GUARDIAN)

    point = point_of(world, world.guardian_id, Channel.SMS)
    with reading(world.engine) as connection:
        assert world.clock.now() == contact_points.point(connection, point).last_ok_at
