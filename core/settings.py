"""Every setting of the service, read once from the environment (`AIHUIJIA_…`).

A missing or wrong value stops the start with the setting's name, the problem and an example. The
table in docs/settings.md is written from this file, and a test holds the two together.
"""

import base64
import difflib
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.clock import Clock, ScaledClock, SystemClock, check_aware
from core.errors import SettingError
from core.retention import read_rules

PREFIX = "AIHUIJIA_"


class Settings(BaseSettings):
    """The service's settings. Defaults are the embedded ones: one process, one file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str = Field(
        default="sqlite:///var/aihuijia.db",
        description="Where everything is kept: a SQLite file, or PostgreSQL with PostGIS.",
        examples=["postgresql://aihuijia:secret@127.0.0.1:5432/aihuijia"],
    )
    broker_url: str = Field(
        default="embedded",
        description="The MQTT broker: `embedded` starts one in this process, else its address.",
        examples=[
            "mqtt://aihuijia-ingest:secret@127.0.0.1:1883",
            "mqtts://aihuijia-ingest:secret@mq.example:8883",
        ],
    )
    broker_ca: str = Field(
        default="",
        description="File with the certificate of the authority that `mqtts://` brokers must have"
        " theirs from. Empty: the system's authorities.",
        examples=["/etc/aihuijia/broker-ca.pem"],
    )
    broker_admin_url: str = Field(
        default="",
        description="The broker with the login that may manage logins (Mosquitto's dynamic"
        " security); only `aihuijia broker-access` needs it.",
        examples=["mqtt://aihuijia-admin:secret@127.0.0.1:1883"],
    )
    band_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key that bands' passwords are computed from, at least 32 characters; needed"
        " where passwords are issued. A new key needs a new password in every band.",
        examples=["(output of: openssl rand -hex 32)"],
    )
    embedded_broker_port: int = Field(
        default=1883,
        ge=1,
        le=65535,
        description="Port of the embedded broker, on the loopback address only.",
        examples=["1883"],
    )
    topic_prefix: str = Field(
        default="121/v1",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        description="First levels of the native topics.",
        examples=["121/v1"],
    )
    mqtt_client_id: str = Field(
        default="aihuijia-ingest",
        min_length=1,
        max_length=64,
        description="Fixed client id of the ingest role; the broker keeps its queue under it.",
        examples=["aihuijia-ingest"],
    )
    owntracks_secret: SecretStr = Field(
        default=SecretStr(""),
        description="The secret that phones with OwnTracks seal their messages with, the same in"
        " every app. Empty: sealed messages are refused; TLS protects the way all the same.",
        examples=["(output of: openssl rand -hex 16)"],
    )
    locator_table: str = Field(
        default="",
        description="CSV file with places of Wi-Fi access points and cells, for bands without a fix"
        " of their own. Empty: what is around a band is not looked up.",
        examples=["/var/lib/aihuijia/locator.csv"],
    )
    zone_margin_km: float = Field(
        default=5,
        ge=0,
        le=2000,
        description="How far beyond the edge of the town a zone may lie, km; farther off it is"
        " taken for a mistake.",
        examples=["30"],
    )
    http_host: str = Field(
        default="127.0.0.1",
        description="Address the API listens on.",
        examples=["127.0.0.1", "0.0.0.0"],  # noqa: S104  an example, not a default
    )
    http_port: int = Field(
        default=8121,
        ge=1,
        le=65535,
        description="Port the API listens on.",
        examples=["8121"],
    )
    public_url: str = Field(
        default="http://127.0.0.1:8121",
        pattern=r"^https?://[^/]+$",
        description="Address under which phones and the SMS provider reach the API; its"
        " signature check uses it. No slash at the end.",
        examples=["https://121.example.org"],
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key for answer links and sessions, at least 32 characters. Required.",
        examples=["(output of: openssl rand -hex 32)"],
    )
    data_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Keys that identity numbers, medical notes and photos are sealed with, with"
        " commas between: the first seals, all open. Without the key what it sealed is lost: keep"
        " a copy apart from the database. Required to keep such things.",
        examples=["(output of: aihuijia data-key)"],
    )
    sms_provider: str = Field(
        default="none",
        pattern=r"^(none|(twilio|aliyun)(,(twilio|aliyun))*)$",
        description="Who delivers SMS: `twilio`, `aliyun`, or several in the order in which they"
        " are asked. The alerts role does not start with `none`.",
        examples=["aliyun,twilio"],
    )
    voice_provider: str = Field(
        default="",
        pattern=r"^((twilio|aliyun)(,(twilio|aliyun))*)?$",
        description="Who places calls, likewise. Empty: the same as for SMS.",
        examples=["twilio,aliyun"],
    )
    sms_per_day: int = Field(
        default=10,
        ge=0,
        le=1000,
        description="SMS that one number gets in 24 h at most; two of them are kept for the first"
        " ask of an incident. 0: as many as needed.",
        examples=["10"],
    )
    calls_per_hour: int = Field(
        default=5,
        ge=0,
        le=1000,
        description="Calls to one number in an hour at most. 0: as many as needed.",
        examples=["5"],
    )
    calls_per_day: int = Field(
        default=20,
        ge=0,
        le=1000,
        description="Calls to one number in 24 h at most. 0: as many as needed.",
        examples=["20"],
    )
    twilio_account_sid: str = Field(
        default="",
        description="Twilio account; required with `AIHUIJIA_SMS_PROVIDER=twilio`.",
        examples=["AC00000000000000000000000000000121"],
    )
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""),
        description="Its secret: signs in to the provider, checks the provider's callbacks.",
        examples=["(from the provider's console)"],
    )
    twilio_auth_token_previous: SecretStr = Field(
        default=SecretStr(""),
        description="The secret before it, while it is being changed: callbacks signed with either"
        " are believed; messages are sent with the new one.",
        examples=["(from the provider's console)"],
    )
    twilio_from: str = Field(
        default="",
        pattern=r"^(\+[0-9]{5,15})?$",
        description="Number that messages and calls come from.",
        examples=["+15005550006"],
    )
    twilio_api_url: str = Field(
        default="https://api.twilio.com",
        pattern=r"^https?://.+[^/]$",
        description="The provider's address; a stand-in phone network has another.",
        examples=["http://127.0.0.1:8121/standin"],
    )
    aliyun_access_key_id: str = Field(
        default="",
        description="Access key of an Aliyun RAM user that may use SMS and voice, nothing else;"
        " required where a provider is `aliyun`.",
        examples=["LTAI5t00000000000000000121"],
    )
    aliyun_access_key_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Its secret.",
        examples=["(from the provider's console)"],
    )
    aliyun_sign_name: str = Field(
        default="121爱回家",
        pattern=r"^[^【】\s]{2,30}$",
        description="Approved signature of SMS through Aliyun, without its brackets.",
        examples=["121爱回家"],
    )
    aliyun_templates: str = Field(
        default="",
        max_length=4000,
        description="Codes of the approved templates, as name=code pairs with commas between, or"
        " as a JSON object. `aihuijia templates` lists the names and what to register.",
        examples=["ask=SMS_121000001,say_ask=TTS_121000001"],
    )
    aliyun_show_number: str = Field(
        default="",
        pattern=r"^([0-9]{5,15})?$",
        description="Number that calls through Aliyun show; one that was bought there.",
        examples=["057387000121"],
    )
    aliyun_sms_url: str = Field(
        default="https://dysmsapi.aliyuncs.com",
        pattern=r"^https?://[^/]+$",
        description="Aliyun's address for SMS; a stand-in phone network has another.",
        examples=["http://127.0.0.1:8122"],
    )
    aliyun_voice_url: str = Field(
        default="https://dyvmsapi.aliyuncs.com",
        pattern=r"^https?://[^/]+$",
        description="Aliyun's address for calls; a stand-in phone network has another.",
        examples=["http://127.0.0.1:8122"],
    )
    aliyun_hook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Part of the addresses that Aliyun sends receipts and replies to, at least 32"
        " letters, digits, `-` or `_`: Aliyun signs nothing. Empty: its doors are closed.",
        examples=["(output of: openssl rand -hex 32)"],
    )
    sms_links: bool = Field(
        default=True,
        description="Put the answer page's link into SMS. Mainland carriers refuse links.",
        examples=["false"],
    )
    guardian_second_factor: bool = Field(
        default=True,
        description="On a phone that opens a guardian's link for the first time, ask for the last"
        " four digits of the guardian's own number before anything is shown. Off only where nobody"
        " is real.",
        examples=["true"],
    )
    vapid_private_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key that Web Push messages are signed with. Empty: no Web Push. With a new one"
        " every browser must subscribe again.",
        examples=["(from: aihuijia push-keys)"],
    )
    vapid_subject: str = Field(
        default="",
        pattern=r"^(mailto:[^@ ]+@[^@ ]+\.[^@ ]+|https://[^/ ]+)?$",
        description="Where a push service reaches whoever runs this; required with the key.",
        examples=["mailto:duty@121.example.org"],
    )
    push_services: str = Field(
        default="https://fcm.googleapis.com https://updates.push.services.mozilla.com"
        " https://*.notify.windows.com https://*.push.apple.com",
        description="Push services that browsers may name, with spaces between; nothing is sent to"
        " any other address.",
        examples=["https://fcm.googleapis.com https://*.push.apple.com"],
    )
    team_rooms: SecretStr = Field(
        default=SecretStr(""),
        description="Addresses of the team's chat rooms as Apprise writes them, with spaces"
        " between; they are secrets. Rooms read number, street and state of each incident.",
        examples=["wecombot://KEY dingtalk://SECRET@TOKEN/"],
    )
    gateway_name: str = Field(
        default="g1",
        pattern=r"^[a-z0-9_-]{1,32}$",
        description="Name of this gateway, in topics and, without a login, in its client id.",
        examples=["g2"],
    )
    gateway_host: str = Field(
        default="127.0.0.1",
        description="Address the gateway listens on for bands that speak a TCP protocol.",
        examples=["127.0.0.1", "0.0.0.0"],  # noqa: S104  an example, not a default
    )
    gateway_port: int = Field(
        default=5121,
        ge=0,
        le=65535,
        description="Port the gateway listens on, all protocols together. 0: `aihuijia up` runs"
        " no gateway.",
        examples=["5121"],
    )
    gateway_broker_url: str = Field(
        default="",
        description="The broker with the gateway's own login. Empty: `AIHUIJIA_BROKER_URL`, which"
        " must then have no login, or the gateway would throw the ingest role out.",
        examples=["mqtt://aihuijia-g1:secret@127.0.0.1:1883"],
    )
    gateway_spool: Path = Field(
        default=Path("var/gateway.db"),
        description="File that holds what bands said until it is committed. On a disk, not in"
        " memory; each gateway has its own.",
        examples=["/var/lib/aihuijia/gateway.db"],
    )
    gateway_spool_mib: int = Field(
        default=1024,
        ge=1,
        le=1_000_000,
        description="Largest size of that file, MiB; a report takes about one KiB. When it is full"
        " bands are not answered any more and keep what they have.",
        examples=["4096"],
    )
    gateway_most_connections: int = Field(
        default=12_000,
        ge=1,
        le=100_000,
        description="Connections the gateway holds at once; each needs an open file. At most 800 in"
        " `aihuijia up`.",
        examples=["12000"],
    )
    gateway_connections_per_address: int = Field(
        default=2_000,
        ge=1,
        le=100_000,
        description="Connections from one address. Behind a mobile network's address may stand"
        " many bands: raise it where all come through one.",
        examples=["12000"],
    )
    gateway_frames_per_minute: int = Field(
        default=60_000,
        ge=60,
        le=10_000_000,
        description="Frames from one address in a minute; more are read more slowly.",
        examples=["200000"],
    )
    canary_number: str = Field(
        default="",
        pattern=r"^(\+[0-9]{5,15})?$",
        description="Test number that the canary's messages go to; nobody else may have it. Empty:"
        " no canary. Each round is one SMS.",
        examples=["+15005550199"],
    )
    canary_every_s: int = Field(
        default=300,
        ge=240,
        le=86_400,
        description="How often the canary leaves its zone, seconds of service time.",
        examples=["3600"],
    )
    canary_answer_within_s: int = Field(
        default=0,
        ge=0,
        le=3600,
        description="The test number answers every message with `1` (a phone with auto-reply), and"
        " each night about 03:00 that answer must be back within so many seconds of service time."
        " 0: nobody answers.",
        examples=["120"],
    )
    heartbeat_url: SecretStr = Field(
        default=SecretStr(""),
        description="Address outside that is called every minute while the service keeps its"
        " promise, and alarms when it is not (Healthchecks.io or the like). Empty: nobody outside"
        " would notice.",
        examples=["https://hc-ping.com/00000000-0000-0000-0000-000000000000"],
    )
    canary_broker_url: str = Field(
        default="",
        description="The broker as bands reach it, without a login: the canary signs in as a band."
        " Empty: `AIHUIJIA_BROKER_URL` without its login.",
        examples=["mqtts://mq.example:8883"],
    )
    retention: str = Field(
        default="",
        max_length=1000,
        description="Days that data is kept by kind, where it is not our default, as kind=days"
        " pairs with commas between; docs/privacy.md lists the kinds.",
        examples=["positions=14,rejects=7"],
    )
    clock_speed: float = Field(
        default=1.0,
        gt=0,
        le=1000,
        description="Simulations only: service time runs this many times faster than the wall.",
        examples=["30"],
    )
    clock_origin: datetime | None = Field(
        default=None,
        description="Simulations only: the wall instant at which the fast clock shows the wall's"
        " time. Give every process the same one.",
        examples=["2026-11-23T00:00:00+00:00"],
    )
    tick_s: float = Field(
        default=0.3,
        gt=0,
        le=10,
        description="How often the alerts role asks the database what is due, wall seconds.",
        examples=["0.3"],
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        description="Least level of what is logged.",
        examples=["INFO"],
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url.startswith(("sqlite:///", "postgresql://")):
            return url
        raise ValueError("it must start with sqlite:/// or postgresql://")

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, url: str) -> str:
        parts = urlsplit(url)
        if url == "embedded" or (parts.scheme in ("mqtt", "mqtts") and parts.hostname):
            return url
        raise ValueError("it must be `embedded`, mqtt://host:port or mqtts://host:port")

    @field_validator("broker_admin_url")
    @classmethod
    def _known_admin(cls, url: str) -> str:
        parts = urlsplit(url)
        named = parts.hostname and parts.username and parts.password
        if not url or (parts.scheme in ("mqtt", "mqtts") and named):
            return url
        raise ValueError("it must be mqtt://name:password@host:port, or mqtts://…")

    @field_validator("broker_ca")
    @classmethod
    def _existing_ca(cls, path: str) -> str:
        if path and not Path(path).is_file():
            raise ValueError(f"there is no file {path}")
        return path

    @field_validator("gateway_broker_url", "canary_broker_url")
    @classmethod
    def _known_gateway_broker(cls, url: str) -> str:
        return url and cls._known_broker(url)

    @field_validator("aliyun_templates")
    @classmethod
    def _readable_codes(cls, pairs: str) -> str:
        _codes_in(pairs)
        return pairs

    @field_validator("retention")
    @classmethod
    def _known_kinds(cls, text: str) -> str:
        read_rules(text)
        return text

    @field_validator("aliyun_hook_secret")
    @classmethod
    def _long_path(cls, secret: SecretStr) -> SecretStr:
        path = secret.get_secret_value()
        if not path or re.fullmatch(r"[A-Za-z0-9_-]{32,200}", path):
            return secret
        raise ValueError("it needs at least 32 letters, digits, - or _, and nothing else")

    @field_validator("data_keys")
    @classmethod
    def _good_data_keys(cls, keys: SecretStr) -> SecretStr:
        for key in _listed(keys.get_secret_value()):
            try:
                is_good = len(base64.b64decode(key, altchars=b"-_", validate=True)) == 32
            except ValueError:
                is_good = False
            if not is_good:
                raise ValueError("it is no key; make one with: aihuijia data-key")
        return keys

    @field_validator("heartbeat_url")
    @classmethod
    def _safe_heartbeat(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        near = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
        if not url.get_secret_value() or ((parts.scheme == "https" or near) and parts.hostname):
            return url
        raise ValueError("it must start with https:// (http:// only on this machine)")

    @field_validator("clock_origin")
    @classmethod
    def _aware_origin(cls, origin: datetime | None) -> datetime | None:
        return None if origin is None else check_aware(origin)

    def aliyun_template_codes(self) -> dict[str, str]:
        """Return the provider's code of each template by our name."""
        return _codes_in(self.aliyun_templates)

    def clock(self) -> Clock:
        """Return the clock these settings ask for."""
        if self.clock_speed == 1.0:
            return SystemClock()
        if self.clock_origin is None:
            raise SettingError(
                explain("clock_origin", "it is required when AIHUIJIA_CLOCK_SPEED is not 1")
            )
        return ScaledClock(
            speed=self.clock_speed, anchor=self.clock_origin, anchor_wall=self.clock_origin
        )

    def require_secret_key(self) -> bytes:
        """Return the key; SettingError when it is missing or short."""
        key = self.secret_key.get_secret_value()
        if len(key) < 32:
            raise SettingError(explain("secret_key", "it needs at least 32 characters"))
        return key.encode()

    def require_data_keys(self) -> tuple[str, ...]:
        """Return the keys that personal data is sealed with; SettingError when there is none."""
        keys = _listed(self.data_keys.get_secret_value())
        if not keys:
            raise SettingError(
                explain(
                    "data_keys",
                    "it is required to keep identity numbers, medical notes and photos."
                    " Make a key with: aihuijia data-key",
                )
            )
        return keys

    def require_band_key(self) -> bytes:
        """Return the key behind bands' passwords; SettingError when it is missing or short."""
        key = self.band_key.get_secret_value()
        if len(key) < 32:
            raise SettingError(explain("band_key", "it needs at least 32 characters"))
        return key.encode()

    def require_broker_admin(self) -> str:
        """Return the address and login that manage logins; SettingError when there is none."""
        if not self.broker_admin_url:
            raise SettingError(explain("broker_admin_url", "it is required to manage logins"))
        return self.broker_admin_url

    def require_canary_number(self) -> str:
        """Return the number the canary's messages go to; SettingError when there is none."""
        if not self.canary_number:
            raise SettingError(explain("canary_number", "the canary needs somewhere to write to"))
        return self.canary_number

    def sms_providers(self) -> tuple[str, ...]:
        """Return who delivers SMS, in the order in which they are asked."""
        return () if self.sms_provider == "none" else tuple(self.sms_provider.split(","))

    def voice_providers(self) -> tuple[str, ...]:
        """Return who places calls, in the order in which they are asked."""
        return (
            tuple(self.voice_provider.split(",")) if self.voice_provider else self.sms_providers()
        )

    def require_push_subject(self) -> str:
        """Return how push services reach us; SettingError when it is missing."""
        if not self.vapid_subject:
            raise SettingError(explain("vapid_subject", "push services must be able to reach you"))
        return self.vapid_subject

    def require_provider(self) -> None:
        """Raise SettingError when no provider could deliver a message."""
        if not self.sms_providers():
            raise SettingError(
                explain("sms_provider", "without a provider no alert could be delivered")
                + "\nTo try the service without an account: aihuijia demo"
            )
        for provider in dict.fromkeys([*self.sms_providers(), *self.voice_providers()]):
            for name in _NEEDED_BY[provider]:
                value = getattr(self, name)
                if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                    raise SettingError(
                        explain(name, f"it is required by AIHUIJIA_SMS_PROVIDER={provider}")
                    )


