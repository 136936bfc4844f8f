"""Erase what is known of one person: one operator asks for it, another one confirms."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request

from api import cursors
from api.access import Caller, Viewer, callers
from api.pages import gettext_of
from api.services import Held
from api.wire_types import Cursor, Id, Limit, PathId, Wire, example
from core.errors import Refused
from store import erasures
from store.database import reading
from store.erasures import Erased, Erasure

router = APIRouter(prefix="/api", tags=["privacy"])

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.AUDITOR)]


class ErasureAnswer(Wire):
    """One request. It holds no name."""

    model_config = example(
        id=3,
        subject="elder",
        subject_id=17,
        organisation_id="xiashi",
        requested_by="li.na",
        requested_at="2026-11-24T01:00:00Z",
        withdrawn_by=None,
        withdrawn_at=None,
        confirmed_by="wang.min",
        confirmed_at="2026-11-24T02:00:00Z",
        counts={"ping": 8123, "zone": 3, "elder": 1},
    )

    id: Id
    subject: Erased
    subject_id: Id
    organisation_id: str | None
    requested_by: str
    requested_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    #: table -> rows deleted or emptied; null: it was not done
    counts: dict[str, int] | None


class ErasurePage(Wire):
    """Some requests, the newest first, and where the list goes on."""

    items: list[ErasureAnswer]
    next: str | None


@router.post("/elders/{elder_id}/erasure", status_code=201)
def erase_elder(services: Held, viewer: Operator, elder_id: PathId) -> ErasureAnswer:
    """Ask for an elder's data to be erased; another account confirms.

    409 while an incident of theirs is open, or a request waits already.
    """
    return _request(services, viewer, Erased.ELDER, elder_id)


@router.post("/people/{person_id}/erasure", status_code=201)
def erase_person(services: Held, viewer: Operator, person_id: PathId) -> ErasureAnswer:
    """Ask for the data of a volunteer or operator on duty to be erased; another account confirms.

    409 while somebody is being looked for whom they guard or went for.
    """
    return _request(services, viewer, Erased.PERSON, person_id)


@router.get("/erasures")
def list_erasures(
    services: Held, viewer: Reader, limit: Limit = 100, cursor: Cursor = None
) -> ErasurePage:
    """Return requests, the newest first: who asked, who confirmed, how many rows went."""
    with reading(services.engine) as connection:
        found = erasures.erasures(
            connection, viewer.scope, before_id=cursors.number_in(cursor), limit=limit + 1
        )
    shown = found[:limit]
    return ErasurePage(
        items=[_answer(one) for one in shown],
        next=cursors.written(shown[-1].id) if len(found) > limit else None,
    )


@router.get("/erasures/{erasure_id}")
def show_erasure(services: Held, viewer: Reader, erasure_id: PathId) -> ErasureAnswer:
    """Return one request."""
    with reading(services.engine) as connection:
        return _answer(erasures.erasure(connection, erasure_id, viewer.scope))


@router.post("/erasures/{erasure_id}/confirm")
def confirm_erasure(
    request: Request, services: Held, viewer: Operator, erasure_id: PathId
) -> ErasureAnswer:
    """Erase for good. 403 for whoever asked for it; 409 while an incident is open."""
    try:
        erasures.confirm(
            services.engine,
            erasure_id,
            scope=viewer.scope,
            by=viewer.name,
            now=services.clock.now(),
        )
    except Refused:
        _ = gettext_of(request)
        raise Refused(
            _("Somebody else has to confirm this: whoever asks for an erasure cannot.")
        ) from None
    return show_erasure(services, viewer, erasure_id)


@router.post("/erasures/{erasure_id}/withdraw")
def withdraw_erasure(services: Held, viewer: Operator, erasure_id: PathId) -> ErasureAnswer:
    """Take a request back. 409 when it is over."""
    with services.engine.begin() as connection:
        erasures.withdraw(
            connection,
            erasure_id,
            scope=viewer.scope,
            by=viewer.name,
            now=services.clock.now(),
        )
    return show_erasure(services, viewer, erasure_id)


def _request(services: Held, viewer: Viewer, subject: Erased, subject_id: int) -> ErasureAnswer:
    with services.engine.begin() as connection:
        erasure_id = erasures.request(
            connection,
            subject,
            subject_id,
            scope=viewer.scope,
            by=viewer.name,
            now=services.clock.now(),
        )
        return _answer(erasures.erasure(connection, erasure_id, viewer.scope))


def _answer(one: Erasure) -> ErasureAnswer:
    return ErasureAnswer(
        id=one.id,
        subject=one.subject,
        subject_id=one.subject_id,
        organisation_id=one.organisation_id,
        requested_by=one.requested_by,
        requested_at=one.requested_at,
        withdrawn_by=one.withdrawn_by,
        withdrawn_at=one.withdrawn_at,
        confirmed_by=one.confirmed_by,
        confirmed_at=one.confirmed_at,
        counts=one.counts,
    )
