"""A belief as bytes, and back.

A belief changes with every fix, its window of half an hour hardly: so the window is written apart
and seldom. What changed since is in the short part, which is written each time.
"""

import msgspec
from msgspec import Struct

from geofence.announcing import Told
from geofence.beliefs import FRESH, Belief
from geofence.earlier_beliefs import FORM_2, read_form_2, read_json
from geofence.estimate import Estimate
from geofence.observations import Observation

#: fixes in the short part before the window is written anew
MOST_NEW = 16
_FORM = 3
#: the first byte of a belief that was written as JSON, before there were forms
_JSON = b"{"


class _Short(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What is written each time."""

    form: int = _FORM
    now: Estimate
    checkpoint: Estimate
    told: Told
    #: how many fixes the written window has, and how many of its first ones have left since
    kept: int
    left: int
    #: fixes that came after those
    new: tuple[Observation, ...]


class Saved(Struct, frozen=True, kw_only=True, gc=False):
    """A belief that is written, and how much of its window stands in the long part."""

    belief: Belief
    kept: int = 0
    left: int = 0


class Written(Struct, frozen=True, kw_only=True, gc=False):
    """A belief as bytes."""

    short: bytes
    #: None: the long part that is there still holds
    long: bytes | None
    saved: Saved


_encode = msgspec.msgpack.Encoder().encode
_decode_short = msgspec.msgpack.Decoder(_Short).decode
_decode_long = msgspec.msgpack.Decoder(tuple[Observation, ...]).decode

#: nothing is written yet
UNSAVED = Saved(belief=FRESH)


def write(belief: Belief, before: Saved = UNSAVED) -> Written:
    """Return the bytes of *belief*, which followed from the one *before*."""
    kept, left = before.kept, before.left
    gone = _gone(before.belief.recent, belief.recent)
    long = None
    if gone is not None:
        left += gone
    if gone is None or len(belief.recent) - max(0, kept - left) > MOST_NEW:
        kept, left = len(belief.recent), 0
        long = _encode(belief.recent)
    short = _Short(
        now=belief.now,
        checkpoint=belief.checkpoint,
        told=belief.told,
        kept=kept,
        left=left,
        new=belief.recent[max(0, kept - left) :],
    )
    return Written(
        short=_encode(short), long=long, saved=Saved(belief=belief, kept=kept, left=left)
    )


def read(short: bytes, long: bytes | None) -> Saved:
    """Return the belief that `write` wrote, or an earlier version; ValueError if it is none."""
    if short.startswith(_JSON):
        return Saved(belief=read_json(short))
    try:
        kept = _decode_long(long) if long is not None else ()
        if short[1:2] == FORM_2:
            return Saved(belief=read_form_2(short, kept))
        found = _decode_short(short)
        kept = kept if found.kept else ()
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a belief: {error}") from error
    if found.form != _FORM or len(kept) != found.kept:
        raise ValueError("the parts of a belief do not belong together")
    return Saved(
        belief=Belief(
            now=found.now,
            checkpoint=found.checkpoint,
            recent=kept[found.left :] + found.new,
            told=found.told,
        ),
        kept=found.kept,
        left=found.left,
    )


def _gone(before: tuple[Observation, ...], now: tuple[Observation, ...]) -> int | None:
    """Return how many fixes left at the front; None when one was put between the others."""
    if not before:
        return 0
    if not now:
        return None
    gone = next((i for i, seen in enumerate(before) if seen is now[0]), len(before))
    still = len(before) - gone
    if still == 0:
        return gone
    return gone if len(now) >= still and now[still - 1] is before[-1] else None
