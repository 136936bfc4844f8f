"""One person's year of service: for programs, as CSV, and as a page to be printed."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from api.access import Caller, Viewer, callers
from api.credit_documents import StatementDocument, Year, minutes_by_kind, statement
from api.credit_words import KINDS
from api.pages import page
from api.routes.service_credits import Csv, csv_of
from api.services import Held
from api.wire_types import PathId
from core.credits import year_bounds
from core.people import Person
from store import credit_ledger, registry
from store.credit_ledger import Entry, Wanted
from store.database import reading
from store.scoping import check_person

router = APIRouter(tags=["credits"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.ADMINISTRATOR, Caller.GUARDIAN)]
#: of one year; nobody does more, and a page must end
_MOST = 5000


@router.get("/api/people/{person_id}/credits/{year}")
def yearly(services: Held, viewer: Reader, person_id: PathId, year: Year) -> StatementDocument:
    """Return one person's year: their own, or of somebody in your organisations."""
    with reading(services.engine) as connection:
        person, entries = _year(connection, viewer, person_id, year)
    return statement(person.id, person.name, year, entries)


@router.get("/api/people/{person_id}/credits/{year}/statement.csv", response_class=Csv)
def yearly_csv(services: Held, viewer: Reader, person_id: PathId, year: Year) -> Response:
    """Return the same as CSV (UTF-8)."""
    with reading(services.engine) as connection:
        _person, entries = _year(connection, viewer, person_id, year)
    return csv_of(entries, f"credits-{person_id}-{year}.csv")


@router.get("/people/{person_id}/credits/{year}", include_in_schema=False)
def yearly_page(
    request: Request, services: Held, viewer: Reader, person_id: PathId, year: Year
) -> Response:
    """Show the same on a page that can be printed and stamped."""
    with reading(services.engine) as connection:
        person, entries = _year(connection, viewer, person_id, year)
    sums = minutes_by_kind(entries)
    return page(
        request,
        "volunteer/statement.html",
        person=person,
        year=year,
        entries=entries,
        sums=sums,
        total_min=sum(sums.values()),
        kinds=KINDS,
    )


def _year(
    connection: Connection, viewer: Viewer, person_id: int, year: int
) -> tuple[Person, list[Entry]]:
    """Return whose year it is and its entries; one's own whole, another's as far as one sees."""
    is_own = viewer.person_id == person_id
    if not is_own:
        check_person(connection, person_id, viewer.scope)
    begin, end = year_bounds(year)
    entries = credit_ledger.entries(
        connection,
        Wanted(person_id=person_id, since=begin, until=end),
        scope=None if is_own else viewer.scope,
        limit=_MOST,
    )
    return registry.person(connection, person_id), entries