#: what each provider cannot work without
_NEEDED_BY = {
    "twilio": ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
    "aliyun": ("aliyun_access_key_id", "aliyun_access_key_secret"),
}


def _listed(text: str) -> tuple[str, ...]:
    """Return what stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _codes_in(pairs: str) -> dict[str, str]:
    """Return codes by name from name=code pairs or a JSON object; ValueError when it is neither."""
    codes: dict[str, str]
    if pairs.lstrip().startswith("{"):
        try:
            codes = json.loads(pairs)
        except ValueError:
            raise ValueError("it is no JSON object") from None
    else:
        parts = [pair.partition("=") for pair in pairs.split(",") if pair.strip()]
        codes = {name.strip(): code.strip() for name, _, code in parts}
    for name, code in codes.items():
        if not (isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", code)):
            raise ValueError(f"{name} has no code; write name=code, with commas between")
    return codes


def explain(name: str, problem: str) -> str:
    """Return a sentence that names setting *name*, the *problem* and an example."""
    variable = PREFIX + name.upper()
    example = (Settings.model_fields[name].examples or [""])[0]
    return f"Setting {variable}: {problem}. Example: {variable}={example}"


def load() -> Settings:
    """Read the settings from the environment; SettingError that names every bad one."""
    problems = [*_unknown_variables()]
    try:
        settings = Settings()
    except ValidationError as error:
        for item in error.errors():
            name = str(item["loc"][0])
            problems.append(explain(name, item["msg"].removeprefix("Value error, ")))
        raise SettingError("\n".join(problems)) from None
    if problems:
        raise SettingError("\n".join(problems))
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(
            parents=True, exist_ok=True
        )
    return settings


def _unknown_variables() -> list[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    problems = []
    for variable in sorted(os.environ):
        if variable.startswith(PREFIX) and variable not in known:
            names = [name.upper() for name in Settings.model_fields]
            close = difflib.get_close_matches(variable.removeprefix(PREFIX), names, n=1)
            hint = f" Did you mean {PREFIX}{close[0]}?" if close else " See docs/settings.md."
            problems.append(f"Setting {variable}: there is no such setting.{hint}")
    return problems
