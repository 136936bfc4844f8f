"""Lines about elders: whom they mean, what they change; and whom other lines speak of. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from core.elder_rules import check_elder
from core.elders import ElderDetails, Risk
from core.register_known import Known, KnownElder, Reference, person_name, reference
from core.register_problems import Doubt, Problem, Remark
from core.register_sheets import ListName
from core.register_steps import ElderStep, Verdict, Whose
from core.register_tables import Line, Lines

#: columns that are details of an elder under the same name
_PLAIN = (
    "sex",
    "birth_year",
    "height_cm",
    "appearance",
    "hint",
    "habits",
    "hometown",
    "past_places",
    "dialect",
    "home_address",
    "removal_matters",
    "health_risk",
    "silence_alarm_s",
)
_NOBODY = ElderDetails(organisation_id="", name="", birth_year=0, sex="")


class Directory:
    """Everybody a line may speak of: those of the file, and those registered in scope."""

    def __init__(self, known: Known, meant: Mapping[int, Whose], lines: Iterable[Line]) -> None:
        """Take the file's lines by row, and whom each of them means."""
        self._known = known
        self._by_name: dict[str, list[tuple[int | None, Whose]]] = {}
        own_phones: dict[Whose, str] = {}
        in_file = set()
        for line in lines:
            whose = meant.get(line.row, Whose(row=line.row))
            in_file.add(whose.id)
            year = line.values.get("birth_year")
            name = person_name(str(line.values.get("name", "")))
            self._by_name.setdefault(name, []).append(
                (year if isinstance(year, int) else None, whose)
            )
            if isinstance(phone := line.values.get("own_phone"), str):
                own_phones[whose] = phone
        for elder in known.elders.values():
            if elder.id not in in_file and not elder.is_archived:
                self._by_name.setdefault(elder.details.name, []).append(
                    (elder.details.birth_year, Whose(id=elder.id))
                )
        self.own_phones = own_phones

    def find(self, line: Line, key: str, text: str) -> Whose | Remark:
        """Return whom *text* speaks of, or what is wrong with it."""
        said = reference(text)
        if said.number is not None:
            elder = self._known.elders.get(said.number)
            if elder is None or elder.is_archived:
                return line.remark(Problem.ELDER_UNKNOWN, key)
            return Whose(id=elder.id)
        found = self._called(said)
        if len(found) == 1:
            return found[0]
        return line.remark(Problem.ELDER_AMBIGUOUS if found else Problem.ELDER_UNKNOWN, key)

    def _called(self, said: Reference) -> list[Whose]:
        found = [
            whose
            for year, whose in self._by_name.get(said.name, [])
            if said.birth_year is None or year is None or year == said.birth_year
        ]
        return list(dict.fromkeys(found))

    def elder(self, whose: Whose) -> KnownElder | None:
        """Return what is known of somebody registered."""
        return None if whose.id is None else self._known.elders.get(whose.id)


def plan_elders(
    lines: Lines, known: Known, today: date
) -> tuple[list[ElderStep], Directory, list[Remark]]:
    """Return a step for each line that can be taken over, everybody, and what is wrong."""
    remarks: list[Remark] = []
    meant: dict[int, Whose] = {}
    steps: list[ElderStep] = []
    rows: dict[object, int] = {}
    numbers: dict[str, int] = {}
    for line in lines.of(ListName.ELDERS):
        organisation_id, found = _organisation(line, known)
        whose, more = _whom(line, known, organisation_id)
        found += more
        if whose.id is not None:
            meant[line.row] = whose
        first = _first_row(line, whose, organisation_id, rows)
        if first != line.row:
            found.append(line.remark(Problem.ELDER_TWICE, "name", other=first))
            meant[line.row] = meant.get(first, Whose(row=first))
        found += _identity(line, whose, known, numbers)
        if not known.has_keys:
            found += [
                line.remark(Problem.NO_KEYS, key)
                for key in ("identity_number", "medical_notes")
                if key in line.values
            ]
        if not line.unfit and not any(one.is_problem for one in found):
            step = _step(line, whose, known, organisation_id)
            found += _odd(line, step, today)
            steps.append(step)
        remarks += found
    return steps, Directory(known, meant, lines.of(ListName.ELDERS)), remarks


def organisation_of(line: Line, known: Known) -> tuple[str | None, list[Remark]]:
    """Return the organisation that a line names, None when it names none."""
    text = line.values.get("organisation_id")
    if not isinstance(text, str):
        return None, []
    found = known.organisation(text)
    if found is None:
        return None, [line.remark(Problem.ORGANISATION_UNKNOWN, "organisation_id")]
    return found.id, []


_organisation = organisation_of


