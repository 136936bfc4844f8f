"""Why a connection to a band ended; counted under these names. Pure."""

from enum import StrEnum


class Ended(StrEnum):
    """Why a connection ended."""

    PEER = "peer"  #: the band closed it, or the network did
    NOT_INTRODUCED = "not_introduced"  #: it did not say in time whose it is
    IDLE = "idle"  #: it said nothing for longer than its protocol allows
    UNKNOWN_LANGUAGE = "unknown_language"
    GARBAGE = "garbage"  #: more bytes without a frame than the protocol allows
    DOES_NOT_LISTEN = "does_not_listen"  #: it does not take our answers
    NO_THANKS = "no_thanks"  #: disk or broker did not take its words for too long
    REPLACED = "replaced"  #: the band is on a newer connection
    STOPPED = "stopped"  #: the gateway stops
    FAULT = "fault"  #: an error of ours
    TOO_MANY = "too_many"  #: its address, or the gateway, has no room for another


#: what is everyday and not worth a line in the log
ORDINARY = frozenset({Ended.PEER, Ended.IDLE, Ended.STOPPED})


class Closing(Exception):
    """The connection ends, for a reason."""

    def __init__(self, reason: Ended) -> None:
        """End because of *reason*."""
        super().__init__(reason.value)
        self.reason = reason
