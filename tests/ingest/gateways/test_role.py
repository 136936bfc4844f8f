"""The role as the command starts it: settings, models from the registry, its files."""

import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from aihuijia.gateway_role import GatewayRole, own_broker_url, raise_file_limit, why_left_out
from core.clock import ManualClock
from core.errors import SettingError
from core.settings import Settings
from store import registry
from store.database import open_database
from tests.conftest import NOON
from tests.ingest.gateways.station import Caller, jt808, position, watch
from tests.ingest.wire import Wire
from tests.processes import run
from tests.servers import Mosquitto, free_port

LK = watch("LK")
Start = Callable[..., GatewayRole]


def settings_of(folder: Path, **values: object) -> Settings:
    """Return settings with a port and a spool of their own."""
    own = {"gateway_port": free_port(), "gateway_spool": folder / "gateway.db"}
    return Settings.model_validate(own | values)


@pytest.fixture
def start(broker: Mosquitto, tmp_path: Path, sqlite_database: Engine) -> Iterator[Start]:
    """Give a function that starts a role with the given settings."""
    started: list[GatewayRole] = []

    def start_role(engine: Engine = sqlite_database, **values: Any) -> GatewayRole:
        settings = settings_of(tmp_path, **values)
        role = GatewayRole(settings, engine, ManualClock(NOON), broker_url=broker.url)
        role.start()
        started.append(role)
        return role

    yield start_role
    for role in started:
        role.stop()


def test_a_registered_model_is_read_as_such(
    start: Start, sqlite_database: Engine, broker: Mosquitto
) -> None:
    """The clock of this model shows China time; the report says UTC."""
    with sqlite_database.begin() as connection:
        registry.add_band(connection, "8800000015", elder_id=None, now=NOON, model="local-time")
    with Wire(broker) as ear:
        ear.listen("121/models/up/#")
        band = Caller(start(topic_prefix="121/models", gateway_name="models").port)
        band.say(position("120000"))  # noon in Haining

        assert NOON.timestamp() == ear.hear_json()[1]["t"]
        band.hang_up()


def test_it_works_without_the_database(start: Start) -> None:
    """Bands are answered while the database is away."""
    engine = open_database(f"postgresql://nobody@127.0.0.1:{free_port()}/none")

    band = Caller(start(engine, gateway_name="alone").port)
    band.say(LK)

    assert LK == band.hear(len(LK))
    band.hang_up()


def test_nobody_guesses_a_devices_code(start: Start) -> None:
    """With a secret key a JT/T 808 device is given a code that is not made of its id alone."""
    answers = set()
    for key in ("k" * 32, "l" * 32):
        role = start(secret_key=key, gateway_name=f"codes-{key[0]}")
        band = Caller(role.port)
        band.say(jt808(0x0100, bytes(37)))
        band.hear_past(b"~")
        answers.add(band.hear_past(b"~"))
        band.hang_up()
        role.stop()

    assert 2 == len(answers)
    assert not any(b"14000001234" in answer for answer in answers)


def test_a_spool_has_one_gateway(start: Start) -> None:
    """A second one on the same file is refused, with what to do."""
    start(gateway_name="first")

    with pytest.raises(SettingError, match=r"(?s)another gateway works on .*Example"):
        start(gateway_name="second")


def test_a_taken_port_is_named(start: Start, broker: Mosquitto) -> None:
    """The setting, the address and an example."""
    with pytest.raises(SettingError, match="AIHUIJIA_GATEWAY_PORT: the gateway cannot listen on"):
        start(gateway_port=broker.port)


def test_a_spool_that_cannot_be_made_is_named(start: Start, tmp_path: Path) -> None:
    """The file, why, and an example."""
    (tmp_path / "file").touch()

    with pytest.raises(SettingError, match=r"AIHUIJIA_GATEWAY_SPOOL: .* cannot be made"):
        start(gateway_spool=tmp_path / "file" / "gateway.db")


def test_it_signs_in_as_itself(tmp_path: Path) -> None:
    """With the ingest role's login it would throw that one out for ever."""
    shared = settings_of(tmp_path, broker_url="mqtt://aihuijia-ingest:x@127.0.0.1:1883")
    own = shared.model_copy(update={"gateway_broker_url": "mqtt://aihuijia-g1:y@127.0.0.1:1883"})
    nameless = settings_of(tmp_path, broker_url="mqtt://127.0.0.1:1883")

    with pytest.raises(SettingError, match="AIHUIJIA_GATEWAY_BROKER_URL"):
        own_broker_url(shared)
    assert own.gateway_broker_url == own_broker_url(own)
    assert nameless.broker_url == own_broker_url(nameless)


def test_up_leaves_it_out_when_nobody_asked_for_it(broker: Mosquitto, tmp_path: Path) -> None:
    """A taken port or a missing login stops `up` only where the operator wants a gateway."""
    login = {"broker_url": "mqtt://aihuijia-ingest:x@127.0.0.1:1883"}
    taken = Settings.model_construct(gateway_port=broker.port, _fields_set=set())

    assert "AIHUIJIA_GATEWAY_PORT is 0" in (
        why_left_out(settings_of(tmp_path, gateway_port=0)) or ""
    )
    assert "login of its own" in (why_left_out(Settings.model_validate(login)) or "")
    assert "is in use" in (why_left_out(taken) or "")
    assert why_left_out(settings_of(tmp_path, **login)) is None


def test_too_few_files_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """The operator hears before bands are refused."""
    with caplog.at_level(logging.WARNING):
        raise_file_limit(10**9)

    assert "LimitNOFILE" in caplog.text


def test_the_command_teaches(tmp_path: Path) -> None:
    """It says which protocols it speaks and how to try it; a wrong broker is explained."""
    told = run(["gateway", "--help"], {}, cwd=tmp_path)
    wrong: subprocess.CompletedProcess[str] = run(["gateway"], {}, cwd=tmp_path)

    assert all(name in told.stdout for name in ("Watch", "GT06", "JT/T 808", "H02", "IW", "nc "))
    assert 2 == wrong.returncode
    assert "Example: AIHUIJIA_BROKER_URL=mqtt://" in wrong.stderr
