"""What must be so of an elder, their family and a consent to be registered; what is only odd. Pure.

Every problem names its field and says how to mend it, in the reader's language.
"""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from core import identity_numbers, phone_numbers
from core.elders import Consent, ConsentBy, ElderDetails, FamilyMember, NewElder
from core.languages import translations
from core.people import Language

#: marks a text for the catalogue
N_: Callable[[str], str] = str

YOUNGEST, OLDEST = 40, 120
LEAST_HEIGHT_CM, MOST_HEIGHT_CM = 80, 220
LEAST_SILENCE_S, MOST_SILENCE_S = 900, 7 * 86_400
#: letters that a field takes; what is not named takes _PROSE
LONGEST = {
    "organisation_id": 40,
    "name": 80,
    "hometown": 200,
    "dialect": 80,
    "home_address": 200,
    "giver_name": 80,
    "relation": 40,
    "note": 200,
}
_PROSE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one field, or only odd about it."""

    field: str
    #: of the catalogue, English
    text: str
    values: dict[str, object] = dataclasses.field(default_factory=dict)
    is_warning: bool = False

    @property
    def sentence(self) -> str:
        """Return what to mend, in English."""
        return self.text % self.values

    def said(self, language: Language) -> str:
        """Return what to mend, in the reader's language."""
        return translations(language).gettext(self.text) % self.values


def check_elder(elder: ElderDetails, *, today: date) -> list[Problem]:
    """Return what must be mended, then what is odd; *today* is Haining's date."""
    found = [*_texts(elder, ("name", "organisation_id"))]
    if not elder.name.strip():
        found.append(Problem(field="name", text=N_("Write the name.")))
    if not elder.organisation_id.strip():
        found.append(Problem(field="organisation_id", text=N_("Name the street or township.")))
    if not today.year - OLDEST <= elder.birth_year <= today.year - YOUNGEST:
        found.append(
            Problem(
                field="birth_year",
                text=N_("Write a year of birth from %(first)s to %(last)s, with four digits."),
                values={"first": today.year - OLDEST, "last": today.year - YOUNGEST},
            )
        )
    if elder.sex not in ("f", "m"):
        found.append(Problem(field="sex", text=N_("Write f for a woman, m for a man.")))
    found += _range("height_cm", elder.height_cm, LEAST_HEIGHT_CM, MOST_HEIGHT_CM)
    found += _range("silence_alarm_s", elder.silence_alarm_s, LEAST_SILENCE_S, MOST_SILENCE_S)
    if len(set(elder.risks)) != len(elder.risks):
        found.append(Problem(field="risks", text=N_("Name each risk once.")))
    if isinstance(elder, NewElder) and elder.identity_number.strip():
        found += check_identity(
            elder.identity_number, birth_year=elder.birth_year, sex=elder.sex, today=today
        )
    if not elder.hint.strip() and not elder.appearance.strip():
        found.append(
            Problem(
                field="appearance",
                text=N_("Nothing says how to recognise or approach them: whoever goes needs it."),
                is_warning=True,
            )
        )
    return sorted(found, key=lambda one: one.is_warning)


def check_identity(text: str, *, birth_year: int, sex: str, today: date) -> list[Problem]:
    """Return what is wrong with an identity number, by itself and beside the rest."""
    try:
        said = identity_numbers.read(text)
    except ValueError:
        return [
            Problem(
                field="identity_number",
                text=N_(
                    "This identity number cannot be right (18 characters, the last one checks the"
                    " others): compare it with the card, digit by digit."
                ),
            )
        ]
    found = []
    if said.born_on > today:
        found.append(
            Problem(field="identity_number", text=N_("By this number they are not born yet."))
        )
    if said.born_on.year != birth_year:
        found.append(
            Problem(
                field="birth_year",
                text=N_("By the identity number they were born in %(year)s."),
                values={"year": said.born_on.year},
                is_warning=True,
            )
        )
    if said.sex != sex:
        found.append(
            Problem(
                field="sex",
                text=N_("The identity number is a man's.")
                if said.sex == "m"
                else N_("The identity number is a woman's."),
                is_warning=True,
            )
        )
    return found


def check_family_member(member: FamilyMember) -> list[Problem]:
    """Return what must be mended of a family contact; its number is normalised already or not."""
    found = [*_texts(member, ("name", "relation", "phone"))]
    if not member.name.strip():
        found.append(Problem(field="name", text=N_("Write the name.")))
    found += check_phone("phone", member.phone)
    found += _range("position", member.position, 1, 20)
    return found


def check_phone(name: str, text: str) -> list[Problem]:
    """Return what is wrong with a phone number in the field *name*."""
    try:
        phone_numbers.normalised(text)
    except ValueError as error:
        return [Problem(field=name, text=str(error))]
    return []


def check_consent(consent: Consent, *, today: date) -> list[Problem]:
    """Return what must be mended of a consent, then what is odd."""
    found = [*_texts(consent, ())]
    if consent.given_on > today:
        found.append(Problem(field="given_on", text=N_("A consent cannot be given in the future.")))
    if consent.given_on.year < 2000:
        found.append(
            Problem(field="given_on", text=N_("Look at the year: it is before this service."))
        )
    if not consent.scopes:
        found.append(Problem(field="scopes", text=N_("Say what was agreed to.")))
    if consent.until is not None and consent.until < consent.given_on:
        found.append(Problem(field="until", text=N_("A consent cannot end before it was given.")))
    if consent.given_by is not ConsentBy.SELF and not consent.giver_name.strip():
        found.append(Problem(field="giver_name", text=N_("Write who agreed in their place.")))
    if consent.until is not None and consent.until < today:
        found.append(
            Problem(field="until", text=N_("This consent is over already."), is_warning=True)
        )
    return found


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Return what must be mended."""
    return [one for one in problems if not one.is_warning]


def warnings(problems: Iterable[Problem]) -> list[Problem]:
    """Return what is only odd."""
    return [one for one in problems if one.is_warning]


def _texts(record: object, one_line: tuple[str, ...]) -> list[Problem]:
    """Return the texts that are too long or that no page could show."""
    found = []
    for name in getattr(record, "__dataclass_fields__", {}):
        value = getattr(record, name)
        if not isinstance(value, str):
            continue
        most = LONGEST.get(name, _PROSE)
        if len(value) > most:
            found.append(
                Problem(
                    field=name,
                    text=N_("This is too long: at most %(most)s letters."),
                    values={"most": most},
                )
            )
        allowed = "" if name in one_line else "\n\t"
        if any(_is_unprintable(letter, allowed) for letter in value):
            found.append(Problem(field=name, text=N_("It holds characters that cannot be shown.")))
    return found


def _is_unprintable(letter: str, allowed: str) -> bool:
    code = ord(letter)
    return (code < 32 and letter not in allowed) or code == 127 or 0xD800 <= code <= 0xDFFF


def _range(name: str, value: int | None, least: int, most: int) -> list[Problem]:
    if value is None or least <= value <= most:
        return []
    return [
        Problem(
            field=name,
            text=N_("Write a number from %(least)s to %(most)s."),
            values={"least": least, "most": most},
        )
    ]
