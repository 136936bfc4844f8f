"""The whole service with its canary on real servers, in this process, on a fast clock."""

import itertools
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from aihuijia.alerts_role import AlertsRole
from aihuijia.api_role import ApiRole
from aihuijia.canary_role import CanaryRole
from aihuijia.ingest_role import ingest_role
from aihuijia.roles import Role
from aihuijia.serving import RoleName
from core.canary import Round
from core.clock import ScaledClock, SystemClock
from core.settings import Settings
from simulators.phone_network import Happened, create_phone_network
from store import canary
from store.database import reading
from tests.scenes import register_household, register_team
from tests.servers import Mosquitto, free_port

NUMBER = "+15005550199"
_SPEED = 60
_BEGINS = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
_numbers = itertools.count(1)


class CanaryService:
    """Every role but the gateway, the stand-in phone network, one real household and a team."""

    def __init__(
        self,
        *,
        engine: Engine,
        database_url: str,
        broker: Mosquitto,
        folder: Path,
        without: Collection[RoleName] = (),
        begins: datetime = _BEGINS,
        answer_within_s: int = 0,
    ) -> None:
        """Nothing runs before `start`; the roles named in *without* never do.

        *begins* is the service's time at first; *answer_within_s* as the setting.
        """
        self._begins = begins
        self.engine = engine
        wall = SystemClock().now()
        self.clock = ScaledClock(speed=_SPEED, anchor=begins, anchor_wall=wall)
        port, name = free_port(), f"canary-{next(_numbers)}"
        address = f"http://127.0.0.1:{port}"
        self.settings = Settings.model_validate(
            {
                "database_url": database_url,
                "broker_url": broker.url,
                "http_port": port,
                "public_url": address,
                "secret_key": "a key for throw-away servers only 0123",
                "sms_provider": "twilio",
                "twilio_account_sid": "AC00000000000000000000000000000121",
                "twilio_auth_token": "a secret for throw-away servers",
                "twilio_from": "+15005550006",
                "twilio_api_url": f"{address}/standin",
                "topic_prefix": f"121/{name}",
                "mqtt_client_id": f"ingest-{name}",
                "tick_s": 0.05,
                "canary_number": NUMBER,
                "canary_every_s": 240,
                "canary_answer_within_s": answer_within_s,
                "clock_speed": _SPEED,
                "clock_origin": begins,
            }
        )
        self.phones = create_phone_network(
            clock=self.clock,
            account_sid=self.settings.twilio_account_sid,
            auth_token=self.settings.twilio_auth_token.get_secret_value(),
            number=self.settings.twilio_from,
            public_url=address,
            record_path=folder / "phones.jsonl",
        )
        api = ApiRole(self.settings, engine, self.clock)
        api.app.mount("/standin", self.phones.app)
        roles: dict[RoleName, Role] = {RoleName.API: api}
        if RoleName.ALERTS not in without:
            roles[RoleName.ALERTS] = AlertsRole(self.settings, engine, self.clock)
        if RoleName.INGEST not in without:
            roles[RoleName.INGEST] = ingest_role(
                self.settings, engine, self.clock, broker_url=broker.url
            )
        # Less patience than on a real service: what fails here is not slow, it is not there.
        roles[RoleName.CANARY] = CanaryRole(self.settings, engine, self.clock, machines_s=3.0)
        self._roles = list(roles.values())

    def start(self) -> None:
        """Register people and start all."""
        with self.engine.begin() as connection:
            register_household(connection, now=self.clock.now())
            register_team(connection)
        for role in self._roles:
            role.start()

    def throw_away(self) -> None:
        """Stop all."""
        for role in reversed(self._roles):
            role.stop()
        self.phones.close()

    def rounds(self) -> list[Round]:
        """Return the rounds that ended, the oldest first."""
        with reading(self.engine) as connection:
            return canary.ended_since(connection, self._begins)

    def told(self) -> list[tuple[str, str]]:
        """Return number and text of everything the provider took."""
        return [
            (entry.detail["to"], entry.detail.get("body", ""))
            for entry in self.phones.record.entries()
            if entry.happened in (Happened.MESSAGE_ACCEPTED, Happened.CALL_ACCEPTED)
        ]
