"""Ways people are, by name: what somebody outside asks for in one word."""

from enum import StrEnum

from simulators.phone_network.people import Habit, OpensLink, PicksUp, Text

#: somebody who does nothing for so long is late, seconds of service time
_LATE_S = 900.0


class Manner(StrEnum):
    """How somebody is."""

    GOES_BY_SMS = "goes_by_sms"
    DECLINES_BY_SMS = "declines_by_sms"
    GOES_BY_KEY = "goes_by_key"
    DECLINES_BY_KEY = "declines_by_key"
    GOES_BY_PAGE = "goes_by_page"
    DECLINES_BY_PAGE = "declines_by_page"
    HEARS_IT_AGAIN = "hears_it_again"  #: presses 9, then 1
    NEVER = "never"
    WRONG_WORDS = "wrong_words"
    PRESSES_NOTHING = "presses_nothing"  #: picks up, listens, hangs up
    VOICEMAIL = "voicemail"
    PHONE_OFF = "phone_off"
    BUSY = "busy"
    ANSWERS_TWICE = "answers_twice"
    ANSWERS_LATE = "answers_late"  #: `after_s`, or a quarter of an hour
    CHANGES_THEIR_MIND = "changes_their_mind"  #: goes, then cannot


_SAYS = {
    Manner.GOES_BY_SMS: ("1",),
    Manner.DECLINES_BY_SMS: ("2",),
    Manner.WRONG_WORDS: ("你是谁", "打错了吧"),
    Manner.ANSWERS_TWICE: ("1", "1"),
    Manner.ANSWERS_LATE: ("1",),
    Manner.CHANGES_THEIR_MIND: ("1", "2"),
}
_PRESSES = {
    Manner.GOES_BY_KEY: "1",
    Manner.DECLINES_BY_KEY: "2",
    Manner.HEARS_IT_AGAIN: "91",
    Manner.PRESSES_NOTHING: "",
}
_OPENS = {Manner.GOES_BY_PAGE: "going", Manner.DECLINES_BY_PAGE: "cannot"}
#: how long they take if nobody says it, seconds
_TAKES_S = {Manner.ANSWERS_LATE: _LATE_S, Manner.VOICEMAIL: 15.0, Manner.BUSY: 0.0} | dict.fromkeys(
    _PRESSES, 5.0
)
_SOON_S = 20.0


def habit_of(
    manner: Manner, number: str, *, about: str = "", after_s: float | None = None, words: str = ""
) -> Habit:
    """Return the habit of somebody who is like that; *words* replace what they would text.

    They answer *after_s* seconds after the SMS arrived, or after the phone began to ring.
    """
    begins_s = _TAKES_S.get(manner, _SOON_S) if after_s is None else after_s
    said = _SAYS.get(manner, ())
    texts = [
        Text(after_s=begins_s + _SOON_S * place, text=words or text)
        for place, text in enumerate(said)
    ]
    return Habit(
        number=number,
        about=about,
        texts=tuple(texts),
        link=OpensLink(after_s=begins_s, answer=_OPENS[manner]) if manner in _OPENS else None,
        call=PicksUp(after_s=begins_s, key=_PRESSES[manner]) if manner in _PRESSES else None,
        declines_call_after_s=begins_s if manner is Manner.BUSY else None,
        voicemail_after_s=begins_s if manner is Manner.VOICEMAIL else None,
        phone_is_off=manner is Manner.PHONE_OFF,
    )
