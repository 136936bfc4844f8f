"""Lines about guardians: one person for each telephone, one place for each elder. Pure.

Who guards whom is asked for and never set here: a second person approves (`store/pairing.py`).
"""

from dataclasses import dataclass, field, replace

from core.pairing_rules import PLACES
from core.people import Language
from core.phone_numbers import is_mobile
from core.register_elders import Directory, organisation_of
from core.register_known import Known, KnownGuardian, elder_texts, person_name
from core.register_problems import Doubt, Problem, Remark
from core.register_sheets import ListName
from core.register_steps import GuardianStep, PairingStep, Verdict, Whose
from core.register_tables import Line, Lines


@dataclass(slots=True)
class _Household:
    """Who holds or gets the places of one elder; telephones of the file, and those registered."""

    #: place -> person id or telephone, as it is or will be
    after: dict[int, int | str]
    #: places that the file has spoken of, and in which row
    rows: dict[int, int] = field(default_factory=dict)


class _Guardians:
    """The lines about guardians, taken one after the other."""

    def __init__(self, known: Known, directory: Directory) -> None:
        self.known, self.directory = known, directory
        self.people: dict[str, GuardianStep] = {}
        self.names: dict[str, tuple[str, int]] = {}
        self.pairings: list[PairingStep] = []
        self.households: dict[Whose, _Household] = {}

    def take(self, line: Line) -> list[Remark]:
        """Plan one line; return what is wrong with it."""
        phone, name = line.values.get("phone"), line.values.get("name")
        organisation_id, found = organisation_of(line, self.known)
        elders: dict[Whose, int] = {}  # and as which of the line
        for index, text in enumerate(elder_texts(line)):
            whose = self.directory.find(line, "elders", text)
            if isinstance(whose, Remark):
                found.append(whose)
            else:
                elders.setdefault(whose, index)
        places = line.values.get("position")
        if isinstance(places, tuple) and len(places) != len(elder_texts(line)):
            found.append(line.remark(Problem.POSITIONS_COUNT, "position"))
            places = None
        if not isinstance(phone, str) or not isinstance(name, str):
            return found
        name = person_name(name)
        other, row = self.names.setdefault(phone, (name, line.row))
        if other != name:
            found.append(line.remark(Problem.PHONE_TWO_NAMES, "phone", other=row))
        registered, more = self._registered(line, phone, name)
        found += more
        if not is_mobile(phone):
            found.append(line.remark(Doubt.LAND_LINE, "phone"))
        if not elders and organisation_id is None and registered is None and not found:
            found.append(line.remark(Problem.ORGANISATION_MISSING, "organisation_id"))
        wanted = [int(place) for place in places] if isinstance(places, tuple) else []
        for whose, index in elders.items():
            if self.directory.own_phones.get(whose) == phone:
                found.append(line.remark(Problem.OWN_PHONE, "phone"))
            place = wanted[index] if index < len(wanted) else None
            found += self._pair(line, whose, phone, registered, place)
        if not line.unfit and not any(one.is_problem for one in found):
            self._person(line, phone, name, organisation_id, registered, list(elders))
        return found

    def _registered(
        self, line: Line, phone: str, name: str
    ) -> tuple[KnownGuardian | None, list[Remark]]:
        found = self.known.guardians.get(phone, ())
        if not found:
            return None, []
        same = [one for one in found if one.name == name]
        if not same:
            return None, [line.remark(Problem.PHONE_OF_ANOTHER, "phone")]
        return same[0], []

    def _person(
        self,
        line: Line,
        phone: str,
        name: str,
        organisation_id: str | None,
        registered: KnownGuardian | None,
        elders: list[Whose],
    ) -> None:
        said = line.values.get("language")
        if phone in self.people:
            step = self.people[phone]
            if step.first_elder is None and elders:
                self.people[phone] = replace(step, first_elder=elders[0])
            return
        if registered is None:
            self.people[phone] = GuardianStep(
                line=line,
                verdict=Verdict.ADDED,
                phone=phone,
                name=name,
                language=Language(str(said or Language.CHINESE.value)),
                organisation_id=organisation_id,
                first_elder=elders[0] if elders else None,
            )
            return
        language = Language(str(said)) if said else registered.language
        place = organisation_id or registered.organisation_id
        is_same = (language, place) == (registered.language, registered.organisation_id)
        self.people[phone] = GuardianStep(
            line=line,
            verdict=Verdict.UNCHANGED if is_same or not registered.is_ours else Verdict.CHANGED,
            phone=phone,
            person_id=registered.id,
            version=registered.version,
            name=name,
            language=language,
            organisation_id=place,
        )

    def household(self, whose: Whose) -> _Household:
        """Return who holds or gets the elder's places, as far as was said."""
        if whose not in self.households:
            holders = {} if whose.id is None else self.known.holders.get(whose.id, {})
            self.households[whose] = _Household(after=dict(holders))
        return self.households[whose]

    def _pair(
        self,
        line: Line,
        whose: Whose,
        phone: str,
        registered: KnownGuardian | None,
        place: int | None,
    ) -> list[Remark]:
        house = self.household(whose)
        me: int | str = phone if registered is None else registered.id
        held = next((at for at, one in house.after.items() if one in (me, phone)), None)
        if held is not None and held in house.rows:
            if place is not None and place != held:
                return [line.remark(Problem.GUARDIAN_TWICE, "phone", other=house.rows[held])]
            return [line.remark(Problem.SAME_GUARDIAN, "elders", other=house.rows[held])]
        if held is not None:
            house.rows[held] = line.row
            self._keep(line, whose, held, phone)
            return []
        waiting = {} if whose.id is None else self.known.waiting.get(whose.id, {})
        asked = next((at for at, one in waiting.items() if one == me), None)
        if asked is not None:
            house.after[asked] = me
            house.rows[asked] = line.row
            self._keep(line, whose, asked, phone)
            return []
        if place is None:
            place = next((at for at in PLACES if at not in {**house.after, **waiting}), None)
            if place is None:
                return [line.remark(Problem.THREE_GUARDIANS, "position")]
        if place in house.rows:
            return [line.remark(Problem.POSITION_TAKEN, "position", other=house.rows[place])]
        if place in waiting:
            return [line.remark(Problem.CHANGE_WAITS, "position")]
        is_replacing = place in house.after
        house.after[place] = me
        house.rows[place] = line.row
        self.pairings.append(
            PairingStep(
                line=line,
                verdict=Verdict.CHANGED if is_replacing else Verdict.ADDED,
                whose=whose,
                place=place,
                phone=phone,
                is_replacing=is_replacing,
            )
        )
        return []

    def _keep(self, line: Line, whose: Whose, place: int, phone: str) -> None:
        self.pairings.append(
            PairingStep(line=line, verdict=Verdict.UNCHANGED, whose=whose, place=place, phone=phone)
        )

    def namesakes(self) -> list[Remark]:
        """Warn of elders whose two guardians have one name: it may be one person."""
        found: list[Remark] = []
        seen: dict[tuple[Whose, str], int] = {}
        for step in self.pairings:
            name, _row = self.names[step.phone]
            row = seen.setdefault((step.whose, name), step.line.row)
            if row != step.line.row:
                found.append(step.line.remark(Doubt.SAME_NAME, "name", other=row))
        return found

    def alone(self) -> list[Remark]:
        """Warn of elders who would have one guardian only."""
        return [
            step.line.remark(Doubt.ONE_GUARDIAN, "elders")
            for step in self.pairings
            if step.verdict is not Verdict.UNCHANGED
            and len(
                {
                    **self.households[step.whose].after,
                    **({} if step.whose.id is None else self.known.waiting.get(step.whose.id, {})),
                }
            )
            < len(PLACES)
        ]


def plan_guardians(
    lines: Lines, known: Known, directory: Directory
) -> tuple[list[GuardianStep], list[PairingStep], list[Remark]]:
    """Return a step for each person and each pairing, and what is wrong."""
    guardians = _Guardians(known, directory)
    remarks: list[Remark] = []
    for line in lines.of(ListName.GUARDIANS):
        remarks += guardians.take(line)
    remarks += [*guardians.alone(), *guardians.namesakes()]
    return list(guardians.people.values()), guardians.pairings, remarks
