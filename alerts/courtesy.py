"""What we say at once to a text that we could not use, and when we fall silent.

At most three answers to one number in an hour, and not so many to strangers altogether: a machine
that answers our answers must not run for ever, and must not use up what a number may get in a day.
The text itself is in the inbox in any case, where people read it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.budget import DAY, Limits, spent
from alerts.wording import SIGNATURE, not_understood
from core.languages import translations
from core.people import Channel, Language
from store import contacts, phone_use, text_answers

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

MOST_PER_HOUR = 3
MOST_TO_STRANGERS_PER_HOUR = 60
_STRANGERS = "strangers"

_NOT_UNDERSTOOD = "not_understood"
#: by what became of the text (`alerts.inbox`)
_SAID = {
    "unknown_number": N_(
        "We do not know this number. Your text has been kept. In an emergency call 110."
    ),
    "nothing_asked": N_("You are not being asked about anybody just now. Thank you."),
    "code:verified": N_("Thank you, your number is verified."),
    "code:wrong": N_("That is not the code we sent. Please look again."),
    "unknown_incident": N_("There is no incident of yours with that number. Please look again."),
}


def answer_to(
    connection: Connection, number: str, outcome: str, *, limits: Limits, now: datetime
) -> str | None:
    """Return what to text back, in the person's language; None: nothing. The caller commits."""
    if not number or outcome not in (*_SAID, _NOT_UNDERSTOOD):
        return None
    an_hour_ago = now - timedelta(hours=1)
    if text_answers.count_since(connection, number, an_hour_ago) >= MOST_PER_HOUR:
        return None
    people = contacts.people_at_number(connection, number)
    if not people:
        if text_answers.count_since(connection, _STRANGERS, an_hour_ago) >= (
            MOST_TO_STRANGERS_PER_HOUR
        ):
            return None
        text_answers.note(connection, _STRANGERS, now)
    uses = phone_use.since(connection, number, Channel.SMS, now - DAY)
    # As little as a drill may take: what is real comes first.
    if spent(Channel.SMS, uses, limits, now, is_first_ask=False, is_drill=True) is not None:
        return None
    text_answers.note(connection, number, now)
    phone_use.note(connection, number, Channel.SMS, now)
    language = people[0].language if people else Language.CHINESE
    if outcome == _NOT_UNDERSTOOD and people:
        return not_understood(language)
    text = _SAID["unknown_number" if not people else outcome]
    return SIGNATURE + translations(language).gettext(text)
