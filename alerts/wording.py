"""The words of every message: what happened, where, what to answer. Pure.

English is the source text; Chinese comes from the catalogue. No phone number, no diagnosis and no
address goes into a message; the name does, because a guardian must know whom to look for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import LOCAL_ZONE
from core.incidents import Trigger
from core.languages import translations
from core.notifications import Purpose
from core.people import Language, Role

SIGNATURE = "【121爱回家】"

#: (purpose, subject) of a text; None is the canary's
Key = tuple[Purpose, str] | None

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

_HAPPENED = {
    Trigger.CROSSING: N_("left the safe zone"),
    Trigger.DANGER_ZONE: N_("is in a danger zone"),
    Trigger.SOS: N_("pressed the SOS key"),
    Trigger.FALL: N_("may have fallen"),
    Trigger.STRAP_REMOVED: N_("took the wristband off"),
    Trigger.SILENCE: N_("cannot be located (band silent)"),
}
#: by purpose and subject; "" is the purpose's ordinary text. Never two variables side by side, and
#: none twice: providers in China approve neither (`alerts/templates.py`)
_TEXTS = {
    (Purpose.ASK, ""): N_(
        "No. %(no)s: %(name)s (%(age)s) %(happened)s at %(opened)s. %(where)s."
        " Reply 1 going, 2 cannot."
    ),
    (Purpose.ASK, "rescue"): N_(
        "Rescue needed, no. %(no)s: %(name)s (%(age)s) %(happened)s at %(opened)s."
        " %(where)s. Reply 1 taking it, 2 cannot."
    ),
    (Purpose.ALARM, ""): N_(
        "No. %(no)s: NOBODY ANSWERED for %(name)s (%(age)s), %(happened)s at %(opened)s."
        " %(where)s. Reply 1 to take over."
    ),
    (Purpose.CONFIRM, ""): N_("No. %(no)s: the rescue team is being asked."),
    (Purpose.CONFIRM, "going"): N_(
        "No. %(no)s: you are registered as going. Reply 3 found, 4 need rescue."
    ),
    (Purpose.CONFIRM, "cannot"): N_("No. %(no)s: understood, we are asking the next person."),
    (Purpose.REMIND, ""): N_("No. %(no)s: any news of %(name)s? Reply 1 still going, 3 found."),
    (Purpose.CLOSING, ""): N_("No. %(no)s is closed: %(name)s has been found. Thank you!"),
    (Purpose.CLOSING, "false_alarm"): N_(
        "No. %(no)s is closed: false alarm. %(name)s is safe. Thank you."
    ),
    (Purpose.INFORM, ""): N_("No. %(no)s: the rescue team has been asked to look for %(name)s."),
    (Purpose.INFORM, "going"): N_("No. %(no)s: %(other)s is going to %(name)s."),
    (Purpose.INFORM, "seems_back"): N_(
        "No. %(no)s: %(name)s seems to be back. Please confirm: reply 3."
    ),
    (Purpose.INFORM, "worse"): N_("No. %(no)s: %(name)s now %(happened)s. %(where)s."),
    (Purpose.INFORM, "real"): N_(
        "The drill is over, no. %(no)s is REAL: %(name)s %(happened)s. %(where)s."
    ),
}
#: where a voice says it in other words; a call that asks listens for a key
_SPOKEN = {
    (Purpose.ASK, ""): N_(
        "This is 121 Coming Home, no. %(no)s. %(name)s, aged %(age)s, %(happened)s at %(opened)s."
        " %(where)s. Press 1 if you can go, 2 if you cannot, 9 to hear this again."
    ),
    (Purpose.ASK, "rescue"): N_(
        "This is 121 Coming Home, rescue needed, no. %(no)s. %(name)s, aged %(age)s, %(happened)s"
        " at %(opened)s. %(where)s. Press 1 to take it, 2 if you cannot, 9 to hear this again."
    ),
    (Purpose.ALARM, ""): N_(
        "This is 121 Coming Home. Nobody answered, no. %(no)s. %(name)s, aged %(age)s, %(happened)s"
        " at %(opened)s. %(where)s. Press 1 to take over, 2 if you cannot, 9 to hear this again."
    ),
    (Purpose.CONFIRM, "going"): N_(
        "No. %(no)s: you are registered as going. Text us 3 when found, 4 if you need rescue."
    ),
    (Purpose.REMIND, ""): N_(
        "No. %(no)s: any news of %(name)s? Please text us: 1 still going, 3 found."
    ),
    (Purpose.INFORM, "seems_back"): N_(
        "No. %(no)s: %(name)s seems to be back. Please make sure and text us 3."
    ),
}
_TEST = N_("Test no. %(no)s of the alert chain. Nobody is missing; please do nothing.")
_SPOKEN_KEYS = {
    "1": N_("Thank you. You are registered as going. Details follow by SMS."),
    "2": N_("Understood. We are asking the next person."),
    "": N_("We did not understand that key."),
}
_COMPASS = (
    N_("north"),
    N_("northeast"),
    N_("east"),
    N_("southeast"),
    N_("south"),
    N_("southwest"),
    N_("west"),
    N_("northwest"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when the message goes out."""

    incident_id: int
    elder_name: str
    age: int
    trigger: Trigger
    opened_at: datetime
    #: when this is said; None: at the time of what it speaks of
    said_at: datetime | None = None
    #: the last position: when, metres from home, degrees from north; None when there is none
    seen_at: datetime | None = None
    from_home_m: float | None = None
    from_home_deg: float | None = None
    #: the other person a message speaks of
    other_name: str = ""
    #: page to answer on, "" when links may not be sent
    link: str = ""
    #: the canary's: the message says that it is a test, and nothing else
    is_test: bool = False
    #: a drill travels the whole way, and every message of it says so
    is_drill: bool = False
    #: it is serious, and people practised with this elder a short while ago
    after_drill: bool = False


