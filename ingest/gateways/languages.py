"""Which protocols the gateway speaks, and how their first bytes tell them apart. Pure.

All share one port: a band is told an address and a port once, often by SMS, so there is one to
print. Each protocol begins with a mark that no other one has.
"""

from collections.abc import Callable, Sequence

from ingest.codecs.gt06 import GT06
from ingest.codecs.h02 import H02
from ingest.codecs.iw import IW
from ingest.codecs.jt808 import JT808, Jt808Codec
from ingest.codecs.readings import Codec
from ingest.codecs.watch import WATCH

CODECS: tuple[Codec, ...] = (WATCH, GT06, JT808, H02, IW)


def codecs_with(auth_code: Callable[[str], str]) -> tuple[Codec, ...]:
    """Return all protocols, with *auth_code* making a JT/T 808 device's code from its id."""
    return tuple(Jt808Codec(auth_code) if codec is JT808 else codec for codec in CODECS)


def language_of(start: bytes, codecs: Sequence[Codec] = CODECS) -> Codec | None:
    """Return who speaks like the *start* of a connection (1 byte or more); None if nobody does."""
    return next((codec for codec in codecs if codec.recognises(start)), None)
