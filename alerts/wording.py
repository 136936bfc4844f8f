"""The words of every message: what happened, where, what to answer. Pure.

English is the source text; Chinese comes from the catalogue. No phone number, no diagnosis and no
address goes into a message; the name does, because a guardian must know whom to look for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.clock import LOCAL_ZONE
from core.incidents import Trigger
from core.languages import translations
from core.notifications import Purpose
from core.people import Language, Role

SIGNATURE = "【121爱回家】"

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
#: by purpose and subject; "" is the purpose's ordinary text
_TEXTS = {
    (Purpose.ASK, ""): N_(
        "No. %(no)s: %(name)s (%(age)s) %(happened)s at %(opened)s. %(where)s"
        " Reply 1 going, 2 cannot."
    ),
    (Purpose.ASK, "rescue"): N_(
        "Rescue needed, no. %(no)s: %(name)s (%(age)s) %(happened)s at %(opened)s."
        " %(where)s Reply 1 taking it, 2 cannot."
    ),
    (Purpose.ALARM, ""): N_(
        "No. %(no)s: NOBODY ANSWERED for %(name)s (%(age)s), %(happened)s at %(opened)s."
        " %(where)s Reply 1 to take over."
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
    (Purpose.INFORM, "worse"): N_("No. %(no)s: %(name)s %(happened)s. %(where)s"),
}
_TEST = N_("Test no. %(no)s of the alert chain. Nobody is missing; please do nothing.")
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


def compose(purpose: Purpose, topic: str, role: Role, facts: Facts, language: Language) -> str:
    """Return the text of one SMS."""
    _ = translations(language).gettext
    if facts.is_test:
        return SIGNATURE + _(_TEST) % {"no": facts.incident_id}
    values = _values(facts, language)
    text = _template(purpose, topic, role, _) % values
    link = f"\n{facts.link}" if facts.link and purpose in _WITH_LINK else ""
    return SIGNATURE + text + link


def speak(purpose: Purpose, topic: str, role: Role, facts: Facts, language: Language) -> str:
    """Return what a call says before it listens for a key."""
    _ = translations(language).gettext
    if facts.is_test:
        return _(_TEST) % {"no": facts.incident_id}
    values = _values(facts, language)
    if purpose in (Purpose.ASK, Purpose.ALARM):
        said = _(
            "This is 121 Coming Home. %(name)s, aged %(age)s, %(happened)s at %(opened)s. %(where)s"
            " Press 1 if you can go, 2 if you cannot, 9 to hear this again."
        )
        return said % values
    return _template(purpose, topic, role, _) % values


def spoken_answer(key: str, language: Language) -> str:
    """Return what a call says after key *key* was pressed."""
    _ = translations(language).gettext
    if key == "1":
        return _("Thank you. You are registered as going. Details follow by SMS.")
    if key == "2":
        return _("Understood. We are asking the next person.")
    return _("We did not understand that key.")


def not_understood(language: Language) -> str:
    """Return the answer to a text we cannot read."""
    _ = translations(language).gettext
    return SIGNATURE + _("Please reply 1 if you can go, 2 if you cannot, 3 if found.")


#: so close a direction would only confuse, metres; pages say "at home" there, too
_AT_HOME_M = 30.0
_WITH_LINK = (Purpose.ASK, Purpose.REMIND, Purpose.ALARM, Purpose.CONFIRM)


def _template(purpose: Purpose, topic: str, role: Role, _: Callable[[str], str]) -> str:
    subject = "rescue" if role is Role.RESCUER and purpose is Purpose.ASK else topic
    return _(_TEXTS.get((purpose, subject)) or _TEXTS[purpose, ""])


def _values(facts: Facts, language: Language) -> dict[str, str]:
    _ = translations(language).gettext
    return {
        "no": str(facts.incident_id),
        "name": facts.elder_name,
        "age": str(facts.age),
        "happened": _(_HAPPENED[facts.trigger]),
        "opened": clock_time(facts.opened_at),
        "where": _where(facts, _),
        "other": facts.other_name,
    }


def _where(facts: Facts, _: Callable[[str], str]) -> str:
    if facts.seen_at is None or facts.from_home_m is None or facts.from_home_deg is None:
        return _("No position yet.")
    if facts.from_home_m < _AT_HOME_M:
        return _("At %(seen)s at home or close by.") % {"seen": clock_time(facts.seen_at)}
    return _("At %(seen)s about %(distance)s m %(direction)s of home.") % {
        "seen": clock_time(facts.seen_at),
        "distance": str(int(round(facts.from_home_m, -1))),
        "direction": _(_COMPASS[round(facts.from_home_deg / 45) % 8]),
    }


def clock_time(instant: datetime) -> str:
    """Return hours and minutes as people here read them, 24 h."""
    return instant.astimezone(LOCAL_ZONE).strftime("%H:%M")
