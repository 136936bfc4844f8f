"""One file with a mistake of every kind, each on a line of its own, and what is said of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.elders import ElderDetails
from core.identity_numbers import check_character
from core.people import Language
from core.places import Position
from core.register_known import (
    BandTold,
    Known,
    KnownBand,
    KnownElder,
    KnownGuardian,
    KnownOrganisation,
)
from core.register_layout import letters_of
from core.register_problems import Problem
from core.register_sheets import ListName, sheet_of
from core.register_text import Odd
from core.zones import Zone, ZoneKind
from tests.core.sheets import Rows

TODAY = date(2026, 11, 24)


def identity(digits: str) -> str:
    """Return a made-up identity number with a last character that fits."""
    return digits + check_character(digits)


def other_than(digit: str) -> str:
    """Return a last character that does not fit."""
    return "1" if digit != "1" else "2"


WOMAN_1944 = identity("11010519440101002")
OTHER_WOMAN_1944 = identity("11010519440101004")


def details(name: str, birth_year: int = 1940, sex: str = "f") -> ElderDetails:
    """Return an elder as registered in Xiashi."""
    return ElderDetails(organisation_id="xiashi", name=name, birth_year=birth_year, sex=sex)


def _known_elder(number: int, name: str, **changed: Any) -> KnownElder:
    return KnownElder(id=number, version=1, details=details(name), **changed)


def known() -> Known:
    """Return a small register: four elders, some of their bands and people."""
    from shapely.geometry import box

    people = [
        _known_elder(1, "旧一", band="hn-old-1"),
        _known_elder(2, "旧二"),
        _known_elder(3, "旧二"),
        _known_elder(4, "旧四", is_archived=True),
        _known_elder(5, "旧五", band="hn-old-5"),
        _known_elder(6, "旧六"),
    ]
    guardian = KnownGuardian(
        id=50,
        version=1,
        name="老王",
        language=Language.CHINESE,
        organisation_id="xiashi",
        numbers=frozenset({"+8613900009999"}),
        is_ours=True,
    )
    drawn = Zone(
        id=9, elder_id=1, kind=ZoneKind.SAFE, name="公园", shape=box(120.68, 30.52, 120.69, 30.53)
    )
    return Known(
        organisations=(
            KnownOrganisation(id="xiashi", name_zh="硖石街道", name_en="Xiashi Street"),
        ),
        elders={one.id: one for one in people},
        bands={
            "hn-old-1": KnownBand(device_id="hn-old-1", version=1, elder_id=1, told=BandTold()),
            "hn-old-5": KnownBand(device_id="hn-old-5", version=1, elder_id=5, told=BandTold()),
            "hn-lost": KnownBand(
                device_id="hn-lost", version=1, elder_id=None, told=BandTold(), obstacle="lost"
            ),
        },
        guardians={"+8613900009999": (guardian,)},
        holders={6: {1: 61, 2: 62}},
        waiting={5: {1: 77}},
        zones={1: (drawn,)},
        identities={WOMAN_1944: (None,)},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One line, and what is said of it: kind and column; an empty column is the whole line."""

    name: ListName
    cells: dict[str, Any]
    says: tuple[tuple[Problem, str], ...]


def elders(key: str, value: Any, kind: Problem, /, **more: Any) -> Mistake:
    """Return a line about an elder that is wrong in one cell."""
    return Mistake(name=ListName.ELDERS, cells={key: value, **more}, says=((kind, key),))


def bands(key: str, value: Any, kind: Problem, /, **more: Any) -> Mistake:
    """Return a line about a band that is wrong in one cell."""
    return Mistake(name=ListName.BANDS, cells={key: value, **more}, says=((kind, key),))


def guardians(key: str, value: Any, kind: Problem, /, **more: Any) -> Mistake:
    """Return a line about a guardian that is wrong in one cell."""
    return Mistake(name=ListName.GUARDIANS, cells={key: value, **more}, says=((kind, key),))


def zones(key: str, value: Any, kind: Problem, /, **more: Any) -> Mistake:
    """Return a line about a zone that is wrong in one cell."""
    return Mistake(name=ListName.ZONES, cells={key: value, **more}, says=((kind, key),))


