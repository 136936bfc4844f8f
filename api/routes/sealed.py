"""What is kept sealed of an elder. Each look is on record with its purpose.

Operators see both. Coordinators see medical notes while an incident of the elder is open: a search
needs them, and needs no identity number.
"""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from api.access import Caller, Viewer, callers
from api.elder_documents import SealedAnswer, SealedBody, SealedKept, checked
from api.pages import gettext_of
from api.routes.elders import same_person_words
from api.services import Held
from api.versions import WantedVersion, tag
from api.wire_types import PathId
from core.elder_rules import check_identity
from core.errors import Conflict, Refused
from core.sealing import sealer_of
from store import elder_lists, elder_secrets, elders, incidents, looks
from store.elder_secrets import SecretKind
from store.elders import SamePerson, today_of

router = APIRouter(prefix="/api/elders/{elder_id}/sealed", tags=["elders"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]


class SealedPurpose(StrEnum):
    """What somebody opens it for."""

    SEARCH = "search"  #: they are missing
    HEALTH = "health"  #: a doctor or an ambulance asks
    RECORDS = "records"  #: the register is kept or compared with the card
    REQUEST = "request"  #: the elder or their family asked for it


@router.get("")
def open_sealed(
    request: Request,
    response: Response,
    services: Held,
    viewer: Reader,
    elder_id: PathId,
    purpose: Annotated[SealedPurpose, Query(description="On record with the look.")],
) -> SealedAnswer:
    """Return identity number and medical notes, as far as this account may see them.

    A coordinator may see medical notes while an incident is open, and no identity number.
    """
    now = services.clock.now()
    with services.engine.begin() as connection:
        record = elder_lists.record(connection, elder_id, viewer.scope)
        is_operator = viewer.scope_as(Caller.OPERATOR).covers(record.organisation_id)
        if not is_operator and not _is_missing(connection, elder_id):
            _ = gettext_of(request)
            raise Refused(
                _("Medical notes are shown to coordinators while an incident is open, not now.")
            )
        shown = frozenset(SecretKind) if is_operator else frozenset({SecretKind.MEDICAL_NOTES})
        kept = elder_secrets.kinds_of(connection, elder_id)
        opened = {}
        if kept & shown:
            looks.record(connection, viewer.name, elder_id, f"sealed:{purpose.value}", now)
            opened = elder_secrets.opened(
                connection, sealer_of(services.settings), elder_id, kept & shown
            )
    tag(response, record.version)
    return SealedAnswer(
        identity_number=opened.get(SecretKind.IDENTITY_NUMBER),
        medical_notes=opened.get(SecretKind.MEDICAL_NOTES),
        withheld=sorted(kind.value for kind in kept - shown),
    )


@router.put("")
def change_sealed(
    request: Request,
    response: Response,
    services: Held,
    viewer: Operator,
    elder_id: PathId,
    version: WantedVersion,
    body: SealedBody,
) -> SealedKept:
    """Keep identity number and medical notes; `If-Match` is the elder's `ETag`."""
    now = services.clock.now()
    given = {
        SecretKind.IDENTITY_NUMBER: body.identity_number,
        SecretKind.MEDICAL_NOTES: body.medical_notes,
    }
    values = {kind: value for kind, value in given.items() if value is not None}
    number = (body.identity_number or "").strip()
    with services.engine.begin() as connection:
        record = elder_lists.record(connection, elder_id, viewer.scope)
        found = []
        if number:
            found = check_identity(
                number, birth_year=record.birth_year, sex=record.sex, today=today_of(now)
            )
        warnings = checked(request, found)
        sealer = sealer_of(services.settings)
        others = elder_secrets.holders_of(connection, sealer, number) if number else []
        others = [one for one in others if one != elder_id]
        if others and not body.also:
            try:
                elders.raise_same_person(connection, others[0], viewer.scope)
            except SamePerson as same:
                raise Conflict(same_person_words(request, same)) from None
        elder_secrets.change(
            connection,
            elder_id,
            values,
            sealer=sealer,
            version=version,
            by=viewer.name,
            now=now,
        )
        record = elder_lists.record(connection, elder_id, viewer.scope)
    tag(response, record.version)
    return SealedKept(
        version=record.version,
        has_identity_number=record.has_identity_number,
        has_medical_notes=record.has_medical_notes,
        warnings=warnings,
    )


def _is_missing(connection: Connection, elder_id: int) -> bool:
    incident = incidents.open_of(connection, elder_id)
    return incident is not None and not incident.is_drill
