"""The whole way through Aliyun: asked, answered, in doubt, out of order; its record is believed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from aihuijia.alerts_role import AlertsRole
from aihuijia.aliyun_senders import aliyun_senders
from alerts.templates import all_templates
from api.app import create_app
from api.services import Services
from core.clock import ScaledClock, from_unix
from core.errors import SettingError
from core.incidents import IncidentState
from core.settings import Settings
from simulators.phone_network import BackgroundServer, Habit, PicksUp, Text, create_phone_network
from simulators.phone_network.aliyun_account import AliyunAccount, approved_texts
from simulators.phone_network.aliyun_api import Aliyun, Refusal
from simulators.phone_network.faults import Fault, Trouble
from simulators.phone_network.record import Happened
from store import incidents, schema
from store.database import reading
from tests.api.world import SECRET, World, build_world
from tests.servers import free_port, until

CODES = {one.name: f"T_{number}" for number, one in enumerate(all_templates())}
WANG, LI = "+8610020000011", "+8610020000012"
HOOK_SECRET = "hooks-of-tests-0123456789abcdef-0"
SPEED = 30


class Service:
    """API and alerts role on one database, Aliyun's stand-in, and one of the other provider's."""

    def __init__(self, engine: Engine, providers: str) -> None:
        """Start everything; nobody is lost yet."""
        self.clock = ScaledClock(speed=SPEED, anchor=from_unix(1_795_000_000))
        self.world: World = build_world(engine, self.clock)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        phones_port = free_port()
        phones = f"http://127.0.0.1:{phones_port}"
        self.settings = Settings.model_validate(
            {
                "database_url": "postgresql://unused",
                "public_url": address,
                "secret_key": SECRET,
                "sms_provider": providers,
                "twilio_account_sid": "AC" + "0" * 32,
                "twilio_auth_token": "a secret for throw-away servers",
                "twilio_from": "+15005550006",
                "twilio_api_url": phones,
                "aliyun_access_key_id": "LTAI-of-tests",
                "aliyun_access_key_secret": "the secret of tests",
                "aliyun_templates": ",".join(f"{name}={code}" for name, code in CODES.items()),
                "aliyun_show_number": "057387000121",
                "aliyun_sms_url": phones,
                "aliyun_voice_url": phones,
                "aliyun_hook_secret": HOOK_SECRET,
                "tick_s": 0.05,
                "guardian_second_factor": False,
            }
        )
        self.network = create_phone_network(
            clock=self.clock,
            account_sid=self.settings.twilio_account_sid,
            auth_token=self.settings.twilio_auth_token.get_secret_value(),
            number=self.settings.twilio_from,
            public_url=address,
        )
        self.aliyun: Aliyun = self.network.open_aliyun(
            AliyunAccount(
                key_id=self.settings.aliyun_access_key_id,
                key_secret=self.settings.aliyun_access_key_secret.get_secret_value(),
                sign_name=self.settings.aliyun_sign_name,
                show_number=self.settings.aliyun_show_number,
                approved=approved_texts(CODES),
                hooks_url=f"{address}/hooks/aliyun/{HOOK_SECRET}",
            )
        )
        self._alerts = AlertsRole(self.settings, engine, self.clock)
        app = create_app(
            Services(
                engine=engine,
                clock=self.clock,
                settings=self.settings,
                inbox_arrived=self._alerts.ticker.wake,
            )
        )
        self._servers = [
            BackgroundServer(app, port=port),
            BackgroundServer(self.network.app, port=phones_port),
        ]
        for server in self._servers:
            server.start()
        self._alerts.start()

    def close(self) -> None:
        """Stop all."""
        self._alerts.stop()
        for server in reversed(self._servers):
            server.stop()
        self.network.close()

    def becomes(self, incident_id: int, state: IncidentState) -> None:
        """Wait until the incident stands so."""

        def stands() -> bool:
            with reading(self.world.engine) as connection:
                return incidents.load(connection, incident_id).state is state

        until(stands, f"incident {incident_id} becomes {state}", progress=self._entries)

    def taken(self, kind: Happened = Happened.MESSAGE_ACCEPTED, to: str = "") -> list[Any]:
        """Return what the providers took, as their record has it."""
        return [
            entry.detail
            for entry in self.network.record.entries()
            if entry.happened is kind and to in ("", entry.detail["to"])
        ]

    def _entries(self) -> int:
        return len(self.network.record.entries())


Start = Callable[..., Service]


@contextmanager
def starting(engine: Engine) -> Iterator[Start]:
    """Give a function that starts the service with these providers."""
    with ExitStack() as stack:

        def begin(providers: str = "aliyun") -> Service:
            service = Service(engine, providers)
            stack.callback(service.close)
            return service

        yield begin


@pytest.fixture
def start(database: Engine) -> Iterator[Start]:
    """Start it on either database."""
    with starting(database) as begin:
        yield begin


@pytest.fixture
def start_small(sqlite_database: Engine) -> Iterator[Start]:
    """Start it on SQLite: what happens between providers has nothing to do with the database."""
    with starting(sqlite_database) as begin:
        yield begin


def test_a_guardian_answers_by_text(start: Start) -> None:
    """Asked by an approved text, answered by SMS, confirmed: all of it through Aliyun."""
    service = start()
    service.network.learn([Habit(number=WANG, texts=(Text(after_s=5, text="1"),))])
    incident_id = service.world.lose_elder()
    service.becomes(incident_id, IncidentState.ACCEPTED)
    until(lambda: len(service.taken(to=WANG)) >= 2, "the confirmation")

    ask, confirmation = service.taken(to=WANG)[:2]
    assert {"aliyun"} == {sent["provider"] for sent in service.taken()}
    assert f"{incident_id}号：张阿芬（82岁）" in ask["body"]
    assert f"{incident_id}号：已登记你在路上" in confirmation["body"]


def test_a_guardian_answers_by_key(start: Start) -> None:
    """Nobody reads SMS; the call a minute later is picked up, and 1 is pressed."""
    service = start()
    service.network.learn([Habit(number=LI, call=PicksUp(after_s=3, key="91"))])
    incident_id = service.world.lose_elder()
    service.becomes(incident_id, IncidentState.ACCEPTED)

    (call,) = service.taken(Happened.CALL_ACCEPTED, LI)
    assert "能去请按1" in call["twiml"]


def test_a_message_in_doubt_is_not_sent_twice(start: Start) -> None:
    """Taken, and the answer was 500: Aliyun is asked, finds our token, and nothing goes again."""
    service = start()
    service.aliyun.exchange.trouble = Trouble(
        fault=Fault.ERROR_AFTER_ACCEPTING, only="messages", number=WANG, times=1
    )
    service.network.learn([Habit(number=WANG, texts=(Text(after_s=40, text="1"),))])
    incident_id = service.world.lose_elder()
    service.becomes(incident_id, IncidentState.ACCEPTED)

    asks = [sent for sent in service.taken(to=WANG) if "能去请回1" in sent["body"]]
    assert 1 == len(asks)


def test_reports_that_come_twice_and_late_change_nothing(start_small: Start) -> None:
    """Everything doubled, batched and late: one answer, one incident, no second ask."""
    service = start_small()
    service.aliyun.push.habits.doubled = True
    service.aliyun.push.habits.late_s = 10
    service.network.learn([Habit(number=WANG, texts=(Text(after_s=5, text="1"),))])
    incident_id = service.world.lose_elder()
    service.becomes(incident_id, IncidentState.ACCEPTED)
    table = schema.answer
    with reading(service.world.engine) as connection:
        answers = connection.scalar(select(func.count()).select_from(table))

    assert 1 == answers


@pytest.mark.parametrize("code", ["isv.OUT_OF_SERVICE", "isv.BUSINESS_LIMIT_CONTROL"])
def test_the_other_provider_stands_in(start_small: Start, code: str) -> None:
    """No money, or a number used up for today: Twilio asks instead, at once."""
    service = start_small("aliyun,twilio")
    service.aliyun.refusal = Refusal(code=code, message="触发天级流控Permits:10", only="messages")
    service.network.learn([Habit(number=WANG, texts=(Text(after_s=5, text="1"),))])
    incident_id = service.world.lose_elder()
    service.becomes(incident_id, IncidentState.ACCEPTED)

    assert {"twilio"} == {sent["provider"] for sent in service.taken(to=WANG)}


def test_a_start_without_approved_texts_says_what_to_do() -> None:
    """Nobody could be asked: the start stops, names the texts, and where to read on."""
    settings = Settings.model_validate(
        {
            "sms_provider": "aliyun",
            "aliyun_access_key_id": "x",
            "aliyun_access_key_secret": "y",
            "aliyun_hook_secret": HOOK_SECRET,
            "aliyun_show_number": "057387000121",
            "aliyun_templates": "ask=SMS_1",
        }
    )
    with pytest.raises(SettingError, match=r"ask_rescue.*aihuijia templates"):
        aliyun_senders(settings)


@pytest.mark.parametrize("missing", ["aliyun_hook_secret", "aliyun_show_number"])
def test_a_start_without_the_rest_says_what_to_do(missing: str) -> None:
    """Without a way for answers, or a number to show, the start names the setting."""
    given = {
        "sms_provider": "aliyun",
        "aliyun_access_key_id": "x",
        "aliyun_access_key_secret": "y",
        "aliyun_hook_secret": HOOK_SECRET,
        "aliyun_show_number": "057387000121",
        "aliyun_templates": ",".join(f"{name}={code}" for name, code in CODES.items()),
    }
    with pytest.raises(SettingError, match=missing.upper()):
        aliyun_senders(Settings.model_validate({**given, missing: ""}))


def test_optional_texts_are_named_in_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """With the asks approved the service starts, and says what else is missing."""
    needed = [one.name for one in all_templates() if one.is_needed]
    settings = Settings.model_validate(
        {
            "sms_provider": "aliyun",
            "aliyun_access_key_id": "x",
            "aliyun_access_key_secret": "y",
            "aliyun_hook_secret": HOOK_SECRET,
            "aliyun_show_number": "057387000121",
            "aliyun_templates": ",".join(f"{name}=T_1" for name in needed),
        }
    )
    aliyun_senders(settings)

    (line,) = [record for record in caplog.records if "no template" in record.message]
    assert "closing" in line.message
    assert "say_ask" not in line.message
