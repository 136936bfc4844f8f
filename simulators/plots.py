"""What a story is made of: its cast, where the elder goes, what befalls the band, who answers."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shapely.geometry import LineString, Point

from core.pings import FixSource
from core.places import Position
from simulators import names
from simulators.days import Activity, Truth
from simulators.expectations import Expected
from simulators.fixes import CLEAR, Reception
from simulators.ground import QUARTERS, Quarter, habitable, somewhere
from simulators.phone_network.people import Habit
from simulators.scripts import Event, Happening
from simulators.town import Helper, TownElder, rescuers
from simulators.walks import Path, astray, loop, straight

#: how fast somebody is driven home, metres per second
RIDE_MPS = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A way the elder goes, beginning *from_s* seconds into the story. Between legs they stay."""

    from_s: float
    path: Path
    speed_mps: float
    activity: Activity = Activity.WALK

    @property
    def until_s(self) -> float:
        """When they arrive, seconds into the story."""
        return self.from_s + self.path.length_m / self.speed_mps


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """Something that befalls the band *at_s* seconds into the story."""

    at_s: float
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One scenario with its own elder and guardians. All times are seconds of service time."""

    name: str
    title_zh: str
    title_en: str
    elder: TownElder
    legs: tuple[Leg, ...] = ()
    beats: tuple[Beat, ...] = ()
    habits: tuple[Habit, ...]
    expected: Expected
    #: the elder's part of the story is over; it must be closed by *limit_s*
    plays_s: float
    limit_s: float
    indoors: Reception = CLEAR

    def number_of(self, alias: str) -> str:
        """Return the number behind an alias such as `guardian-1`."""
        return numbers(self.elder)[alias]

    def events(self, starts_at: datetime) -> list[Event]:
        """Return what befalls the band in a performance that begins at *starts_at*."""
        return [
            replace(beat.event, at=starts_at + timedelta(seconds=beat.at_s)) for beat in self.beats
        ]

    def life(self, starts_at: datetime) -> "StoryLife":
        """Return the elder's whereabouts in a performance that begins at *starts_at*."""
        return StoryLife(home=self.elder.home, legs=self.legs, starts_at=starts_at)


class StoryLife:
    """Home, the legs of a story, and whatever place the last leg ended at."""

    def __init__(self, *, home: Position, legs: Sequence[Leg], starts_at: datetime) -> None:
        """Begin at *home* at *starts_at*."""
        self._home = home
        self._legs = tuple(legs)
        self._starts_at = starts_at

    def truth(self, at: datetime) -> Truth:
        """Return where the elder is at *at*."""
        played_s = (at - self._starts_at).total_seconds()
        place = self._home
        for leg in self._legs:
            if played_s < leg.from_s:
                break
            if played_s < leg.until_s:
                walked_m = (played_s - leg.from_s) * leg.speed_mps
                return Truth(
                    position=leg.path.at(walked_m), activity=leg.activity, speed_mps=leg.speed_mps
                )
            place = leg.path.points[-1]
        activity = Activity.HOME if place == self._home else Activity.MARKET
        return Truth(position=place, activity=activity)

    def next_change(self, after: datetime) -> datetime | None:
        """Return when the next leg begins or ends."""
        for leg in self._legs:
            for second in (leg.from_s, leg.until_s):
                instant = self._starts_at + timedelta(seconds=second)
                if instant > after:
                    return instant
        return None


def at(
    seconds: float,
    what: Happening,
    *,
    east_m: float = 0.0,
    north_m: float = 0.0,
    accuracy_m: float = 0.0,
    source: FixSource = FixSource.WIFI,
) -> Beat:
    """Return a beat; the performance fills in the instant."""
    event = Event(
        at=_NOT_YET,
        what=what,
        east_m=east_m,
        north_m=north_m,
        accuracy_m=accuracy_m,
        source=source,
    )
    return Beat(at_s=seconds, event=event)


_NOT_YET = datetime.max.replace(tzinfo=UTC)


def numbers(elder: TownElder) -> dict[str, str]:
    """Return the number behind each alias of a story about *elder*."""
    found = {f"guardian-{n}": one.number for n, one in enumerate(elder.guardians, start=1)}
    found |= {f"rescuer-{n}": one.number for n, one in enumerate(rescuers(), start=1)}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Whom to cast: which story of the list, which performance, from which seed."""

    story: str
    index: int
    take: int
    seed: int

    def rng(self) -> random.Random:
        """Return the part's own randomness."""
        return random.Random(f"story/{self.seed}/{self.story}/{self.take}")

    def cast(self, rng: random.Random, *, home: Position, radius_m: float) -> TownElder:
        """Return the elder with two guardians who guard nobody else."""
        quarter = min(
            QUARTERS,
            key=lambda q: Point(q.centre.lon, q.centre.lat).distance(Point(home.lon, home.lat)),
        )
        sex = rng.choice("fm")
        name = names.cast_name(rng, 4 * self.index + self.take)
        first = names.CAST_FROM + 10_000 * self.index + 10 * self.take
        guardians = tuple(
            Helper(
                name=names.full_name(rng, rng.choice("fm")),
                number=names.number(first + n),
                organisation_id=quarter.organisation_id,
            )
            for n in (1, 2)
        )
        return TownElder(
            # The seed is part of it: another cast never wears a band registered before.
            device_id=f"{self.story}-{self.seed % 100_000}-{self.take + 1}",
            name=name,
            sex=sex,
            age=rng.randint(72, 90),
            organisation_id=quarter.organisation_id,
            home=home,
            home_radius_m=radius_m,
            way=loop(home, radius_m=30),
            way_zone=None,
            guardians=(guardians[0], guardians[1]),
            appearance="深蓝外套，黑布鞋",
            hint="慢慢说，先问吃饭了没有",
        )

    def quarter(self) -> Quarter:
        """Return where the story plays: another quarter for each story and performance."""
        return QUARTERS[(self.index + self.take) % len(QUARTERS)]

    def stroll(
        self, rng: random.Random, *, length_m: float, exactly_straight: bool = False
    ) -> Path:
        """Return a home and the way from it on ordinary ground, *length_m* metres long."""
        while True:
            home = somewhere(self.quarter(), rng)
            bearing_deg = rng.uniform(0, 360)
            if exactly_straight:
                path = straight(home, bearing_deg=bearing_deg, length_m=length_m)
            else:
                path = astray(home, bearing_deg=bearing_deg, length_m=length_m, rng=rng)
            if habitable(LineString([(p.lon, p.lat) for p in path.points])):
                return path


def home_again(path: Path, *, from_s: float) -> Leg:
    """Return the ride home from the end of *path*."""
    return Leg(
        from_s=from_s,
        path=Path((path.points[-1], path.points[0])),
        speed_mps=RIDE_MPS,
        activity=Activity.RIDE,
    )