def compose(purpose: Purpose, topic: str, role: Role, facts: Facts, language: Language) -> str:
    """Return the text of one SMS."""
    text = _said(purpose, topic, role, facts, language, spoken=False)
    wants_link = facts.link and not facts.is_test and purpose in _WITH_LINK
    return SIGNATURE + text + (f"\n{facts.link}" if wants_link else "")


def speak(purpose: Purpose, topic: str, role: Role, facts: Facts, language: Language) -> str:
    """Return what a call says before it listens for a key."""
    return _said(purpose, topic, role, facts, language, spoken=True)


def template(
    purpose: Purpose, topic: str, role: Role, facts: Facts, language: Language
) -> tuple[str, dict[str, str]]:
    """Return the same for a provider that sends approved texts only: its name, and its variables.

    Always in Chinese, whatever *language* a person reads: that is what is approved, and a message
    in the other language is better than none.
    """
    del language
    key = _key(purpose, topic, role, facts)
    values = _values(facts, Language.CHINESE, marked=True)
    return template_name(key), {name: values[name] for name in variables(template_text(key))}


def template_keys() -> list[Key]:
    """Return every text there is."""
    return [*_TEXTS, None]


def template_name(key: Key) -> str:
    """Return the name under which a text is registered, like "ask", "ask_rescue" or "test"."""
    return "test" if key is None else "_".join(filter(None, (key[0].value, key[1])))


def template_text(key: Key, *, spoken: bool = False) -> str:
    """Return the Chinese text with its variables as `%(name)s`, without a signature."""
    return translations(Language.CHINESE).gettext(_source(key, spoken=spoken))


def variables(text: str) -> list[str]:
    """Return the variables of a text, in order."""
    return _VARIABLE.findall(text)


def spoken_answer(key: str, language: Language) -> str:
    """Return what a call says after key *key* was pressed."""
    return translations(language).gettext(_SPOKEN_KEYS.get(key, _SPOKEN_KEYS[""]))


def not_understood(language: Language) -> str:
    """Return the answer to a text we cannot read."""
    _ = translations(language).gettext
    return SIGNATURE + _("Please reply 1 if you can go, 2 if you cannot, 3 if found.")


