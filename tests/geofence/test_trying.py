"""Zones tried on the past: what there would have been, and what people said of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import LOCAL_ZONE
from core.false_alarms import PastIncident
from core.incidents import Outcome
from core.zones import ZoneKind
from geofence.changes import ChangeKind
from geofence.trying import Cause, Trial, WouldAlarm, compare, in_force, try_zones
from tests.geofence.fortnight import BEGIN, DAYS, END, Outing, at, days_of, incident, zone
from tests.geofence.walks import HOME_ZONE, Watch, cell, circle, ping, unhurried

MARKET = days_of(Outing(east_m=800, from_h=8, until_h=9.5, days=range(10, 14)))


def test_every_outing_would_have_alarmed() -> None:
    """Four mornings at the market are four alarms, each until the elder was back."""
    trial = try_zones((zone(),), MARKET)

    assert 4 == len(trial.alarms)
    assert {Cause.LEFT} == {alarm.cause for alarm in trial.alarms}
    assert all(8 < _hour(alarm) < 8.5 for alarm in trial.alarms)
    assert all(580 < alarm.farthest_m < 660 for alarm in trial.alarms)
    assert all(alarm.until is not None and alarm.until > alarm.at for alarm in trial.alarms)


def test_quiet_days_are_counted_too() -> None:
    """The count a day names all fourteen days, also those without an alarm."""
    per_day = try_zones((zone(),), MARKET).per_day()

    assert DAYS == len(per_day)
    assert [0] * 10 + [1] * 4 == list(per_day.values())


def test_a_wider_zone_would_have_been_quiet() -> None:
    """A zone that holds the market as well alarms never."""
    assert () == try_zones((zone(1200),), MARKET).alarms


def test_two_zones_count_together() -> None:
    """Between home and a zone at the market the elder is outside twice a day."""
    trial = try_zones((zone(), zone(120, east_m=800, zone_id=2)), MARKET)

    assert 8 == len(trial.alarms)


def test_a_danger_zone_would_have_alarmed() -> None:
    """Water on the way is an alarm of its own."""
    water = zone(60, east_m=400, zone_id=9, kind=ZoneKind.DANGER)
    slow = days_of(Outing(east_m=400, from_h=8, until_h=9.5, days=[13]))
    trial = try_zones((zone(1000), water), slow)

    assert [(Cause.DANGER, 9)] == [(alarm.cause, alarm.zone_id) for alarm in trial.alarms]


def test_silence_would_have_confirmed() -> None:
    """A good fix outside that nothing contradicts in time is an alarm without a second one."""
    out = [ping(0, 0), ping(5, 0), ping(10, 900), ping(120, 0), ping(125, 0)]
    (alarm,) = try_zones((HOME_ZONE,), out, silence_s=360).alarms

    assert (Cause.SILENCE, ping(16, 0).at) == (alarm.cause, alarm.at)
    assert alarm.until is not None


def test_a_contradiction_in_time_is_no_alarm() -> None:
    """A wrong fix that the next one contradicts would have woken nobody."""
    spike = [ping(0, 0), ping(5, 0), ping(10, 900), ping(15, 0), ping(20, 0)]

    assert () == try_zones((HOME_ZONE,), spike, silence_s=360).alarms


def test_vague_fixes_alone_never_alarm() -> None:
    """A night of fixes from cells is no alarm."""
    night = [ping(0, 0), *(cell(5.0 * n, 700) for n in range(1, 60))]

    assert () == try_zones((HOME_ZONE,), night).alarms


def test_nothing_known_is_nothing_said() -> None:
    """Without positions there is no alarm and no day."""
    trial = try_zones((HOME_ZONE,), ())

    assert ((), 0, {}) == (trial.alarms, trial.fixes, trial.per_day())


def test_zones_are_tried_as_if_they_had_always_been() -> None:
    """A zone drawn today counts for the days before; one that ended does not count at all."""
    fresh = replace(zone(), valid_from=END)
    over = replace(zone(zone_id=2), valid_until=END)

    assert (replace(fresh, valid_from=None),) == in_force((fresh, over), END)


@unhurried
@given(
    metres=st.lists(st.sampled_from([0, 20, 90, 150, 400, 900]), min_size=2, max_size=40),
    vague=st.sets(st.integers(0, 39)),
)
def test_a_replay_is_what_happened(metres: list[int], vague: set[int]) -> None:
    """In order, the replay finds just the departures that judging one by one reported."""
    pings = [
        cell(5.0 * n, east_m) if n in vague else ping(5.0 * n, east_m)
        for n, east_m in enumerate(metres)
    ]
    live = Watch().see(*pings)
    left = [change.at for change in live.changes if change.kind is ChangeKind.LEFT]
    trial = try_zones((HOME_ZONE,), pings, silence_s=1e9)

    assert left == [alarm.at for alarm in trial.alarms]


@unhurried
@given(order=st.permutations(range(12)))
def test_the_order_in_the_list_does_not_matter(order: list[int]) -> None:
    """Pings are replayed as they came, however they are listed."""
    pings = [ping(5.0 * n, 500 if 4 <= n < 8 else 0) for n in range(12)]

    assert try_zones((HOME_ZONE,), pings) == try_zones((HOME_ZONE,), [pings[n] for n in order])


def test_what_was_stored_is_told_as_on_the_day() -> None:
    """An outing that was over when the band sent it late would have woken nobody."""
    stored = [
        replace(
            ping(5.0 * n, 500 if 2 <= n < 6 else 0, is_backlog=True), received_at=ping(40, 0).at
        )
        for n in range(8)
    ]

    assert () == try_zones((circle(100),), [*stored, ping(40, 0), ping(45, 0)]).alarms


# -- beside what people said -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "false_alarms", "spared", "hidden", "others_hidden"),
    [
        (Outcome.FALSE_ALARM, 1, 1, 0, 3),
        (Outcome.FOUND, 0, 0, 1, 3),  # a wider zone would have hidden a real one
        (Outcome.NOT_CONFIRMED, 0, 0, 0, 4),  # nobody was woken: nobody said anything
    ],
)
def test_people_decide_what_an_alarm_was(
    outcome: Outcome, false_alarms: int, spared: int, hidden: int, others_hidden: int
) -> None:
    """What a quieter zone spares or hides depends on what people said of the incidents."""
    said = [incident(1, 12, 8.1, 9, outcome)]
    seen = compare(
        try_zones((zone(),), MARKET), try_zones((zone(1200),), MARKET), said, may_delay_s=600
    )

    assert (false_alarms, spared, hidden, others_hidden) == (
        len(seen.false_alarms),
        len(seen.spared),
        len(seen.hidden),
        seen.others_hidden,
    )


def test_an_open_incident_may_not_be_hidden() -> None:
    """What nobody settled yet counts as real."""
    said = [incident(1, 13, 8.1, None, None)]
    seen = compare(
        try_zones((zone(),), MARKET), try_zones((zone(1200),), MARKET), said, may_delay_s=600
    )

    assert (1,) == seen.hidden


@pytest.mark.parametrize(("delay_s", "is_hidden"), [(300, False), (600, False), (900, True)])
def test_a_real_incident_may_be_noticed_a_little_later(delay_s: float, is_hidden: bool) -> None:
    """Ten minutes later is allowed, not more."""
    first = WouldAlarm(at=at(12, 8.2), cause=Cause.LEFT)
    later = WouldAlarm(at=first.at + timedelta(seconds=delay_s), cause=Cause.LEFT)
    said = [PastIncident(id=1, opened_at=first.at, closed_at=END, outcome=Outcome.FOUND)]
    seen = compare(_trial(first), _trial(later), said, may_delay_s=600)

    assert is_hidden == bool(seen.hidden)


def _trial(*alarms: WouldAlarm) -> Trial:
    return Trial(alarms=alarms, fixes=2, first_at=BEGIN, last_at=END)


def _hour(alarm: WouldAlarm) -> float:
    local = alarm.at.astimezone(LOCAL_ZONE)
    return local.hour + local.minute / 60
