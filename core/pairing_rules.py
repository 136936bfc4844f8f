"""What a change of guardians must keep to, and who may decide it. Pure.

An elder has two guardians, in places 1 and 2: different people with different numbers. Strangers
have been bound as guardians elsewhere, so one person asks for a change and another decides it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.errors import BadInput, Conflict, Refused
from core.people import Role
from core.worded import worded

#: the places of guardians
PLACES = (1, 2)
#: a change that nobody decides in this time is off
LIFE = timedelta(days=7)


class ChangeKind(StrEnum):
    """What is to happen to one place."""

    BIND = "bind"  #: somebody takes an empty place
    REPLACE = "replace"  #: the office puts somebody in another's place
    HAND_OVER = "hand_over"  #: a guardian hands their place to somebody
    UNBIND = "unbind"  #: the place becomes empty


class ChangeState(StrEnum):
    """How far a change is."""

    WAITING = "waiting"
    APPROVED = "approved"  #: in force from that moment
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  #: by whoever asked for it
    LAPSED = "lapsed"  #: nobody decided in time


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who is, or might become, guardian."""

    person_id: int
    role: Role = Role.GUARDIAN
    #: every number they are reached by (E.164)
    numbers: frozenset[str]
    is_archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for, for one place of one elder."""

    place: int
    kind: ChangeKind
    #: who comes; None with `UNBIND`
    person_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianChange:
    """A change as it was asked for, and what became of it."""

    id: int
    elder_id: int
    wish: Wish
    #: who held the place when it was asked for
    replaces_id: int | None
    reason: str
    batch: str | None
    state: ChangeState
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    answer: str = ""
    #: how many of the family a message went to; None: it is not in force
    family_told: int | None = None

    def state_at(self, now: datetime) -> ChangeState:
        """Return the state at *now*: what waits too long has lapsed, written down or not."""
        if self.state is ChangeState.WAITING and self.expires_at <= now:
            return ChangeState.LAPSED
        return self.state


#: how a change stands, inside a sentence
_STATES = {
    ChangeState.WAITING: worded("waiting"),
    ChangeState.APPROVED: worded("approved"),
    ChangeState.REFUSED: worded("refused"),
    ChangeState.WITHDRAWN: worded("withdrawn"),
    ChangeState.LAPSED: worded("lapsed"),
}


def check_wish(
    wish: Wish, holders: Mapping[int, Candidate], coming: Candidate | None = None
) -> None:
    """Raise BadInput or Conflict, with what would be right, for a change that cannot be.

    *holders* are the guardians by place; *coming* is whom the wish names, None when it names
    nobody.
    """
    holder = holders.get(wish.place)
    if wish.place not in PLACES:
        raise BadInput(
            worded("A guardian has place 1 or 2."), {"position": worded("Write 1 or 2.")}
        )
    if wish.kind is ChangeKind.UNBIND:
        if coming is not None:
            raise BadInput(
                worded(
                    "Nobody comes when a guardian is taken out: leave the person away, or replace."
                ),
                {"person_id": worded("Leave it empty to take a guardian out.")},
            )
        if holder is None:
            raise Conflict(worded("Place %(place)s is empty already.", place=wish.place))
        return
    if coming is None:
        raise BadInput(worded("Say who becomes guardian."), {"person_id": worded("Fill it in.")})
    if wish.kind is ChangeKind.BIND and holder is not None:
        raise Conflict(
            worded(
                "Place %(place)s is held by person %(person)s. Replace them, or let them hand"
                " over.",
                place=wish.place,
                person=holder.person_id,
            )
        )
    if wish.kind is not ChangeKind.BIND and holder is None:
        raise Conflict(
            worded(
                "Place %(place)s is empty: there is nobody to follow. Bind instead.",
                place=wish.place,
            )
        )
    _check_candidate(coming)
    _check_beside(coming, holders, wish.place)


def check_decider(change: GuardianChange, by: str, now: datetime) -> None:
    """Raise Refused or Conflict unless *by* may approve or refuse this change at *now*."""
    check_waiting(change, now)
    if by == change.requested_by:
        raise Refused(
            worded(
                "You asked for this change yourself, so somebody else decides it."
                " You can withdraw it."
            )
        )


def check_requester(change: GuardianChange, by: str, now: datetime) -> None:
    """Raise Refused or Conflict unless *by* may withdraw this change at *now*."""
    check_waiting(change, now)
    if by != change.requested_by:
        raise Refused(worded("Only who asked for a change withdraws it. You can refuse it."))


def check_waiting(change: GuardianChange, now: datetime) -> None:
    """Raise Conflict unless this change waits to be decided at *now*."""
    state = change.state_at(now)
    if state is not ChangeState.WAITING:
        raise Conflict(
            worded(
                "The change %(change)s is %(state)s. Ask for a new one.",
                change=change.id,
                state=_STATES[state],
            )
        )


def check_first_in_line(other: GuardianChange | None) -> None:
    """Raise Conflict when *other* waits to be decided for the same place."""
    if other is not None:
        raise Conflict(
            worded(
                "The change %(change)s for place %(place)s of elder %(elder)s waits to be decided:"
                " it comes first.",
                change=other.id,
                place=other.wish.place,
                elder=other.elder_id,
            )
        )


def check_still_meant(change: GuardianChange, holder_id: int | None) -> None:
    """Raise Conflict when the place is not held by whom the request speaks of."""
    if holder_id != change.replaces_id:
        raise Conflict(
            worded(
                "Place %(place)s has changed since the change %(change)s was asked for. Refuse it,"
                " look at the guardians, and ask for a new one.",
                place=change.wish.place,
                change=change.id,
            )
        )


def applied(holders: Mapping[int, int], wish: Wish) -> dict[int, int]:
    """Return the person ids by place once *wish* is in force."""
    after = {place: person for place, person in holders.items() if place != wish.place}
    if wish.person_id is not None:
        after[wish.place] = wish.person_id
    return after


def sharing(one: Candidate, others: Sequence[Candidate]) -> Candidate | None:
    """Return who of *others* has a number that *one* has, too; None when nobody has."""
    return next(
        (o for o in others if o.person_id != one.person_id and o.numbers & one.numbers), None
    )


def _check_candidate(coming: Candidate) -> None:
    if coming.is_archived:
        raise Conflict(worded("Person %(person)s has left the service.", person=coming.person_id))
    if coming.role is not Role.GUARDIAN:
        raise BadInput(
            worded(
                "Person %(person)s is not registered as guardian: register them as one first.",
                person=coming.person_id,
            ),
            {"person_id": worded("Choose somebody who is registered as guardian.")},
        )
    if not coming.numbers:
        raise BadInput(
            worded(
                "Person %(person)s has no number that works: give them one first.",
                person=coming.person_id,
            ),
            {"person_id": worded("A telephone number is missing.")},
        )


def _check_beside(coming: Candidate, holders: Mapping[int, Candidate], place: int) -> None:
    holder = holders.get(place)
    if holder is not None and holder.person_id == coming.person_id:
        raise Conflict(
            worded(
                "Person %(person)s holds place %(place)s already.",
                person=coming.person_id,
                place=place,
            )
        )
    others = [other for at, other in holders.items() if at != place]
    if any(other.person_id == coming.person_id for other in others):
        raise Conflict(
            worded(
                "Person %(person)s is the other guardian already: an elder needs two different"
                " people.",
                person=coming.person_id,
            )
        )
    same = sharing(coming, others)
    if same is not None:
        raise BadInput(
            worded(
                "Person %(person)s and the other guardian (person %(other)s) have the same number."
                " If that phone is off, nobody is reached: give one of them another.",
                person=coming.person_id,
                other=same.person_id,
            ),
            {"person_id": worded("The other guardian has the same number.")},
        )
