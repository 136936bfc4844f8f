"""The auditor's page: who looked at whose position, and who changed what in the register."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import cursors
from api.access import Caller, Viewer, callers
from api.look_words import Gettext, purpose_words
from api.pages import gettext_of, page
from api.services import Held
from api.wire_types import MOST_ID, Cursor
from core.clock import LOCAL_ZONE
from core.history import Subject
from store import history, looks
from store.database import reading

router = APIRouter(include_in_schema=False)

Auditor = Annotated[Viewer, callers(Caller.AUDITOR)]
_PAGE = 100


class Shown(StrEnum):
    """What the page lists."""

    LOOKS = "looks"
    CHANGES = "changes"


@router.get("/audit")
def audit_page(
    request: Request,
    services: Held,
    viewer: Auditor,
    show: Shown = Shown.LOOKS,
    elder: Annotated[str, Query(pattern=r"^\s*[0-9]{0,15}\s*$")] = "",
    by: Annotated[str, Query(max_length=80)] = "",
    since: Annotated[str, Query(pattern=r"^((19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})?$")] = "",
    until: Annotated[str, Query(pattern=r"^((19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})?$")] = "",
    cursor: Cursor = None,
) -> Response:
    """Show looks or changes, the newest first, by elder, account and local days."""
    before_id = cursors.number_in(cursor)
    elder_id = min(int(elder), MOST_ID) if elder.strip() else None
    account = by.replace("\0", "").strip() or None
    from_at, to_at = _midnight(since), _midnight(until, after=True)
    found: list[looks.Look] = []
    changes = []
    with reading(services.engine) as connection:
        if show is Shown.CHANGES:
            changes = history.changes_of(
                connection,
                elder_id=elder_id,
                by=account,
                scope=viewer.scope,
                before_id=before_id,
                limit=_PAGE + 1,
            )
        else:
            found = looks.looks(
                connection,
                elder_id=elder_id,
                viewer=account,
                since=from_at,
                until=to_at,
                scope=viewer.scope,
                before_id=before_id,
                limit=_PAGE + 1,
            )
        rows = changes or found
        names = history.shown_names(
            connection, {*(one.by for one in changes), *(one.viewer for one in found)}
        )
    kept = {"show": show.value, "elder": elder, "by": by, "since": since, "until": until}
    following = None
    if len(rows) > _PAGE:
        following = "?" + urlencode({**kept, "cursor": cursors.written(rows[_PAGE - 1].id)})
    gettext = gettext_of(request)
    return page(
        request,
        "audit.html",
        show=show.value,
        filters=kept,
        seen=found[:_PAGE],
        changes=changes[:_PAGE],
        names=names,
        subjects=_SUBJECTS,
        purpose_of=lambda purpose: purpose_words(purpose, gettext),
        following=following,
    )


#: marks a text for the catalogue where it cannot be translated yet
N_: Gettext = str
#: words of what was changed
_SUBJECTS = {
    Subject.ORGANISATION: N_("organisation"),
    Subject.ELDER: N_("elder"),
    Subject.PERSON: N_("person"),
    Subject.BAND: N_("wristband"),
    Subject.PAIRING: N_("guardians"),
    Subject.ZONE: N_("zone"),
    Subject.ACCOUNT: N_("account"),
    Subject.FAMILY: N_("family contact"),
    Subject.CONSENT: N_("consent"),
}


def _midnight(day: str, *, after: bool = False) -> datetime | None:
    """Return the local midnight before *day*, or *after* it; None without a day that is one."""
    try:
        begins = datetime.combine(date.fromisoformat(day), time(), LOCAL_ZONE)
        return begins + timedelta(days=int(after))
    except (ValueError, OverflowError):
        return None
