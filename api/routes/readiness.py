"""Who could be reached tonight: the list, its filters, and a test to one number."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from alerts import readiness_words, verification
from alerts.notices import NoticeKind, tell_at
from alerts.readiness import ElderReadiness, GuardianReadiness, Lack, Readiness
from alerts.readiness_watch import look
from api.access import Caller, Viewer, callers, form_token_of
from api.band_shapes import iso
from api.pages import gettext_of, page
from api.services import Held
from store import drills, scoping
from store.contact_points import point as load_point
from store.database import reading

router = APIRouter()

Staff = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
#: so many elders on one page
MOST_ELDERS = 500


@router.get("/console/readiness")
def readiness_page(
    request: Request,
    services: Held,
    viewer: Staff,
    show: Literal["missing", "all"] = "missing",
    lack: Annotated[Lack | None, Query()] = None,
    done: Annotated[str, Query(max_length=20, pattern="^[a-z_]*$")] = "",
) -> Response:
    """Show who is not ready and what to do about it."""
    with reading(services.engine) as connection:
        found = look(connection, services.clock.now(), viewer.scope)
        recent = drills.newest(connection, scope=viewer.scope, limit=5)
    elders = [elder for elder in found.elders if _is_wanted(elder, show, lack)]
    return page(
        request,
        "console/readiness.html",
        readiness=found,
        elders=elders[:MOST_ELDERS],
        left_out=max(0, len(elders) - MOST_ELDERS),
        show=show,
        lack=lack,
        done=done,
        Lack=Lack,
        readiness_words=readiness_words,
        drills=recent,
        form_token=form_token_of(request, viewer),
    )


@router.get("/api/readiness")
def readiness_json(request: Request, services: Held, viewer: Staff) -> dict[str, Any]:
    """Return who is ready and what is missing; no number is in it."""
    with reading(services.engine) as connection:
        found = look(connection, services.clock.now(), viewer.scope)
    return to_json(found, gettext_of(request))


@router.post("/contact-points/{point_id}/test")
def send_test(services: Held, viewer: Operator, point_id: int) -> Response:
    """Send a test message to one number; its receipt shows on the list."""
    now = services.clock.now()
    with services.engine.begin() as connection:
        scoping.check_contact_point(connection, point_id, viewer.scope)
        point = load_point(connection, point_id)
        if verification.may_send_at(connection, point_id, now) > now:
            raise HTTPException(429, "a code went there a moment ago")
        sent = tell_at(
            connection,
            NoticeKind.CONTACT_TEST,
            point.person_id,
            point.channel,
            str(point.id),
            {},
            now,
            address=point.value,
        )
    done = "test_sent" if sent is not None else "test_sent_before"
    return RedirectResponse(f"/console/readiness?done={done}#point-{point_id}", 303)


def to_json(found: Readiness, _: Any) -> dict[str, Any]:
    """Return the judgement for programs."""
    return {
        "at": iso(found.at),
        "fine": found.is_fine,
        "elders": [
            {
                "elder": elder.elder_id,
                "name": elder.name,
                "organisation": elder.organisation_id,
                "ready": elder.is_ready,
                "lacks": _lacks(elder.lacks, _),
                "guardians": [_guardian_json(guardian, _) for guardian in elder.guardians],
            }
            for elder in found.elders
        ],
        "rota_gaps": [
            {"team": gap.team_id, "from": iso(gap.from_at), "until": iso(gap.until_at)}
            for gap in found.gaps
        ],
    }


def _guardian_json(guardian: GuardianReadiness, _: Any) -> dict[str, Any]:
    return {
        "person": guardian.person_id,
        "name": guardian.name,
        "ready": guardian.is_ready,
        "lacks": _lacks(guardian.lacks, _),
        "channels": [
            {
                "channel": one.channel.value,
                "contact_point": None if one.point is None else one.point.id,
                "ready": one.is_ready,
                "lack": None if one.lack is None else one.lack.value,
                "verified_at": _iso(one.point and one.point.verified_at),
                "last_ok_at": _iso(one.point and one.point.last_ok_at),
            }
            for one in guardian.channels
        ],
    }


def _lacks(lacks: tuple[Lack, ...], _: Any) -> list[dict[str, str]]:
    return [
        {
            "lack": lack.value,
            "words": _(readiness_words.LACKS[lack]),
            "to_do": _(readiness_words.TO_DO[lack]),
        }
        for lack in lacks
    ]


def _iso(at: Any) -> str | None:
    return None if at is None else iso(at)


def _is_wanted(elder: ElderReadiness, show: str, lack: Lack | None) -> bool:
    if lack is not None:
        lacks = {*elder.lacks, *(one for g in elder.guardians for one in g.lacks)}
        return lack in lacks
    return show == "all" or not elder.is_ready
