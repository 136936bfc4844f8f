"""Put orders into a Watch band's words, and know its echoes again. Pure.

Words come from a fixed list; a model's own are in its profile.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ingest.codecs.order_words import fill
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Order

#: an order's `do` to its words; {s} seconds, {n1} to {n3} numbers, {on} 1 or 0
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "locate": "CR",
        "interval": "UPLOAD,{s}",
        "find": "FIND",
        "contacts": "SOS,{n1},{n2},{n3}",
        "removal_alarm": "REMOVE,{on}",
        "reboot": "RESET",
    }
)
#: what a band says that has taken over one of three SOS numbers
_ONE_CONTACT = {"SOS1", "SOS2", "SOS3"}

#: commands that bands echo, beside those we send
_ECHOES = {
    *("ACALL", "ANY", "APN", "APPLOCK", "BODYTEMP", "BODYTEMP2", "CALL", "CENTER", "CR"),
    *("DEVREFUSEPHONESWITCH", "DPHBX", "FACTORY", "FALLDOWN", "FIND", "FLOWER", "HEALTHAUTOSET"),
    *("HRTSTART", "IP", "LOWBAT", "LSSET", "LZ", "MESSAGE", "MONITOR", "PEDO", "POWEROFF", "PP"),
    *("PROFILE", "PW", "RCAPTURE", "REMIND", "REMOVE", "REMOVESMS", "RESET", "SILENCETIME"),
    *("SILENCETIME2", "SLAVE", "SLEEPTIME", "TAKEPILLS", "UPGRADE", "UPLOAD", "VERNO"),
    *("WALKTIME", "WIFICUR", "WIFIDEL", "WIFISEARCH", "WIFISET", "WORK", "ZONE"),
}
#: phone books, SOS and other numbers come under several words that begin like this
_ECHOED_BEGINNINGS = ("PHB", "SOS", "WHITELIST")


def content_of(order: Order, profile: Profile) -> str | None:
    """Return *order* as a frame's content; None where the model has no words for it.

    Raises BadOrder for arguments that cannot be sent.
    """
    words = profile.commands.get(order.do, _WORDS.get(order.do))
    return None if words is None else fill(words, order)


def order_echoed(word: str, profile: Profile) -> str | None:
    """Return the `do` that the echoed keyword *word* (upper case) belongs to; None: not ours."""
    if word in _ONE_CONTACT:
        return "contacts"
    for do, words in {**_WORDS, **profile.commands}.items():
        if words.split(",", 1)[0].upper() == word:
            return do
    return None


def is_echo(word: str) -> bool:
    """Say whether the keyword *word* (upper case) is that of a command."""
    return word in _ECHOES or word.startswith(_ECHOED_BEGINNINGS)
