"""What a browser shows: no name and no place, for it lies on a locked screen for all to read. Pure.

A push message is a JSON object that our service worker reads: title, body, the page to open, and a
tag, so that of one incident only the newest message is seen.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from alerts.wording import Facts
from core.incidents import Trigger
from core.languages import translations
from core.notifications import Purpose
from core.people import Language, Role

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

_BODIES = {
    (Purpose.ASK, ""): N_("%(happened)s. Can you go? Tap to see where and to answer."),
    (Purpose.ASK, "rescue"): N_("Rescue needed: %(happened)s. Tap to see where and to answer."),
    (Purpose.ALARM, ""): N_("NOBODY ANSWERED: %(happened)s. Tap to take over."),
    (Purpose.INFORM, ""): N_("There is news. Tap to read it."),
    (Purpose.CONFIRM, ""): N_("Your answer is registered. Tap to change it."),
    (Purpose.REMIND, ""): N_("Any news? Tap to say."),
    (Purpose.CLOSING, ""): N_("It is over. Thank you!"),
}
_HAPPENED = {
    Trigger.CROSSING: N_("Somebody left the safe zone"),
    Trigger.DANGER_ZONE: N_("Somebody is in a danger zone"),
    Trigger.SOS: N_("Somebody pressed the SOS key"),
    Trigger.FALL: N_("Somebody may have fallen"),
    Trigger.STRAP_REMOVED: N_("Somebody took the wristband off"),
    Trigger.SILENCE: N_("A wristband is silent"),
}


def push_text(purpose: Purpose, topic: str, role: Role, facts: Facts, language: Language) -> str:
    """Return the message for one browser, as JSON; *facts.link* is the page it opens."""
    _ = translations(language).gettext
    subject = "rescue" if role is Role.RESCUER and purpose is Purpose.ASK else topic
    body = _(_BODIES.get((purpose, subject)) or _BODIES[purpose, ""])
    title = _("121 Coming Home, no. %(no)s") % {"no": facts.incident_id}
    if facts.is_drill or facts.is_test:
        title = _("DRILL") + " " + title
    message = {
        "title": title,
        "body": body % {"happened": _(_HAPPENED[facts.trigger])},
        "url": facts.link,
        "tag": f"incident-{facts.incident_id}",
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def read_push_text(text: str) -> Mapping[str, Any] | None:
    """Return what `push_text` made; None for anything else, which may hold a name."""
    try:
        message = json.loads(text)
    except ValueError:
        return None
    if isinstance(message, dict) and {"title", "body", "url", "tag"} == message.keys():
        return message
    return None
