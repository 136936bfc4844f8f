"""Whom to spare, and never so that nobody is left. Pure.

Two kinds. Somebody *away* cannot come: others are asked in their place. Somebody in their *quiet
hours* could, and would rather sleep: they are left out while somebody else of their group can be
asked, and not where minutes count.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from core.absences import Absence, who_comes


def who_can_come(
    people: Sequence[int], absences: Iterable[Absence], at: datetime, *, able: Collection[int]
) -> tuple[tuple[int, ...], frozenset[int]]:
    """Return *people* with stand-ins in the places of who is away, and who is asked all the same.

    When nobody who is left can be reached (*able*: with a phone number that works), those away
    stay on the list: they may know what to do, and asking nobody is worse than disturbing.
    """
    absences = tuple(absences)
    comes = [who_comes(person_id, absences, at) for person_id in people]
    there = tuple(dict.fromkeys(person_id for person_id in comes if person_id is not None))
    if set(there) & set(able):
        return there, frozenset()
    back = [person_id for person_id in people if person_id not in there]
    return (*there, *back), frozenset(back) & frozenset(able)


def to_wake(
    people: Sequence[int], *, quiet: Collection[int], able: Collection[int], is_pressing: bool
) -> tuple[int, ...]:
    """Return whom of *people* to ask now: without those in quiet hours, if that leaves anybody.

    *able* are those with a phone number that works; where it *is_pressing*, nobody is spared.
    """
    awake = tuple(person_id for person_id in people if person_id not in quiet)
    if is_pressing or not set(awake) & set(able):
        return tuple(people)
    return awake
