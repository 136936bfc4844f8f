"""Who guards an elder, and changes of it: one person asks, another one decides."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlalchemy import Connection

from alerts import pairing_desk
from api import cursors
from api.access import Caller, Viewer, callers
from api.services import Held
from api.wire_types import Cursor, Id, Limit, LongLine, PathId, Wire, example
from core.pairing_rules import ChangeKind, ChangeState, GuardianChange, Wish
from store import guardian_changes, guardians, pairing, people, person_lists
from store.database import reading
from store.scoping import check_elder

router = APIRouter(prefix="/api", tags=["guardians"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
#: who may decide; never the one who asked
Decider = Annotated[Viewer, callers(Caller.OPERATOR, Caller.ADMINISTRATOR)]
Batch = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}$")]

N_: Callable[[str], str] = str  # marks a text for translation later

#: what core/pairing_rules.py says to whoever may not, for the catalogue
REFUSALS = (
    N_("You asked for this change yourself, so somebody else decides it. You can withdraw it."),
    N_("Only who asked for a change withdraws it. You can refuse it."),
)


class ChangeBody(Wire):
    """A change of one guardian that is asked for."""

    model_config = example(position=1, kind="replace", person_id=8, reason="陈志强搬家了")

    position: int = Field(ge=1, le=2, description="1 is asked first.")
    kind: ChangeKind
    person_id: Id | None = Field(default=None, description="Who comes; left away with unbind.")
    reason: LongLine = Field(min_length=1)


class RefusalBody(Wire):
    """Why a change is refused."""

    model_config = example(answer="这位不是我们的志愿者")

    answer: LongLine = Field(min_length=1)


_SHOWN = {
    "id": 5,
    "elder_id": 17,
    "position": 1,
    "kind": "replace",
    "person_id": 8,
    "replaces_id": 7,
    "reason": "陈志强搬家了",
    "batch": None,
    "state": "waiting",
    "requested_by": "anna",
    "requested_at": "2026-11-23T04:00:00Z",
    "expires_at": "2026-11-30T04:00:00Z",
    "decided_by": None,
    "decided_at": None,
    "answer": "",
    "family_told": None,
}


class ChangeAnswer(Wire):
    """A change of one guardian, and what became of it."""

    model_config = example(**_SHOWN)

    id: int
    elder_id: int
    position: int
    kind: ChangeKind
    person_id: int | None
    replaces_id: int | None = Field(description="Who held the place when it was asked for.")
    reason: str
    batch: str | None = Field(description="Of one file; all of it can be approved together.")
    state: ChangeState
    requested_by: str
    requested_at: datetime
    expires_at: datetime = Field(description="Undecided by then, it lapses.")
    decided_by: str | None
    decided_at: datetime | None
    answer: str
    family_told: int | None = Field(description="How many of the family a message went to.")


class ChangePage(Wire):
    """Some changes, by id."""

    model_config = example(items=[_SHOWN], next=None)

    items: list[ChangeAnswer]
    next: str | None


class ChangeList(Wire):
    """Changes that came into force together."""

    model_config = example(items=[_SHOWN])

    items: list[ChangeAnswer]


class GuardianAnswer(Wire):
    """One guardian of an elder."""

    position: int
    person_id: int
    name: str
    has_number: bool = Field(description="Is there a number that works, as far as we know?")


class GuardiansAnswer(Wire):
    """The guardians of one elder, and what waits to be decided."""

    model_config = example(
        elder_id=17,
        guardians=[{"position": 1, "person_id": 7, "name": "陈志强", "has_number": True}],
        waiting=[],
    )

    elder_id: int
    guardians: list[GuardianAnswer]
    waiting: list[ChangeAnswer]


@router.get("/elders/{elder_id}/guardians")
def show_guardians(services: Held, viewer: Reader, elder_id: PathId) -> GuardiansAnswer:
    """Return who guards an elder, in the order of asking, and changes that wait."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        check_elder(connection, elder_id, viewer.scope)
        held = guardians.holders_of(connection, elder_id)
        names = people.people(connection, [one.person_id for one in held.values()])
        waiting = guardian_changes.changes(connection, viewer.scope, now, elder_id=elder_id)
    return GuardiansAnswer(
        elder_id=elder_id,
        guardians=[
            GuardianAnswer(
                position=place,
                person_id=one.person_id,
                name=names[one.person_id].name,
                has_number=bool(one.numbers),
            )
            for place, one in sorted(held.items())
        ],
        waiting=[_answer(one, now) for one in waiting],
    )


