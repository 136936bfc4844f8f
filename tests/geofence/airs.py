"""The radio around a home: pings that hear it, and somebody who learns it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.pings import Ping
from core.radio import AccessPoint, Cell, Network
from core.zones import Zone
from geofence.beliefs import FRESH, Belief
from geofence.engine import Case, judge
from geofence.knowing import home_of, safe_zones
from geofence.learning import NOTHING_LEARNED, Learned, begin_day, learn, learning_day
from geofence.surroundings import Home
from tests.geofence.walks import HOME_ZONE, START, ping


def mac(number: int) -> str:
    """Return the address of a made-up access point that stays, 0 to 255."""
    return f"00:00:5e:00:53:{number:02x}"


#: two that stand in the home, one next door, one somewhere in town
ROUTER, BEDROOM, NEIGHBOUR, MARKET = mac(1), mac(2), mac(3), mac(200)
#: a phone that shares its connection
HOTSPOT = "02:00:5e:00:53:01"
#: minutes from `START` to the beginning of a learning day, four in the morning
DAWN = 14 * 60
HOME_CELL, TOWN_CELL = "460-0-1-11", "460-0-9-99"


def hearing(one: Ping, *points: str, cells: Iterable[str] = ()) -> Ping:
    """Return *one* with these access points, the nearest first, and cells in reach."""
    wifi = [AccessPoint(mac=point, dbm=-50 - n) for n, point in enumerate(points)]
    return replace(one, network=Network(wifi=tuple(wifi), cells=tuple(map(_cell, cells))))


def _cell(name: str) -> Cell:
    mcc, mnc, lac, cid = map(int, name.split("-"))
    return Cell(mcc=mcc, mnc=mnc, lac=lac, cid=cid)


def day_at_home(
    *points: str, day: int = 0, every_min: float = 10, cells: Iterable[str] = (), **more: object
) -> Iterator[Ping]:
    """Return a learning day of certain pings at home, hearing these; *more* replaces fields."""
    for n in range(int(24 * 60 / every_min)):
        at_home = ping(DAWN + day * 1440 + n * every_min, east_m=3.0, report_id=f"{day}/{n}")
        yield hearing(replace(at_home, **more), *points, cells=cells)  # type: ignore[arg-type]


@dataclass
class Pupil:
    """One elder whose surroundings are learned, as the ingest role does it."""

    zones: tuple[Zone, ...] = (HOME_ZONE,)
    belief: Belief = FRESH
    learned: Learned = NOTHING_LEARNED

    def hear(self, pings: Iterable[Ping], *, at_once: int = 1) -> "Pupil":
        """Judge *pings* and learn from them, *at_once* in a batch, in the order given."""
        waiting = list(pings)
        while waiting:
            batch, waiting = waiting[:at_once], waiting[at_once:]
            now = max(one.received_at for one in batch)
            self.wake(now)
            (judgement,) = judge([Case(belief=self.belief, zones=self.zones, pings=tuple(batch))])
            self.belief = judgement.belief
            self.learned = learn(self.learned, judgement, safe_zones(self.zones))
        return self

    def wake(self, now: datetime) -> "Pupil":
        """Let the learning day of *now* begin."""
        self.learned = begin_day(self.learned, safe_zones(self.zones), learning_day(now))
        return self

    def wake_on_day(self, number: int) -> "Pupil":
        """Let learning day *number* begin; the first is 0."""
        return self.wake(START + timedelta(minutes=DAWN, days=number))

    @property
    def home(self) -> Home:
        """Return the home as it is known now."""
        return home_of(self.learned.known, safe_zones(self.zones))
