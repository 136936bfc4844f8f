"""The demo's settings in a file: another terminal finds its database, its broker and its time."""

import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aihuijia import demo_environment
from aihuijia.demo_world import Ports, demo_settings
from core.clock import ScaledClock
from core.settings import load

#: how far the two clocks may be apart: the file is read a moment after it was written
NEARLY = timedelta(seconds=30)


def put_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the file's settings over as a shell would."""
    for line in file.read_text().splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, "".join(shlex.split(value)))


@pytest.mark.parametrize("speed", [1.0, 20.0, 60.0])
@pytest.mark.parametrize("ahead", [timedelta(hours=11), timedelta(hours=-3)])
def test_the_same_time_everywhere(
    speed: float, ahead: timedelta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the speed, and whether the demo's day is ahead or behind, both clocks agree."""
    settings = demo_settings(tmp_path, Ports(http=8121, broker=1899), 0.1)
    clock = ScaledClock(speed=speed, anchor=datetime.now(UTC) + ahead)
    demo_environment.write(tmp_path, settings, clock)
    put_on(tmp_path / demo_environment.NAME, monkeypatch)
    loaded = load()
    apart = loaded.clock().now() - clock.now()

    assert NEARLY > abs(apart)
    assert f"sqlite:///{tmp_path}/aihuijia.db" == loaded.database_url
    assert settings.embedded_broker_port == loaded.embedded_broker_port


def test_no_secret_is_written_down(tmp_path: Path) -> None:
    """What opens the console or signs messages stays in the demo's own process."""
    settings = demo_settings(tmp_path, Ports(http=8121, broker=1899), 0.1)
    demo_environment.write(tmp_path, settings, ScaledClock(speed=20, anchor=datetime.now(UTC)))
    written = (tmp_path / demo_environment.NAME).read_text()
    secrets = [settings.secret_key, settings.twilio_auth_token]

    assert [] == [secret for secret in secrets if secret.get_secret_value() in written]
