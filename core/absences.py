"""Who is away from when to when, and who stands in for them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.people import Role

#: a longer one is a mistake in the year; whoever is gone for good is taken off the list instead
LONGEST = timedelta(days=366)

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

NOBODY = N_("An absence names who is away, or who is there in addition, or both.")
THEMSELVES = N_("Nobody stands in for themselves: name another person, or nobody.")
BACKWARDS = N_("An absence ends after it begins: the second time must be the later one.")
OVER = N_("This is over already: the second time must lie ahead.")
TOO_LONG = N_("An absence lasts at most a year: look at the year, or take the person off the list.")
OTHER_WORK = N_(
    "A stand-in does the same work: a guardian for a guardian, a rescuer for a rescuer."
)
NOT_A_RESCUER = N_("Only a rescuer can be on duty in addition: name who is away.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """From *from_at* to before *until_at* the first person is away and the second stands in.

    Without *stand_in_id* nobody does. Without *away_id* the second is there in addition.
    """

    id: int
    away_id: int | None
    stand_in_id: int | None
    from_at: datetime
    until_at: datetime

    def covers(self, at: datetime) -> bool:
        """Say whether the instant *at* lies in it."""
        return self.from_at <= at < self.until_at


def check_absence(absence: Absence, roles: Mapping[int, Role], now: datetime) -> None:
    """Raise ValueError, with what to mend, when *absence* cannot be meant at *now*.

    *roles* are those of the people in it.
    """
    involved = {roles[p] for p in (absence.away_id, absence.stand_in_id) if p is not None}
    for is_wrong, sentence in (
        (not involved, NOBODY),
        (absence.away_id == absence.stand_in_id, THEMSELVES),
        (absence.from_at >= absence.until_at, BACKWARDS),
        (absence.until_at <= now, OVER),
        (absence.until_at - absence.from_at > LONGEST, TOO_LONG),
        (len(involved) > 1, OTHER_WORK),
        (absence.away_id is None and involved != {Role.RESCUER}, NOT_A_RESCUER),
    ):
        if is_wrong:
            raise ValueError(sentence)


def who_comes(person_id: int, absences: Iterable[Absence], at: datetime) -> int | None:
    """Return who comes in the place of *person_id* at *at*: themselves, a stand-in, or nobody.

    A stand-in who is away is stood in for in turn; two who stand in for each other have swapped.
    Of several absences of one person that made last holds.
    """
    away = {
        absence.away_id: absence.stand_in_id
        for absence in sorted(absences, key=lambda absence: absence.id)
        if absence.away_id is not None and absence.covers(at)
    }
    seen = {person_id}
    comes = person_id
    while comes in away:
        stand_in = away[comes]
        if stand_in is None:
            return None
        if stand_in in seen:
            return comes
        seen.add(stand_in)
        comes = stand_in
    return comes
