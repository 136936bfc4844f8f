"""The rota and quiet hours as kept: who stands on the roster, and that somebody always does."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from core.clock import LOCAL_ZONE
from core.errors import Conflict, NotFound
from core.hours_text import parse_hours
from core.people import PHONE, Channel, Role
from core.rota import MOST_SHIFTS, Gap
from core.working_days import DayRule
from store import absences, quiet, registry, rota, schema
from store.database import reading
from store.rosters import roster
from tests.conftest import NOON
from tests.scenes import Household, Team, Town, register_household, register_person, register_team

HOUR = timedelta(hours=1)
NIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=LOCAL_ZONE)
DAY, DARK = parse_hours("Mon-Sun 06:00-22:00"), parse_hours("Mon-Sun 22:00-06:00")


def scene(connection: Connection, rescuers: int = 3) -> tuple[Household, Team]:
    """Register a household and a team."""
    return (
        register_household(connection, now=NOON),
        register_team(connection, rescuers=rescuers, operators=2),
    )


def on_shift(connection: Connection, person_id: int, hours: str) -> int:
    """Put somebody on the rota."""
    return rota.add_shift(connection, person_id, parse_hours(hours), by="甲", now=NOON)


def gone(
    connection: Connection, away_id: int | None, stand_in_id: int | None = None, hours: float = 24
) -> int:
    """Let somebody be away from noon on."""
    return absences.add_absence(
        connection,
        away_id=away_id,
        stand_in_id=stand_in_id,
        from_at=NOON,
        until_at=NOON + hours * HOUR,
        by="甲",
        now=NOON,
    )


def test_only_who_is_on_duty_is_asked(database: Engine) -> None:
    """With a rota those on shift are asked; the others stand by and are known as rescuers."""
    with database.begin() as connection:
        household, team = scene(connection)
        one, two, three = team.rescuers
        on_shift(connection, one, "Mon-Sun 06:00-18:00")
        on_shift(connection, two, "Mon-Sun 18:00-06:00")
        by_day = roster(connection, household.elder_id, NOON)
        by_night = roster(connection, household.elder_id, NIGHT)

    assert ((one,), (two, three), False) == (
        by_day.rescuers,
        by_day.standing_by,
        by_day.has_rota_gap,
    )
    assert (two,) == by_night.rescuers
    assert Role.RESCUER is by_day.role_of(three)
    assert PHONE == by_day.channels_of(three)


def test_in_a_gap_everybody_is_asked(database: Engine) -> None:
    """A rota that has nobody now is no reason to ask nobody: the whole team is, and it is said."""
    with database.begin() as connection:
        household, team = scene(connection)
        on_shift(connection, team.rescuers[0], "Mon-Sun 06:00-18:00")
        found = roster(connection, household.elder_id, NIGHT)
        ahead = rota.gaps_ahead(connection, NIGHT, 1)

    assert (team.rescuers, True) == (found.rescuers, found.has_rota_gap)
    assert [Gap(from_at=NIGHT, until_at=NIGHT + 7 * HOUR)] == [
        Gap(from_at=g.gap.from_at, until_at=g.gap.until_at) for g in ahead[:1]
    ]


def test_a_dead_number_on_duty_is_a_gap(database: Engine) -> None:
    """Somebody on shift whose number does not work is nobody."""
    with database.begin() as connection:
        household, team = scene(connection, rescuers=1)
        mute = register_person(connection, Role.RESCUER, "没电话", channels=(Channel.PUSH,))
        on_shift(connection, mute, "Mon 00:00-Sun 24:00")
        found = roster(connection, household.elder_id, NOON)

        assert (True, {*team.rescuers, mute}) == (found.has_rota_gap, set(found.rescuers))
        assert 1 == len(rota.gaps_ahead(connection, NOON, 7))


def test_without_a_rota_there_is_no_gap(database: Engine) -> None:
    """A team that keeps no rota is asked as before, whole."""
    with database.begin() as connection:
        household, team = scene(connection)
        found = roster(connection, household.elder_id, NOON)

        assert (team.rescuers, (), False) == (
            found.rescuers,
            found.standing_by,
            found.has_rota_gap,
        )
        assert [] == rota.gaps_ahead(connection, NOON, 7)


def test_each_team_keeps_its_own_rota(database: Engine) -> None:
    """A team without a rota is asked whole beside one that keeps one."""
    with database.begin() as connection:
        household, team = scene(connection, rescuers=2)
        registry.add_organisation(
            connection, "blue", kind="rescue_team", name_zh="蓝天", name_en="Blue Sky"
        )
        blue = registry.add_person(
            connection,
            role=Role.RESCUER,
            name="蓝",
            contacts={Channel.SMS: "+8613800000099"},
            organisation_id="blue",
        )
        on_shift(connection, team.rescuers[0], "Mon 00:00-Sun 24:00")

        assert (team.rescuers[0], blue) == roster(connection, household.elder_id, NOON).rescuers
        assert [None, "blue"] == [found.id for found in rota.teams(connection)]


def test_a_street_may_name_its_team(database: Engine) -> None:
    """Elders of a street that names a team are that team's, unless nobody of it can be reached."""
    with database.begin() as connection:
        household, team = scene(connection, rescuers=1)
        registry.add_organisation(
            connection, "blue", kind="rescue_team", name_zh="蓝天", name_en="Blue Sky"
        )
        blue = registry.add_person(
            connection,
            role=Role.RESCUER,
            name="蓝",
            contacts={Channel.SMS: "+8613800000099"},
            organisation_id="blue",
        )
        rota.set_area(connection, "maqiao", "blue", by="甲", now=NOON)
        named = roster(connection, household.elder_id, NOON)
        areas = rota.areas(connection)
        connection.execute(
            schema.contact_point.update()
            .where(schema.contact_point.c.person_id == blue)
            .values(disabled_reason="dead")
        )
        unreachable = roster(connection, household.elder_id, NOON)
        rota.set_area(connection, "maqiao", None, by="甲", now=NOON)

        assert {"maqiao": "blue"} == areas
        assert ((blue,), team.rescuers) == (named.rescuers, named.standing_by)
        assert {*team.rescuers, blue} == set(unreachable.rescuers)
        assert {} == rota.areas(connection)
        with pytest.raises(ValueError, match="No rescuer belongs"):
            rota.set_area(connection, "maqiao", "maqiao", by="甲", now=NOON)
        with pytest.raises(NotFound):
            rota.set_area(connection, "maqiao", "nowhere", by="甲", now=NOON)