def right(_list: ListName, /, **cells: Any) -> Mistake:
    """Return a line without a mistake."""
    return Mistake(name=_list, cells=cells, says=())


MISTAKES: tuple[Mistake, ...] = (
    right(ListName.ELDERS, name="新一", own_phone="13811112222"),
    right(ListName.ELDERS, name="新二"),
    right(ListName.ELDERS, name="同名", birth_year=1941),
    right(ListName.ELDERS, name="同名", birth_year=1942),
    elders("name", None, Problem.MISSING),
    elders("name", Odd.FORMULA, Problem.FORMULA),
    elders("appearance", Odd.ERROR, Problem.ERROR_CELL),
    elders("dialect", "海" * 81, Problem.TOO_LONG),
    elders("hint", "a\x07b", Problem.UNPRINTABLE),
    elders("birth_year", "四四年", Problem.NOT_A_YEAR),
    elders("birth_year", 2031, Problem.YEAR_TO_COME),
    elders("birth_year", 1844, Problem.YEAR_TOO_OLD),
    elders("birth_year", 1999, Problem.TOO_YOUNG),
    elders("sex", "女士们", Problem.NOT_A_CHOICE),
    elders("removal_matters", "也许", Problem.NOT_YES_NO),
    elders("height_cm", "一米六", Problem.NOT_A_NUMBER),
    elders("height_cm", 160.5, Problem.NOT_WHOLE),
    elders("height_cm", 16, Problem.OUT_OF_RANGE),
    elders("identity_number", "11010519440101002", Problem.IDENTITY_LENGTH),
    elders("identity_number", 1.10105194401010e17, Problem.IDENTITY_ROUNDED),
    elders(
        "identity_number",
        "11010519440101006" + other_than(identity("11010519440101006")[-1]),
        Problem.IDENTITY_DIGIT,
    ),
    elders("identity_number", identity("11010519441301002"), Problem.IDENTITY_DATE),
    elders("identity_number", WOMAN_1944, Problem.IDENTITY_TAKEN, birth_year=1944),
    elders("identity_number", OTHER_WOMAN_1944, Problem.IDENTITY_TWICE, birth_year=1944),
    elders("name", "新二", Problem.ELDER_TWICE),
    elders("number", 4711, Problem.NUMBER_UNKNOWN),
    elders("number", 1, Problem.NUMBER_OF_ANOTHER, name="旁人", birth_year=1950),
    elders("name", "旧二", Problem.ELDER_REGISTERED_TWICE, birth_year=1940),
    elders("name", "旧四", Problem.ELDER_ARCHIVED, birth_year=1940),
    elders("organisation_id", "别处街道", Problem.ORGANISATION_UNKNOWN),
    bands("device_id", "HN 0001/7", Problem.BAD_DEVICE),
    bands("model", "四代 手环", Problem.BAD_MODEL),
    bands("imei", "123456789012345", Problem.BAD_IMEI),
    bands("elder", "查无此人", Problem.ELDER_UNKNOWN),
    bands("elder", "同名", Problem.ELDER_AMBIGUOUS),
    right(ListName.BANDS, device_id="hn-new-1", elder="新一", sim_number="13922220000"),
    bands("device_id", "hn-new-1", Problem.BAND_TWICE),
    bands("sim_number", "139 2222 0000", Problem.CARD_TWICE),
    bands("elder", "新一", Problem.TWO_BANDS),
    bands("device_id", "hn-old-5", Problem.BAND_TAKEN, elder="新二"),
    bands("elder", "1", Problem.WEARS_ANOTHER),
    bands("device_id", "hn-lost", Problem.BAND_NOT_USABLE, elder="同名 1941"),
    guardians("phone", "没有电话", Problem.NOT_A_PHONE),
    guardians("phone", "13900000001、13800000002", Problem.TWO_PHONES),
    guardians("phone", "1390000000", Problem.PHONE_LENGTH),
    guardians("phone", "1.39E+10", Problem.PHONE_ROUNDED),
    right(ListName.GUARDIANS, phone="13900001111", name="甲", elders="新一", position=1),
    guardians("phone", "13900001111", Problem.PHONE_TWO_NAMES, name="乙"),
    guardians("phone", "13900009999", Problem.PHONE_OF_ANOTHER, name="小李"),
    guardians("phone", "13900001111", Problem.GUARDIAN_TWICE, name="甲", elders="新一", position=2),
    guardians("elders", "新一", Problem.SAME_GUARDIAN, phone="13900001111", name="甲"),
    guardians("position", 1, Problem.POSITION_TAKEN, elders="新一"),
    guardians("elders", "查无此人；同名 1942", Problem.ELDER_UNKNOWN, position="1；2"),
    right(ListName.GUARDIANS, elders="同名 1942", position=1),
    guardians("position", 3, Problem.BAD_POSITION, elders="新二"),
    guardians("position", "1；2", Problem.POSITIONS_COUNT, elders="新二"),
    guardians("position", None, Problem.THREE_GUARDIANS, elders="旧六"),
    guardians("position", 1, Problem.CHANGE_WAITS, elders="旧五"),
    guardians("phone", "13811112222", Problem.OWN_PHONE, elders="新一", position=2),
    guardians("organisation_id", None, Problem.ORGANISATION_MISSING),
    zones("lon", 30.53, Problem.SWAPPED, lat=120.69),
    zones("lat", 130.0, Problem.NOT_ON_GLOBE),
    zones("lon", 121.69, Problem.FAR_AWAY),
    zones("radius_m", 0.3, Problem.RADIUS_IN_KM),
    zones("radius_m", 3_000_000, Problem.RADIUS_ABSURD),
    zones("hours", "早上", Problem.BAD_HOURS),
    right(ListName.ZONES, elder="新一", name="家"),
    zones("name", "家", Problem.ZONE_TWICE, elder="新一"),
    zones("name", "公园", Problem.ZONE_IS_DRAWN, elder="旧一"),
    right(ListName.CONTACTS, elder="新一", phone="13700001111"),
    Mistake(
        name=ListName.CONTACTS,
        cells={"elder": "新一", "phone": "+86 137-0000-1111"},
        says=((Problem.CONTACT_TWICE, "phone"),),
    ),
)


