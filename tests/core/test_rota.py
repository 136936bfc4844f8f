"""Who is on duty, when nobody is, and that somebody is asked whatever the rota says."""

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import absences as absences_of
from core.absences import Absence, check_absence, who_comes
from core.clock import LOCAL_ZONE
from core.hours_text import parse_hours
from core.languages import translations
from core.people import Language, Role
from core.quiet import to_wake, who_can_come
from core.rota import Gap, Rota, Shift, asked_of_team, gaps, next_change, on_duty, turns
from core.working_days import DayRule
from tests.core.hours import weekly_hours

#: a Monday, 00:00 in Haining
MONDAY = datetime(2026, 11, 23, tzinfo=LOCAL_ZONE)
HOUR = timedelta(hours=1)
LI, WU, ZHAO = 11, 12, 13
CHEN = 1  # a guardian


def shift(person_id: int, text: str, *, days: DayRule = DayRule.EVERY) -> Shift:
    """Return a shift of *person_id*."""
    return Shift(id=person_id, person_id=person_id, hours=parse_hours(text), days=days)


def away(
    number: int, who: int | None, stand_in: int | None, begin_h: float, end_h: float
) -> Absence:
    """Return an absence between two hours after Monday 00:00."""
    return Absence(
        id=number,
        away_id=who,
        stand_in_id=stand_in,
        from_at=MONDAY + begin_h * HOUR,
        until_at=MONDAY + end_h * HOUR,
    )


DAY_AND_NIGHT = (shift(LI, "Mon-Sun 06:00-18:00"), shift(WU, "Mon-Sun 18:00-06:00"))


@pytest.mark.parametrize(
    ("hour", "expected"), [(0, (WU,)), (5.99, (WU,)), (6, (LI,)), (17.99, (LI,)), (18, (WU,))]
)
def test_shifts_hand_over(hour: float, expected: tuple[int, ...]) -> None:
    """A shift's first minute counts and its last does not; a night runs over midnight."""
    assert expected == on_duty(Rota(shifts=DAY_AND_NIGHT), MONDAY + hour * HOUR)


def test_somebody_takes_over() -> None:
    """A stand-in is on duty in the hours of whoever is away, and in no others."""
    rota = Rota(shifts=DAY_AND_NIGHT, absences=(away(1, LI, ZHAO, 0, 24),))

    assert [(WU,), (ZHAO,), (WU,), (LI,)] == [
        on_duty(rota, MONDAY + h * HOUR) for h in (5, 12, 20, 36)
    ]


def test_somebody_is_off() -> None:
    """Without a stand-in the shift is nobody's."""
    rota = Rota(shifts=DAY_AND_NIGHT, absences=(away(1, LI, None, 0, 24),))

    assert () == on_duty(rota, MONDAY + 12 * HOUR)


def test_somebody_is_there_in_addition() -> None:
    """An extra person is on duty from the first minute to the last, whatever the shifts say."""
    rota = Rota(shifts=DAY_AND_NIGHT, absences=(away(1, None, ZHAO, 10, 20),))

    assert [(LI,), (LI, ZHAO), (WU, ZHAO), (WU,)] == [
        on_duty(rota, MONDAY + h * HOUR) for h in (9, 10, 19, 20)
    ]


def test_two_swap() -> None:
    """Two who stand in for each other have swapped their shifts."""
    rota = Rota(shifts=DAY_AND_NIGHT, absences=(away(1, LI, WU, 0, 24), away(2, WU, LI, 0, 24)))

    assert [(LI,), (WU,), (LI,)] == [on_duty(rota, MONDAY + h * HOUR) for h in (5, 12, 20)]


def test_a_stand_in_who_is_away_is_stood_in_for() -> None:
    """Whoever took a shift over and falls ill hands on that shift, too."""
    absences = (away(1, LI, WU, 0, 24), away(2, WU, ZHAO, 0, 24))

    assert ZHAO == who_comes(LI, absences, MONDAY + HOUR)
    assert who_comes(LI, (*absences, away(3, ZHAO, None, 0, 24)), MONDAY + HOUR) is None


def test_the_latest_word_counts() -> None:
    """Of two absences of one person the one that was written last holds."""
    assert ZHAO == who_comes(LI, (away(2, LI, ZHAO, 0, 9), away(1, LI, WU, 0, 9)), MONDAY)


def test_a_gap_is_found_to_the_minute() -> None:
    """Hours that nobody has are a gap; hours of somebody who cannot be reached are, too."""
    rota = Rota(shifts=(shift(LI, "Mon-Sun 06:00-18:00"), shift(WU, "Mon-Sun 18:00-05:00")))
    until = MONDAY + 24 * HOUR

    assert (Gap(from_at=MONDAY + 5 * HOUR, until_at=MONDAY + 6 * HOUR),) == gaps(
        rota, MONDAY, until, able={LI, WU}
    )
    assert (
        Gap(from_at=MONDAY, until_at=MONDAY + 6 * HOUR),
        Gap(from_at=MONDAY + 18 * HOUR, until_at=until),
    ) == gaps(rota, MONDAY, until, able={LI})


def test_no_rota_has_no_gap() -> None:
    """A team that keeps no rota is asked as a whole, so it has no gap."""
    assert () == gaps(Rota(), MONDAY, MONDAY + 24 * HOUR, able=())


