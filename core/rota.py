"""Who of a rescue team is on duty when, and when nobody is. Pure.

A rota is weekly shifts, and absences that change them for a while.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.absences import Absence, who_comes
from core.quiet import who_can_come
from core.weekly_hours import WeeklyHours, borders, counts
from core.working_days import DayRule

#: shifts of one person that anybody could keep in mind
MOST_SHIFTS = 20
#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

NOT_OF_THE_TEAM = N_("The rota is the rescue team's: choose one of its members.")
NO_TEAM = N_("No rescuer belongs to that organisation: choose a rescue team.")
TOO_MANY_SHIFTS = N_("This person has 20 shifts already: take one away, or join their hours.")

#: further ahead no change is looked for
LOOK_AHEAD = timedelta(days=62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """*person_id* is on duty in these weekly hours, on the days that count."""

    id: int
    person_id: int
    hours: WeeklyHours
    days: DayRule = DayRule.EVERY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """The shifts of one team; none at all: there is no rota, and everybody is asked."""

    shifts: tuple[Shift, ...] = field(default=())
    absences: tuple[Absence, ...] = field(default=())

    @property
    def is_kept(self) -> bool:
        """Say whether the team keeps a rota at all."""
        return bool(self.shifts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From *from_at* to before *until_at* nobody is on duty who can be reached."""

    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnout:
    """Whom of a team to ask."""

    people: tuple[int, ...]
    #: those who are away, and asked because nobody else could be reached
    despite_absence: frozenset[int] = frozenset()
    #: the whole team is asked because nobody on duty can be
    is_gap: bool = False


def on_duty(rota: Rota, at: datetime) -> tuple[int, ...]:
    """Return who is on duty at *at*, person ids in order; empty in a gap."""
    shifts = {s.person_id for s in rota.shifts if counts(s.hours, s.days, at)}
    extra = {
        absence.stand_in_id
        for absence in rota.absences
        if absence.away_id is None and absence.stand_in_id is not None and absence.covers(at)
    }
    there = (who_comes(person_id, rota.absences, at) for person_id in shifts | extra)
    return tuple(sorted({person_id for person_id in there if person_id is not None}))


def next_change(rota: Rota, after: datetime) -> datetime | None:
    """Return the first instant later than *after* with others on duty; None: not for two months."""
    before = on_duty(rota, after)
    for instant in _edges(rota, after, after + LOOK_AHEAD):
        if on_duty(rota, instant) != before:
            return instant
    return None


def turns(
    rota: Rota, from_at: datetime, until_at: datetime
) -> Iterator[tuple[datetime, datetime, tuple[int, ...]]]:
    """Yield (from, until, who) without a hole from *from_at* to *until_at*."""
    begun, there = from_at, on_duty(rota, from_at)
    for instant in _edges(rota, from_at, until_at):
        others = on_duty(rota, instant)
        if others != there:
            yield begun, instant, there
            begun, there = instant, others
    yield begun, until_at, there


def gaps(
    rota: Rota, from_at: datetime, until_at: datetime, *, able: Collection[int]
) -> tuple[Gap, ...]:
    """Return when nobody of those *able* to be reached is on duty; without a rota: never."""
    if not rota.is_kept:
        return ()
    found: list[Gap] = []
    for begun, ended, there in turns(rota, from_at, until_at):
        if not set(there) & set(able):
            if found and found[-1].until_at == begun:
                begun = found.pop().from_at
            found.append(Gap(from_at=begun, until_at=ended))
    return tuple(found)


def asked_of_team(
    rota: Rota, members: Collection[int], at: datetime, *, able: Collection[int]
) -> Turnout:
    """Return whom of a team to ask at *at*.

    Never nobody: without a rota, or while nobody on duty can be reached, it is the whole team.
    *able* are those with a number that works; a stand-in may come from another team.
    """
    there = tuple(person_id for person_id in on_duty(rota, at) if person_id in able)
    if there:
        return Turnout(people=there)
    people, despite = who_can_come(sorted(members), rota.absences, at, able=able)
    return Turnout(people=people, despite_absence=despite, is_gap=rota.is_kept)


def _edges(rota: Rota, after: datetime, until: datetime) -> list[datetime]:
    """Return each instant between the two at which duty may change, in order."""
    found = {
        instant
        for absence in rota.absences
        for instant in (absence.from_at, absence.until_at)
        if after < instant < until
    }
    for shift in rota.shifts:
        for instant in borders(shift.hours, shift.days, after):
            if instant >= until:
                break
            found.add(instant)
    return sorted(found)