def _whom(line: Line, known: Known, organisation_id: str | None) -> tuple[Whose, list[Remark]]:
    """Return whom a line means, and what is wrong with that."""
    new = Whose(row=line.row)
    values = line.values
    name = person_name(str(values.get("name", "")))
    number = values.get("number")
    if "number" in line.unfit:
        return new, []
    if isinstance(number, int):
        elder = known.elders.get(number)
        if elder is None:
            return new, [line.remark(Problem.NUMBER_UNKNOWN, "number")]
        if elder.is_archived:
            return new, [line.remark(Problem.ELDER_ARCHIVED, "number")]
        is_another = name != elder.details.name and (
            values.get("birth_year") != elder.details.birth_year
        )
        if is_another and not {"name", "birth_year"} & line.unfit:
            return new, [line.remark(Problem.NUMBER_OF_ANOTHER, "number")]
        is_changed = (name, values.get("birth_year")) != (
            elder.details.name,
            elder.details.birth_year,
        )
        doubts = [line.remark(Doubt.RENAMED, "number")] if is_changed and not line.unfit else []
        return Whose(id=elder.id), doubts
    same = [
        elder
        for elder in known.elders.values()
        if (elder.details.name, elder.details.birth_year, elder.details.organisation_id)
        == (name, values.get("birth_year"), organisation_id)
    ]
    active = [elder for elder in same if not elder.is_archived]
    if len(active) > 1:
        return new, [line.remark(Problem.ELDER_REGISTERED_TWICE, "name")]
    if active:
        return Whose(id=active[0].id), []
    return new, [line.remark(Problem.ELDER_ARCHIVED, "name")] if same else []


def _first_row(
    line: Line, whose: Whose, organisation_id: str | None, rows: dict[object, int]
) -> int:
    """Return the first row about the same elder, the line's own when there is none before."""
    if whose.id is not None:
        return rows.setdefault(whose, line.row)
    name = person_name(str(line.values.get("name", "")))
    year = line.values.get("birth_year")
    if not (name and year and organisation_id):
        return line.row
    return rows.setdefault((name, year, organisation_id), line.row)


def _identity(line: Line, whose: Whose, known: Known, rows: dict[str, int]) -> list[Remark]:
    number = line.values.get("identity_number")
    if not isinstance(number, str):
        return []
    found = []
    other = rows.setdefault(number, line.row)
    if other != line.row:
        found.append(line.remark(Problem.IDENTITY_TWICE, "identity_number", other=other))
    if any(holder is None or holder != whose.id for holder in known.identities.get(number, ())):
        found.append(line.remark(Problem.IDENTITY_TAKEN, "identity_number"))
    year, sex = int(number[6:10]), "m" if int(number[16]) % 2 else "f"
    if line.values.get("birth_year") not in (None, year):
        found.append(line.remark(Doubt.IDENTITY_YEAR, "birth_year", year=year))
    if line.values.get("sex") not in (None, sex):
        found.append(line.remark(Doubt.IDENTITY_SEX, "sex"))
    return found


def _step(line: Line, whose: Whose, known: Known, organisation_id: str | None) -> ElderStep:
    elder = None if whose.id is None else known.elders[whose.id]
    before = _NOBODY if elder is None else elder.details
    changed: dict[str, Any] = {
        key: line.values[key] for key in _PLAIN if line.values.get(key) not in (None, "")
    }
    risks = line.values.get("risks")
    if isinstance(risks, tuple) and set(risks) != {risk.value for risk in before.risks}:
        changed["risks"] = tuple(Risk(risk) for risk in risks)
    details = replace(
        before,
        name=person_name(str(line.values["name"])),
        organisation_id=organisation_id or before.organisation_id,
        **changed,
    )
    identity = str(line.values.get("identity_number", ""))
    notes = str(line.values.get("medical_notes", ""))
    if elder is not None:
        identity = "" if elder.id in known.identities.get(identity, ()) else identity
        notes = "" if notes == elder.medical_notes else notes
    is_same = details == before and not identity and not notes
    return ElderStep(
        line=line,
        verdict=Verdict.ADDED
        if elder is None
        else Verdict.UNCHANGED
        if is_same
        else Verdict.CHANGED,
        whose=whose,
        version=0 if elder is None else elder.version,
        details=details,
        has_new_details=details != before,
        identity_number=identity,
        medical_notes=notes,
    )


def _odd(line: Line, step: ElderStep, today: date) -> list[Remark]:
    """Return what the register itself says of the elder as they would be."""
    if step.verdict is Verdict.UNCHANGED:
        return []
    return [
        line.remark(Doubt.ODD if one.is_warning else Problem.REFUSED, one.field, why=one)
        for one in check_elder(step.details, today=today)
    ]
