"""A day of reports through the whole pipeline: neither disorder nor duplicates change its end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import Engine

from core.clock import ManualClock
from geofence import saving
from geofence.announcing import Told
from geofence.beliefs import Belief
from ingest.messages import Message
from store import beliefs, schema
from store.database import reading
from tests.conftest import NOON
from tests.scenes import HOME, Town, message, report, rows, take

#: less than what makes a report late, which is another story
_MOST_DELAY_S = 540


@dataclass(frozen=True)
class Said:
    """One report: what, measured when, arriving how much later, and perhaps again after that."""

    body: dict[str, Any]
    at: datetime
    delay_s: int
    again_s: int | None


@st.composite
def stays(draw: st.DrawFn) -> Iterator[tuple[float, int, str]]:
    """Draw where somebody is, how often the band reports meanwhile, and how it finds the place."""
    east_m = draw(st.sampled_from([0.0, 20.0, 600.0, 1400.0]))
    fixes = draw(st.integers(4, 9))
    gaps_s = draw(st.lists(st.sampled_from([60, 100, 300]), min_size=fixes, max_size=fixes))
    sources = draw(
        st.lists(
            st.sampled_from(["gnss", "gnss", "wifi", "cell", ""]), min_size=fixes, max_size=fixes
        )
    )
    # Good fixes at both ends: between stays nobody can say where somebody is.
    sources[:2], sources[-2:] = ["gnss", "wifi"], ["wifi", "gnss"]
    return iter([(east_m, gap_s, source) for gap_s, source in zip(gaps_s, sources, strict=True)])


@st.composite
def days(draw: st.DrawFn) -> list[Said]:
    """Draw a day between a few places, as a band tells it."""
    at = NOON
    said: list[Said] = []
    for stay in draw(st.lists(stays(), min_size=2, max_size=6)):
        for east_m, gap_s, source in stay:
            at += timedelta(seconds=gap_s)
            number = len(said)
            body = report(f"r-{number}", at=at, bat={"pct": 99 - number}, steps=12 * number)
            if source:
                place = HOME.moved(east_m=east_m, north_m=0.7 * number)
                body = report(f"r-{number}", at=at, position=place, steps=12 * number)
                body["fix"] |= {"src": source, "acc_m": 900 if source == "cell" else 12}
            delay_s = draw(st.just(0) | st.integers(0, _MOST_DELAY_S))
            again_s = draw(st.none() | st.none() | st.integers(1, 3000))
            said.append(Said(body=body, at=at, delay_s=delay_s, again_s=again_s))
    return said


def in_order(day: Sequence[Said]) -> list[Message]:
    """Return the day as a band without a care sends it."""
    return [message("band-1", said.body, at=said.at) for said in day]


def as_arrived(day: Sequence[Said]) -> list[Message]:
    """Return the day as it arrives: delayed, out of order, some of it twice."""
    arrivals = []
    for said in day:
        first = said.at + timedelta(seconds=said.delay_s)
        arrivals.append(message("band-1", said.body, at=first))
        if said.again_s is not None:
            again = first + timedelta(seconds=said.again_s)
            arrivals.append(message("band-1", said.body, at=again))
    return sorted(arrivals, key=lambda arrival: arrival.received_at)


def believed_of(engine: Engine) -> list[Belief]:
    """Return what is believed, without what others were told on the way.

    What they were told depends on what was known when.
    """
    with reading(engine) as connection:
        stored = beliefs.load(connection, [1])
    saved = [saving.read(one.short, one.long) for one in stored.values()]
    return [structs.replace(one.belief, told=Told()) for one in saved]


def end_of(engine: Engine, batches: Sequence[Sequence[Message]]) -> dict[str, Any]:
    """Return what is stored, believed, shown and decided after *batches*."""
    Town(engine, ManualClock(NOON))
    shown_at: list[datetime | None] = []
    for batch in batches:
        take(engine, *batch)
        shown_at += rows(engine, schema.latest, "position_at")
    known = [at for at in shown_at if at is not None]
    end = {
        "never rewound": known == sorted(known),
        "stored": sorted(rows(engine, schema.ping, "report_id", "at", "lon", "lat", "accuracy_m")),
        "believed": believed_of(engine),
        "shown": rows(engine, schema.latest, "position_at", "lon", "lat", "side", "reports"),
        "decided": rows(engine, schema.incident, "trigger", "severity", "state"),
        "asked": sorted(rows(engine, schema.notification, "purpose", "channel", "person_id")),
    }
    engine.dispose()
    return end


@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(days(), st.integers(1, 12))
def test_a_day_in_any_order_ends_the_same(
    fresh_sqlite: Callable[[], Engine], day: list[Said], size: int
) -> None:
    """Minutes of delay, duplicates, any cut into batches: the same rows, belief and decisions."""
    arrived = as_arrived(day)
    batches = [arrived[start : start + size] for start in range(0, len(arrived), size)]

    calm = end_of(fresh_sqlite(), [[one] for one in in_order(day)])
    wild = end_of(fresh_sqlite(), batches)

    assert len(day) == len(calm["stored"])
    assert calm == wild