#: whoever reads at night that something was at 23:50 knows which day is meant
_NO_DATE_WITHIN = timedelta(hours=6)
#: so close a direction would only confuse, metres; pages say "at home" there, too
_AT_HOME_M = 30.0
_VARIABLE = re.compile(r"%\((\w+)\)s")
_LONGEST_NAME = 20
#: what looks like an address or a number to call
_UNSENDABLE = re.compile(
    r"[a-z]+://\S*|www\.\S*"
    r"|[\w.-]+\.(?:cn|com|net|org|top|cc|xyz|vip|io|me|info|biz|shop|site|club|app|link)\b\S*"
    r"|[+(]?\d(?:[-\s()]*\d){6,}",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[【】\[\]{}<>『』「」〖〗•★※→#%$\x00-\x1f\x7f]")
_WITH_LINK = (Purpose.ASK, Purpose.REMIND, Purpose.ALARM, Purpose.CONFIRM)


def _said(
    purpose: Purpose, topic: str, role: Role, facts: Facts, language: Language, *, spoken: bool
) -> str:
    _ = translations(language).gettext
    source = _source(_key(purpose, topic, role, facts), spoken=spoken)
    said = _(source) % _values(facts, language)
    if facts.is_drill:
        return _("DRILL: %(said)s") % {"said": said}
    return _("REAL, not a drill: %(said)s") % {"said": said} if facts.after_drill else said


def _key(purpose: Purpose, topic: str, role: Role, facts: Facts) -> Key:
    if facts.is_test:
        return None
    subject = "rescue" if role is Role.RESCUER and purpose is Purpose.ASK else topic
    return (purpose, subject if (purpose, subject) in _TEXTS else "")


def _source(key: Key, *, spoken: bool) -> str:
    if key is None:
        return _TEST
    return _SPOKEN.get(key, _TEXTS[key]) if spoken else _TEXTS[key]


def _values(facts: Facts, language: Language, *, marked: bool = False) -> dict[str, str]:
    """Return the variables; *marked*: the number says whether it is a drill."""
    _ = translations(language).gettext
    number = str(facts.incident_id)
    if marked and facts.is_drill:
        number = _("%(no)s (DRILL)") % {"no": number}
    elif marked and facts.after_drill:
        number = _("%(no)s (REAL)") % {"no": number}
    return {
        "no": number,
        "name": sendable(facts.elder_name) or _("the elder"),
        "age": str(facts.age),
        "happened": _(_HAPPENED[facts.trigger]),
        "opened": _when(facts.opened_at, facts, _),
        "where": _where(facts, _),
        "other": sendable(facts.other_name) or _("somebody"),
    }


def _where(facts: Facts, _: Callable[[str], str]) -> str:
    if facts.seen_at is None or facts.from_home_m is None or facts.from_home_deg is None:
        return _("No position yet")
    if facts.from_home_m < _AT_HOME_M:
        return _("At %(seen)s at home or close by") % {"seen": _when(facts.seen_at, facts, _)}
    return _("At %(seen)s about %(distance)s m %(direction)s of home") % {
        "seen": _when(facts.seen_at, facts, _),
        "distance": str(int(round(facts.from_home_m, -1))),
        "direction": _(_COMPASS[round(facts.from_home_deg / 45) % 8]),
    }


def sendable(name: str) -> str:
    """Return a name as carriers let it pass: short, and nothing in it to dial or to open."""
    plain = _UNSENDABLE.sub(" ", _BRACKETS.sub(" ", name)).replace(".", " ")
    return " ".join(plain.split())[:_LONGEST_NAME].strip()


def _when(instant: datetime, facts: Facts, _: Callable[[str], str]) -> str:
    """Return the time of day, with the date where it was not today: after a long outage."""
    said_at = facts.said_at or instant
    local, now = instant.astimezone(LOCAL_ZONE), said_at.astimezone(LOCAL_ZONE)
    if local.date() == now.date() or now - local < _NO_DATE_WITHIN:
        return clock_time(instant)
    values = {"month": local.month, "day": local.day, "time": clock_time(instant)}
    return _("%(day)d/%(month)d %(time)s") % values


def clock_time(instant: datetime) -> str:
    """Return hours and minutes as people here read them, 24 h."""
    return instant.astimezone(LOCAL_ZONE).strftime("%H:%M")
