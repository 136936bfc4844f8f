"""What a call of ours says, once more: for who pressed 9, or a key that means nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from alerts import facts, wording
from core.languages import translations
from core.people import Language
from store import attempts, incidents, notifications, registry

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

_OVER = N_("This is over, nobody is being looked for any more. Thank you.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A call's words, in the language of the person it is for."""

    text: str
    language: Language
    #: nobody is looked for any more
    is_over: bool


def call_of(
    connection: Connection, notification_id: int, attempt: int, now: datetime
) -> Spoken | None:
    """Return what this call says at the instant *now*, None if there is no such call."""
    if attempts.attempt_of(connection, notification_id, attempt) is None:
        return None
    message = notifications.load(connection, notification_id)
    incident = incidents.load(connection, message.incident_id)
    person = registry.person(connection, message.person_id)
    known = facts.gather(connection, incident, now)
    said = facts.for_message(connection, known, message, secret=b"", answer_url="")
    return Spoken(
        text=wording.speak(
            message.purpose, message.subject[0], message.role, said, person.language
        ),
        language=person.language,
        is_over=not incident.is_open,
    )


def answer_to_key(key: str, spoken: Spoken | None, language: Language) -> str:
    """Return what the call says after *key*: nobody is thanked for going where it is over."""
    if spoken is not None and spoken.is_over:
        return translations(language).gettext(_OVER)
    return wording.spoken_answer(key, language)
