"""The ledger of volunteers' service: read, put right, ruled, ranked, and taken elsewhere."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api import cursors
from api.access import STAFF, Caller, Viewer, callers
from api.credit_documents import (
    CSV_COLUMNS,
    AskedYear,
    EntryDocument,
    EntryPage,
    NewCorrection,
    NewRule,
    RankedPerson,
    Ranking,
    RuleDocument,
    RuleList,
    csv_row,
    entry_document,
    rule_document,
)
from api.services import Held, Services
from api.wire_types import MOST_ID, Cursor, Limit, OrganisationId, When
from core.credits import STANDARD_RULES, CreditKind, Rule, day_of, places
from core.errors import BadInput, NotFound
from store import credit_ledger, credit_ranking, credit_rules, registry
from store.credit_ledger import Entry, Wanted
from store.database import reading
from store.organisations import check_known
from store.scoping import check_organisation, check_person

router = APIRouter(prefix="/api/credits", tags=["credits"])

Keeper = Annotated[Viewer, callers(Caller.OPERATOR, Caller.ADMINISTRATOR)]
Anybody = Annotated[Viewer, callers(*STAFF, Caller.GUARDIAN)]
#: no rule begins later than that
_FARTHEST = timedelta(days=5 * 366)


class Csv(Response):
    """Lines of cells; begins with the mark by which spreadsheets know UTF-8."""

    media_type = "text/csv"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the ledger is asked for."""

    person_id: Annotated[int | None, Query(ge=1, le=MOST_ID)] = None
    organisation_id: Annotated[OrganisationId | None, Query()] = None
    kind: CreditKind | None = None
    since: Annotated[When | None, Query(description="Done at or after.")] = None
    until: Annotated[When | None, Query(description="Done before.")] = None

    def wanted(self) -> Wanted:
        """Return it as the store takes it."""
        return Wanted(
            person_id=self.person_id,
            organisation_id=self.organisation_id,
            kind=self.kind,
            since=self.since,
            until=self.until,
        )


Part = Annotated[Asked, Depends()]


@router.get("")
def list_entries(
    services: Held, viewer: Keeper, asked: Part, limit: Limit = 100, cursor: Cursor = None
) -> EntryPage:
    """Return entries of your organisations' volunteers, the oldest first."""
    page, following = _page(services, viewer, asked, limit, cursor)
    return EntryPage(items=[entry_document(one) for one in page], next=following)


@router.get("/export.json")
def export_json(
    services: Held, viewer: Keeper, asked: Part, limit: Limit = 1000, cursor: Cursor = None
) -> EntryPage:
    """Return entries for the city's volunteer platform; `source` is a key that never changes."""
    page, following = _page(services, viewer, asked, limit, cursor)
    return EntryPage(items=[entry_document(one) for one in page], next=following)


@router.get("/export.csv", response_class=Csv)
def export_csv(
    request: Request,
    services: Held,
    viewer: Keeper,
    asked: Part,
    limit: Limit = 1000,
    cursor: Cursor = None,
) -> Response:
    """Return the same as CSV (UTF-8); the header `Link` leads to the next part, if there is one."""
    page, following = _page(services, viewer, asked, limit, cursor)
    response = csv_of(page, "credits.csv")
    if following is not None:
        address = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
    return response


@router.post("/corrections", status_code=201)
def add_correction(services: Held, viewer: Keeper, body: NewCorrection) -> EntryDocument:
    """Put something right by an entry of its own; the same `key` again changes nothing."""
    with services.engine.begin() as connection:
        check_person(connection, body.person_id, viewer.scope)
        organisation_id = registry.person(connection, body.person_id).organisation_id or None
        if body.corrects is not None:
            wrong = credit_ledger.entry(connection, body.corrects, scope=viewer.scope)
            if wrong.person_id != body.person_id:
                raise BadInput(
                    "The entry that is corrected is somebody else's.",
                    {"body.corrects": "is an entry of another person"},
                )
            organisation_id = wrong.organisation_id
        if not viewer.scope.covers(organisation_id):
            raise NotFound(f"There is no person {body.person_id} in your organisations.")
        entry_id = credit_ledger.correct(
            connection,
            person_id=body.person_id,
            organisation_id=organisation_id,
            minutes=body.minutes,
            reason=body.reason,
            key=f"{body.person_id}:{body.key}",
            corrects=body.corrects,
            by=viewer.name,
            now=services.clock.now(),
        )
        entry = credit_ledger.entry(connection, entry_id, scope=viewer.scope)
    return entry_document(entry)


