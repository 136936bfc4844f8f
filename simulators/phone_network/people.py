"""The people behind the numbers: who answers what, how, and after how many seconds.

A person answers only when asked: an SMS that invites the reply 1, or a call that waits for a key.
Times are seconds of service time. The words they use are the service's: 1 going, 2 cannot, 3 found,
4 need rescue; on the phone the keys 1, 2 and 9.
"""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

_ASKS = re.compile(r"(?:回复?|reply)\s*[“「\"']?1", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"]+/a/[A-Za-z0-9._~-]+")
_CASE_NUMBER = re.compile(r"(\d+)\s*号|No\.\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An SMS a person sends; `{no}` becomes the number of the case they were asked about."""

    after_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpensLink:
    """Opens the answer page from the SMS and presses a button there."""

    after_s: float
    answer: str = "going"


@dataclass(frozen=True, slots=True, kw_only=True)
class PicksUp:
    """Picks up a ringing phone, and perhaps presses a key after listening for a while.

    Several keys are pressed one after another, one in each menu: "91" hears it again first.
    """

    after_s: float
    key: str = ""
    listens_s: float = 5.0
    #: how many calls ring in vain before
    misses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What one person does when asked. `about` limits it to asks that contain these words."""

    number: str
    about: str = ""
    #: each after the first asking SMS has arrived
    texts: tuple[Text, ...] = ()
    link: OpensLink | None = None
    call: PicksUp | None = None
    #: a call is refused after this many seconds of ringing; 0: the line is busy
    declines_call_after_s: float | None = None
    #: a voice mailbox takes a call after this many seconds; it presses nothing
    voicemail_after_s: float | None = None
    #: no SMS arrives and no call rings, whatever it is about
    phone_is_off: bool = False
    #: each after the key was pressed or the page was answered
    then: tuple[Text, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Habit":
        """Return the habit that `to_json` wrote."""
        return cls(
            number=data["number"],
            about=data.get("about", ""),
            texts=tuple(Text(**text) for text in data.get("texts", ())),
            link=OpensLink(**data["link"]) if data.get("link") else None,
            call=PicksUp(**data["call"]) if data.get("call") else None,
            declines_call_after_s=data.get("declines_call_after_s"),
            voicemail_after_s=data.get("voicemail_after_s"),
            phone_is_off=bool(data.get("phone_is_off")),
            then=tuple(Text(**text) for text in data.get("then", ())),
        )


@dataclass(slots=True, kw_only=True)
class Memory:
    """What one person remembers of one matter."""

    habit: Habit
    asked: bool = False
    acted: bool = False
    calls: int = 0
    case_number: str = ""


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a phone."""

    number: str
    label: str = ""
    memories: list[Memory] = field(default_factory=list)
    #: somebody at the demonstration uses this phone: it does nothing by itself any more
    in_hand: bool = False
    #: whose SMS they read last; takes what they answer (`Messages`)
    line: Any = None

    def learn(self, habit: Habit) -> None:
        """Behave like *habit* from now on; it replaces an earlier one about the same words."""
        self.in_hand = False
        self.memories = [m for m in self.memories if m.habit.about != habit.about]
        self.memories.append(Memory(habit=habit))

    @property
    def phone_is_off(self) -> bool:
        """Say whether nothing reaches this phone."""
        return any(memory.habit.phone_is_off for memory in self.memories)

    def reminded_by(self, words: str) -> Memory | None:
        """Return what they do about *words*: the particular habit before the general one."""
        if self.in_hand:
            return None
        fitting = [m for m in self.memories if m.habit.about in words]
        return max(fitting, key=lambda memory: len(memory.habit.about), default=None)


def is_ask(text: str) -> bool:
    """Say whether an SMS asks for an answer."""
    return _ASKS.search(text) is not None


def link_in(text: str) -> str | None:
    """Return the first answer page in *text*."""
    found = _LINK.search(text)
    return None if found is None else found.group(0)


def case_number_in(text: str) -> str:
    """Return the number of the case an SMS speaks of, "" when it names none."""
    found = _CASE_NUMBER.search(text)
    return "" if found is None else (found.group(1) or found.group(2))
