"""The words of messages that belong to no incident. Pure.

English is the source text; Chinese comes from the catalogue. Short enough for one SMS where that is
possible: what there is to do stands on the console, or in the output of `aihuijia status`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping

from alerts.wording import SIGNATURE, sendable, variables
from core.languages import translations
from core.notices import NoticeKind
from core.people import Language

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

_TEXTS = {
    NoticeKind.PROVIDER_OUT: N_(
        "Provider %(provider)s cannot send now (%(reason)s). Other ways are used; please look."
    ),
    NoticeKind.CONFIGURATION: N_(
        "Provider %(provider)s refuses our messages (%(reason)s). Settings or templates need"
        " mending."
    ),
    NoticeKind.CONTACT_DISABLED: N_(
        "%(name)s (no. %(person)s) cannot be reached by %(channel)s any more (%(reason)s). Please"
        " ask for the right number."
    ),
    NoticeKind.STEP_FAILED: N_(
        "Incident %(no)s: a step failed again and again. Please look after it yourself now."
    ),
    NoticeKind.AUDIT_FAILED: N_(
        "The service found a broken promise: %(rule)s. Please look at its status."
    ),
    NoticeKind.CANARY_FAILED: N_(
        "The test of the whole alert chain failed at %(stage)s. Please look at its status."
    ),
    NoticeKind.ROTA_GAP: N_(
        "Rescue team: nobody on the rota from %(from)s to %(until)s. Please fill the gap."
    ),
    NoticeKind.WEEKLY_LIST: N_(
        "Weekly check: %(elders)s elders have too few ready guardians, %(guardians)s guardians and"
        " %(rota)s rota gaps need you. See the readiness page."
    ),
    NoticeKind.BAND_MASS_SILENCE: N_(
        "%(bands)s of %(of)s wristbands are silent at once. Please look at network, broker and SIM"
        " supplier."
    ),
    NoticeKind.RELAY_FAILED: N_(
        "Another system could not be told (%(name)s, incident %(no)s). Please call them."
    ),
    NoticeKind.VERIFICATION: N_(
        "Code %(code)s, valid for 10 minutes. Reply with the code, or tell it to the office."
    ),
    NoticeKind.SIGN_IN_CODE: N_(
        "Code %(code)s to sign in, valid for 10 minutes. Type it on your own phone and tell it to"
        " nobody, not to us either."
    ),
    NoticeKind.CONTACT_TEST: N_("Test message. Nobody is missing; there is nothing to do."),
    NoticeKind.GUARDIAN_CHANGED: N_(
        "The guardians of %(name)s changed: %(came)s comes, %(went)s goes. If you did not know of"
        " this, please call the office."
    ),
    NoticeKind.GUARDIAN_BOUND: N_(
        "You are a guardian of %(name)s from now on. If this is a mistake, please call the office."
    ),
    NoticeKind.GUARDIAN_RELEASED: N_(
        "You are no guardian of %(name)s any more. Thank you. If this is a mistake, please call the"
        " office."
    ),
    NoticeKind.GUARDIAN_STAND_IN: N_(
        "From %(from)s to %(until)s %(came)s stands in for %(went)s as a guardian of %(name)s. If"
        " you did not know of this, please call the office."
    ),
    NoticeKind.FAMILY_UNTOLD: N_(
        "Guardians of %(elders)s elders changed (first: elder no. %(elder)s), and nobody of the"
        " family could be told. Please call them."
    ),
}
_SPOKEN = {
    NoticeKind.VERIFICATION: N_(
        "This is 121 Coming Home. Your code is %(code)s. Please tell it to the office."
    ),
    NoticeKind.SIGN_IN_CODE: N_(
        "This is 121 Coming Home. Your code to sign in is %(code)s. Please tell it to nobody."
    ),
}


def compose(kind: NoticeKind, values: Mapping[str, str], language: Language) -> str:
    """Return the text of one SMS; a value that is missing reads as "?"."""
    source = translations(language).gettext(_TEXTS[kind])
    return SIGNATURE + source % _safe(values, language)


def speak(kind: NoticeKind, values: Mapping[str, str], language: Language) -> str:
    """Return what a call says; a code is said digit by digit."""
    source = translations(language).gettext(_SPOKEN.get(kind, _TEXTS[kind]))
    return source % _safe(_slowly(values), language)


def template(
    kind: NoticeKind, values: Mapping[str, str], *, spoken: bool
) -> tuple[str, dict[str, str]]:
    """Return the same for a provider that sends approved texts only: its name, and its variables.

    Always in Chinese: that is what is approved.
    """
    safe = _safe(_slowly(values) if spoken else values, Language.CHINESE)
    text = template_text(kind, spoken=spoken)
    return template_name(kind), {name: sendable(safe[name]) for name in variables(text)}


def template_name(kind: NoticeKind) -> str:
    """Return the name under which a text is registered."""
    return f"notice_{kind.value}"


def template_text(kind: NoticeKind, *, spoken: bool = False) -> str:
    """Return the Chinese text with its variables as `%(name)s`, without a signature."""
    source = _SPOKEN.get(kind, _TEXTS[kind]) if spoken else _TEXTS[kind]
    return translations(Language.CHINESE).gettext(source)


def _slowly(values: Mapping[str, str]) -> dict[str, str]:
    """Return *values* with a code that is said digit by digit."""
    return {name: ", ".join(v) if name == "code" else v for name, v in values.items()}


#: how a channel is called where a text names one
_CHANNELS = {"sms": N_("SMS"), "voice": N_("phone call"), "push": N_("push message")}

_NOBODY = N_("nobody")


def _safe(values: Mapping[str, str], language: Language) -> Mapping[str, str]:
    """Return *values* for a text: the channel in words, "?" for what is missing."""
    _ = translations(language).gettext
    said = defaultdict(lambda: "?", values)
    if (channel := values.get("channel")) in _CHANNELS:
        said["channel"] = _(_CHANNELS[channel])
    for name in ("came", "went"):
        if values.get(name) == "":
            said[name] = _(_NOBODY)
    return said
