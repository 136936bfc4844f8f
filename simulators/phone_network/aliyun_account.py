"""The account at Aliyun: its approved texts, ids of its form, times as it writes them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.templates import all_templates
from core.clock import LOCAL_ZONE
from simulators.phone_network.aliyun_errors import business
from simulators.phone_network.exchange import Exchange

_PLACE = re.compile(r"\$\{(\w+)\}")
_LONGEST_VALUE = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunAccount:
    """The one account of the stand-in at Aliyun."""

    key_id: str
    key_secret: str
    sign_name: str
    #: the number that calls show
    show_number: str
    #: approved templates: text, with `${name}`, by code
    approved: Mapping[str, str]
    #: where reports go: the address with the service's secret, without a slash
    hooks_url: str
    #: what SMS come from; people answer to it
    line: str = "10690000121"

    def said(self, code: str, given: str) -> str:
        """Return what a template says; AliyunError when it may not."""
        text = self.approved.get(code)
        if text is None:
            raise business("isv.SMS_TEMPLATE_ILLEGAL", "模板不合法")
        try:
            values = json.loads(given or "{}")
        except ValueError:
            raise business("isv.INVALID_JSON_PARAM", "JSON参数不合法") from None
        for name in _PLACE.findall(text):
            value = values.get(name)
            if not value:
                raise business("isv.TEMPLATE_MISSING_PARAMETERS", "模板缺少变量")
            if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
                raise business("isv.PARAM_LENGTH_LIMIT", "参数超出长度限制")
            if "://" in value or "www." in value or re.search(r"1[3-9]\d{9}", value):
                raise business("isv.PARAM_NOT_SUPPORT_URL", "不支持URL")
            if "【" in value or "】" in value:
                raise business("isv.TEMPLATE_PARAMS_ILLEGAL", "模板变量不合法")
        return _PLACE.sub(lambda place: str(values[place.group(1)]), text)


class AliyunExchange(Exchange):
    """The shared middle, with trouble of its own and ids of Aliyun's form."""

    @classmethod
    def beside(cls, other: Exchange) -> "AliyunExchange":
        """Return one with the same clock, record, people and agenda as *other*."""
        return cls(
            account=other.account,
            clock=other.clock,
            record=other.record,
            agenda=other.agenda,
            webhooks=other.webhooks,
            rng=other.rng,
            people=other.people,
        )

    def new_sid(self, kind: str) -> str:
        """Return a new id: digits with a hat."""
        del kind
        return f"{self.rng.randrange(10**18):018d}^{self.rng.randrange(10**4)}"


@dataclass(slots=True, kw_only=True)
class Details:
    """What Aliyun keeps of one of ours beside what a phone sees."""

    out_id: str
    code: str
    err_code: str = ""
    keys: str = ""


def approved_texts(codes: Mapping[str, str]) -> dict[str, str]:
    """Return our texts by the codes under which they were approved (*codes*: by our names)."""
    return {codes[one.name]: one.text for one in all_templates() if one.name in codes}


def local(instant: datetime) -> datetime:
    """Return *instant* on the clocks of the provider."""
    return instant.astimezone(LOCAL_ZONE)


def stamp(instant: datetime) -> str:
    """Return an instant as reports write it."""
    return f"{local(instant):%Y-%m-%d %H:%M:%S}"