def test_a_stand_in_takes_the_place(database: Engine) -> None:
    """A guardian's stand-in is asked in their place, may answer as a guardian, and goes again."""
    with database.begin() as connection:
        household, _team = scene(connection)
        first, second = household.guardians
        friend = register_person(connection, Role.GUARDIAN, "邻居")
        number = gone(connection, first, friend)
        during = roster(connection, household.elder_id, NOON + HOUR)
        after = roster(connection, household.elder_id, NOON + 24 * HOUR)
        absences.end_absence(connection, number, by="乙", now=NOON)
        ended = roster(connection, household.elder_id, NOON + HOUR)
        with pytest.raises(Conflict):
            absences.end_absence(connection, number, by="乙", now=NOON)

    assert ((friend, second), Role.GUARDIAN) == (during.guardians, during.role_of(friend))
    assert PHONE == during.channels_of(friend)
    assert household.guardians == after.guardians == ended.guardians


def test_who_is_away_is_asked_when_nobody_else_can_be(database: Engine) -> None:
    """Both guardians away and nobody in their place: both are asked, and the roster says so."""
    with database.begin() as connection:
        household, team = scene(connection, rescuers=1)
        for person_id in (*household.guardians, *team.rescuers):
            gone(connection, person_id)
        found = roster(connection, household.elder_id, NOON)

    assert household.guardians == found.guardians
    assert {*household.guardians, *team.rescuers} == found.asked_despite_quiet


