"""The texts to register with a provider that sends approved texts only, and its rules. Pure.

Texts come from `alerts/wording.py` and `alerts/notice_words.py`, so what is approved is what is
sent. Rules are Aliyun's for notification SMS (its pages 463270 and 44357); calls are read from the
same kind of template.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from alerts import notice_words, wording
from core.notices import NoticeKind
from core.notifications import Purpose
from core.people import Channel, Language

#: what an SMS of one part holds, characters, signature included
ONE_SMS = 70
#: bounds of one variable's value, characters
LONGEST_VALUE = 35
_MOST_TEXT = 500

_PLACE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,24}")
#: a variable of this name is refused
_TAKEN_NAMES = frozenset({"email", "mobile", "id", "nick", "site"})
_FORBIDDEN = re.compile(r"[【】『』「」〖〗•①★※→#￥¥]|https?://|www\.|1[3-9]\d{9}")


class Attribute(StrEnum):
    """What a variable holds, in the words of the form where it is registered."""

    NAME = "个人姓名"
    TIME = "时间"
    NUMBER = "其他号码"
    OTHER = "其他"


#: what each variable holds, and an example for the form
_VARIABLES = {
    "no": (Attribute.OTHER, "12"),
    "name": (Attribute.NAME, "王秀英"),
    "other": (Attribute.NAME, "陈志强"),
    "age": (Attribute.NUMBER, "82"),
    "happened": (Attribute.OTHER, "离开安全区"),
    "opened": (Attribute.TIME, "12:05"),
    "where": (Attribute.OTHER, "12:04在家东北约1230米"),
    "code": (Attribute.NUMBER, "121121"),
    # of notices
    "provider": (Attribute.OTHER, "aliyun"),
    "reason": (Attribute.OTHER, "timeout"),
    "person": (Attribute.NUMBER, "12"),
    "channel": (Attribute.OTHER, "短信"),
    "rule": (Attribute.OTHER, "I1"),
    "stage": (Attribute.OTHER, "入库"),
    "from": (Attribute.TIME, "11月23日20:00"),
    "until": (Attribute.TIME, "11月24日08:00"),
    "elders": (Attribute.NUMBER, "3"),
    "guardians": (Attribute.NUMBER, "5"),
    "rota": (Attribute.NUMBER, "1"),
    "bands": (Attribute.NUMBER, "40"),
    "of": (Attribute.NUMBER, "60"),
    "came": (Attribute.NAME, "陈志强"),
    "went": (Attribute.NAME, "沈丽华"),
    "elder": (Attribute.NUMBER, "12"),
}

#: without these nobody could be asked at all
_ASKS = frozenset(
    {
        wording.template_name((Purpose.ASK, "")),
        wording.template_name((Purpose.ASK, "rescue")),
        wording.template_name((Purpose.ALARM, "")),
    }
)
#: what a key of a call's menu is answered with
_KEYS = {"say_key_1": "1", "say_key_2": "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One text to register."""

    #: our name of it, as in the setting
    name: str
    channel: Channel
    #: with its variables as `${name}`, without a signature
    text: str
    #: nobody can be asked without it
    is_needed: bool
    #: holds a code: registered as "验证码", everything else as "通知"
    is_code: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the variables, in order."""
        return tuple(_PLACE.findall(self.text))

    @property
    def length(self) -> int:
        """Return the characters of an example, signature included where there is one."""
        signature = wording.SIGNATURE if self.channel is Channel.SMS else ""
        return len(signature) + len(_PLACE.sub(lambda place: example(place.group(1)), self.text))


def all_templates() -> list[Template]:
    """Return every text there is, SMS first, the needed ones first in each."""
    found = [
        _template(
            wording.template_name(key), wording.template_text(key, spoken=spoken), spoken=spoken
        )
        for spoken in (False, True)
        for key in wording.template_keys()
    ]
    found += [
        _template(
            notice_words.template_name(kind),
            notice_words.template_text(kind, spoken=spoken),
            spoken=spoken,
        )
        for spoken in (False, True)
        for kind in NoticeKind
    ]
    found += [
        Template(
            name=name,
            channel=Channel.VOICE,
            text=wording.spoken_answer(key, Language.CHINESE),
            is_needed=True,
        )
        for name, key in _KEYS.items()
    ]
    return sorted(found, key=lambda one: (one.channel is Channel.VOICE, not one.is_needed))


def _template(name: str, text: str, *, spoken: bool) -> Template:
    return Template(
        name=f"say_{name}" if spoken else name,
        channel=Channel.VOICE if spoken else Channel.SMS,
        text=re.sub(r"%\((\w+)\)s", r"${\1}", text),
        is_needed=name in _ASKS,
        is_code="code" in wording.variables(text),
    )


def missing(codes: Iterable[str], channels: Iterable[Channel]) -> list[Template]:
    """Return the templates of *channels* for which there is no code, the needed ones first."""
    known, wanted = set(codes), set(channels)
    return [one for one in all_templates() if one.channel in wanted and one.name not in known]


def attribute(variable: str) -> Attribute:
    """Return what a variable holds."""
    return _VARIABLES.get(variable, (Attribute.OTHER, ""))[0]


def example(variable: str) -> str:
    """Return an example of a variable's value."""
    return _VARIABLES.get(variable, (Attribute.OTHER, "示例"))[1]


def faults(text: str) -> list[str]:
    """Return why a template's *text* would be refused; the reviewers' own taste aside."""
    names = _PLACE.findall(text)
    found = [f"the variable {name} has a name that is refused" for name in names if _is_bad(name)]
    if len(set(names)) < len(names):
        found.append("a variable comes twice")
    if re.search(r"\}\$\{", text):
        found.append("two variables stand side by side")
    if not re.search(r"\w", _PLACE.sub("", text)):
        found.append("there is nothing but variables")
    if _FORBIDDEN.search(text):
        found.append("it holds a sign, an address or a number that is refused")
    if not 1 <= len(text) <= _MOST_TEXT:
        found.append(f"it is longer than {_MOST_TEXT} characters")
    return found


def _is_bad(name: str) -> bool:
    return name in _TAKEN_NAMES or not _VARIABLE_NAME.fullmatch(name)
