"""From the lines of a file and what is registered to what taking it over would do. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from core.elder_rules import check_family_member
from core.elders import FamilyMember
from core.register_elders import Directory, organisation_of, plan_elders
from core.register_known import BandTold, Known, person_name
from core.register_people import plan_guardians
from core.register_places import plan_zones
from core.register_problems import Problem, Remark
from core.register_sheets import ListName
from core.register_steps import BandStep, ContactStep, Step, Verdict, Whose
from core.register_tables import Line, Lines

#: columns of a band that are kept under the same name
_WRITTEN = ("model", "interval_s", "serial", "imei", "sim_number", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every step in the order in which it is to be done, and everything that was remarked."""

    steps: tuple[Step, ...]
    remarks: tuple[Remark, ...]
    titles: Mapping[ListName, str]

    @property
    def problems(self) -> tuple[Remark, ...]:
        """Return what has to be mended before anything is done."""
        return tuple(one for one in self.remarks if one.is_problem)

    @property
    def doubts(self) -> tuple[Remark, ...]:
        """Return what is taken over and may not be meant."""
        return tuple(one for one in self.remarks if not one.is_problem)

    def counts(self, kind: type[Step]) -> Counter[Verdict]:
        """Return how many steps of this kind add, change, or leave as it is."""
        return Counter(step.verdict for step in self.steps if isinstance(step, kind))


def plan(lines: Lines, known: Known, today: date) -> Plan:
    """Return what to do, and what is wrong; nothing may be done while there is a problem."""
    elders, directory, remarks = plan_elders(lines, known, today)
    bands, found = _bands(lines, known, directory)
    remarks += found
    people, pairings, found = plan_guardians(lines, known, directory)
    remarks += found
    zones, found = plan_zones(lines, known, directory)
    remarks += found
    contacts, found = _contacts(lines, known, directory)
    return Plan(
        steps=(*elders, *bands, *people, *pairings, *zones, *contacts),
        remarks=(*lines.remarks, *remarks, *found),
        titles=lines.titles,
    )


def _whose(line: Line, directory: Directory) -> tuple[Whose | None, list[Remark]]:
    """Return the elder a line speaks of, None for nobody or somebody unknown."""
    text = line.values.get("elder")
    if not isinstance(text, str):
        return None, []
    whose = directory.find(line, "elder", text)
    return (None, [whose]) if isinstance(whose, Remark) else (whose, [])


def _bands(lines: Lines, known: Known, directory: Directory) -> tuple[list[BandStep], list[Remark]]:
    steps: list[BandStep] = []
    remarks: list[Remark] = []
    rows: dict[str, int] = {}
    wearers: dict[Whose, int] = {}
    cards: dict[tuple[str, object], int] = {}
    for line in lines.of(ListName.BANDS):
        whose, found = _whose(line, directory)
        device_id = line.values.get("device_id")
        if isinstance(device_id, str):
            other = rows.setdefault(device_id, line.row)
            if other != line.row:
                found.append(line.remark(Problem.BAND_TWICE, "device_id", other=other))
            elif whose is not None:
                other = wearers.setdefault(whose, line.row)
                if other != line.row:
                    found.append(line.remark(Problem.TWO_BANDS, "elder", other=other))
            organisation_id, more = organisation_of(line, known)
            found += [*more, *_band_taken(line, device_id, whose, known, directory)]
            found += _card_twice(line, cards)
            if not line.unfit and not any(one.is_problem for one in found):
                steps.append(_band(line, device_id, whose, known, organisation_id))
        remarks += found
    return steps, remarks