@router.post("/elders/{elder_id}/guardian-changes", status_code=201)
def ask_for_change(
    services: Held, viewer: Operator, elder_id: PathId, body: ChangeBody
) -> ChangeAnswer:
    """Ask for another guardian. Nothing changes before somebody else approves, within 7 days."""
    now = services.clock.now()
    wish = Wish(place=body.position, kind=body.kind, person_id=body.person_id)
    with services.engine.begin() as connection:
        check_elder(connection, elder_id, viewer.scope)
        if body.person_id is not None:
            person_lists.check_seen(connection, body.person_id, viewer.scope)
        change_id = pairing.request(
            connection, elder_id, wish, reason=body.reason, by=viewer.name, now=now
        )
        return _shown(connection, change_id, now)


@router.get("/guardian-changes")
def list_changes(
    services: Held,
    viewer: Decider,
    state: ChangeState = ChangeState.WAITING,
    batch: Annotated[str | None, Query(pattern=r"^[a-z0-9_-]{1,40}$")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ChangePage:
    """Return changes of guardians in one state: as a rule those that wait to be decided."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        found = guardian_changes.changes(
            connection,
            viewer.scope,
            now,
            state=state,
            batch=batch,
            after_id=cursors.number_in(cursor) or 0,
            limit=limit + 1,
        )
    page = found[:limit]
    more = len(found) > limit
    return ChangePage(
        items=[_answer(one, now) for one in page],
        next=cursors.written(page[-1].id) if more else None,
    )


@router.post("/guardian-changes/{change_id}/approve")
def approve(services: Held, viewer: Decider, change_id: PathId) -> ChangeAnswer:
    """Let a change come into force; the family, and old and new guardian, are told.

    403 for whoever asked for it. Possible while the elder is looked for: who is asked next follows
    at once.
    """
    now = services.clock.now()
    with services.engine.begin() as connection:
        guardian_changes.check_change(connection, change_id, viewer.scope)
        pairing_desk.approve(connection, [change_id], by=viewer.name, now=now)
        return _shown(connection, change_id, now)


@router.post("/guardian-changes/{change_id}/refuse")
def refuse(services: Held, viewer: Decider, change_id: PathId, body: RefusalBody) -> ChangeAnswer:
    """Say no to a change, and why."""
    now = services.clock.now()
    with services.engine.begin() as connection:
        guardian_changes.check_change(connection, change_id, viewer.scope)
        pairing.refuse(connection, change_id, by=viewer.name, answer=body.answer, now=now)
        return _shown(connection, change_id, now)


@router.post("/guardian-changes/{change_id}/withdraw")
def withdraw(services: Held, viewer: Operator, change_id: PathId) -> ChangeAnswer:
    """Take a change back that you asked for."""
    now = services.clock.now()
    with services.engine.begin() as connection:
        guardian_changes.check_change(connection, change_id, viewer.scope)
        pairing.withdraw(connection, change_id, by=viewer.name, now=now)
        return _shown(connection, change_id, now)


@router.post("/guardian-change-batches/{batch}/approve")
def approve_batch(services: Held, viewer: Decider, batch: Batch) -> ChangeList:
    """Let everything that still waits of one file come into force, all or nothing."""
    now = services.clock.now()
    with services.engine.begin() as connection:
        guardian_changes.check_batch(connection, batch, viewer.scope)
        effects = pairing_desk.approve_batch(connection, batch, by=viewer.name, now=now)
        return ChangeList(items=[_shown(connection, one.change_id, now) for one in effects])


def _shown(connection: Connection, change_id: int, now: datetime) -> ChangeAnswer:
    return _answer(guardian_changes.change(connection, change_id), now)


def _answer(change: GuardianChange, now: datetime) -> ChangeAnswer:
    return ChangeAnswer(
        id=change.id,
        elder_id=change.elder_id,
        position=change.wish.place,
        kind=change.wish.kind,
        person_id=change.wish.person_id,
        replaces_id=change.replaces_id,
        reason=change.reason,
        batch=change.batch,
        state=change.state_at(now),
        requested_by=change.requested_by,
        requested_at=change.requested_at,
        expires_at=change.expires_at,
        decided_by=change.decided_by,
        decided_at=change.decided_at,
        answer=change.answer,
        family_told=change.family_told,
    )
