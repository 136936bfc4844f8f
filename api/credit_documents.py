"""Volunteers' service as programs see it: entries, rules, corrections, statements, ranking."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from api.wire_types import Id, OrganisationId, Printable, Wire, example
from core.credits import EARNED, MOST_MIN, CreditKind, Rule, day_of
from core.csv_reading import guarded
from store.credit_ledger import Entry

#: kinds that a rule can be made for
RuleKind = Annotated[CreditKind, Field(description="What is done.")]
Minutes = Annotated[int, Field(ge=0, le=MOST_MIN)]
Year = Annotated[int, Path(ge=2000, le=2100)]
AskedYear = Annotated[int, Query(ge=2000, le=2100)]
Reason = Annotated[str, Field(min_length=3, max_length=200), Printable]
#: the same key is one correction, however often it is sent
Key = Annotated[str, Field(min_length=8, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]


class EntryDocument(Wire):
    """One line of the ledger. It is never edited; a correction is a line of its own."""

    id: int
    person_id: int
    person_name: str
    organisation_id: str | None
    kind: CreditKind
    minutes: int
    at: datetime
    day: date = Field(description="The day in Haining.")
    source: str = Field(description="What was done, the same for ever: a key for other systems.")
    incident_id: int | None
    rule_id: int | None = Field(description="Null: the standard, or a correction.")
    corrects: int | None
    reason: str
    written_at: datetime

    model_config = example(
        id=41,
        person_id=5,
        person_name="王大伯",
        organisation_id="xiashi",
        kind="accepted",
        minutes=10,
        at="2026-11-23T04:00:00Z",
        day="2026-11-23",
        source="accepted:7:5",
        incident_id=7,
        rule_id=None,
        corrects=None,
        reason="",
        written_at="2026-11-23T05:00:00Z",
    )


class EntryPage(Wire):
    """A page of the ledger, the oldest first."""

    items: list[EntryDocument]
    next: str | None

    model_config = example(items=[], next=None)


class NewCorrection(Wire):
    """What puts something right."""

    person_id: Id
    minutes: Annotated[int, Field(ge=-MOST_MIN, le=MOST_MIN)]
    reason: Reason
    key: Key
    corrects: Id | None = None

    model_config = example(
        person_id=5, minutes=-30, reason="家属先找到的", key="c-2026-0001", corrects=41
    )


class RuleDocument(Wire):
    """What a kind of deed counts for from a day on."""

    id: int = Field(description="0: part of the program.")
    organisation_id: str | None = Field(description="Null: everybody without an own rule.")
    kind: CreditKind
    minutes: int
    most_per_day_min: int
    valid_from: date

    model_config = example(
        id=3,
        organisation_id="xiashi",
        kind="found",
        minutes=60,
        most_per_day_min=120,
        valid_from="2027-01-01",
    )


class RuleList(Wire):
    """Every version, the oldest first; of several that hold the newest counts."""

    items: list[RuleDocument]

    model_config = example(items=[])


class NewRule(Wire):
    """A rule from a day to come on."""

    organisation_id: OrganisationId | None = None
    kind: RuleKind
    minutes: Minutes
    most_per_day_min: Minutes
    valid_from: date

    model_config = example(
        organisation_id="xiashi",
        kind="found",
        minutes=60,
        most_per_day_min=120,
        valid_from="2027-01-01",
    )


class StatementDocument(Wire):
    """One person's year."""

    person_id: int
    person_name: str
    year: int
    minutes: int
    minutes_by_kind: dict[CreditKind, int]
    entries: list[EntryDocument]

    model_config = example(
        person_id=5,
        person_name="王大伯",
        year=2026,
        minutes=40,
        minutes_by_kind={"accepted": 10, "found": 30},
        entries=[],
    )


class RankedPerson(Wire):
    """One who wants to be seen."""

    place: int
    person_id: int
    name: str
    minutes: int

    model_config = example(place=1, person_id=5, name="王大伯", minutes=420)


class Ranking(Wire):
    """A year of one organisation; who did not ask to be listed is not counted either."""

    organisation_id: str
    year: int
    items: list[RankedPerson]

    model_config = example(organisation_id="xiashi", year=2026, items=[])


def entry_document(entry: Entry) -> EntryDocument:
    """Return one line of the ledger for programs."""
    return EntryDocument(
        id=entry.id,
        person_id=entry.person_id,
        person_name=entry.person_name,
        organisation_id=entry.organisation_id,
        kind=entry.kind,
        minutes=entry.minutes,
        at=entry.at,
        day=day_of(entry.at),
        source=entry.source,
        incident_id=entry.incident_id,
        rule_id=entry.rule_id,
        corrects=entry.corrects,
        reason=entry.reason,
        written_at=entry.written_at,
    )


def rule_document(rule: Rule) -> RuleDocument:
    """Return one rule for programs."""
    return RuleDocument(
        id=rule.id,
        organisation_id=rule.organisation_id,
        kind=rule.kind,
        minutes=rule.minutes,
        most_per_day_min=rule.most_per_day_min,
        valid_from=rule.valid_from,
    )


def statement(
    person_id: int, person_name: str, year: int, entries: Iterable[Entry]
) -> StatementDocument:
    """Return one person's year."""
    listed = list(entries)
    by_kind = minutes_by_kind(listed)
    return StatementDocument(
        person_id=person_id,
        person_name=person_name,
        year=year,
        minutes=sum(by_kind.values()),
        minutes_by_kind=by_kind,
        entries=[entry_document(one) for one in listed],
    )


def minutes_by_kind(entries: Iterable[Entry]) -> dict[CreditKind, int]:
    """Return the minutes of each kind that there is."""
    sums: dict[CreditKind, int] = {}
    for one in entries:
        sums[one.kind] = sums.get(one.kind, 0) + one.minutes
    return {kind: sums[kind] for kind in (*EARNED, CreditKind.CORRECTION) if kind in sums}


#: columns of the export for the city's platform: heading -> what stands below
CSV_COLUMNS: Mapping[str, str] = {
    "entry_id": "id",
    "person_id": "person_id",
    "person_name": "person_name",
    "organisation_id": "organisation_id",
    "kind": "kind",
    "minutes": "minutes",
    "day": "day",
    "at": "at",
    "source": "source",
    "corrects": "corrects",
    "reason": "reason",
}


#: what people wrote, and a spreadsheet must not take for a formula
_WORDS = ("person_name", "reason")


def csv_row(entry: Entry) -> list[str]:
    """Return one line of the ledger as cells."""
    document = entry_document(entry)
    cells = {field: _cell(getattr(document, field)) for field in CSV_COLUMNS.values()}
    return [guarded(text) if name in _WORDS else text for name, text in cells.items()]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)