def _band_taken(
    line: Line, device_id: str, whose: Whose | None, known: Known, directory: Directory
) -> list[Remark]:
    """Say when the band, or the elder, is taken."""
    found = []
    band = known.bands.get(device_id)
    elder = None if whose is None else directory.elder(whose)
    if band is not None and whose is not None:
        if not band.is_ours or band.elder_id not in (None, whose.id):
            found.append(line.remark(Problem.BAND_TAKEN, "device_id"))
        elif band.obstacle:
            found.append(line.remark(Problem.BAND_NOT_USABLE, "device_id", state=band.obstacle))
    elif band is not None and not band.is_ours:
        found.append(line.remark(Problem.BAND_TAKEN, "device_id"))
    if elder is not None and elder.band not in (None, device_id):
        found.append(line.remark(Problem.WEARS_ANOTHER, "elder", band=elder.band))
    return found


def _card_twice(line: Line, cards: dict[tuple[str, object], int]) -> list[Remark]:
    """Say when a number of the band or its card stands in a line before."""
    found = []
    for key in ("imei", "sim_number"):
        if key in line.values:
            other = cards.setdefault((key, line.values[key]), line.row)
            if other != line.row:
                found.append(line.remark(Problem.CARD_TWICE, key, other=other))
    return found


def _band(
    line: Line,
    device_id: str,
    whose: Whose | None,
    known: Known,
    organisation_id: str | None,
) -> BandStep:
    band = known.bands.get(device_id)
    before = BandTold() if band is None else band.told
    said = {key: line.values[key] for key in _WRITTEN if key in line.values}
    if organisation_id is not None:
        said["organisation_id"] = organisation_id
    told = replace(before, **said)  # type: ignore[arg-type]  # kinds are those of the columns
    is_given = whose is not None and (band is None or band.elder_id is None)
    verdict = Verdict.ADDED
    if band is not None:
        verdict = Verdict.CHANGED if is_given or told != before else Verdict.UNCHANGED
    return BandStep(
        line=line,
        verdict=verdict,
        device_id=device_id,
        version=0 if band is None else band.version,
        whose=whose,
        is_given=is_given,
        told=told,
        has_new_details=told != before,
    )


def _contacts(
    lines: Lines, known: Known, directory: Directory
) -> tuple[list[ContactStep], list[Remark]]:
    steps: list[ContactStep] = []
    remarks: list[Remark] = []
    rows: dict[tuple[Whose, str], int] = {}
    order: Counter[Whose] = Counter()
    for line in lines.of(ListName.CONTACTS):
        whose, found = _whose(line, directory)
        phone = line.values.get("phone")
        if isinstance(phone, str) and whose is not None:
            other = rows.setdefault((whose, phone), line.row)
            if other != line.row:
                found.append(line.remark(Problem.CONTACT_TWICE, "phone", other=other))
            if not line.unfit and not any(one.is_problem for one in found):
                step = _contact(line, whose, phone, known, order)
                found += [
                    line.remark(Problem.REFUSED, one.field, why=one)
                    for one in check_family_member(step.member)
                ]
                steps.append(step)
        remarks += found
    return steps, remarks


def _contact(
    line: Line, whose: Whose, phone: str, known: Known, order: Counter[Whose]
) -> ContactStep:
    theirs = () if whose.id is None else known.contacts.get(whose.id, ())
    before = next((one for one in theirs if one.member.phone == phone), None)
    order[whose] += 1
    name = person_name(str(line.values["name"]))
    if before is None:
        last = max((one.member.position for one in theirs), default=0)
        return ContactStep(
            line=line,
            verdict=Verdict.ADDED,
            whose=whose,
            member=FamilyMember(
                name=name,
                relation=str(line.values.get("relation", "")),
                phone=phone,
                position=min(20, last + order[whose]),
            ),
        )
    old = before.member
    member = FamilyMember(
        name=name,
        relation=str(line.values.get("relation", "")) or old.relation,
        phone=phone,
        position=old.position,
        note=old.note,
        is_told=old.is_told,
        language=old.language,
    )
    return ContactStep(
        line=line,
        verdict=Verdict.UNCHANGED if member == old else Verdict.CHANGED,
        whose=whose,
        contact_id=before.id,
        version=before.version,
        member=member,
    )
