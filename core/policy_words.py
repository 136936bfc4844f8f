"""What is wrong or unwise about a ladder, in words: what it is, and how to mend it."""

from collections.abc import Callable

from core.languages import translations
from core.people import Language
from core.policy_limits import PolicyProblem, PolicyWarning, Remark

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

#: parts of a ladder, as people read them
FIELDS: dict[str, str] = {
    "suspect_s": N_("a suspicion waits at least"),
    "guardian_steps": N_("steps of asking the guardians"),
    "guardian_window_s": N_("the guardians' window"),
    "rescue_at_once": N_("the rescue team is asked at once"),
    "rescue_round_s": N_("the pause between turns of asking the team"),
    "rescue_rounds": N_("turns of asking the team"),
    "rescue_sms_rounds": N_("turns with an SMS"),
    "unanswered_every_s": N_("when nobody answered: one more person every"),
    "lease_s": N_("a yes is good for"),
    "remind_before_s": N_("the reminder before its end"),
}

_SENTENCES: dict[PolicyProblem | PolicyWarning, str] = {
    PolicyProblem.OUT_OF_RANGE: N_("%(what)s: write a number from %(least)s to %(most)s."),
    PolicyProblem.NO_STEPS: N_("Nobody would be asked: add a first step at 0 seconds."),
    PolicyProblem.TOO_MANY_STEPS: N_("At most %(most)s steps: take some away."),
    PolicyProblem.FIRST_STEP_LATE: N_(
        "The first step is at %(at)s seconds: put it at 0, people are asked at once."
    ),
    PolicyProblem.STEPS_OUT_OF_ORDER: N_(
        "The step at %(at)s seconds follows one at %(before)s: put later steps later."
    ),
    PolicyProblem.STEP_AFTER_WINDOW: N_(
        "The step at %(at)s seconds would never come: the guardians' window ends at %(window)s."
        " Make the window longer or take the step away."
    ),
    PolicyProblem.STEP_WITHOUT_PHONE: N_(
        "The step at %(at)s seconds reaches no phone: add an SMS or a call. A message to a browser"
        " is an extra and never enough."
    ),
    PolicyProblem.CHANNEL_TWICE: N_(
        "The step at %(at)s seconds names a channel twice: name each once."
    ),
    PolicyProblem.CALLS_TOO_CLOSE: N_(
        "Calls at %(before)s and %(at)s seconds: carriers let one call a minute through to a"
        " number. Leave %(least)s seconds between them."
    ),
    PolicyProblem.NO_SUCH_TURN: N_(
        "An SMS in turn %(turn)s: there are turns 1 to %(most)s, each named once and in order."
    ),
    PolicyProblem.REMINDER_TOO_EARLY: N_(
        "The reminder comes %(remind)s seconds before the end of %(lease)s seconds: make it less"
        " than half of that time."
    ),
    PolicyWarning.MANY_SMS: N_(
        "One incident sends up to %(n)s SMS to one number. Carriers let about %(day)s a day"
        " through: a second incident on that day may not come through."
    ),
    PolicyWarning.MANY_CALLS: N_(
        "Up to %(n)s calls to one number in an hour. Carriers let about %(hour)s through."
    ),
    PolicyWarning.CALL_LATE: N_(
        "No call to the guardians in the first %(s)s seconds: an SMS alone wakes nobody."
    ),
    PolicyWarning.NO_SMS: N_(
        "The guardians get no SMS: place and answer code are written nowhere."
    ),
    PolicyWarning.LONG_WINDOW: N_(
        "The rescue team is asked after %(minutes)s minutes only; in %(minutes)s minutes somebody"
        " walks about %(metres)s m."
    ),
    PolicyWarning.LONG_SUSPICION: N_(
        "A suspicion waits %(minutes)s minutes before anybody is asked."
    ),
    PolicyWarning.LONG_LEASE: N_(
        "After “I am going” nobody else is asked for %(minutes)s minutes without news."
    ),
    PolicyWarning.TEAM_NOT_AT_ONCE: N_(
        "In danger (water, railway) the rescue team waits for the guardians' window."
    ),
    PolicyWarning.SLOWER_WHEN_GRAVER: N_(
        "The rescue team is asked later than on the ladder for a smaller matter."
    ),
}


def sentence(remark: Remark, language: Language) -> str:
    """Return what is wrong and how to mend it."""
    _ = translations(language).gettext
    return _(_SENTENCES[remark.name]) % {"what": _(FIELDS[remark.part]), **remark.values}