@router.get("/rules")
def list_rules(
    services: Held,
    viewer: Keeper,
    organisation_id: Annotated[OrganisationId | None, Query()] = None,
) -> RuleList:
    """Return the rules that can hold for an organisation, the standard ones first."""
    if organisation_id is not None:
        check_organisation(organisation_id, viewer.scope)
    with reading(services.engine) as connection:
        own = credit_rules.rules(connection, [organisation_id])
    return RuleList(items=[rule_document(one) for one in (*STANDARD_RULES, *own)])


@router.post("/rules", status_code=201)
def add_rule(services: Held, viewer: Keeper, body: NewRule) -> RuleDocument:
    """Let a rule hold from a day to come on; what was written before stays as it is."""
    check_organisation(body.organisation_id, viewer.scope)
    today = day_of(services.clock.now())
    if not today < body.valid_from <= today + _FARTHEST:
        said = "A rule begins on a day to come, within five years: the past is not counted anew."
        raise BadInput(said, {"body.valid_from": said})
    if body.most_per_day_min < body.minutes:
        said = "The most of a day must be as much as one deed counts for, or more."
        raise BadInput(said, {"body.most_per_day_min": said})
    if body.kind is CreditKind.CORRECTION:
        said = "Corrections are made one by one; there is no rule for them."
        raise BadInput(said, {"body.kind": said})
    rule = Rule(
        organisation_id=body.organisation_id,
        kind=body.kind,
        minutes=body.minutes,
        most_per_day_min=body.most_per_day_min,
        valid_from=body.valid_from,
    )
    with services.engine.begin() as connection:
        check_known(connection, body.organisation_id)
        rule_id = credit_rules.add_rule(connection, rule, by=viewer.name, now=services.clock.now())
        added = credit_rules.rules(connection, [body.organisation_id])
    return rule_document(next(one for one in added if one.id == rule_id))


@router.get("/ranking")
def ranking(
    services: Held,
    viewer: Anybody,
    organisation_id: Annotated[OrganisationId, Query()],
    year: AskedYear,
) -> Ranking:
    """Return who did most in a year, of those who asked to be listed; nobody else is counted."""
    with reading(services.engine) as connection:
        if not viewer.scope.covers(organisation_id):
            own = None
            if viewer.person_id is not None:
                own = registry.person(connection, viewer.person_id).organisation_id
            if own != organisation_id:
                raise NotFound(f"There is no organisation {organisation_id} that is yours.")
        found = credit_ranking.minutes_of(connection, organisation_id, year)
    names = {person_id: name for person_id, name, _minutes in found}
    placed = places({person_id: minutes for person_id, _name, minutes in found})
    return Ranking(
        organisation_id=organisation_id,
        year=year,
        items=[
            RankedPerson(place=place, person_id=person_id, name=names[person_id], minutes=minutes)
            for place, person_id, minutes in placed
        ],
    )


def csv_of(entries: Sequence[Entry], name: str) -> Csv:
    """Return entries as a file that spreadsheets open."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    writer.writerows(csv_row(one) for one in entries)
    return Csv(
        text.getvalue().encode("utf-8-sig"),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(
    services: Services, viewer: Viewer, asked: Asked, limit: int, cursor: str | None
) -> tuple[list[Entry], str | None]:
    with reading(services.engine) as connection:
        found = credit_ledger.entries(
            connection,
            asked.wanted(),
            scope=viewer.scope,
            after_id=cursors.number_in(cursor) or 0,
            limit=limit + 1,
        )
    page = found[:limit]
    return page, cursors.written(page[-1].id) if len(found) > limit else None
