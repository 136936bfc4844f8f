"""A week of a team's rota as rows of bars, with its gaps. Positions in units of the picture."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.clock import LOCAL_ZONE
from core.people import Person
from core.rota import Gap, Rota, gaps, turns

DAYS = 7
WIDTH = 840
_LEFT, _TOP, ROW = 120, 26, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person's time on duty: (x, width) of each bar."""

    name: str
    y: int
    bars: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPicture:
    """A week from today's midnight in Haining."""

    rows: tuple[Row, ...]
    #: (x, width) where nobody on duty can be reached
    gaps: tuple[tuple[float, float], ...]
    #: (x, day) of each midnight
    days: tuple[tuple[float, datetime], ...]
    now_x: float
    height: int
    #: the gaps from now on
    ahead: tuple[Gap, ...]


def week_begin(now: datetime) -> datetime:
    """Return today's midnight in Haining."""
    return datetime.combine(now.astimezone(LOCAL_ZONE).date(), time(), LOCAL_ZONE)


def week_picture(
    rota: Rota, people: dict[int, Person], now: datetime, *, able: Collection[int]
) -> WeekPicture:
    """Draw *rota* from today on; *people* are those who may be on duty, by id."""
    begin = week_begin(now)
    end = begin + timedelta(days=DAYS)

    def x(at: datetime) -> float:
        return round(_LEFT + (WIDTH - _LEFT) * ((at - begin) / (end - begin)), 1)

    bars: dict[int, list[tuple[float, float]]] = {}
    for from_at, until_at, there in turns(rota, begin, end):
        for person_id in there:
            theirs = bars.setdefault(person_id, [])
            left = x(from_at)
            if theirs and abs(sum(theirs[-1]) - left) < 0.2:
                left = theirs.pop()[0]
            theirs.append((left, round(x(until_at) - left, 1)))
    rows = tuple(
        Row(
            name=people[person_id].name if person_id in people else str(person_id),
            y=_TOP + ROW * number,
            bars=tuple(bars[person_id]),
        )
        for number, person_id in enumerate(sorted(bars))
    )
    empty = gaps(rota, begin, end, able=able)
    return WeekPicture(
        rows=rows,
        gaps=tuple((x(g.from_at), round(x(g.until_at) - x(g.from_at), 1)) for g in empty),
        days=tuple((x(day), day) for day in (begin + timedelta(days=n) for n in range(DAYS))),
        now_x=x(now),
        height=_TOP + ROW * max(1, len(rows)) + 24,
        ahead=gaps(rota, now, now + timedelta(days=DAYS), able=able),
    )
