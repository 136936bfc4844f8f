"""Break something at a random moment, mend it, go on; at the end hold the promises to the rows.

A moment is chosen by what happens ("when three more reports are committed and then five more
thanked for"), not by time, so it means the same on a busy machine.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine

from core.clock import monotonic, pause
from tests.journeys.ledger import Findings, Ledger, compare, count_stored, stored
from tests.servers import PATIENCE_S, until

#: a strike comes after so many more committed reports, and then so many more that are thanked for
_MOST_SEEN, _MOST_PROMISED = 60, 60
#: one strike in so many comes at once: while what was struck is still starting
_AT_ONCE = 10
#: on a machine that others use, starting a process can take long
_MOMENT_WITHIN_S = 120.0


class Talkers(Protocol):
    """Bands of some kind that write down what they are promised."""

    ledger: Ledger

    def start(self) -> None:
        """Begin to speak."""
        ...

    def fall_silent(self) -> None:
        """Say nothing new."""
        ...

    def is_done(self) -> bool:
        """Say whether all that was said has come to its end."""
        ...

    def stop(self) -> None:
        """Hang up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Who speaks, what is broken and mended again and again, and what must hold at the end."""

    talkers: Talkers
    strike: Callable[[], None]
    engine: Engine
    #: how many reports have come through so far
    progress: Callable[[Ledger], int] = lambda ledger: ledger.seen_count
    #: a ping is known by the second that it speaks of, not by its report id
    by_second: bool = False
    #: each band's reports are stored in the order in which it said them
    keeps_order: bool = True
    #: what was said must be there, promised or not
    must_have_all: bool = False


def run(
    course: Course, *, times: int, seed: int, struck: Callable[[int], None] = lambda _number: None
) -> Findings:
    """Strike that many times, let all come to its end, compare; *struck* is told each time.

    AssertionError when nothing goes on any more after a strike.
    """
    rng = random.Random(seed)
    course.talkers.start()
    for number in range(1, times + 1):
        _await_moment(course, rng)
        course.strike()
        struck(number)
    course.talkers.fall_silent()
    until(course.talkers.is_done, "all that was said is answered", within_s=_MOMENT_WITHIN_S)
    ledger = course.talkers.ledger
    _until_nothing_more_comes(course.engine, ledger.said_count)
    return compare(
        ledger,
        stored(course.engine, by_second=course.by_second),
        keeps_order=course.keeps_order,
        must_have_all=course.must_have_all,
    )


def _await_moment(course: Course, rng: random.Random) -> None:
    at_once = rng.randrange(_AT_ONCE) == 0
    ledger = course.talkers.ledger
    committed = course.progress(ledger) + rng.randint(1, _MOST_SEEN)
    more = rng.randint(0, _MOST_PROMISED)
    if at_once:
        return
    until(
        lambda: course.progress(ledger) >= committed,
        f"{committed} reports come through",
        within_s=_MOMENT_WITHIN_S,
    )
    # A commit and the words about it lie close together; these spread the moments over a batch.
    promised = ledger.promised_count + more
    until(
        lambda: ledger.promised_count >= promised,
        f"{promised} reports are thanked for",
        within_s=_MOMENT_WITHIN_S,
    )


def _until_nothing_more_comes(engine: Engine, wanted: int) -> None:
    """Wait until *wanted* pings are stored, or none has come for a while: then some are lost."""
    newest, deadline = -1, 0.0
    while (count := count_stored(engine)) < wanted:
        if count > newest:
            newest, deadline = count, monotonic() + PATIENCE_S
        if monotonic() > deadline:
            return
        pause(0.05)