def test_quiet_hours_are_on_the_roster(database: Engine) -> None:
    """Somebody asleep stays on the list and is marked; by day they are like everybody."""
    with database.begin() as connection:
        household, _team = scene(connection)
        first, _ = household.guardians
        version = quiet.set_quiet_hours(connection, first, DARK, by="甲", now=NOON)
        by_night = roster(connection, household.elder_id, NIGHT)
        by_day = roster(connection, household.elder_id, NOON)
        with pytest.raises(Conflict):
            quiet.set_quiet_hours(connection, first, DAY, by="乙", now=NOON, seen=version + 1)
        quiet.set_quiet_hours(connection, first, None, by="乙", now=NOON, seen=version)
        without = roster(connection, household.elder_id, NIGHT)
        written = quiet.quiet_history(connection, first)

    assert (household.guardians, frozenset({first})) == (by_night.guardians, by_night.quiet)
    assert frozenset() == by_day.quiet == without.quiet
    assert [(None, "乙"), (DARK, "甲")] == [(v.hours, v.edited_by) for v in written]


def test_hours_broken_by_hand_spare_nobody(
    database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Hours that nobody can read count for nothing: people are asked, and the log says so."""
    with database.begin() as connection:
        household, team = scene(connection)
        quiet.set_quiet_hours(connection, household.guardians[0], DARK, by="甲", now=NOON)
        on_shift(connection, team.rescuers[0], "Mon 00:00-Sun 24:00")
        connection.execute(schema.quiet_hours.update().values(hours="always"))
        connection.execute(schema.rota_shift.update().values(hours="never"))
        found = roster(connection, household.elder_id, NIGHT)

    assert (frozenset(), team.rescuers) == (found.quiet, found.rescuers)
    assert "hours_unreadable" in {getattr(r, "action", "") for r in caplog.records}


@pytest.mark.parametrize(
    ("away", "stand_in", "words"),
    [("guardian", "rescuer", "same work"), (None, "guardian", "Only a rescuer")],
)
def test_a_stand_in_does_the_same_work(
    sqlite_database: Engine, away: str | None, stand_in: str, words: str
) -> None:
    """A rescuer is no guardian's stand-in, and only rescuers are on duty in addition."""
    with sqlite_database.begin() as connection:
        household, team = scene(connection)
        people = {"guardian": household.guardians[0], "rescuer": team.rescuers[0], None: None}
        with pytest.raises(ValueError, match=words):
            gone(connection, people[away], people[stand_in])
        with pytest.raises(NotFound):
            gone(connection, 999)


def test_the_rota_is_the_teams(sqlite_database: Engine) -> None:
    """Only rescuers have shifts, a bounded number, and one is taken off once."""
    with sqlite_database.begin() as connection:
        household, team = scene(connection)
        with pytest.raises(ValueError, match="choose one of its members"):
            on_shift(connection, household.guardians[0], "Mon 08:00-09:00")
        shifts = [
            on_shift(connection, team.rescuers[0], "Mon 08:00-09:00") for _ in range(MOST_SHIFTS)
        ]
        with pytest.raises(ValueError, match="20 shifts"):
            on_shift(connection, team.rescuers[0], "Mon 08:00-09:00")
        rota.end_shift(connection, shifts[0], by="乙", now=NOON)
        with pytest.raises(Conflict):
            rota.end_shift(connection, shifts[0], by="乙", now=NOON)
        with pytest.raises(NotFound):
            rota.end_shift(connection, 999, by="乙", now=NOON)

        assert MOST_SHIFTS - 1 == len(rota.kept_shifts(connection, team.rescuers))


def test_who_was_asked_hears_the_end(sqlite_town: Town) -> None:
    """Somebody whose shift ended while an incident is open can still be told that it is over."""
    town = sqlite_town
    one, two = town.team.rescuers
    with town.engine.begin() as connection:
        friend = register_person(connection, Role.GUARDIAN, "邻居")
        number = gone(connection, town.household.guardians[0], friend)
    incident_id = town.sos()
    with town.engine.begin() as connection:
        absences.end_absence(connection, number, by="甲", now=NOON)
        found = roster(connection, town.household.elder_id, NOON)

    assert incident_id
    assert (town.household.guardians, PHONE) == (found.guardians, found.channels_of(friend))
    assert PHONE == found.channels_of(one) == found.channels_of(two)


# -- never nobody ----------------------------------------------------------------------------------

texts = st.sampled_from(["Mon-Sun 22:00-06:00", "Mon 00:00-Sun 24:00", "Sat 08:00-Sun 20:00"])
picks = st.integers(0, 9)


@settings(max_examples=60)
@given(
    mute=st.sets(picks),
    shifts=st.lists(st.tuples(picks, texts), max_size=3),
    away=st.lists(st.tuples(picks, st.none() | picks), max_size=5),
    asleep=st.lists(st.tuples(picks, texts), max_size=5),
    hours=st.integers(0, 200),
    has_area=st.booleans(),
)
def test_somebody_is_always_on_the_roster(
    fresh_sqlite: Callable[[], Engine],
    mute: set[int],
    shifts: list[tuple[int, str]],
    away: list[tuple[int, int | None]],
    asleep: list[tuple[int, str]],
    hours: int,
    has_area: bool,
) -> None:
    """Whatever rota, absences and quiet hours say: a group with a usable phone is never empty."""
    engine = fresh_sqlite()
    at = NOON + hours * HOUR
    with engine.begin() as connection:
        household, team = scene(connection, rescuers=3)
        registry.add_organisation(
            connection, "blue", kind="rescue_team", name_zh="蓝天", name_en="Blue Sky"
        )
        others = [
            registry.add_person(
                connection,
                role=Role.RESCUER,
                name=f"蓝{n}",
                contacts={Channel.VOICE: f"+861380000009{n}"},
                organisation_id="blue",
            )
            for n in range(2)
        ]
        extra = register_person(connection, Role.GUARDIAN, "邻居")
        people = [*household.guardians, extra, *team.rescuers, *others, *team.operators]
        if has_area:
            rota.set_area(connection, "maqiao", "blue", by="甲", now=NOON)
        for pick in mute:
            point = schema.contact_point
            connection.execute(
                point.update()
                .where(point.c.person_id == people[pick], point.c.channel != "push")
                .values(disabled_reason="dead")
            )
        for pick, text in shifts:
            if registry.person(connection, people[pick]).role is Role.RESCUER:
                on_shift(connection, people[pick], text)
        for who, stand_in in away:
            try:
                gone(
                    connection,
                    people[who],
                    None if stand_in is None else people[stand_in],
                    hours=300,
                )
            except ValueError:
                continue
        for pick, text in asleep:
            quiet.set_quiet_hours(connection, people[pick], parse_hours(text), by="甲", now=NOON)
    with reading(engine) as connection:
        found = roster(connection, household.elder_id, at)
    engine.dispose()

    able = {person_id for number, person_id in enumerate(people) if number not in mute}
    for group, everybody in (
        (found.guardians, household.guardians),
        (found.rescuers, (*team.rescuers, *others)),
        (found.operators, team.operators),
    ):
        assert bool(able & set(everybody)) <= any(found.channels_of(p) for p in group)


def test_days_are_kept(sqlite_database: Engine) -> None:
    """A shift's day rule comes back as it was given."""
    with sqlite_database.begin() as connection:
        _, team = scene(connection)
        rota.add_shift(connection, team.rescuers[0], DAY, days=DayRule.WORKING, by="甲", now=NOON)

        (kept,) = rota.kept_shifts(connection, team.rescuers)
    assert (DAY, DayRule.WORKING, "甲") == (kept.shift.hours, kept.shift.days, kept.made_by)
