"""What an import answers: what is or would be done, and everything that has to be mended."""

from collections.abc import Iterable

from pydantic import Field

from api.wire_types import Wire, example
from core.people import Language
from core.register_plan import Plan
from core.register_problems import MOST_LISTED, Remark, first_listed
from core.register_sheets import ListName
from core.register_steps import (
    BandStep,
    ContactStep,
    ElderStep,
    GuardianStep,
    PairingStep,
    Step,
    Verdict,
    ZoneStep,
)
from core.register_words import sentence

_STEPS: dict[ListName, type[Step]] = {
    ListName.ELDERS: ElderStep,
    ListName.BANDS: BandStep,
    ListName.GUARDIANS: GuardianStep,
    ListName.ZONES: ZoneStep,
    ListName.CONTACTS: ContactStep,
}


class Told(Wire):
    """One thing to mend or to look at."""

    model_config = example(
        kind="not_a_phone",
        sheet="看护者",
        row=5,
        column="电话",
        cell="看护者!A5",
        says="这不是电话号码：请只写号码，如 13900000001 或 0573-87000000。",
    )

    kind: str = Field(description="Its name, for programs.")
    sheet: str = Field(description="Title of the sheet as the file has it; empty: the file.")
    row: int | None = Field(description="As the spreadsheet counts, the headings are 1.")
    column: str = Field(description="The heading as the file has it.")
    cell: str = Field(description="Where to click.")
    says: str = Field(description="What is wrong and how to mend it, in the reader's language.")


class Count(Wire):
    """How many lines of a list would be, or were, taken over."""

    model_config = example(list="elders", sheet="老人", added=400, changed=0, unchanged=0)

    list: ListName
    sheet: str
    added: int
    changed: int
    unchanged: int


class PairingCount(Wire):
    """Guardians for elders. They are asked for only: a second person approves the batch."""

    model_config = example(asked=800, unchanged=0, batch="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b")

    asked: int = Field(description="Until these are approved the elders have no such guardian.")
    unchanged: int
    batch: str | None = Field(
        description="To approve them: POST /api/guardian-change-batches/{batch}/approve."
    )


class ImportReport(Wire):
    """What became of a file."""

    model_config = example(
        done=False,
        dry_run=True,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        lists=[{"list": "elders", "sheet": "老人", "added": 400, "changed": 0, "unchanged": 0}],
        pairings={"asked": 0, "unchanged": 0, "batch": None},
        problem_count=0,
        problems=[],
        warning_count=0,
        warnings=[],
    )

    done: bool = Field(description="The lines were taken over, all of them.")
    dry_run: bool
    sha256: str = Field(description="Of the file; the history names its first twelve digits.")
    lists: list[Count]
    pairings: PairingCount
    problem_count: int
    problems: list[Told] = Field(description=f"The first {MOST_LISTED}.")
    warning_count: int
    warnings: list[Told] = Field(description=f"The first {MOST_LISTED}.")


def report(
    planned: Plan, *, digest: str, batch: str, is_dry_run: bool, language: Language
) -> ImportReport:
    """Return what to answer about a plan that was tried out, or done."""
    pairings = planned.counts(PairingStep)
    asked = pairings[Verdict.ADDED] + pairings[Verdict.CHANGED]
    return ImportReport(
        done=not is_dry_run and not planned.problems,
        dry_run=is_dry_run,
        sha256=digest,
        lists=[
            Count(
                list=name,
                sheet=title,
                **{verdict.value: planned.counts(_STEPS[name])[verdict] for verdict in Verdict},
            )
            for name, title in planned.titles.items()
        ],
        pairings=PairingCount(
            asked=asked,
            unchanged=pairings[Verdict.UNCHANGED],
            batch=batch if asked else None,
        ),
        problem_count=len(planned.problems),
        problems=list(_told(planned.problems, language)),
        warning_count=len(planned.doubts),
        warnings=list(_told(planned.doubts, language)),
    )


def _told(remarks: Iterable[Remark], language: Language) -> Iterable[Told]:
    for remark in first_listed(remarks):
        yield Told(
            kind=remark.kind.value,
            sheet=remark.sheet,
            row=remark.row,
            column=remark.column,
            cell=remark.place,
            says=sentence(remark, language),
        )
