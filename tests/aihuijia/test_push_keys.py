"""The key pair for Web Push, and what the alerts role makes of its settings."""

import re

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from aihuijia.__main__ import app
from aihuijia.senders import senders_for
from alerts.channels.web_push import PushKeys
from core.errors import SettingError
from core.people import Channel
from core.settings import Settings

TWILIO = Settings(
    sms_provider="twilio",
    twilio_account_sid="AC00000000000000000000000000000121",
    twilio_auth_token=SecretStr("a token of tests"),
    twilio_from="+15005550006",
)


def printed() -> dict[str, str]:
    """Return the settings that the command prints, and the public half."""
    said = CliRunner().invoke(app, ["push-keys"]).stdout
    found = dict(re.findall(r"^(AIHUIJIA_\w+)=(\S+)", said, flags=re.MULTILINE))
    public = re.search(r"public half: (\S+)", said)
    assert public is not None
    return found | {"public": public[1]}


def test_a_fresh_pair_can_be_used() -> None:
    """What the command prints is a key that signs, with the public half that belongs to it."""
    pair = printed()

    assert pair["public"] == PushKeys(pair["AIHUIJIA_VAPID_PRIVATE_KEY"], "").public_key
    assert 87 == len(pair["public"])


def test_each_pair_is_another() -> None:
    """Nothing of a pair is kept."""
    assert printed()["public"] != printed()["public"]


def test_push_is_off_without_a_key() -> None:
    """Without a key there is no push channel, and nothing else is missed."""
    assert Channel.PUSH not in senders_for(TWILIO)


def test_push_is_on_with_a_key() -> None:
    """With key and subject there is a push channel beside the others."""
    on = TWILIO.model_copy(
        update={
            "vapid_private_key": SecretStr(printed()["AIHUIJIA_VAPID_PRIVATE_KEY"]),
            "vapid_subject": "mailto:duty@121.example.org",
        }
    )

    assert ["webpush"] == [sender.provider for sender in senders_for(on)[Channel.PUSH]]


def test_a_key_needs_a_subject() -> None:
    """Push services refuse whoever cannot be written to; the start says so first."""
    half = TWILIO.model_copy(
        update={"vapid_private_key": SecretStr(printed()["AIHUIJIA_VAPID_PRIVATE_KEY"])}
    )

    with pytest.raises(SettingError, match="AIHUIJIA_VAPID_SUBJECT"):
        senders_for(half)
