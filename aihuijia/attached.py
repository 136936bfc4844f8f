"""Play stories against a service that runs in other processes, with the same settings."""

import socket
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from sqlalchemy import Engine

from aihuijia.headless import begin_stories, summarise, wait_with_bars
from core.clock import Clock, monotonic, pause
from core.errors import ServerMissing, SettingError
from core.settings import Settings, explain
from simulators.fleet import Broker
from simulators.phone_network import BackgroundServer, PhoneNetwork, create_phone_network
from simulators.phone_network.aliyun_account import AliyunAccount, approved_texts
from simulators.phones import FarPhones, NearPhones, Phones
from simulators.programme import programme
from simulators.report import Play, make_report, write_report
from simulators.stage import Stage
from store import workers
from store.database import check_reachable, open_database, reading
from store.migrate import check_version

#: a role that was alive this long ago is at work, wall seconds
_FRESH_S = 15.0
_SERVICE_S = 60.0


def play_attached(
    settings: Settings,
    *,
    console: Console,
    stories: Sequence[str],
    seed: int,
    work: Path,
    report: Path | None,
) -> bool:
    """Register the cast, play, report; return whether every story ended as it should."""
    if settings.broker_url == "embedded":
        raise SettingError(explain("broker_url", "--attach needs the running service's broker"))
    clock = settings.clock()
    engine = open_database(settings.database_url)
    check_reachable(engine)
    check_version(engine)
    work.mkdir(parents=True, exist_ok=True)
    phones, close_phones = _phones_at(settings, work / "phone-network.jsonl", seed)
    stage = Stage(
        programme(seed=seed, stories=stories, bands=len(stories)),
        engine=engine,
        clock=clock,
        phones=phones,
        broker=Broker.from_url(settings.broker_url),
        topic_prefix=settings.topic_prefix,
    )
    began_at, began_s = clock.now(), monotonic()
    try:
        stage.register()
        _wait_for_service(engine, clock, console)
        stage.start()
        begin_stories(stage)
        wait_with_bars(stage, console)
        stage.stop()
        entries = phones.entries()
    finally:
        close_phones()
    play = Play(
        seed=seed,
        speed=clock.speed,
        performances=stage.performances,
        sent=stage.sent,
        wall_s=monotonic() - began_s,
        began_at=began_at,
        ended_at=clock.now(),
        devices=stage.devices,
    )
    figures = make_report(play, engine=engine, entries=entries)
    if report is not None:
        write_report(figures, report)
    summarise(console, figures, report)
    return bool(figures["ok"])


def _phones_at(
    settings: Settings, record_path: Path, seed: int
) -> tuple[Phones, Callable[[], None]]:
    """Return the stand-in phone network at the provider's address, and how to end it.

    One that runs there already (`aihuijia phone-network`) is used; else it runs in this process.
    """
    port = port_of(settings)
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return FarPhones(settings.twilio_api_url), _leave_running
    network = phone_network_of(settings, record_path, seed=seed)
    server = BackgroundServer(network.app, port=port)
    server.start()

    def close() -> None:
        server.stop()
        network.close()

    return NearPhones(network), close


def _leave_running() -> None:
    """Leave a phone network that was there before us."""


def _wait_for_service(engine: Engine, clock: Clock, console: Console) -> None:
    """Wait until both roles say that they are alive: bands that speak earlier are not heard."""
    deadline = monotonic() + _SERVICE_S
    while True:
        oldest = clock.now() - timedelta(seconds=_FRESH_S * clock.speed)
        with reading(engine) as connection:
            beats = workers.last_beats(connection)
        missing = [r for r in ("ingest", "alerts") if r not in beats or beats[r] < oldest]
        if not missing:
            return
        if monotonic() > deadline:
            raise ServerMissing(
                f"No {' and no '.join(missing)} role is at work on this database. Start:"
                f" {', '.join(f'aihuijia {role}' for role in missing)}"
            )
        console.print(f"Waiting for the service: {', '.join(missing)} …")
        pause(2)


def phone_network_of(settings: Settings, record_path: Path, *, seed: int = 0) -> PhoneNetwork:
    """Return the stand-in phone network for the account in the settings."""
    settings.require_provider()
    network = create_phone_network(
        clock=settings.clock(),
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        number=settings.twilio_from,
        public_url=settings.public_url,
        record_path=record_path,
        seed=seed,
    )
    if settings.aliyun_access_key_id:
        secret = settings.aliyun_hook_secret.get_secret_value()
        network.open_aliyun(
            AliyunAccount(
                key_id=settings.aliyun_access_key_id,
                key_secret=settings.aliyun_access_key_secret.get_secret_value(),
                sign_name=settings.aliyun_sign_name,
                show_number=settings.aliyun_show_number,
                approved=approved_texts(settings.aliyun_template_codes()),
                hooks_url=f"{settings.public_url}/hooks/aliyun/{secret}",
            )
        )
    return network


def port_of(settings: Settings) -> int:
    """Return the port of the stand-in; SettingError when its address is not on this machine."""
    parts = urlsplit(settings.twilio_api_url)
    if parts.hostname not in ("127.0.0.1", "localhost") or parts.port is None or parts.path:
        raise SettingError(
            "Setting AIHUIJIA_TWILIO_API_URL: a stand-in listens on this machine only."
            " Example: AIHUIJIA_TWILIO_API_URL=http://127.0.0.1:8122"
        )
    return parts.port