def _base(name: ListName, index: int) -> dict[str, Any]:
    """Return a line without a mistake, unlike all others."""
    place = Position(120.69, 30.53)
    lines: dict[ListName, dict[str, Any]] = {
        ListName.ELDERS: {
            "name": f"老{index}",
            "sex": "女",
            "birth_year": 1940,
            "organisation_id": "硖石街道",
            "appearance": "蓝棉袄",
        },
        ListName.BANDS: {"device_id": f"hn-{index:04d}"},
        ListName.GUARDIANS: {"phone": f"136{index:08d}", "name": f"看护{index}"},
        ListName.ZONES: {
            "elder": "新二",
            "name": f"区{index}",
            "lon": place.lon,
            "lat": place.lat,
            "radius_m": 200,
        },
        ListName.CONTACTS: {"name": f"家属{index}", "phone": f"135{index:08d}"},
    }
    return lines[name]


def sheets_of_mistakes() -> tuple[dict[str, Rows], set[tuple[str, Problem]]]:
    """Return the sheets of the file, and every (place, kind) that has to be said."""
    rows: dict[ListName, list[list[Any]]] = {}
    expected = set()
    twin = right(ListName.ELDERS, identity_number=OTHER_WOMAN_1944, birth_year=1944, name="双胞")
    for index, mistake in enumerate((twin, *MISTAKES)):
        columns = sheet_of(mistake.name).columns
        lines = rows.setdefault(mistake.name, [[column.zh for column in columns]])
        cells = {**_base(mistake.name, index), **mistake.cells}
        lines.append([cells.get(column.key) for column in columns])
        for kind, key in mistake.says:
            at = next(n for n, column in enumerate(columns) if column.key == key)
            title = sheet_of(mistake.name).zh
            expected.add((f"{title}!{letters_of(at)}{len(lines)}", kind))
    return {sheet_of(name).zh: lines for name, lines in rows.items()}, expected


def kinds() -> Iterator[Problem]:
    """Yield the kinds of mistakes in the file."""
    for mistake in MISTAKES:
        yield from (kind for kind, _key in mistake.says)
