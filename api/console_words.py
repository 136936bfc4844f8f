"""The words that the console's scripts use, in the reader's language."""

from api.labels import SIDES, SOURCES
from api.moments import Gettext

_WORDS: dict[str, str] = {
    "now": "just now",
    "s": "%(n)d s",
    "min": "%(n)d min",
    "h": "%(n)d h",
    "d": "%(n)d d",
    "ago": "%(span)s ago",
    "when": "%(ago)s (%(time)s)",
    "live": "live",
    "reconnecting": "reconnecting",
    "stale": "Disconnected for %(n)d s, data stopped at %(time)s",
    "stale_bar": "No connection since %(time)s. What you see may be old; alerts go on without it.",
    "new_incident": "New incident no. %(id)d",
    "out_of_view": "%(n)d more out of view",
    "map": "Map of Haining with wristbands and incidents; arrow keys move, plus and minus zoom",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "north": "N",
    "to_haining": "Back to Haining",
    "no_basemap": "Outline and 1 km grid; no street map",
    "zone_off": "%(name)s: outside its hours",
    "m": "m",
    "close": "Close the card",
    "band": "Band",
    "unregistered": "This band is not registered",
    "last_word": "Last heard",
    "position": "Position",
    "no_position": "no position yet",
    "accuracy": "Accuracy",
    "battery": "Battery",
    "worn": "Worn",
    "yes": "yes",
    "no": "no",
    "silent": "silent",
    "not_worn": "not worn",
    "open_incident": "Open incident",
    "band_counts": "%(online)d of %(total)d bands online",
    "unknown_bands": "%(n)d unregistered",
    "not_sent": "This was not sent. Please press again.",
    "phones_empty": "No message yet. As soon as somebody leaves their safe zone, the guardians'"
    " phones ring here.",
    "phones_unreachable": "The stand-in phones do not answer; trying again.",
    "reply_going": "1 going",
    "reply_cannot": "2 cannot",
    "reply_found": "3 found",
    "type_reply": "Type a reply",
    "send": "Send",
    "ringing": "Incoming call",
    "in_call": "In the call",
    "press_going": "Pick up, press 1: going",
    "press_cannot": "Pick up, press 2: cannot",
    "call_over": "call over",
    "sms_from": "SMS from 121",
    "open_link": "open the page",
}


def console_words(gettext: Gettext) -> dict[str, str]:
    """Return the words by the keys the scripts use."""
    words = {key: gettext(text) for key, text in _WORDS.items()}
    words |= {f"side_{side.value}": gettext(text) for side, text in SIDES.items()}
    words |= {f"source_{source.value}": gettext(text) for source, text in SOURCES.items()}
    return words