def test_holidays_count_as_for_zones() -> None:
    """A shift on working days is nobody's on New Year."""
    rota = Rota(shifts=(shift(LI, "Mon-Sun 00:00-24:00", days=DayRule.WORKING),))
    new_year = datetime(2027, 1, 1, 12, tzinfo=LOCAL_ZONE)

    assert () == on_duty(rota, new_year)


def test_the_next_change() -> None:
    """The next hand-over is known; where it never changes there is none."""
    whole_week = Rota(shifts=(shift(LI, "Mon 00:00-Sun 24:00"),))

    assert MONDAY + 6 * HOUR == next_change(Rota(shifts=DAY_AND_NIGHT), MONDAY)
    assert next_change(whole_week, MONDAY) is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (away(0, None, None, 0, 1), absences_of.NOBODY),
        (away(0, LI, LI, 0, 1), absences_of.THEMSELVES),
        (away(0, LI, WU, 1, 1), absences_of.BACKWARDS),
        (away(0, LI, WU, -2, 0), absences_of.OVER),
        (away(0, LI, WU, 0, 367 * 24), absences_of.TOO_LONG),
        (away(0, LI, CHEN, 0, 1), absences_of.OTHER_WORK),
        (away(0, None, CHEN, 0, 1), absences_of.NOT_A_RESCUER),
    ],
)
def test_an_absence_that_cannot_be_meant(wrong: Absence, sentence: str) -> None:
    """It is refused with what to mend, in both languages."""
    roles = {LI: Role.RESCUER, WU: Role.RESCUER, CHEN: Role.GUARDIAN}
    with pytest.raises(ValueError, match=re.escape(sentence)):
        check_absence(wrong, roles, MONDAY)

    assert translations(Language.CHINESE).gettext(sentence) != sentence


# -- never nobody ----------------------------------------------------------------------------------

people = st.integers(1, 5)
groups = st.lists(people, min_size=1, max_size=5, unique=True)
instants = st.integers(0, 14 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


@st.composite
def absences(draw: st.DrawFn) -> tuple[Absence, ...]:
    """Return absences that touch the fortnight, in any tangle."""
    found = []
    for number in range(draw(st.integers(0, 6))):
        begin, end = sorted((draw(instants), draw(instants)))
        who, stand_in = draw(st.none() | people), draw(st.none() | people)
        found.append(
            Absence(
                id=number,
                away_id=who,
                stand_in_id=stand_in,
                from_at=begin,
                until_at=end + timedelta(minutes=1),
            )
        )
    return tuple(found)


shifts = st.lists(
    st.builds(
        Shift,
        id=st.integers(0, 99),
        person_id=people,
        hours=weekly_hours,
        days=st.sampled_from(DayRule),
    ),
    max_size=4,
).map(tuple)
able_ones = st.sets(people)


@given(groups, shifts, absences(), instants, able_ones)
def test_a_team_is_never_nobody(
    members: list[int],
    duty: tuple[Shift, ...],
    gone: tuple[Absence, ...],
    at: datetime,
    able: set[int],
) -> None:
    """Whatever rota and absences say: if anybody of the team can be reached, somebody is asked."""
    turnout = asked_of_team(Rota(shifts=duty, absences=gone), members, at, able=able)

    assert bool(able & set(members)) <= bool(able & set(turnout.people))


@given(groups, absences(), instants, able_ones, st.sets(people), st.booleans())
def test_guardians_are_never_nobody(
    paired: list[int],
    gone: tuple[Absence, ...],
    at: datetime,
    able: set[int],
    quiet: set[int],
    is_pressing: bool,
) -> None:
    """Whatever absences and quiet hours say: if a guardian can be reached, somebody is woken."""
    there, despite = who_can_come(paired, gone, at, able=able)
    woken = to_wake(there, quiet=quiet, able=able, is_pressing=is_pressing)

    assert bool(able & set(paired)) <= bool(able & set(woken))
    assert despite <= set(there) & able
    assert set(woken) <= set(there)


@given(shifts, absences(), able_ones)
def test_gaps_are_what_nobody_covers(
    duty: tuple[Shift, ...], gone: tuple[Absence, ...], able: set[int]
) -> None:
    """Just inside a gap nobody who can be reached is on duty, and at its ends somebody is."""
    rota, end = Rota(shifts=duty, absences=gone), MONDAY + timedelta(days=14)
    found = gaps(rota, MONDAY, end, able=able)
    for gap in found:
        assert not set(on_duty(rota, gap.from_at)) & able
        assert gap.until_at == end or set(on_duty(rota, gap.until_at)) & able
    covered = sum(((g.until_at - g.from_at) for g in found), timedelta())
    nobody = sum(
        (b - a for a, b, there in turns(rota, MONDAY, end) if not set(there) & able), timedelta()
    )

    assert (nobody if duty else timedelta()) == covered


def test_quiet_people_are_spared() -> None:
    """Somebody asleep is left out while another can be asked, and asked when nobody else is."""
    spared = to_wake((1, 2), quiet={2}, able={1, 2}, is_pressing=False)
    alone = to_wake((1, 2), quiet={2}, able={2}, is_pressing=False)
    in_danger = to_wake((1, 2), quiet={2}, able={1, 2}, is_pressing=True)

    assert ((1,), (1, 2), (1, 2)) == (spared, alone, in_danger)
