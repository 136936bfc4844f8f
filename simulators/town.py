"""A made-up town from a seed: elders with homes, ways and bands, guardians, a rescue team.

The same seed builds the same town. `simulators.registration` writes it into the store.
"""

import random
from dataclasses import dataclass

from shapely.geometry import Polygon

from core.hours_text import parse_hours
from core.places import Position, distance_m
from core.zones import Circle
from simulators import names
from simulators.ground import QUARTERS, Quarter, habitable, markets, river, somewhere
from simulators.walks import Path, away, bent, corridor, loop

RESCUE_TEAM_ID = "chaoxiang"
#: how far beside the usual way an elder is still fine, metres
WAY_HALF_WIDTH_M = 120.0
#: when somebody looks after those who come to the day-care centre, on working days
DAY_CARE_HOURS = parse_hours("Mon-Fri 08:00-17:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A street, a township or the rescue team."""

    id: str
    kind: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """A guardian, rescuer or operator and their one (synthetic) number."""

    name: str
    number: str
    organisation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TownElder:
    """Somebody with a band. Home circle in metres, zones in degrees (WGS-84, lon/lat)."""

    device_id: str
    name: str
    sex: str
    age: int
    organisation_id: str
    home: Position
    home_radius_m: float
    #: the usual walk, beginning at home
    way: Path
    #: the safe ground along the way; None when the walk stays in the home circle
    way_zone: Polygon | None
    guardians: tuple[Helper, Helper]
    #: where they are looked after on working days, if anywhere
    day_care: Circle | None = None
    appearance: str = ""
    hint: str = ""

    def __post_init__(self) -> None:
        if self.guardians[0].number == self.guardians[1].number:
            raise ValueError("the two guardians of an elder are two people")


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Everybody and everything there is to register."""

    seed: int
    organisations: tuple[Organisation, ...]
    elders: tuple[TownElder, ...]
    rescuers: tuple[Helper, ...]
    operators: tuple[Helper, ...]
    #: danger zones for everyone: name and ground
    dangers: tuple[tuple[str, Polygon], ...]


def build_town(
    *,
    seed: int,
    elder_count: int = 400,
    guardian_count: int = 250,
    cast: tuple[TownElder, ...] = (),
) -> Town:
    """Return the town of *seed*: *elder_count* ordinary elders, and the *cast* of the stories."""
    rng = random.Random(f"town/{seed}")
    quarters = _quarters(elder_count)
    pool = _guardians(rng, guardian_count)
    sexes = "".join(rng.choice("ffm") for _ in quarters)
    elders = []
    for number, quarter in enumerate(quarters, start=1):
        sex = sexes[number - 1]
        elders.append(
            _elder(
                rng,
                device_id=f"hn-{number:04d}",
                name=names.full_name(rng, sex),
                sex=sex,
                quarter=quarter,
                pool=pool[quarter.organisation_id],
                day_care=_day_care(quarter) if number == 1 else None,
            )
        )
    return Town(
        seed=seed,
        organisations=organisations(),
        elders=(*elders, *cast),
        rescuers=rescuers(),
        operators=_staff(names.OPERATORS_FROM, ("值班员甲", "值班员乙"), "haizhou"),
        dangers=(("钱塘江（盐官海塘外）", river()),),
    )


def organisations() -> tuple[Organisation, ...]:
    """Return the four streets, Yanguan and the rescue team."""
    settled = tuple(
        Organisation(
            id=quarter.organisation_id,
            kind=quarter.kind,
            name_zh=quarter.name_zh,
            name_en=quarter.name_en,
        )
        for quarter in QUARTERS
    )
    team = Organisation(
        id=RESCUE_TEAM_ID, kind="rescue_team", name_zh="潮乡救援队", name_en="Chaoxiang Rescue Team"
    )
    return (*settled, team)


def rescuers() -> tuple[Helper, ...]:
    """Return the six members of the rescue team, the same in every town."""
    called = tuple(f"救援队员{letter}" for letter in "甲乙丙丁戊己")
    return _staff(names.RESCUERS_FROM, called, RESCUE_TEAM_ID)


def _staff(first: int, called: tuple[str, ...], organisation_id: str) -> tuple[Helper, ...]:
    return tuple(
        Helper(name=name, number=names.number(first + n), organisation_id=organisation_id)
        for n, name in enumerate(called, start=1)
    )


def _quarters(elder_count: int) -> list[Quarter]:
    """Return a quarter for each elder, by weight, as even as whole people allow."""
    total = sum(quarter.weight for quarter in QUARTERS)
    quarters: list[Quarter] = []
    reached = 0
    for quarter in QUARTERS:
        reached += quarter.weight
        quarters += [quarter] * (round(elder_count * reached / total) - len(quarters))
    return quarters


def _guardians(rng: random.Random, count: int) -> dict[str, list[Helper]]:
    """Return volunteers for each quarter, at least two in each."""
    pool: dict[str, list[Helper]] = {quarter.organisation_id: [] for quarter in QUARTERS}
    placed = _quarters(count) if count >= 20 else [q for q in QUARTERS for _ in range(2)]
    for n, quarter in enumerate(placed, start=1):
        pool[quarter.organisation_id].append(
            Helper(
                name=names.full_name(rng, rng.choice("fm")),
                number=names.number(names.GUARDIANS_FROM + n),
                organisation_id=quarter.organisation_id,
            )
        )
    return pool


def _elder(
    rng: random.Random,
    *,
    device_id: str,
    name: str,
    sex: str,
    quarter: Quarter,
    pool: list[Helper],
    day_care: Circle | None,
) -> TownElder:
    home = somewhere(quarter, rng)
    home_radius_m = float(rng.randrange(150, 301, 10))
    way, way_zone = _usual_way(rng, home, home_radius_m, quarter)
    first, second = rng.sample(pool, 2)
    return TownElder(
        device_id=device_id,
        name=name,
        sex=sex,
        age=rng.randint(68, 94),
        organisation_id=quarter.organisation_id,
        home=home,
        home_radius_m=home_radius_m,
        way=way,
        way_zone=way_zone,
        guardians=(first, second),
        day_care=day_care,
        appearance=rng.choice(("灰色外套", "深蓝棉袄", "花格衬衫", "黑色布鞋", "红色帽子")),
        hint=rng.choice(("喜欢听越剧", "听力不好，请慢慢说", "叫一声老师会停下来", "")),
    )


def _day_care(quarter: Quarter) -> Circle:
    """Return the ground of the quarter's day-care centre, a little beside its middle."""
    return Circle(away(quarter.centre, bearing_deg=45, distance_m=350), radius_m=120)


def _usual_way(
    rng: random.Random, home: Position, home_radius_m: float, quarter: Quarter
) -> tuple[Path, Polygon | None]:
    """Return a walk and its safe ground; about one elder in seven stays around the house."""
    if rng.random() < 0.86:
        goals = [m for m in markets(quarter) if 300 <= distance_m(home, m) <= 1300]
        goals.sort(key=lambda market: distance_m(home, market))
        corner_shop = away(home, bearing_deg=rng.uniform(0, 360), distance_m=rng.uniform(300, 800))
        for goal in (*goals[:1], corner_shop):
            # A few metres apart, or everyone stands in the same spot of the market.
            goal_here = away(goal, bearing_deg=rng.uniform(0, 360), distance_m=rng.uniform(0, 35))
            way = bent(home, goal_here, rng)
            zone = corridor(way, half_width_m=WAY_HALF_WIDTH_M)
            if habitable(zone):
                return way, zone
    return loop(home, radius_m=min(90.0, 0.4 * home_radius_m)), None
