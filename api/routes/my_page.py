"""A volunteer's own page: their elders, whether all is quiet, their service. Without scripts."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from api import phone_sign_in
from api.access import Caller, Viewer, callers, form_token_of
from api.pages import gettext_of, page
from api.routes.me import own_id
from api.services import Held, Services
from core.credits import day_of, year_bounds
from core.people import PHONE
from store import credit_ledger, credit_ranking, registry, volunteers
from store.contact_points import points_of
from store.credit_ledger import Wanted
from store.database import reading

router = APIRouter(prefix="/g", include_in_schema=False)

Anybody = Annotated[Viewer, callers(Caller.PUBLIC)]
Volunteer = Annotated[Viewer, callers(Caller.GUARDIAN)]
Number = Annotated[str, Form(max_length=40)]


@router.get("")
def my_page(request: Request, services: Held, viewer: Anybody) -> Response:
    """Show a volunteer's own things, or how to sign in."""
    if viewer.person_id is None:
        return _form(request)
    return _mine(request, services, viewer)


@router.post("/code")
def send_code(request: Request, services: Held, _viewer: Anybody, phone: Number = "") -> Response:
    """Send a code, and ask for it; the page is the same for every number."""
    try:
        phone_sign_in.send_code(request, services, phone)
    except ValueError as error:
        return _form(request, problem=gettext_of(request)(str(error)), status=422)
    return _form(request, phone=phone)


@router.post("/sign-in")
def sign_in(
    request: Request,
    services: Held,
    _viewer: Anybody,
    phone: Number = "",
    code: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Know this phone from now on."""
    response = RedirectResponse("/g", 303)
    _ = gettext_of(request)
    try:
        phone_sign_in.sign_in(request, services, response, phone, code)
    except ValueError as error:
        return _form(request, problem=_(str(error)), status=422)
    except HTTPException as error:
        if error.status_code != 403:
            raise
        return _form(request, phone=phone, problem=_(phone_sign_in.NOT_TOGETHER), status=403)
    return response


@router.post("/sign-out")
def sign_out(request: Request, services: Held, viewer: Volunteer) -> Response:
    """Forget this phone."""
    response = RedirectResponse("/g", 303)
    phone_sign_in.sign_out(request, services, viewer, response)
    return response


@router.post("/ranking")
def show_me(
    services: Held, viewer: Volunteer, shown: Annotated[str, Form(max_length=1)] = ""
) -> Response:
    """Be listed in the ranking, or not any more."""
    with services.engine.begin() as connection:
        credit_ranking.show(connection, own_id(viewer), shown=bool(shown), now=services.clock.now())
    return RedirectResponse("/g", 303)


def _mine(request: Request, services: Services, viewer: Viewer) -> Response:
    person_id = own_id(viewer)
    year = day_of(services.clock.now()).year
    begin, end = year_bounds(year)
    with reading(services.engine) as connection:
        person = registry.person(connection, person_id)
        elders = volunteers.elders_of(connection, person_id)
        points = points_of(connection, [person_id]).get(person_id, [])
        this_year = credit_ledger.sums(
            connection, Wanted(person_id=person_id, since=begin, until=end)
        )
        total_min = credit_ledger.total_min(connection, person_id)
        is_ranked = credit_ranking.is_shown(connection, person_id)
        handovers = volunteers.going_in(connection, person_id)
    ends = [p.value[-4:] for p in points if p.channel in PHONE and p.disabled_reason is None]
    return page(
        request,
        "volunteer/mine.html",
        language=person.language,
        person=person,
        elders=elders,
        handovers=handovers,
        year=year,
        this_year_min=sum(this_year.values()),
        total_min=total_min,
        is_ranked=is_ranked,
        numbers=list(dict.fromkeys(ends)),
        form_token=form_token_of(request, viewer),
    )


def _form(request: Request, *, phone: str = "", problem: str = "", status: int = 200) -> Response:
    return page(request, "volunteer/sign_in.html", status=status, phone=phone, problem=problem)
