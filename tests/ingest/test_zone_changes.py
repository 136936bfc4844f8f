"""Zones that change while bands report: hours, edits, urgency, through the bands' own door."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.hours_text import parse_hours
from core.incidents import EntryKind
from core.places import Position
from core.zones import Circle, Urgency, Zone, ZoneKind
from store import schema
from store.zones import add_zone, edit_zone, retire_zone, zones_for
from tests.conftest import NOON
from tests.scenes import HOME, Town, message, on_both_databases, report, rows, take

#: where the day-care centre is
CENTRE = HOME.moved(east_m=1500)
#: five in the afternoon of that Monday in Haining
FIVE = NOON + timedelta(hours=5)


def add_centre(town: Town, hours: str | None = None) -> Zone:
    """Register the centre for the town's elder."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        add_zone(
            connection,
            elder_id=elder_id,
            kind=ZoneKind.SAFE,
            name="日间照料中心",
            shape=Circle(CENTRE, 150),
            hours=None if hours is None else parse_hours(hours),
        )
        return zones_for(connection, [elder_id])[elder_id][-1]


def stays(town: Town, name: str, place: Position, *, reports: int = 3) -> None:
    """Report one place, once a minute, as a receiver at rest does."""
    for number in range(reports):
        town.clock.advance(60)
        town.hears(f"{name}-{number}", position=place.moved(north_m=4.0 * (number % 3)))


def fixes_of(begin: datetime, place: Position) -> list[tuple[datetime, Position]]:
    """Return where somebody was in each of the nine minutes from *begin* on."""
    return [(begin + timedelta(minutes=n), place.moved(north_m=4.0 * (n % 3))) for n in range(9)]


@on_both_databases
def test_an_edit_around_somebody_inside_is_raised(town: Town) -> None:
    """Nobody moved but the zone: after two good fixes an incident opens."""
    centre = add_centre(town)
    stays(town, "before", CENTRE)
    with town.engine.begin() as connection:
        moved = replace(centre, shape=Circle(CENTRE.moved(north_m=900), 150))
        edit_zone(connection, moved, by="管理员甲", now=town.clock.now())
    calm = rows(town.engine, schema.incident, "id")

    stays(town, "after", CENTRE)

    assert [] == calm
    assert ["crossing"] == rows(town.engine, schema.incident, "trigger")


@on_both_databases
def test_a_zone_given_up_around_somebody_inside_is_raised(town: Town) -> None:
    """Without its zone the place is outside of what is left."""
    centre = add_centre(town)
    stays(town, "before", CENTRE)
    with town.engine.begin() as connection:
        retire_zone(connection, centre.id, by="管理员甲", now=town.clock.now())

    stays(town, "after", CENTRE)

    assert ["crossing"] == rows(town.engine, schema.incident, "trigger")


@on_both_databases
def test_a_zone_added_around_somebody_outside_says_they_are_back(town: Town) -> None:
    """An elder who was reported outside is inside a new zone: those concerned hear of it."""
    stays(town, "before", CENTRE)
    add_centre(town)

    stays(town, "after", CENTRE)

    assert EntryKind.SEEMS_BACK in town.timeline(1)


def test_hours_that_end_are_raised(town: Town) -> None:
    """At the centre after its hours: an incident, and none a minute earlier."""
    add_centre(town, "Mon-Fri 08:00-17:00")
    town.clock.advance((FIVE - NOON).total_seconds() - 5 * 60)
    stays(town, "before", CENTRE, reports=4)
    calm = rows(town.engine, schema.incident, "id")

    stays(town, "after", CENTRE)

    assert [] == calm
    assert ["crossing"] == rows(town.engine, schema.incident, "trigger")


@pytest.mark.parametrize(("place", "expected"), [(CENTRE, []), (HOME.moved(east_m=750), [1])])
def test_reports_of_the_hours_that_come_after_them(
    town: Town, place: Position, expected: list[int]
) -> None:
    """What a band kept of the afternoon is judged by the zones of the afternoon."""
    add_centre(town, "Mon-Fri 08:00-17:00")
    town.clock.advance((FIVE - NOON).total_seconds() + 600)
    take(
        town.engine,
        *(
            message("band-1", report(f"late-{n}", at=at, position=there), at=town.clock.now())
            for n, (at, there) in enumerate(fixes_of(FIVE - timedelta(minutes=10), place))
        ),
    )

    assert expected == rows(town.engine, schema.incident, "id")


def test_reports_of_before_an_edit_that_come_after_it(town: Town) -> None:
    """A zone given up a moment ago still counts for what happened while it was in force."""
    centre = add_centre(town)
    town.clock.advance(1200)
    with town.engine.begin() as connection:
        retire_zone(connection, centre.id, by="管理员甲", now=town.clock.now())
    town.clock.advance(60)
    take(
        town.engine,
        *(
            message("band-1", report(f"late-{n}", at=at, position=there), at=town.clock.now())
            for n, (at, there) in enumerate(fixes_of(NOON, CENTRE))
        ),
    )

    assert [] == rows(town.engine, schema.incident, "id")


@on_both_databases
@pytest.mark.parametrize(
    ("urgency", "expected"),
    [(Urgency.WATCH, ("danger_zone", 1)), (Urgency.ALARM, ("danger_zone", 3))],
)
def test_danger_zones_press_as_they_were_drawn(
    town: Town, urgency: Urgency, expected: tuple[str, int]
) -> None:
    """A market that is watched opens an ordinary incident, the river one of danger."""
    with town.engine.begin() as connection:
        add_zone(
            connection,
            elder_id=None,
            kind=ZoneKind.DANGER,
            name="车站",
            shape=Circle(HOME.moved(east_m=100), 50),
            urgency=urgency,
        )
    town.hears("a", position=HOME)
    town.clock.advance(60)
    town.hears("b", position=HOME.moved(east_m=100))

    assert [expected] == rows(town.engine, schema.incident, "trigger", "severity")
