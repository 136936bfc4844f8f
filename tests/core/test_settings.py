"""A setting that is missing or wrong is named, with the problem and an example."""

from pathlib import Path
from typing import Any

import pytest

from core import settings
from core.clock import ScaledClock, SystemClock
from core.errors import SettingError
from core.settings import PREFIX, Settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start each test with none of our variables, in an empty folder."""
    import os

    for variable in list(os.environ):
        if variable.startswith(PREFIX):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)


def test_nothing_set_is_the_embedded_service() -> None:
    """Without any setting the service runs in one process on one file, and makes its folder."""
    loaded = settings.load()

    assert ("sqlite:///var/aihuijia.db", "embedded", 1.0) == (
        loaded.database_url,
        loaded.broker_url,
        loaded.clock_speed,
    )
    assert Path("var").is_dir()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", ""),
        ("BROKER_URL", "http://127.0.0.1"),
        ("BROKER_URL", "mqtt://"),
        ("EMBEDDED_BROKER_PORT", "0"),
        ("EMBEDDED_BROKER_PORT", "many"),
        ("TOPIC_PREFIX", "121/#"),
        ("TOPIC_PREFIX", "/121"),
        ("MQTT_CLIENT_ID", ""),
        ("HTTP_PORT", "65536"),
        ("PUBLIC_URL", "https://121.example.org/"),
        ("PUBLIC_URL", "121.example.org"),
        ("SMS_PROVIDER", "pigeon"),
        ("TWILIO_FROM", "12345"),
        ("TWILIO_API_URL", "ftp://x"),
        ("SMS_LINKS", "perhaps"),
        ("CLOCK_SPEED", "0"),
        ("CLOCK_SPEED", "nan"),
        ("CLOCK_SPEED", "inf"),
        ("CLOCK_ORIGIN", "2026-11-23T00:00:00"),  # without a zone
        ("CLOCK_ORIGIN", "yesterday"),
        ("TICK_S", "0"),
        ("TICK_S", "11"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_is_named_with_an_example(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The error names the variable, says what is wrong with it and shows one that works."""
    monkeypatch.setenv(PREFIX + name, value)

    with pytest.raises(SettingError) as caught:
        settings.load()

    example = Settings.model_fields[name.lower()].examples
    assert example is not None
    assert f"Setting {PREFIX}{name}: " in str(caught.value)
    assert f"Example: {PREFIX}{name}={example[0]}" in str(caught.value)


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who got three settings wrong is told of all three."""
    for name, value in (("HTTP_PORT", "x"), ("TICK_S", "x"), ("LOG_LEVLE", "INFO")):
        monkeypatch.setenv(PREFIX + name, value)

    with pytest.raises(SettingError) as caught:
        settings.load()

    lines = str(caught.value).splitlines()
    assert 3 == len(lines)


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("AIHUIJIA_DATABSE_URL", "Did you mean AIHUIJIA_DATABASE_URL?"),
        ("AIHUIJIA_XYZZY", "docs/settings.md"),
    ],
)
def test_an_unknown_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, hint: str
) -> None:
    """A misspelt variable would be a setting that silently does not count: it stops the start."""
    monkeypatch.setenv(variable, "x")

    with pytest.raises(SettingError, match=variable) as caught:
        settings.load()

    assert hint in str(caught.value)


@pytest.mark.parametrize("address", ["http://hc.example/ping", "hc.example", "ftp://x/y"])
def test_a_heartbeat_leaves_only_over_tls(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Its address opens the check: over plain HTTP it stays on this machine."""
    monkeypatch.setenv("AIHUIJIA_HEARTBEAT_URL", address)
    with pytest.raises(SettingError, match="AIHUIJIA_HEARTBEAT_URL") as caught:
        settings.load()
    assert address not in str(caught.value)
    for good in ("https://hc.example/ping", "http://127.0.0.1:1/ping"):
        monkeypatch.setenv("AIHUIJIA_HEARTBEAT_URL", good)
        assert good == settings.load().heartbeat_url.get_secret_value()


def test_a_secret_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings' text nor an error shows a secret."""
    secret = "do-not-print-me-1234567890123456"
    for name in ("SECRET_KEY", "BAND_KEY", "TWILIO_AUTH_TOKEN"):
        monkeypatch.setenv(PREFIX + name, secret)
    loaded = settings.load()
    monkeypatch.setenv(PREFIX + "HTTP_PORT", "x")

    with pytest.raises(SettingError) as caught:
        settings.load()
    assert secret not in repr(loaded) + str(loaded) + str(caught.value)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "SECRET_KEY"),
        ({"SECRET_KEY": "x" * 31}, "SECRET_KEY"),
    ],
)
def test_a_missing_secret_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], name: str
) -> None:
    """Without a long enough key nothing that needs it starts."""
    for key, value in given.items():
        monkeypatch.setenv(PREFIX + key, value)

    with pytest.raises(SettingError, match=rf"{PREFIX}{name}.*32 characters.*Example"):
        settings.load().require_secret_key()


TWILIO = {
    "SMS_PROVIDER": "twilio",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "secret",
    "TWILIO_FROM": "+15005550006",
}


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_a_provider_needs_all_of_its_account(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """With half of an account no message could be delivered: the missing half is named."""
    for key, value in TWILIO.items():
        if key != missing:
            monkeypatch.setenv(PREFIX + key, value)

    with pytest.raises(SettingError, match=PREFIX + missing):
        settings.load().require_provider()


def test_without_a_provider_the_demo_is_offered() -> None:
    """Who has no account is told how to try the service without one."""
    with pytest.raises(SettingError, match=r"AIHUIJIA_SMS_PROVIDER.*\n.*aihuijia demo"):
        settings.load().require_provider()


def test_good_settings_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for when everything is there is there."""
    for key, value in (TWILIO | {"SECRET_KEY": "k" * 32}).items():
        monkeypatch.setenv(PREFIX + key, value)
    loaded = settings.load()
    loaded.require_provider()

    assert b"k" * 32 == loaded.require_secret_key()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, SystemClock),
        ({"CLOCK_SPEED": "30", "CLOCK_ORIGIN": "2026-11-23T00:00:00+00:00"}, ScaledClock),
    ],
)
def test_the_clock_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: type[Any]
) -> None:
    """Speed 1 is the real time; any other speed a scaled clock from the given origin."""
    for key, value in given.items():
        monkeypatch.setenv(PREFIX + key, value)

    assert isinstance(settings.load().clock(), expected)


def test_a_fast_clock_needs_an_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a common origin two processes would disagree about the time."""
    monkeypatch.setenv(PREFIX + "CLOCK_SPEED", "30")

    with pytest.raises(SettingError, match=f"{PREFIX}CLOCK_ORIGIN"):
        settings.load().clock()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_explains_itself(name: str) -> None:
    """Each setting has a description and an example, from which its page is written."""
    field = Settings.model_fields[name]

    assert (field.description or "").strip().endswith((".", "`."))
    assert field.examples
