"""What volunteers' service is worth: deeds, rules, and a ledger that can be computed again. Pure.

A deed is something that a volunteer did, read from what is on record anyway. Rules say how many
minutes of service it counts for; each rule holds for whole days, so that the sum of a day does not
depend on the order in which deeds become known. Corrections are entries of their own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from core.clock import LOCAL_ZONE
from core.incidents import Answer, EntryKind, TimelineEntry
from core.people import Role

#: rules and corrections beyond this are slips of the keyboard, minutes
MOST_MIN = 1440


class CreditKind(StrEnum):
    """What an entry is for."""

    ACCEPTED = "accepted"  #: said "I am going" and did not take it back
    ARRIVED = "arrived"  #: went, and showed it with the code at the door or the handover
    FOUND = "found"  #: was with the elder when it ended
    DRILL = "drill"  #: answered a drill
    MONTHLY_CHECK = "monthly_check"  #: proved in this month that their number reaches them
    VISIT = "visit"  #: was at the elder's door although nothing was wrong
    CORRECTION = "correction"  #: a person put something right


#: what rules can be made for
EARNED = tuple(kind for kind in CreditKind if kind is not CreditKind.CORRECTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something a volunteer did once; `source` says what it was, the same each time it is read."""

    source: str
    person_id: int
    #: whose rules hold and who vouches for it; None: nobody's, the standard holds
    organisation_id: str | None
    kind: CreditKind
    at: datetime
    incident_id: int | None = None

    @property
    def day(self) -> date:
        """Return the day in Haining."""
        return day_of(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """From a day on, a kind of deed counts for so many minutes, and for so many a day at most."""

    #: None: for all organisations without a rule of their own
    organisation_id: str | None
    kind: CreditKind
    minutes: int
    most_per_day_min: int
    valid_from: date
    #: 0: part of the program
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What one deed is worth, and by which rule."""

    deed: Deed
    minutes: int
    rule_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidInIncident:
    """What a closed incident's timeline says, as far as service is concerned."""

    incident_id: int
    is_drill: bool
    #: the canary's: nobody earns anything
    is_virtual: bool
    #: in order, up to and with the end
    entries: tuple[TimelineEntry, ...]


_FIRST_DAY = date(2000, 1, 1)
#: what holds where nobody made a rule
STANDARD_RULES = tuple(
    Rule(
        organisation_id=None,
        kind=kind,
        minutes=minutes,
        most_per_day_min=most,
        valid_from=_FIRST_DAY,
    )
    for kind, minutes, most in (
        (CreditKind.ACCEPTED, 10, 30),
        (CreditKind.ARRIVED, 30, 90),
        (CreditKind.FOUND, 30, 90),
        (CreditKind.DRILL, 10, 10),
        (CreditKind.MONTHLY_CHECK, 5, 5),
        (CreditKind.VISIT, 30, 60),
    )
)


def day_of(at: datetime) -> date:
    """Return the day in Haining at an instant."""
    return at.astimezone(LOCAL_ZONE).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins and ends in Haining."""
    begin = datetime.combine(day, time(), LOCAL_ZONE)
    return begin, datetime.combine(day + timedelta(days=1), time(), LOCAL_ZONE)


def year_bounds(year: int) -> tuple[datetime, datetime]:
    """Return when a year begins and ends in Haining."""
    begin, end = (datetime(one, 1, 1, tzinfo=LOCAL_ZONE) for one in (year, year + 1))
    return begin, end


def deeds_of(said: SaidInIncident, organisations: Mapping[int, str | None]) -> list[Deed]:
    """Return what volunteers did in a closed incident: once each, whatever they pressed how often.

    *organisations* says whose each person is. Operators do it as their work and earn nothing; what
    was said after the end does not count.
    """
    if said.is_virtual:
        return []
    found: dict[tuple[int, CreditKind], Deed] = {}
    taken_back: set[int] = set()
    for entry in said.entries:
        if entry.kind is EntryKind.CLOSED:
            break
        if entry.kind is not EntryKind.ANSWERED or entry.person_id is None:
            continue
        if entry.detail.get("role") not in (Role.GUARDIAN.value, Role.RESCUER.value):
            continue
        person_id, answer = entry.person_id, entry.detail.get("answer")
        kinds: tuple[CreditKind, ...] = ()
        if said.is_drill:
            kinds = (CreditKind.DRILL,)
        elif answer == Answer.GOING.value:
            kinds = (CreditKind.ACCEPTED,)
            taken_back.discard(person_id)
        elif answer == Answer.CANNOT.value:
            taken_back.add(person_id)
        elif answer == Answer.FOUND.value:
            kinds = (CreditKind.FOUND,)
        for kind in kinds:
            found.setdefault(
                (person_id, kind),
                Deed(
                    source=f"{kind.value}:{said.incident_id}:{person_id}",
                    person_id=person_id,
                    organisation_id=organisations.get(person_id),
                    kind=kind,
                    at=entry.at,
                    incident_id=said.incident_id,
                ),
            )
    return [
        deed
        for (person_id, kind), deed in found.items()
        if kind is not CreditKind.ACCEPTED or person_id not in taken_back
    ]


def arrival(*, incident_id: int, person_id: int, organisation_id: str | None, at: datetime) -> Deed:
    """Return the deed of whoever showed that they are there: once for an incident."""
    return Deed(
        source=f"{CreditKind.ARRIVED.value}:{incident_id}:{person_id}",
        person_id=person_id,
        organisation_id=organisation_id,
        kind=CreditKind.ARRIVED,
        at=at,
        incident_id=incident_id,
    )


def visit(*, elder_id: int, person_id: int, organisation_id: str | None, at: datetime) -> Deed:
    """Return the deed of whoever was at an elder's door: once for a day and elder."""
    return Deed(
        source=f"{CreditKind.VISIT.value}:{elder_id}:{person_id}:{day_of(at):%Y%m%d}",
        person_id=person_id,
        organisation_id=organisation_id,
        kind=CreditKind.VISIT,
        at=at,
    )


def monthly_check(*, person_id: int, organisation_id: str | None, at: datetime) -> Deed:
    """Return the deed of whoever sent a code back: once a month."""
    return Deed(
        source=f"{CreditKind.MONTHLY_CHECK.value}:{person_id}:{day_of(at):%Y%m}",
        person_id=person_id,
        organisation_id=organisation_id,
        kind=CreditKind.MONTHLY_CHECK,
        at=at,
    )


def rule_for(
    rules: Iterable[Rule], organisation_id: str | None, kind: CreditKind, day: date
) -> Rule:
    """Return the rule that holds: the organisation's own, else everybody's, else the standard."""
    holding = [rule for rule in rules if rule.kind is kind and rule.valid_from <= day]
    for owner in dict.fromkeys((organisation_id, None)):
        own = [rule for rule in holding if rule.organisation_id == owner]
        if own:
            return max(own, key=lambda rule: (rule.valid_from, rule.id))
    return next(rule for rule in STANDARD_RULES if rule.kind is kind)


def worth(deed: Deed, rule: Rule, *, given_that_day_min: int) -> Earned:
    """Return what a deed earns where its person earned so much for the like on that day already."""
    left = max(0, rule.most_per_day_min - given_that_day_min)
    return Earned(deed=deed, minutes=min(rule.minutes, left), rule_id=rule.id)


def ledger(deeds: Iterable[Deed], rules: Collection[Rule]) -> list[Earned]:
    """Return what all *deeds* earn, computed anew; a deed that comes twice counts once."""
    given: defaultdict[tuple[int, str | None, CreditKind, date], int] = defaultdict(int)
    once = {deed.source: deed for deed in deeds}
    earned = []
    for deed in sorted(once.values(), key=lambda one: (one.at, one.source)):
        like = (deed.person_id, deed.organisation_id, deed.kind, deed.day)
        rule = rule_for(rules, deed.organisation_id, deed.kind, deed.day)
        one = worth(deed, rule, given_that_day_min=given[like])
        given[like] += one.minutes
        earned.append(one)
    return earned


def totals(earned: Iterable[Earned], corrections: Iterable[tuple[int, int]] = ()) -> dict[int, int]:
    """Return the minutes of each person; *corrections* are (person, minutes), minus included."""
    sums: defaultdict[int, int] = defaultdict(int)
    for one in earned:
        sums[one.deed.person_id] += one.minutes
    for person_id, minutes in corrections:
        sums[person_id] += minutes
    return dict(sums)


def places(minutes_of: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Return (place, person, minutes) from the most on; equals share a place."""
    ordered = sorted(minutes_of.items(), key=lambda one: (-one[1], one[0]))
    return [
        (1 + sum(other > minutes for other in minutes_of.values()), person_id, minutes)
        for person_id, minutes in ordered
    ]
