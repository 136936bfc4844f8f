"""What can become of a wristband: from the box to the bin. Pure.

A band that nobody wears alarms for nobody, whatever it reports.
"""

from enum import StrEnum

from core.errors import BadInput, Conflict
from core.worded import worded


class BandState(StrEnum):
    """Where a band is in its life."""

    NEW = "new"  #: registered, never worn
    PAIRED = "paired"  #: an elder wears it
    RETURNED = "returned"  #: taken off and back on the shelf, or found again
    LOST = "lost"  #: nobody knows where it is; what it reports is kept
    IN_REPAIR = "in_repair"
    REPAIRED = "repaired"  #: back from repair, on the shelf
    RETIRED = "retired"  #: out of use, and may not sign in


class BandStep(StrEnum):
    """What an operator does with a band."""

    PAIR = "pair"
    UNPAIR = "unpair"
    LOST = "lost"
    FOUND = "found"
    REPAIR = "repair"
    REPAIRED = "repaired"
    RETIRE = "retire"


_SHELF = frozenset({BandState.NEW, BandState.RETURNED, BandState.REPAIRED})
#: from where each step leads, and to what
_STEPS: dict[BandStep, tuple[frozenset[BandState], BandState]] = {
    BandStep.PAIR: (_SHELF | {BandState.RETIRED}, BandState.PAIRED),
    BandStep.UNPAIR: (frozenset({BandState.PAIRED}), BandState.RETURNED),
    BandStep.LOST: (_SHELF | {BandState.PAIRED, BandState.IN_REPAIR}, BandState.LOST),
    BandStep.FOUND: (frozenset({BandState.LOST}), BandState.RETURNED),
    BandStep.REPAIR: (_SHELF | {BandState.PAIRED, BandState.LOST}, BandState.IN_REPAIR),
    BandStep.REPAIRED: (frozenset({BandState.IN_REPAIR}), BandState.REPAIRED),
    BandStep.RETIRE: (frozenset(BandState) - {BandState.RETIRED}, BandState.RETIRED),
}
#: how a band stands, inside a sentence
_SAID = {
    BandState.NEW: worded("new"),
    BandState.PAIRED: worded("worn"),
    BandState.LOST: worded("lost"),
    BandState.IN_REPAIR: worded("in repair"),
    BandState.REPAIRED: worded("repaired"),
    BandState.RETURNED: worded("back on the shelf"),
    BandState.RETIRED: worded("retired"),
}
#: for which bands a step is meant, and what comes first for the others
_ADVICE = {
    BandStep.PAIR: worded("Only one on the shelf is given out: take it back first."),
    BandStep.UNPAIR: worded("Only a band that somebody wears is taken off."),
    BandStep.LOST: worded("A band that is lost or retired cannot be reported as lost."),
    BandStep.FOUND: worded("Only a band that was reported as lost is found."),
    BandStep.REPAIR: worded("A band in repair or retired cannot be sent to repair."),
    BandStep.REPAIRED: worded("Only a band in repair comes back from there."),
    BandStep.RETIRE: worded("It is out of use already."),
}
_IMEI_DIGITS = 15


def state_of(*, is_retired: bool, is_worn: bool, shelf: BandState) -> BandState:
    """Return the state of a band; *shelf* is what it is while nobody wears it."""
    if is_retired:
        return BandState.RETIRED
    return BandState.PAIRED if is_worn else shelf


def after(state: BandState, step: BandStep, device_id: str) -> BandState:
    """Return the state that *step* leads to; Conflict, with what leads there, when it cannot."""
    allowed, result = _STEPS[step]
    if state not in allowed:
        raise Conflict(
            worded(
                "The band %(band)s is %(state)s. %(advice)s",
                band=device_id,
                state=_SAID[state],
                advice=_ADVICE[step],
            )
        )
    return result


def check_imei(text: str) -> str:
    """Return the IMEI in digits; BadInput unless it has 15, the last of which fits (Luhn)."""
    digits = "".join(letter for letter in text if letter not in " -")
    if not (digits.isascii() and digits.isdecimal() and len(digits) == _IMEI_DIGITS):
        raise BadInput(worded("An IMEI has 15 digits."), {"imei": worded("An IMEI has 15 digits.")})
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(digits))
    if sum(part // 10 + part % 10 for part in doubled) % 10:
        raise BadInput(
            worded("This IMEI cannot be: its last digit does not fit. A digit may be mistyped."),
            {"imei": worded("The last digit does not fit the others.")},
        )
    return digits
