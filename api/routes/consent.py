"""What an elder or their family agreed to, since when and for what; given, and withdrawn."""

from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy import Connection

from api.access import Caller, Viewer, callers
from api.elder_documents import checked
from api.family_documents import ConsentAnswer, ConsentBody, ConsentList
from api.services import Held, Services
from api.wire_types import PathId
from core.elder_rules import check_consent
from store import consents, scoping
from store.database import reading
from store.elders import today_of

router = APIRouter(prefix="/api/elders/{elder_id}/consents", tags=["elders"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR, Caller.AUDITOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]


@router.get("")
def list_consents(services: Held, viewer: Reader, elder_id: PathId) -> ConsentList:
    """Return all consents, also those that are over or withdrawn, the newest first."""
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        return _list(connection, services, elder_id)


@router.post("", status_code=201)
def add_consent(
    request: Request, services: Held, viewer: Operator, elder_id: PathId, body: ConsentBody
) -> ConsentList:
    """Write a consent down. It is never edited: withdraw it, and write down another."""
    now, consent = services.clock.now(), body.consent()
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        checked(request, check_consent(consent, today=today_of(now)))
        consents.add(connection, elder_id, consent, by=viewer.name, now=now)
        return _list(connection, services, elder_id)


@router.post("/{consent_id}/withdraw")
def withdraw_consent(
    services: Held, viewer: Operator, elder_id: PathId, consent_id: PathId
) -> ConsentList:
    """End a consent now; that it was given stays on record. 409 when it is withdrawn already."""
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        consents.withdraw(
            connection, elder_id, consent_id, by=viewer.name, now=services.clock.now()
        )
        return _list(connection, services, elder_id)


def _list(connection: Connection, services: Services, elder_id: int) -> ConsentList:
    today = today_of(services.clock.now())
    found = consents.consents_of(connection, elder_id)
    return ConsentList(
        in_force=sorted(consents.scopes_in_force(connection, elder_id, today)),
        items=[ConsentAnswer.of(one) for one in found],
    )
