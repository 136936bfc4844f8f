"""The page behind the link in a message: who, where, and the answers as big buttons.

The token in the address is the key, and a device that is not known yet has to show the end of a
number beside it (api/second_factor.py). It works without a login and without scripts. Looking
changes nothing (link previews look, too); an answer is a POST and counts once.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from alerts.links import read_token
from api import second_factor
from api.access import Caller, Viewer, callers
from api.cases import Case, load_case
from api.inbox_door import hand_in, new_key, usable_key
from api.navigation import is_wechat, ways_to
from api.pages import gettext_of, page
from api.routes.push import public_key
from api.second_factor import Shown
from api.services import Held, Services
from api.sketch import Sketch, sketch
from core.accounts import EVERYWHERE
from core.errors import NotFound
from core.incidents import Answer
from core.people import Channel, Person
from store import contacts, looks, map_views, registry, rosters
from store.database import reading

router = APIRouter(include_in_schema=False)

#: the link works this long after the end
_AFTER_CLOSE = timedelta(hours=24)
#: the trail in the drawing begins this long before the incident
_BEFORE = timedelta(minutes=30)

Holder = Annotated[Viewer, callers(Caller.LINK)]
Question = Annotated[str, Query(pattern="^(found|not_reached|need_rescue)?$")]


@router.get("/a/{token}")
def answer_page(
    request: Request, services: Held, viewer: Holder, token: str, ask: Question = ""
) -> Response:
    """Show the alert, or with *ask* the question before an answer; to strangers, neither."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        found = _find(connection, services, token)
        if found is None:
            return _no_longer(request, 404)
        case, person = found
        context = _context(connection, case, person, services.clock.now())
    if _is_long_over(case, now):
        return _no_longer(request, 410)
    if second_factor.is_stranger(services, viewer, person.id):
        left = second_factor.tries_left(services, case.incident.id, person.id)
        return _who_is_it(request, token, "" if left else Shown.TOO_MANY, 200 if left else 429)
    if not case.incident.is_open:
        return _personal(page(request, "guardian/closed.html", language=person.language, **context))
    with services.engine.begin() as connection:
        looks.record(
            connection,
            f"person:{person.id}",
            case.elder.id,
            "answer page",
            now,
            incident_id=case.incident.id,
        )
    template = f"guardian/ask_{ask}.html" if ask else "guardian/alert.html"
    agent = request.headers.get("user-agent", "")
    gettext = gettext_of(request)
    return _personal(
        page(
            request,
            template,
            language=person.language,
            **context,
            token=token,
            key=new_key(),
            drawing=_drawing(services, case),
            ways=ways_to(case.where.position, agent, gettext) if case.where else [],
            in_wechat=is_wechat(agent),
            push_key=public_key(services),
            is_known=viewer.person_id == person.id,
        )
    )


@router.post("/a/{token}/device")
def know_device(
    request: Request,
    services: Held,
    viewer: Holder,
    token: str,
    digits: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Know this device from now on, when the digits are the end of the person's own number."""
    with reading(services.engine) as connection:
        found = _find(connection, services, token)
    if found is None:
        return _no_longer(request, 404)
    case, person = found
    if _is_long_over(case, services.clock.now()):
        return _no_longer(request, 410)
    response = RedirectResponse(f"/a/{token}", 303, headers={"Referrer-Policy": "no-referrer"})
    if not second_factor.is_stranger(services, viewer, person.id):
        return response
    shown = second_factor.check(services, case.incident.id, person.id, digits)
    if shown is not Shown.RIGHT:
        return _who_is_it(request, token, shown, 403 if shown is Shown.WRONG else 429)
    second_factor.trust(services, response, person.id)
    return response


@router.post("/a/{token}")
def answer(
    request: Request,
    services: Held,
    viewer: Holder,
    token: str,
    given: Annotated[str, Form(alias="answer", max_length=20)],
    key: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Take an answer and show the page anew; the same tap twice is one answer."""
    with reading(services.engine) as connection:
        found = _find(connection, services, token)
        if found is None:
            return _no_longer(request, 404)
        case, person = found
    if _is_long_over(case, services.clock.now()):
        return _no_longer(request, 410)
    if second_factor.is_stranger(services, viewer, person.id):
        return _who_is_it(request, token, "unsent", 403)
    if given not in set(Answer):
        return page(
            request,
            "problem.html",
            status=422,
            sentence=gettext_of(request)("That is not one of the answers. Please go back."),
        )
    body: dict[str, Any] = {
        "incident_id": case.incident.id,
        "person_id": person.id,
        "answer": given,
        "channel": "page",
    }
    if reason:
        body["reason"] = reason
    key = f"{case.incident.id}:{person.id}:{usable_key(key)}:{given}"
    hand_in(services, source="page", key=key, kind="answer", body=body)
    return RedirectResponse(f"/a/{token}", 303, headers={"Referrer-Policy": "no-referrer"})


def _find(connection: Connection, services: Services, token: str) -> tuple[Case, Person] | None:
    try:
        incident_id, person_id = read_token(services.settings.require_secret_key(), token)
        case = load_case(connection, incident_id, services.clock.now(), EVERYWHERE)
        return case, registry.person(connection, person_id)
    except NotFound:
        return None


def _context(connection: Connection, case: Case, person: Person, now: datetime) -> dict[str, Any]:
    latest = case.incident.latest_answers()
    mine = latest.get(person.id)
    roster = rosters.roster(connection, case.elder.id, now)
    numbers = (contacts.reachable_at(connection, p, Channel.VOICE) for p in roster.operators)
    news_s = case.incident.policy.lease_s - case.incident.policy.remind_before_s
    return {
        "case": case,
        "person": person,
        # a yes of an earlier round has run out; the person is asked again
        "mine": mine if mine is not None and mine.round == case.incident.round else None,
        "others": [
            (case.people[given.person_id], given)
            for given in latest.values()
            if given.person_id != person.id and given.round == case.incident.round
        ],
        "duty_number": next((number for number in numbers if number), None),
        "news_minutes": round(news_s / 60),
    }


def _drawing(services: Services, case: Case) -> Sketch | None:
    if case.where is None or case.band is None:
        return None
    with reading(services.engine) as connection:
        points = map_views.trail(
            connection,
            case.band.device_id,
            scope=EVERYWHERE,
            since=case.incident.opened_at - _BEFORE,
            limit=100,
        )
    positions = [point.position for point in points if not point.is_backlog]
    now = services.clock.now()
    counting = [zone for zone in case.zones if zone.counts_at(now)]
    return sketch(case.where, case.home, counting, positions)


def _is_long_over(case: Case, now: datetime) -> bool:
    return case.incident.closed_at is not None and now > case.incident.closed_at + _AFTER_CLOSE


def _who_is_it(request: Request, token: str, said: str, status: int) -> Response:
    """Ask for the digits. Not a word about whose link it is, in their language neither."""
    address = f"/a/{token}/device"
    return _personal(
        page(request, "guardian/stranger.html", status=status, said=str(said), address=address)
    )


def _no_longer(request: Request, status: int) -> Response:
    return _personal(page(request, "guardian/expired.html", status=status))


def _personal(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
